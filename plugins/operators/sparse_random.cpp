// Sparse sensing: each A_i has s entries that are not zero, at random places, with random signs or Gaussian values, as
// in very sparse random projections (Li, Hastie & Church, KDD 2006). Times c = √(n1n2/(ms)) they make
// E‖A(X)‖² = ‖X‖_F². With s = 1 single entries are seen, some of them more than once.
#include "plugins/shared/sparse_rows.hpp"

namespace {

using namespace tightrope;

struct SparseOptions {
  Index measurements = 0, nonzeros = 4;
  std::string values = "signs", normalization = "isotropic";
  void declare(Parameters& p) {
    p.add("measurements", measurements, at_least(1), "number m of measurements").required().example("120");
    p.add("nonzeros", nonzeros, at_least(1), "s, the number of entries of an A_i that are not zero");
    p.add("values", values, {"signs", "gaussian"}, "what these are: −1 or 1, or standard normal numbers");
    p.add("normalization", normalization, {"isotropic", "none"},
          "isotropic: times √(n1n2/(ms)), so that E‖A(X)‖² = ‖X‖_F²; none: as they are");
  }
};

class SparseRandom final : public SparseRows {
 public:
  using Options = SparseOptions;
  SparseRandom(const Options& options, const Context& context)
      : SparseRows(context.shape, starts(options), nonzeros(options, context)) {}

 private:
  static std::vector<Index> starts(const Options& options) {
    std::vector<Index> starts(options.measurements + 1);
    for (Index i = 0; i < starts.size(); ++i) starts[i] = i * options.nonzeros;
    return starts;
  }
  static std::vector<Nonzero> nonzeros(const Options& options, const Context& context) {
    const Index s = options.nonzeros, m = options.measurements, entries = context.shape.entries();
    if (s > entries)
      throw Unsuitable("is to have " + std::to_string(s) + " entries in each A_i, but the matrix has " +
                       std::to_string(entries));
    const Real c =
        options.normalization == "none" ? 1 : std::sqrt(static_cast<Real>(entries) / static_cast<Real>(m * s));
    const Stream places = context.stream.child("places"), values = context.stream.child("values");
    std::vector<Nonzero> nonzeros;
    nonzeros.reserve(m * s);
    for (Index i = 0; i < m; ++i)
      for (const Index place : different(places, i, s, entries)) {
        const Real value = values.normal(nonzeros.size());
        nonzeros.push_back({static_cast<std::uint32_t>(place / context.shape.cols),
                            static_cast<std::uint32_t>(place % context.shape.cols),
                            c * (options.values == "signs" ? std::copysign(1, value) : value)});
      }
    return nonzeros;
  }
  /// s different numbers below `size`, in increasing order (Floyd's algorithm), from numbers i s, … of the stream.
  static std::vector<Index> different(const Stream& stream, Index i, Index s, Index size) {
    std::vector<Index> found;
    for (Index j = 0; j < s; ++j) {
      const Index last = size - s + j;
      const auto drawn = static_cast<Index>(stream.uniform(i * s + j) * static_cast<Real>(last + 1));
      const auto at = std::lower_bound(found.begin(), found.end(), drawn);
      if (at != found.end() && *at == drawn)
        found.push_back(last);
      else
        found.insert(at, drawn);
    }
    return found;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, SparseRandom, "sparse_random", "A_i with a few random entries each", "li2006")
