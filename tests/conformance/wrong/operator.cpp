// Gaussian measurements with one mistake, for tests of the conformance suite.
#include <csignal>

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public MeasurementOperator {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add(
          "mistake", mistake, std::vector<std::string>{},
          "scale, uneven, length, sides, adjoint, affine, low_rank; rows: it ignores where they begin; loss: it does "
          "not say which they are; "
          "along: it ignores them; reads; batch: bits depend on it; entries: transposed; doubled: the adjoint; turned: "
          "it is that of Xᵀ; bent: predictions are no linear function; random: the "
          "last bits; flat: it throws for a single row; crash; last_row: the adjoint leaves it out; beyond: it reads "
          "one "
          "entry more");
    }
  };
  Wrong(const Options& options, const Context& context)
      : MeasurementOperator(context.shape, options.mistake == "entries" ? context.shape.entries() : 120),
        mistake_(options.mistake),
        rows_(options.mistake == "entries"
                  ? Mat(measurements(), measurements(), arma::fill::eye)
                  : Mat(context.stream.normal_matrix(context.shape.entries(), 120) / std::sqrt(120.0))) {
    if (mistake_ == "scale") rows_ *= 2;
    if (mistake_ == "uneven")  // right in the mean over all entries
      for (Index j = 0; j < cols(); ++j) {
        rows_.row(j * rows()) *= std::sqrt(2);
        rows_.row(j * rows() + 1) *= 0;
      }
  }
  std::vector<MatrixEntry> entries() const override {
    std::vector<MatrixEntry> seen;
    if (mistake_ == "entries")
      for (Index i = 0; i < measurements(); ++i) seen.push_back({i / rows(), i % rows()});
    return seen;
  }

 private:
  void do_forward(const Mat& X, Vec& z) const override {
    z = rows_.t() * arma::vectorise(X);
    if (mistake_ == "length") z.resize(119);
    if (mistake_ == "affine") z += 0.1;
    if (mistake_ == "beyond") z += 1e-300 * std::isfinite(X.memptr()[X.n_elem]);
    if (mistake_ == "bent") z += 1e-3 * arma::square(z);
    if (mistake_ == "flat" && rows() == 1) throw std::out_of_range("there is no second row");
    if (mistake_ == "crash") std::raise(SIGSEGV);
  }
  void do_forward(const LowRank& X, Rows rows, Vec& z) const override {
    Vec all;
    forward(X, all);
    for (Index i = 0; i < rows.count; ++i) z[i] = all[mistake_ == "rows" ? i : rows.first + i];
  }
  void do_evaluate(std::span<Evaluation> lanes, Rows rows) const override {
    for (Evaluation& lane : lanes) {
      forward(*lane.at, rows, *lane.prediction);
      Vec slope(rows.count), spread(measurements(), arma::fill::zeros);
      lane.value = lane.loss->evaluate(mistake_ == "loss" ? 0 : rows.first, {lane.prediction->memptr(), rows.count},
                                       {lane.data->memptr(), rows.count}, {slope.memptr(), rows.count});
      static Real calls = 0;
      if (mistake_ == "random") lane.value *= 1 + 1e-15 * ++calls;
      if (mistake_ == "batch") lane.value *= 1 + 1e-15 * static_cast<Real>(lanes.size());
      std::copy(slope.begin(), slope.end(), spread.begin() + rows.first);
      const bool ignores_along = mistake_ == "along" && lane.sides().rank() == lane.at->rank();
      if (lane.gradient) pull_back(spread, ignores_along ? *lane.at : lane.sides(), *lane.gradient, lane.wanted);
      lane.reads = mistake_ == "reads" ? 0 : lane.gradient ? 2 : 1;
    }
  }
  void do_forward(const LowRank& X, Vec& z) const override {
    do_forward(X.dense(), z);
    if (mistake_ == "low_rank") z[7] += 1e-6;
  }
  void do_adjoint(const Vec& z, Mat& G) const override {
    G = arma::reshape(rows_ * z, rows(), cols());
    if (mistake_ == "adjoint") G(0, 0) *= 1.001;
    if (mistake_ == "last_row") G.row(rows() - 1).zeros();
    if (mistake_ == "doubled") G *= 2;
    if (mistake_ == "turned") G = arma::reshape(Mat(G.t()), rows(), cols());
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    Mat G;
    adjoint(z, G);
    if (wanted.left) gradient.left = G * X.right;
    if (wanted.right) gradient.right = mistake_ == "sides" ? Mat(X.left.t() * G) : Mat(G.t() * X.left);
  }

  std::string mistake_;
  Mat rows_;  // column i = vec(A_i)
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, Wrong, "wrong", "Gaussian measurements with a mistake, for tests")
