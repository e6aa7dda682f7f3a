// Matrix completion: A(X)_i = X_{a_i b_i}/√p for a set of m different entries, drawn uniformly, p = m/(n1 n2)
// (Candès & Recht, Found. Comput. Math. 9, 2009). Fewer than r entries in a row or a column of a matrix of rank r do
// not tell it: where a least number is asked for, the set is drawn again until it has so many in each of them.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

struct Options {
  std::optional<Real> fraction, oversampling;
  std::optional<Index> count;
  Index rank = 0, at_least_per_line = 0, draws = 1000;
  void declare(Parameters& p) {
    p.add("fraction", fraction, above_at_most(0, 1), "share p of the entries that is seen").example("0.4");
    p.add("count", count, at_least(1), "number m of entries that are seen; give this, the fraction or oversampling");
    p.add("oversampling", oversampling, above(0), "ρ, measurements for each degree of freedom: m = ⌊ρ r(n1 + n2 − r)⌋");
    p.add("rank", rank, at_least(0), "r, the rank that oversampling speaks of");
    p.add("at_least_per_line", at_least_per_line, at_least(0), "least number of entries in every row and every column");
    p.add("draws", draws, at_least(1), "sets that are drawn, at most, until one has so many");
  }
  Index measurements(Shape shape) const {
    if (fraction.has_value() + count.has_value() + oversampling.has_value() != 1)
      throw Unsuitable("needs exactly one of 'fraction', 'count' and 'oversampling'");
    if (oversampling.has_value() != (rank > 0) || rank > std::min(shape.rows, shape.cols))
      throw Unsuitable("needs 'oversampling' and 'rank' together, a rank of both sides at most");
    const Real share = fraction.value_or(0) * static_cast<Real>(shape.entries());
    Index m = count ? *count : std::max<Index>(1, static_cast<Index>(std::min(std::round(share), 0x1p63)));
    if (oversampling) {
      const Index freedom = rank * (shape.rows + shape.cols - rank);
      m = std::max<Index>(1, static_cast<Index>(std::min(*oversampling * static_cast<Real>(freedom) + 1e-9, 0x1p63)));
    }
    if (m > shape.entries())
      throw Unsuitable("is to see " + std::to_string(m) + " entries, but the matrix has " +
                       std::to_string(shape.entries()));
    const Index needed = at_least_per_line * std::max(shape.rows, shape.cols);
    if (at_least_per_line > std::min(shape.rows, shape.cols) || needed > m)
      throw Unsuitable("is to see " + std::to_string(at_least_per_line) + " entries in every row and column, but " +
                       std::to_string(m) + " of a " + std::to_string(shape.rows) + " × " + std::to_string(shape.cols) +
                       " matrix cannot be so");
    return m;
  }
};

class EntrySampling final : public EntryOperator {
 public:
  using Options = ::Options;
  EntrySampling(const Options& options, const Context& context)
      : EntrySampling(context, drawn(options, context, options.measurements(context.shape))) {}

 private:
  EntrySampling(const Context& context, std::vector<Index> places) : EntrySampling(context, places.size(), places) {}
  EntrySampling(const Context& context, Index m, std::vector<Index>& places)
      : EntryOperator(context, std::move(places),
                      std::sqrt(static_cast<Real>(context.shape.entries()) / static_cast<Real>(m))) {}

  static std::vector<Index> drawn(const Options& options, const Context& context, Index m) {
    const Shape shape = context.shape;
    std::vector<Index> rows(shape.rows), cols(shape.cols);
    for (Index draw = 0; draw < options.draws; ++draw) {
      const Stream stream = draw == 0 ? context.stream : context.stream.child("draw " + std::to_string(draw));
      std::vector<Index> places = stream.sample(shape.entries(), m);
      if (options.at_least_per_line == 0) return places;
      std::fill(rows.begin(), rows.end(), 0);
      std::fill(cols.begin(), cols.end(), 0);
      for (const Index place : places) {
        ++rows[place % shape.rows];
        ++cols[place / shape.rows];
      }
      if (std::min(std::ranges::min(rows), std::ranges::min(cols)) >= options.at_least_per_line) return places;
    }
    throw Unsuitable("is to see at least " + std::to_string(options.at_least_per_line) +
                     " entries in every row and column, but has found no such set in " + std::to_string(options.draws) +
                     " draws of " + std::to_string(m));
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, EntrySampling, "entry_sampling", "some entries, row by row (matrix completion)",
                 "candes2009")
