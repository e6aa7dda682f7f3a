// Σ_i |⟨a_i, p⟩ − 1|₊²/2 over 30 samples, in two blocks, with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Problem {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "sign, factor: of the gradient; rows: it ignores where they begin; blocks: it fills unwanted ones; "
            "forgotten: "
            "a column; start, penalty");
    }
  };
  Wrong(const Options& options, const Context& context)
      : mistake_(options.mistake), a_(context.stream.normal_matrix(8, 30)) {}

  std::vector<Block> blocks() const override { return {{"P", 3, 2}, {"q", 2, 1}}; }
  Factors start() const override { return {{Mat(3, mistake_ == "start" ? 3 : 2, arma::fill::ones), Vec{1, 2}}}; }
  Index samples() const override { return a_.n_cols; }
  Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const override {
    const Vec p = arma::join_cols(arma::vectorise(point[0]), point[1]);
    Real sum = 0;
    for (Index j = 0; j < rows.count; ++j) {
      const Vec a = a_.col(mistake_ == "rows" ? j : rows.first + j);
      const Real excess = std::max<Real>(0, arma::dot(a, p) - 1);
      sum += excess * excess / 2;
      if (!gradient) continue;
      const Real slope = excess * (mistake_ == "sign" ? -1 : mistake_ == "factor" ? 1.01 : 1);
      if (wanted.has(0) || mistake_ == "blocks") (*gradient)[0] += slope * arma::reshape(Mat(a.head(6)), 3, 2);
      if (wanted.has(1)) (*gradient)[1] += slope * a.tail(2);
    }
    return sum;
  }
  Real add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const override {
    if (gradient && wanted.has(1)) (*gradient)[1] += (mistake_ == "penalty" ? 0.1 : 0.2) * point[1];
    return 0.1 * arma::accu(arma::square(point[1]));
  }
  std::vector<Column> columns() const override { return {{"wrong_size", "norm of the point"}}; }
  void observe(const Iterate& at, std::span<Real> values) const override {
    if (mistake_ != "forgotten") values[0] = norm(at.point);
  }

 private:
  std::string mistake_;
  Mat a_;  // one column per sample
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, Wrong, "wrong", "squared excesses with a mistake, for tests")
