// Gaussian sensing: A_i = c Q_i with independent standard normal entries, rounded as the storage asks; c² = 1/(m
// E[q²]), so that E‖A(X)‖² = ‖X‖_F² exactly for the rounded ensemble too. The symmetric variant has variance 1/m on the
// diagonal and 1/(2m) off it: E[A*A] is then the identity on symmetric matrices, and A cannot see an antisymmetric
// part.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

constexpr Real quantum = 1.0 / 32;  // int8 keeps q in steps of 1/32, cut off at ±127/32

/// E[q²] of a rounded standard normal number: Σ q² P(q) over the values q of the storage, to 15 digits.
Real second_moment(Storage storage) {
  if (storage == Storage::int8) return 0.9999441091840591;
  if (storage == Storage::float16) return 0.9999999557147465;
  return 1;
}

class Gaussian final : public DenseOperator {
 public:
  struct Options final : EnsembleOptions {
    void declare(Parameters& p) {
      EnsembleOptions::declare(p, storage_names(),
                               "how the entries are rounded and kept, in 8, 4, 2, 1 or 1/8 bytes each; generated: not "
                               "kept, made again in every pass; results are float64 for all of them");
      p.add("symmetric", symmetric, "symmetric A_i, for symmetric problems; only a triangle is kept and read");
    }
    Layout layout() const {
      const Storage kept = storage_of(storage);
      return {kept, symmetric, deviation() * (kept == Storage::int8 ? quantum : 1) / std::sqrt(second_moment(kept))};
    }
  };

  Gaussian(const Options& options, const Context& context)
      : DenseOperator(
            context, options.measurements, options.layout(),
            [stream = context.stream, step = options.storage == "int8" ? quantum : 1,
             columns = row_entries(context.shape, options.layout())](Index row, Index begin, Index end, Real* entries) {
              stream.fill_normal(row * columns + begin, {entries, end - begin});
              if (step != 1)
                for (Index j = 0; j < end - begin; ++j) entries[j] /= step;
            }) {}
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, Gaussian, "gaussian", "dense A_i with independent normal entries")
