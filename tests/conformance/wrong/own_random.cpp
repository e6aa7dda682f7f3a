// A random start whose numbers are the same for every seed: they do not come from the stream.
#include <random>

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class OwnRandom final : public Initialization {
 public:
  using Options = NoOptions;
  OwnRandom(const Options&, const Context& context) : blocks_(context.space().blocks()) {}
  Factors start() const override {
    std::mt19937_64 generator(7);
    std::normal_distribution<Real> normal;
    Factors point;
    for (const Block& block : blocks_) {
      point.blocks.emplace_back(block.rows, block.cols);
      point.blocks.back().imbue([&] { return 0.1 * normal(generator); });
    }
    return point;
  }

 private:
  std::vector<Block> blocks_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, OwnRandom, "own_random", "a random start of its own making, for tests")
