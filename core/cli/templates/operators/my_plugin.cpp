// Every entry once, with a random sign: A(X)_i = s_i X_i, entries column by column. A*A is the identity. Put your map
// here, with its source; a config expects E‖A(X)‖² = ‖X‖_F², which makes step sizes comparable.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public MeasurementOperator {
 public:
  using Options = NoOptions;
  // Shape of X, and the number of measurements. Random numbers come from the stream alone.
  MyPlugin(const Options&, const Context& context)
      : MeasurementOperator(context.shape, context.shape.entries()),
        signs_(arma::sign(context.stream.normal_matrix(context.shape.rows, context.shape.cols))) {}

 private:
  // z = A(X), and its adjoint G = A*(z): ⟨A(X), z⟩ = ⟨X, A*(z)⟩. Outputs have their sizes already. Everything else that
  // methods need follows from these two; MeasurementOperator lists what may be overridden where it can be had cheaper.
  void do_forward(const Mat& X, Vec& z) const override { z = arma::vectorise(signs_ % X); }
  void do_adjoint(const Vec& z, Mat& G) const override { G = signs_ % arma::reshape(z, rows(), cols()); }

  Mat signs_;
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, MyPlugin, "my_plugin", "every entry once, with a random sign")
