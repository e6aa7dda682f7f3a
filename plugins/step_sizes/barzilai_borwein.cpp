// Barzilai & Borwein (IMA J. Numer. Anal. 8, 1988): with s = p − p_last and g = d_last − d, the change of the gradient
// for d = −∇f, the steps are ⟨s, s⟩/⟨s, g⟩ and ⟨s, g⟩/⟨g, g⟩, or one and the other in turn (Dai & Fletcher, Numer.
// Math. 100, 2005). For any other field of directions they solve d(p) = 0 (La Cruz, Martínez & Raydan, Math. Comp. 75,
// 2006). Where ⟨s, g⟩ ≤ 0 the last step is taken again. s and g are of the blocks that d moves, each since it moved
// last: in methods that go block by block g holds what the other blocks did, too, and the short step is the one to
// take.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class BarzilaiBorwein final : public StepSize {
 public:
  struct Options {
    Real first = 0, smallest = 1e-10, largest = 1e10;
    std::string rule = "long";
    void declare(Parameters& p) {
      p.add("first", first, above(0), "step size of the first iteration").required().example("0.1");
      p.add("rule", rule, {"long", "short", "alternating"},
            "long: ⟨s, s⟩/⟨s, g⟩; short: ⟨s, g⟩/⟨g, g⟩; alternating: long in even iterations, short in odd ones");
      p.add("smallest", smallest, above(0), "no step size is smaller");
      p.add("largest", largest, above(0), "and none is larger");
    }
  };
  BarzilaiBorwein(const Options& options, const Context&) : options_(options) {
    if (options.smallest > options.largest) throw Unsuitable("needs its smallest step to be at most its largest one");
  }

  Step choose(const Iterate& at, const Factors& direction, Objective&, Memory& memory) const override {
    Index& first_row = memory.count("first row", at.rows.first);
    if (first_row != at.rows.first)
      throw Unsuitable("needs gradients of the same measurements, but these come in batches");
    Factors &last_point = memory.factors("point", at.point), &last_direction = memory.factors("direction", direction);
    Real &step = memory.scalar("step", options_.first), ss = 0, sg = 0, gg = 0;
    for (Index b = 0; b < direction.size(); ++b) {
      if (direction[b].is_zero()) continue;
      if (!last_direction[b].is_zero()) {
        const Mat s = at.point[b] - last_point[b], g = last_direction[b] - direction[b];
        ss += arma::dot(s, s);
        sg += arma::dot(s, g);
        gg += arma::dot(g, g);
      }
      last_point[b] = at.point[b];
      last_direction[b] = direction[b];
    }
    const bool is_short = options_.rule == "short" || (options_.rule == "alternating" && at.iteration % 2 == 1);
    if (sg > 0) step = std::clamp(is_short ? sg / gg : ss / sg, options_.smallest, options_.largest);
    return step;
  }

 private:
  Options options_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, BarzilaiBorwein, "barzilai_borwein", "from the change of the gradient along the last step",
                 "barzilai1988, dai2005, lacruz2006")
