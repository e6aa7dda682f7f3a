// Rank-one sensing: A_i = c a_i b_iᵀ with independent standard normal a_i and b_i, A(X)_i = c a_iᵀ X b_i (bilinear
// measurements, as of Cai & Zhang, Ann. Statist. 43, 2015, and Zhong, Jain & Dhillon, ALT 2015). c = 1/√m makes
// E‖A(X)‖² = ‖X‖_F². Neither A_i nor X is ever formed: a measurement of L Rᵀ costs (n1 + n2) k.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

constexpr Index rows_together = 256;

class RankOne final : public MeasurementOperator {
 public:
  struct Options final : DenseOperator::EnsembleOptions {
    void declare(Parameters& p) {
      EnsembleOptions::declare(p, {"float64", "generated"},
                               "float64: all a_i and b_i are kept; generated: they are made again in every pass");
    }
  };
  RankOne(const Options& options, const Context& context)
      : MeasurementOperator(context.shape, options.measurements), c_(options.deviation()), stream_(context.stream) {
    if (options.storage == "float64") kept_ = made({0, measurements()});
  }
  std::uint64_t bytes() const override { return kept_.n_elem * sizeof(Real); }

 private:
  /// Columns [a_i; b_i] for some measurements.
  Mat made(Rows some) const {
    Mat vectors(rows() + cols(), some.count);
    stream_.fill_normal(some.first * vectors.n_rows, {vectors.memptr(), vectors.n_elem});
    return vectors;
  }
  /// work(rows, a, b) for one block of measurements after another.
  void for_each_block(Rows wanted, const auto& work) const {
    for (Rows some = wanted; some.first < wanted.end(); some.first = some.end()) {
      some.count = std::min(rows_together, wanted.end() - some.first);
      const Mat vectors = kept_.is_empty() ? made(some) : Mat(kept_.cols(some.first, some.end() - 1));
      work(some, Mat(vectors.head_rows(rows())), Mat(vectors.tail_rows(cols())));
    }
  }
  Rows all() const { return {0, measurements()}; }
  /// Fᵀu for every column u, each by itself: what is around it does not change its bits.
  static Mat seen(const Mat& F, const Mat& vectors) {
    Mat result(F.n_cols, vectors.n_cols);
    for (Index i = 0; i < vectors.n_cols; ++i) result.col(i) = F.t() * vectors.col(i);
    return result;
  }
  /// C = A*(z) B, or A*(z)ᵀ B.
  void multiply(const Vec& z, const Mat& B, bool transposed, Mat& C) const {
    C.zeros();
    for_each_block(all(), [&](Rows some, const Mat& a, const Mat& b) {
      const Mat scaled = (transposed ? b : a) * arma::diagmat(c_ * z.subvec(some.first, some.end() - 1));
      C += scaled * ((transposed ? a : b).t() * B);
    });
  }

  void do_forward(const Mat& X, Vec& z) const override { do_forward({X, arma::eye(cols(), cols())}, all(), z); }
  void do_adjoint(const Vec& z, Mat& G) const override { multiply(z, arma::eye(cols(), cols()), false, G); }
  void do_forward(const LowRank& X, Vec& z) const override { do_forward(X, all(), z); }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    for_each_block(wanted, [&](Rows some, const Mat& a, const Mat& b) {
      z.subvec(some.first - wanted.first, arma::size(some.count, 1)) =
          c_ * arma::sum(seen(X.left, a) % seen(X.right, b), 0).t();
    });
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override { multiply(z, B, false, C); }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override { multiply(z, B, true, C); }
  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override {
    for (Evaluation& lane : lanes) lane.value = 0;
    Mat none;
    for (Evaluation& lane : lanes) (lane.gradient && lane.wanted.left ? lane.gradient->left : none).zeros();
    for (Evaluation& lane : lanes) (lane.gradient && lane.wanted.right ? lane.gradient->right : none).zeros();
    for_each_block(wanted, [&](Rows some, const Mat& a, const Mat& b) {
      const Index first = some.first - wanted.first;
      Vec s(some.count);
      for (Evaluation& lane : lanes) {
        const Mat La = seen(lane.at->left, a), Rb = seen(lane.at->right, b);
        lane.prediction->subvec(first, arma::size(some.count, 1)) = c_ * arma::sum(La % Rb, 0).t();
        lane.value += lane.loss->evaluate(some.first, {lane.prediction->memptr() + first, some.count},
                                          {lane.data->memptr() + first, some.count}, {s.memptr(), some.count});
        if (lane.gradient && lane.wanted.left)
          lane.gradient->left += a * arma::diagmat(c_ * s) * (lane.along ? seen(lane.along->right, b) : Rb).t();
        if (lane.gradient && lane.wanted.right)
          lane.gradient->right += b * arma::diagmat(c_ * s) * (lane.along ? seen(lane.along->left, a) : La).t();
      }
    });
  }

  Real c_;
  Stream stream_;
  Mat kept_;
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, RankOne, "rank_one", "A_i = a_i b_iᵀ with normal a_i and b_i",
                 "cai2015, zhong2015")
