// Spectral start of robust principal component analysis: that of Y − T_α(Y), T_α keeping the entries among the αn of
// largest modulus both of their row and of their column (Yi, Park, Chen & Caramanis, NeurIPS 2016; Tong, Ma & Chi, JMLR
// 22, 2021).
#include "plugins/shared/row_column_trimming.hpp"

namespace {

using namespace tightrope;

class TrimmedSpectral final : public Initialization {
 public:
  struct Options : TrimmingOptions {
    SpectralStart spectral;
    void declare(Parameters& p) {
      TrimmingOptions::declare(p, "α, the share of each row and column that is left out, its largest entries", "0.1");
      spectral.declare(p);
    }
  };
  TrimmedSpectral(const Options& options, const Context& context)
      : point_(options.spectral.point(context, trimmed(options, context))) {}

  Factors start() const override { return point_; }

 private:
  static Vec trimmed(const Options& options, const Context& context) {
    Vec y = context.data();
    const std::vector<char> is_large = RowColumnTrimming(options, context).large({y.memptr(), y.n_elem});
    for (Index i = 0; i < y.n_elem; ++i)
      if (is_large[i]) y[i] = 0;
    return y;
  }

  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, TrimmedSpectral, "trimmed_spectral",
                 "leading singular vectors of A*(y) without the largest entries of rows and columns",
                 "yi2016, tong2021")
