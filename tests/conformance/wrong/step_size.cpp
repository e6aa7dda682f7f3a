// A constant step size with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public StepSize {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "negative, nan, infinite, short_trial, fails, silent: an end without a reason, memory: in the object; "
            "uphill: although it says "
            "that it needs descent, undefined: at a gradient of zero");
    }
  };
  Wrong(const Options& options, const Context&) : mistake_(options.mistake) {}

  Step choose(const Iterate& at, const Factors&, Objective& objective, Memory&) const override {
    if (mistake_ == "negative") return -0.2;
    if (mistake_ == "fails") return {EndClass::failed, "no step was found"};
    if (mistake_ == "silent") return {EndClass::stalled, ""};
    if (mistake_ == "memory") return 0.2 / (1 + 0.1 * calls_++);
    if (mistake_ == "nan") return arma::datum::nan;
    if (mistake_ == "infinite") return arma::datum::inf;
    if (mistake_ == "short_trial") {
      Factors trial = at.point;
      trial[0].resize(trial[0].n_rows, trial[0].n_cols - 1);
      objective.value(trial);
    }
    if (mistake_ == "undefined") return norm(at.gradient) / norm(at.gradient);
    return 0.2;
  }

  bool needs_descent() const override { return mistake_ == "uphill"; }

 private:
  std::string mistake_;
  mutable Real calls_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, Wrong, "wrong", "a constant step size with a mistake, for tests")
