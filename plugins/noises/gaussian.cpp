// Additive white noise: y = A(X*) + e, e_i independent N(0, s²), with s given or set by the signal-to-noise ratio
// 10 log10(‖A(X*)‖²/(m s²)).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class GaussianNoise final : public Noise {
 public:
  struct Options {
    std::optional<Real> level, snr;
    void declare(Parameters& p) {
      p.add("level", level, at_least(0), "standard deviation s of each measurement's noise").example("0.01");
      p.add("snr", snr, any(), "signal-to-noise ratio, instead of the level").unit("dB");
    }
  };
  GaussianNoise(const Options& options, const Context& context) : options_(options), stream_(context.stream) {
    if (options.level.has_value() == options.snr.has_value())
      throw Unsuitable("needs either 'level' or 'snr', and not both");
  }

  void disturb(Index first, const Signal& signal, std::span<const Real>, std::span<Real> data) const override {
    if (options_.snr && signal.power == 0)
      throw Unsuitable("has a level relative to the exact measurements, but these are all zero");
    const Real level = options_.level ? *options_.level : std::sqrt(signal.power * std::pow(10, -*options_.snr / 10));
    Vec e(data.size());
    stream_.fill_normal(first, {e.memptr(), e.n_elem});
    for (std::size_t j = 0; j < data.size(); ++j) data[j] += level * e[j];
  }

 private:
  Options options_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Noise, GaussianNoise, "gaussian", "independent normal noise by level or signal-to-noise ratio")
