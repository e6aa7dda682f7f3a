// The population case: every entry is seen, A(X) = vec(X) row by row, so that A*A is the identity.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Identity final : public MeasurementOperator {
 public:
  using Options = NoOptions;
  Identity(const Options&, const Context& context) : MeasurementOperator(context.shape, context.shape.entries()) {}
  std::vector<MatrixEntry> entries() const override {
    std::vector<MatrixEntry> all(measurements());
    for (Index i = 0; i < measurements(); ++i) all[i] = {i / cols(), i % cols()};
    return all;
  }

 private:
  /// Measurements row by row are the transposed matrix as it lies in memory.
  Mat transposed(Vec& z) const { return {z.memptr(), cols(), rows(), false, true}; }
  const Mat transposed(const Vec& z) const { return {const_cast<Real*>(z.memptr()), cols(), rows(), false, true}; }

  void do_forward(const Mat& X, Vec& z) const override { transposed(z) = X.t(); }
  void do_adjoint(const Vec& z, Mat& G) const override { G = transposed(z).t(); }
  void do_forward(const LowRank& X, Vec& z) const override { transposed(z) = X.right * X.left.t(); }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override { C = transposed(z).t() * B; }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override { C = transposed(z) * B; }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, Identity, "identity",
                 "all entries of the matrix, exactly, row by row (population case)")
