// A start in the neighbourhood that local theorems speak of (Zhuo, Kwon, Ho & Caramanis, J. Mach. Learn. Res. 25, 2024;
// Ma & Fattahi, Math. Oper. Res., 2025): the model's point for X*, surplus columns zero, plus α times a Gaussian matrix
// for each block.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class NearTruth final : public Initialization {
 public:
  struct Options {
    Real scale = 0;
    std::string convention = "sqrt_rows";
    void declare(Parameters& p) {
      p.add("scale", scale, at_least(0), "α").required().example("0.1");
      p.add("convention", convention, {"sqrt_rank", "entry", "sqrt_rows"},
            "sqrt_rank: α N/√k; entry: α N; sqrt_rows: α N/√n with n the rows of the block");
    }
  };
  NearTruth(const Options& options, const Context& context) : point_(context.model().from_svd(context.truth().svd)) {
    const std::vector<Block> blocks = context.model().blocks();
    for (Index b = 0; b < blocks.size(); ++b) {
      const auto [name, rows, cols] = blocks[b];
      const Index divisor = options.convention == "sqrt_rank" ? cols : options.convention == "entry" ? 1 : rows;
      point_[b] +=
          options.scale / std::sqrt(static_cast<Real>(divisor)) * context.stream.child(name).normal_matrix(rows, cols);
    }
  }

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, NearTruth, "near_truth", "the truth plus noise", "zhuo2024, ma2025")
