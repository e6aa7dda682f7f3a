// ‖P₋‖_2/‖P₊‖_2: the decaying against the growing part of the stacked iterate [V; W]. With X* = U_X Σ V_Xᵀ the matrix
// [0 X*; X*ᵀ 0] has the eigenvectors (u_i; ±v_i)/√2 for ±σ_i, and P± = (U_Xᵀ V ± V_Xᵀ W)/√2 are the iterate's
// components along them (after Soltanolkotabi, Stöger & Xie, COLT 2023).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Coupling final : public Observer {
 public:
  using Options = NoOptions;
  Coupling(const Options&, const Context& context) {
    context.truth();
    const std::vector<Block> blocks = context.model().blocks();
    if (blocks.size() != 2 || blocks[0].cols != blocks[1].cols)
      throw Unsuitable("needs a model with two factors of equally many columns");
  }

  std::vector<Column> columns() const override {
    return {{"coupling", "decaying against growing part of the factors", 30, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Svd& truth = seen.truth->svd;
    const Index rank = std::min<Index>(seen.truth->rank, truth.values.n_elem);
    const Mat a = truth.left.head_cols(rank).t() * seen.iterate.point[0];
    const Mat b = truth.right.head_cols(rank).t() * seen.iterate.point[1];
    const Real growing = spectral_norm(a + b);
    values[0] = growing > 0 ? spectral_norm(a - b) / growing : std::nan("");
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, Coupling, "coupling", "decaying against growing part of the stacked factors",
                 "soltanolkotabi2023")
