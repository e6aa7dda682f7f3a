// Matrix completion: A(X)_i = X_{a_i b_i}/√p for a set of m different entries, drawn uniformly, p = m/(n1 n2)
// (Candès & Recht, Found. Comput. Math. 9, 2009).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

struct Options {
  std::optional<Real> fraction;
  std::optional<Index> count;
  void declare(Parameters& p) {
    p.add("fraction", fraction, above_at_most(0, 1), "share p of the entries that is seen").example("0.4");
    p.add("count", count, at_least(1), "number m of entries that are seen; give this or the fraction");
  }
  Index measurements(Shape shape) const {
    if (fraction.has_value() == count.has_value()) throw Unsuitable("needs either 'fraction' or 'count', and not both");
    const Real share = fraction.value_or(0) * static_cast<Real>(shape.entries());
    const Index m = count ? *count : std::max<Index>(1, static_cast<Index>(std::min(std::round(share), 0x1p63)));
    if (m > shape.entries())
      throw Unsuitable("is to see " + std::to_string(m) + " entries, but the matrix has " +
                       std::to_string(shape.entries()));
    return m;
  }
};

class EntrySampling final : public EntryOperator {
 public:
  using Options = ::Options;
  EntrySampling(const Options& options, const Context& context)
      : EntrySampling(context, options.measurements(context.shape)) {}

 private:
  EntrySampling(const Context& context, Index m)
      : EntryOperator(context.shape, by_rows(context.stream.sample(context.shape.entries(), m), context.shape),
                      std::sqrt(static_cast<Real>(context.shape.entries()) / static_cast<Real>(m))) {}
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, EntrySampling, "entry_sampling", "some entries, row by row (matrix completion)",
                 "candes2009")
