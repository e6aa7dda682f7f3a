// Truncated spectral start, for data with outliers: that of A*(y) without the measurements of largest modulus (Li,
// Chi, Zhang & Liang, Inf. Inference 9, 2020). With A_i of variance 1/m, the programs of Giampouras, Cai & Vidal (ICML
// 2025) take A*(y) of what is kept, those of Tong, Ma & Chi (IEEE Trans. Signal Process. 69, 2021) m/count times this.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class TruncatedSpectral final : public Initialization {
 public:
  struct Options {
    Truncation truncation;
    SpectralStart spectral;
    void declare(Parameters& p) {
      truncation.declare(p).required().example("0.1");
      spectral.declare(p);
    }
  };
  TruncatedSpectral(const Options& options, const Context& context)
      : point_(options.spectral.point(context, options.truncation.kept(context.data()))) {}

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, TruncatedSpectral, "truncated_spectral",
                 "leading singular vectors of A*(y) without the largest measurements", "li2020median")
