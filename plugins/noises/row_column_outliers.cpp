// Gross errors as in robust principal component analysis, S* = T_α(N): of a Gaussian matrix N the entries that are
// among the ⌊αn⌋ of largest modulus both of their row and of their column are added to those of X*, so that no row and
// no column has more than the share α of outliers, and all of these are large (Tong, Ma & Chi, JMLR 22, 2021).
// Measurements are the entries of the matrix, or of a table, row by row.
#include "plugins/shared/row_column_trimming.hpp"

namespace {

using namespace tightrope;

class RowColumnOutliers final : public Noise {
 public:
  struct Options : TrimmingOptions {
    Real scale = 1;
    void declare(Parameters& p) {
      TrimmingOptions::declare(p, "α, the largest share of outliers in a row or column", "0.1");
      p.add("scale", scale, above(0), "standard deviation of the entries of N");
    }
  };
  RowColumnOutliers(const Options& options, const Context& context) : errors_(options.shape(context.shape).entries()) {
    context.stream.fill_normal(0, {errors_.memptr(), errors_.n_elem});
    errors_ *= options.scale;
    const Shape table = options.shape(context.shape);
    const std::vector<char> is_large = RowColumnTrimming(TrimmingOptions::places(table), table, options.fraction)
                                           .large({errors_.memptr(), errors_.n_elem});
    for (Index i = 0; i < errors_.n_elem; ++i)
      if (is_large[i])
        outliers_.push_back(i);
      else
        errors_[i] = 0;
  }

  void disturb(Index first, const Signal& signal, std::span<const Real>, std::span<Real> data) const override {
    require_entries(signal.measurements);
    for (std::size_t j = 0; j < data.size(); ++j) data[j] += errors_[first + j];
  }
  std::vector<Index> outliers(Index measurements) const override {
    require_entries(measurements);
    return outliers_;
  }

 private:
  void require_entries(Index measurements) const {
    if (measurements != errors_.n_elem)
      throw Unsuitable("needs as many measurements as its table has places, " + std::to_string(errors_.n_elem) +
                       ", but there are " + std::to_string(measurements));
  }

  Vec errors_;
  std::vector<Index> outliers_;
};

}  // namespace

TIGHTROPE_PLUGIN(Noise, RowColumnOutliers, "row_column_outliers",
                 "gross errors in a share of every row and column of the matrix", "tong2021")
