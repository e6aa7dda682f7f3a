// Block by block: V⁺ = V − μ ∇_V f(V, W), then W⁺ = W − μ ∇_W f(V⁺, W). One phase, and one evaluation, per block. With
// the step exact_line_search it is the alternating steepest descent of Tanner & Wei (Appl. Comput. Harmon. Anal. 40,
// 2016), ASD.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class AlternatingGradientDescent final : public DirectionOptimizer {
 public:
  using Options = NoOptions;
  AlternatingGradientDescent(const Options&, const Context&) {}

  Index phases(const Space& space) const override { return space.blocks().size(); }
  Blocks blocks(Index phase) const override { return Blocks::only(phase); }
  void direction(const Iterate& at, Objective&, Memory&, Factors& direction) const override {
    direction = at.gradient;
    scale(direction, -1);
  }
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, AlternatingGradientDescent, "alternating_gradient_descent",
                 "one factor moves after the other", "tanner2016")
