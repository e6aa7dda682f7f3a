// Uniform noise: y = A(X*) + e with independent e_i, uniform between −w and w, as rounding makes it. Put your noise
// here, with its source.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Noise {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Real width = 0;
    void declare(Parameters& p) {
      p.add("width", width, at_least(0), "w, the largest size of the noise").required().example("0.01");
    }
  };
  MyPlugin(const Options& options, const Context& context) : width_(options.width), stream_(context.stream) {}

  // Adds to a block of measurements, of which the first has the index `first`. Element i of a stream is the same number
  // in whatever blocks the measurements come.
  void disturb(Index first, const Signal&, std::span<const Real>, std::span<Real> data) const override {
    for (std::size_t j = 0; j < data.size(); ++j) data[j] += width_ * (2 * stream_.uniform(first + j) - 1);
  }

 private:
  Real width_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Noise, MyPlugin, "my_plugin", "independent uniform noise")
