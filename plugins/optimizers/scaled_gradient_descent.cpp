// Steepest descent in the model's metric: p⁺ = p − μ (M(p) + δI)† ∇f(p). For X = V Wᵀ this is ScaledGD (Tong, Ma & Chi,
// JMLR 22, 2021), with damping δ ScaledGD(λ) (Xu, Shen, Chi & Ma, ICML 2023); for X = U Uᵀ with δ = √(2f) PrecGD
// (Zhang, Fattahi & Zhang, NeurIPS 2021) and with a geometric δ its form for noise (Zhang, Zhang & Chiu, AISTATS 2024).
// Joint PrecGD has one Gram matrix for all blocks, VᵀV + WᵀW, as X = U Uᵀ has it for U = [V; W] (eqs. 29-31 of Jia,
// Feng, Meng & Sun, NeurIPS 2024).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class ScaledGradientDescent final : public DampedOptimizer {
 public:
  struct Options : Damping {
    std::string gram = "separate";
    void declare(Parameters& p) {
      Damping::declare(p);
      p.add("gram", gram, {"separate", "joint"},
            "the model's metric, or Σ_b p_bᵀp_b over the blocks b for all of them");
    }
  };
  ScaledGradientDescent(const Options& options, const Context& context)
      : DampedOptimizer(options, context), joint_(options.gram == "joint") {
    const std::vector<Block> blocks = context.space().blocks();
    for (const Block& block : blocks)
      if (joint_ && block.cols != blocks[0].cols)
        throw Unsuitable("needs blocks with equally many columns for a joint Gram matrix, but " + blocks[0].name +
                         " has " + std::to_string(blocks[0].cols) + " and " + block.name + " has " +
                         std::to_string(block.cols));
  }

  void direction(const Iterate& at, Objective& objective, Memory& memory, Factors& direction) const override {
    const Real delta = damping(at, objective, memory);
    if (joint_) {
      const Mat solved = gram_solve(stacked(at.point), delta, stacked(at.gradient));
      direction = at.gradient;
      Index first = 0;
      for (Mat& block : direction.blocks) {
        block = solved.rows(first, first + block.n_rows - 1);
        first += block.n_rows;
      }
    } else {
      objective.space().precondition(at.point, delta, at.gradient, direction);
    }
    scale(direction, -1);
  }

 private:
  static Mat stacked(const Factors& factors) {
    Mat all = factors[0];
    for (Index b = 1; b < factors.size(); ++b) all = arma::join_cols(all, factors[b]);
    return all;
  }

  bool joint_;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, ScaledGradientDescent, "scaled_gradient_descent", "steepest descent in the model's metric",
                 "tong2021, xu2023, zhang2021, zhang2024")
