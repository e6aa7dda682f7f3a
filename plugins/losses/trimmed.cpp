// Robust principal component analysis: ½ Σ e_i² over the residuals e = A(X) − y that are trusted, which are all but
// those among the largest both of their row and of their column. The slope is e − T_{2α}(e), T_{2α} keeping the entries
// among the 2αn of largest modulus of their row and of their column: the gradient X + S − Y at S = T_{2α}(Y − X) (Yi,
// Park, Chen & Caramanis, NeurIPS 2016; Tong, Ma & Chi, JMLR 22, 2021). Not separable.
#include "plugins/shared/row_column_trimming.hpp"

namespace {

using namespace tightrope;

class Trimmed final : public Loss {
 public:
  struct Options : TrimmingOptions, Reduction {
    void declare(Parameters& p) {
      TrimmingOptions::declare(p,
                               "share of each row and column whose residuals, the largest, may be outliers: 2α in the "
                               "papers, twice the share that there is",
                               "0.2");
      Reduction::declare(p, "the squares");
    }
  };
  Trimmed(const Options& options, const Context& context)
      : trimming_(options, context), weight_(options.weight(context)) {}

  bool separable() const override { return false; }
  Real evaluate(Index first, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    if (first != 0 || slope.size() != trimming_.measurements())
      throw Unsuitable(
          "needs all measurements at once, to compare those of a row or column, but is shown some of them");
    for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = prediction[i] - data[i];
    const std::vector<char> is_outlier = trimming_.large(slope);
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      if (is_outlier[i]) slope[i] = 0;
      sum += slope[i] * slope[i];
      slope[i] *= weight_;
    }
    return weight_ * sum / 2;
  }

 private:
  RowColumnTrimming trimming_;
  Real weight_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, Trimmed, "trimmed", "squares of residuals that are not large in their row and column",
                 "yi2016, tong2021")
