// The population case: every entry is seen, A(X) = vec(X) column by column, so that A*A is the identity.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Identity final : public MeasurementOperator {
 public:
  using Options = NoOptions;
  Identity(const Options&, const Context& context) : MeasurementOperator(context.shape, context.shape.entries()) {}

 private:
  void do_forward(const Mat& X, Vec& z) const override { z = arma::vectorise(X); }
  void do_adjoint(const Vec& z, Mat& G) const override { G = arma::reshape(z, rows(), cols()); }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, Identity, "identity", "all entries of the matrix, exactly (population case)")
