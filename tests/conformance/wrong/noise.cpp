// White noise and two outliers with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Noise {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "block: it depends on where blocks begin; overwrites; same: for every stream; unsorted, beyond, spared: of "
            "the outliers");
    }
  };
  Wrong(const Options& options, const Context& context)
      : mistake_(options.mistake), stream_(mistake_ == "same" ? Stream(1, "own") : context.stream) {}

  void disturb(Index first, const Signal&, std::span<const Real> exact, std::span<Real> data) const override {
    Vec e(data.size());
    stream_.fill_normal(mistake_ == "block" ? 0 : first, {e.memptr(), e.n_elem});
    for (std::size_t j = 0; j < data.size(); ++j) {
      const Index i = first + j;
      const bool is_outlier = i == 20 || i == 70;
      if (is_outlier && mistake_ == "spared") continue;
      if (mistake_ == "overwrites") data[j] = exact[j];
      data[j] += is_outlier ? 10 : 0.1 * e[j];
    }
  }
  std::vector<Index> outliers(Index measurements) const override {
    if (mistake_ == "unsorted") return {70, 20};
    std::vector<Index> all = {20, 70};
    if (mistake_ == "beyond")
      all.push_back(120);
    else
      std::erase_if(all, [&](Index i) { return i >= measurements; });
    return all;
  }

 private:
  std::string mistake_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Noise, Wrong, "wrong", "white noise with a mistake, for tests")
