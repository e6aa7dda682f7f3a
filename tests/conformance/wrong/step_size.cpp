// A constant step size with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public StepSize {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{}, "negative, nan, infinite, short_trial");
    }
  };
  Wrong(const Options& options, const Context&) : mistake_(options.mistake) {}

  Real choose(const Iterate& at, const Factors&, Objective& objective, Memory&) const override {
    if (mistake_ == "negative") return -0.2;
    if (mistake_ == "nan") return arma::datum::nan;
    if (mistake_ == "infinite") return arma::datum::inf;
    if (mistake_ == "short_trial") {
      Factors trial = at.point;
      trial[0].resize(trial[0].n_rows, trial[0].n_cols - 1);
      objective.value(trial);
    }
    return 0.2;
  }

 private:
  std::string mistake_;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Wrong, "wrong", "a constant step size with a mistake, for tests")
