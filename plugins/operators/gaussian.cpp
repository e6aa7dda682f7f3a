// Gaussian sensing: the entries of A_i are independent N(0, 1/m), so that E‖A(X)‖² = ‖X‖_F². The symmetric variant
// takes A_i = (G_i + G_iᵀ)/2: E[A*A] is then the identity on symmetric matrices, and A cannot see an antisymmetric
// part.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Gaussian final : public DenseOperator {
 public:
  struct Options {
    Index measurements = 0;
    bool symmetric = false;
    std::string normalization = "isotropic";
    void declare(Parameters& p) {
      p.add("measurements", measurements, at_least(1), "number m of measurements").required().example("120");
      p.add("symmetric", symmetric, "symmetric A_i, for symmetric problems");
      p.add("normalization", normalization, {"isotropic", "none"},
            "isotropic: entries of variance 1/m, so that E‖A(X)‖² = ‖X‖_F²; none: variance 1");
    }
  };

  Gaussian(const Options& options, const Context& context)
      : DenseOperator(context, options.measurements, [&](Index first, Index count, Real* rows) {
          const Index n1 = context.shape.rows, n2 = context.shape.cols, entries = n1 * n2;
          if (options.symmetric && n1 != n2)
            throw Unsuitable("has symmetric A_i and needs a square problem, but this one is " + std::to_string(n1) +
                             " × " + std::to_string(n2));
          const Real scale =
              options.normalization == "none" ? 1 : 1 / std::sqrt(static_cast<Real>(options.measurements));
          context.stream.fill_normal(first * entries, {rows, count * entries});
          for (Index i = 0; i < count; ++i) {
            Mat A(rows + i * entries, n1, n2, false, true);
            if (options.symmetric) A = Mat((A + A.t()) / 2);
            A *= scale;
          }
        }) {}
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, Gaussian, "gaussian", "dense A_i with independent normal entries")
