// Pure states ρ = ψψᴴ of q qubits, d = 2^q, trace 1: ψ = (e_0 + e_{d−1})/√2 (ghz: Greenberger, Horne & Zeilinger,
// 1989), (e_0 − e_{d−1})/√2 (ghz_minus) or (1, …, 1)/√d (hadamard: all qubits in the state |+⟩), as in the experiments
// of Kim, Kollias, Kalev, Wei & Kyrillidis (Photonics 10, 2023). They are real; in a shape of 2d × d ρ is seen as [Re
// ρ; Im ρ].
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class QuantumState final : public Target {
 public:
  struct Options {
    std::string state = "ghz";
    void declare(Parameters& p) {
      p.add("state", state, {"ghz", "ghz_minus", "hadamard"},
            "ghz: |0…0⟩ + |1…1⟩; ghz_minus: |0…0⟩ − |1…1⟩; hadamard: the sum of all basis states");
    }
  };
  QuantumState(const Options& options, const Context& context) {
    const auto [n1, d] = context.shape;
    if (d == 0 || (n1 != d && n1 != 2 * d))
      throw Unsuitable("needs a shape of 2d × d, or d × d, but this one is " + std::to_string(n1) + " × " +
                       std::to_string(d));
    Mat psi(d, 1, arma::fill::value(options.state == "hadamard" ? 1 : 0));
    psi.front() = 1;
    psi.back() = options.state == "ghz_minus" && d > 1 ? -1 : 1;
    psi /= frobenius_norm(psi);
    X_ = {n1 == d ? psi : Mat(arma::join_cols(psi, arma::zeros(d, 1))), psi};
  }

  LowRank matrix() const override { return X_; }
  Index rank() const override { return 1; }

 private:
  LowRank X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, QuantumState, "quantum_state", "a pure state of qubits: GHZ, or all in superposition",
                 "kim2023")
