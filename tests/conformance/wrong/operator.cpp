// Gaussian measurements with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public MeasurementOperator {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{}, "scale, uneven, length, sides");
    }
  };
  Wrong(const Options& options, const Context& context)
      : MeasurementOperator(context.shape, 120),
        mistake_(options.mistake),
        rows_(context.stream.normal_matrix(context.shape.entries(), 120) / std::sqrt(120.0)) {
    if (mistake_ == "scale") rows_ *= 2;
    if (mistake_ == "uneven")  // right in the mean over all entries
      for (Index j = 0; j < cols(); ++j) {
        rows_.row(j * rows()) *= std::sqrt(2);
        rows_.row(j * rows() + 1) *= 0;
      }
  }

 private:
  void do_forward(const Mat& X, Vec& z) const override {
    z = rows_.t() * arma::vectorise(X);
    if (mistake_ == "length") z.resize(119);
  }
  void do_adjoint(const Vec& z, Mat& G) const override { G = arma::reshape(rows_ * z, rows(), cols()); }
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
