// A small random start with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Initialization {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{}, "shape, nan, throws, throws_number");
    }
  };
  Wrong(const Options& options, const Context& context)
      : mistake_(options.mistake), blocks_(context.space().blocks()), stream_(context.stream) {}

  Factors start() const override {
    Factors point;
    for (const Block& block : blocks_)
      point.blocks.push_back(0.1 * stream_.child(block.name).normal_matrix(block.rows, block.cols));
    if (mistake_ == "shape") point.blocks.back().resize(blocks_.back().rows, blocks_.back().cols + 1);
    if (mistake_ == "nan") point[0](0, 0) = arma::datum::nan;
    if (mistake_ == "throws") throw std::runtime_error("no start");
    if (mistake_ == "throws_number") throw 42;
    return point;
  }

 private:
  std::string mistake_;
  std::vector<Block> blocks_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, Wrong, "wrong", "a random start with a mistake, for tests")
