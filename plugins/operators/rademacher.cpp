// Rademacher sensing: A_i has independent entries ±1/√m, a sub-Gaussian ensemble with E‖A(X)‖² = ‖X‖_F². An entry is a
// bit of the random stream, kept (eight of them to a byte) or made again in every pass: then nothing limits m·n1·n2 but
// patience. The symmetric variant has ±1/√m on the diagonal and ±1/√(2m) off it.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Rademacher final : public DenseOperator {
 public:
  struct Options final : EnsembleOptions {
    void declare(Parameters& p) {
      EnsembleOptions::declare(p, {"sign", "generated"},
                               "sign: a bit per entry; generated: not kept, made in every pass");
      p.add("symmetric", symmetric, "symmetric A_i, for symmetric problems; only a triangle is kept and read");
    }
    Layout layout() const { return {storage_of(storage), symmetric, deviation()}; }
  };

  Rademacher(const Options& options, const Context& context)
      : DenseOperator(context, options.measurements, options.layout(),
                      SignSource([stream = context.stream, columns = row_entries(context.shape, options.layout())](
                                     Index group, Index begin, Index end, std::uint8_t* bytes) {
                        stream.fill_bytes(group * ((columns + 7) / 8) * 8 + begin, {bytes, end - begin});
                      })) {}
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, Rademacher, "rademacher", "dense A_i with independent entries ±1/√m")
