// A random direction of given length: every block is α N/‖N‖_F with a standard normal N. Put your start here, with
// authors, journal and year.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Initialization {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Real length = 0;
    void declare(Parameters& p) {
      p.add("length", length, at_least(0), "α, the norm of each block").required().example("0.1");
    }
  };
  // A start knows the model and, through context.sensing() and context.data(), what was measured. Random numbers come
  // from the stream alone: they are named, so that nobody else's use of them changes yours.
  MyPlugin(const Options& options, const Context& context)
      : length_(options.length), blocks_(context.space().blocks()), stream_(context.stream) {}

  // The point of iteration 0.
  Factors start() const override {
    Factors point;
    for (const Block& block : blocks_) {
      const Mat N = stream_.child(block.name).normal_matrix(block.rows, block.cols);
      point.blocks.push_back(length_ / frobenius_norm(N) * N);
    }
    return point;
  }

 private:
  Real length_;
  std::vector<Block> blocks_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, MyPlugin, "my_plugin", "a random direction of given length")
