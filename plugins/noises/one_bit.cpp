// 1-bit data (Davenport, Plan, van den Berg & Wootters, Inf. Inference 3, 2014): of each measurement y_i only a sign is
// left, 1 with probability 1/(1 + exp(−y_i/s)) and else −1. That is the sign of y_i plus s times logistic noise.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class OneBit final : public Noise {
 public:
  struct Options {
    Real scale = 1;
    void declare(Parameters& p) {
      p.add("scale", scale, above(0), "s, the measurement at which the log-odds of its sign are 1");
    }
  };
  OneBit(const Options& options, const Context& context) : scale_(options.scale), stream_(context.stream) {}

  void disturb(Index first, const Signal&, std::span<const Real>, std::span<Real> data) const override {
    for (std::size_t j = 0; j < data.size(); ++j)
      data[j] = stream_.uniform(first + j) < 1 / (1 + std::exp(-data[j] / scale_)) ? 1 : -1;
  }
  bool is_additive() const override { return false; }

 private:
  Real scale_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Noise, OneBit, "one_bit", "of each measurement a random sign, by the logistic law", "davenport2014")
