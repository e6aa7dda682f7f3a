// Correlations of Pauli strings, for quantum state tomography (Gross, Liu, Flammia, Becker & Eisert, Phys. Rev. Lett.
// 105, 2010; Kim, Kollias, Kalev, Wei & Kyrillidis, Photonics 10, 2023): A(ρ)_i = c tr(P_i ρ) for different random
// strings P_i of q qubits, d = 2^q. ρ ∈ C^{d×d} is Hermitian and seen as X = [Re ρ; Im ρ], 2d × d, or real symmetric,
// d × d: then strings with an even number of Ys, which are the real ones. c² = d/m and (d + 1)/2m make E‖A(ρ)‖² =
// ‖ρ‖_F². A pass costs 3dk multiplications and 2d log₂ d additions (twice that for complex ρ) for each first mask,
// however many strings share it, and 16 bytes a string.
#include "plugins/shared/pauli_strings.hpp"

namespace {

using namespace tightrope;

class Pauli final : public PauliOperator {
 public:
  struct Options {
    Index measurements = 0;
    std::string normalization = "isotropic";
    void declare(Parameters& p) {
      p.add("measurements", measurements, at_least(1), "number m of different strings, out of 4^q")
          .required()
          .example("24");
      p.add("normalization", normalization, {"isotropic", "none"},
            "isotropic: E‖A(ρ)‖² = ‖ρ‖_F² for Hermitian ρ; none: c = 1, the correlations themselves");
    }
  };
  Pauli(const Options& options, const Context& context)
      : PauliOperator(context.shape, drawn(options.measurements, context),
                      options.normalization == "none" ? 1 : isotropic(context.shape, options.measurements),
                      context.team) {}

 private:
  static std::vector<PauliString> drawn(Index m, const Context& context) {
    const auto [n1, d] = context.shape;
    if (!std::has_single_bit(d) || (n1 != d && n1 != 2 * d))
      throw Unsuitable("needs a shape of 2d × d, or d × d for real states, with a power of 2 as d, but this one is " +
                       std::to_string(n1) + " × " + std::to_string(d));
    const Index available = available_strings(d, n1 == d);
    if (m > available)
      throw Unsuitable("needs at most as many measurements as there are strings, " + std::to_string(available) +
                       ", but is to have " + std::to_string(m));
    return random_strings(d, n1 == d, m, context.stream);
  }
  static Real isotropic(Shape shape, Index m) {
    return std::sqrt(static_cast<Real>(shape.rows == shape.cols ? shape.cols + 1 : shape.rows) /
                     static_cast<Real>(2 * m));
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, Pauli, "pauli", "correlations of random Pauli strings", "gross2010, kim2023")
