// Spectral start: the model's point for the leading singular triples of A*(y), found by randomized block power
// iteration (Halko, Martinsson & Tropp, SIAM Review 53, 2011) from products with thin matrices alone; A*(y) is never
// formed.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Spectral final : public Initialization {
 public:
  struct Options {
    Index power_iterations = 20, oversampling = 10;
    Real scale = 1;
    void declare(Parameters& p) {
      p.add("power_iterations", power_iterations, between(0, 10000), "power iterations");
      p.add("oversampling", oversampling, at_least(0), "columns of the random block beyond the factorization rank");
      p.add("scale", scale, above(0), "multiplies the singular values of A*(y)");
    }
  };
  Spectral(const Options& options, const Context& context) : point_(make(options, context)) {}

  Factors start() const override { return point_; }

 private:
  static Factors make(const Options& options, const Context& context) {
    const MeasurementOperator& op = context.measurement_operator();
    const Index columns = std::min({context.model().rank() + options.oversampling, op.rows(), op.cols()});
    Mat Y, Z;
    op.adjoint_times(context.data(), context.stream.child("block").normal_matrix(op.cols(), columns), Y);
    for (Index i = 0; i < options.power_iterations; ++i) {
      op.adjoint_transposed_times(context.data(), orthonormal_basis(Y), Z);
      op.adjoint_times(context.data(), orthonormal_basis(Z), Y);
    }
    const Mat Q = orthonormal_basis(Y);
    op.adjoint_transposed_times(context.data(), Q, Z);
    Svd top = truncated(svd(LowRank{Q, Z}), context.model().rank());
    top.values *= options.scale;
    return context.model().from_svd(top);
  }

  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, Spectral, "spectral", "leading singular vectors of A*(y)")
