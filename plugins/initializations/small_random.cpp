// A small random start: every block of the factors is α times a Gaussian matrix. Papers differ in the standard
// deviation of its entries, so the convention is a parameter; N is the block's standard normal matrix.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SmallRandom final : public Initialization {
 public:
  struct Options {
    Real scale = 0;
    std::string convention = "sqrt_rank";
    std::vector<Real> factor_scales;
    void declare(Parameters& p) {
      p.add("scale", scale, at_least(0), "initialization scale α").required().example("1e-2");
      p.add("convention", convention, {"sqrt_rank", "entry", "sqrt_rows"},
            "sqrt_rank: α N/√k; entry: α N; sqrt_rows: α N/√n with n the rows of the block");
      p.add("factor_scales", factor_scales, at_least(0),
            "further multiplier of each block, e.g. [1, 0.333] for V and W; all 1 by default");
    }
  };
  SmallRandom(const Options& options, const Context& context)
      : options_(options), blocks_(context.space().blocks()), stream_(context.stream) {
    if (!options_.factor_scales.empty() && options_.factor_scales.size() != blocks_.size())
      throw Unsuitable("has " + std::to_string(options_.factor_scales.size()) + " factor_scales, but the model has " +
                       std::to_string(blocks_.size()) + " blocks");
  }

  Factors start() const override {
    Factors point;
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const Block& block = blocks_[b];
      Real deviation = options_.scale;
      if (options_.convention == "sqrt_rank") deviation /= std::sqrt(static_cast<Real>(block.cols));
      if (options_.convention == "sqrt_rows") deviation /= std::sqrt(static_cast<Real>(block.rows));
      if (!options_.factor_scales.empty()) deviation *= options_.factor_scales[b];
      point.blocks.push_back(deviation * stream_.child(block.name).normal_matrix(block.rows, block.cols));
    }
    return point;
  }

 private:
  Options options_;
  std::vector<Block> blocks_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, SmallRandom, "small_random", "a random point of small scale near the origin")
