// Spectral start: the model's point for the leading singular triples of A*(y); for semidefinite models, of the largest
// positive eigenvalues of (A*(y) + A*(y)ᵀ)/2.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Spectral final : public Initialization {
 public:
  using Options = SpectralStart;
  Spectral(const Options& options, const Context& context) : point_(options.point(context, context.data())) {}

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, Spectral, "spectral", "leading singular vectors of A*(y)", "halko2011")
