// Unbalanced spectral start: V = c U √Σ, W = c⁻¹ Z √Σ from the leading singular triples U Σ Zᵀ of A*(y), without the
// measurements of largest modulus where these may be outliers. The program of OPSA (Giampouras, Cai & Vidal, ICML 2025)
// takes c = 2. X is that of the balanced start.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class UnbalancedSpectral final : public Initialization {
 public:
  struct Options {
    Real imbalance = 2;
    Truncation truncation;
    SpectralStart spectral;
    void declare(Parameters& p) {
      p.add("imbalance", imbalance, above(0), "c, by which the left factor is longer and the right one shorter");
      truncation.declare(p);
      spectral.declare(p);
    }
  };
  UnbalancedSpectral(const Options& options, const Context& context)
      : point_(options.spectral.point(context, options.truncation.kept(context.data()))) {
    LowRank balanced, X;
    context.model().expand(point_, balanced);
    if (point_.size() == 2) {
      point_[0] *= options.imbalance;
      point_[1] /= options.imbalance;
    }
    context.model().expand(point_, X);
    if (point_.size() != 2 || difference_norm(X, balanced) > 1e-12 * norm(balanced))
      throw Unsuitable("needs a model whose two factors can be scaled against each other");
  }

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, UnbalancedSpectral, "unbalanced_spectral",
                 "leading singular vectors of A*(y), with one factor longer than the other", "giampouras2025")
