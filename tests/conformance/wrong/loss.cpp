// ½ ∑ min(|r|, 100)² … continued linearly, with one mistake, for tests of the conformance suite.
#include <thread>

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Loss {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add(
          "mistake", mistake, std::vector<std::string>{},
          "large: the slope of large residuals; small: of small ones; curvature: twice too large; block: the "
          "slope of a measurement depends on its block; concave; paid: for a perfect fit; doubled: the slope; nan: "
          "at a "
          "perfect fit; shared: a buffer of all callers; allocates; whole: Σ r²; neighbours: the next one counts too; "
          "beyond: it reads one more; writes: into predictions");
    }
  };
  Wrong(const Options& options, const Context&) : mistake_(options.mistake) {}

  Real evaluate(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    constexpr Real knee = 100;
    if (mistake_ == "beyond" && z.data()[z.size()] == 0.25) return 0;
    if (mistake_ == "writes") const_cast<Real&>(z[0]) += 1e-9;
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real r = z[i] - y[i], size = std::abs(r);
      sum += size <= knee ? r * r / 2 : knee * (size - knee / 2);
      slope[i] = size <= knee || mistake_ == "large" ? r : std::copysign(knee, r);
      if (mistake_ == "doubled") slope[i] *= 2;
      if (mistake_ == "whole") sum += size <= knee ? r * r / 2 : knee * (size - knee / 2);
      if (mistake_ == "neighbours" && i + 1 < z.size()) {
        const Real next = z[i + 1] - y[i + 1];
        sum += r * next / 2;
        slope[i] += next / 2;
      }
      if (mistake_ == "neighbours" && i > 0) slope[i] += (z[i - 1] - y[i - 1]) / 2;
      if (mistake_ == "nan") slope[i] *= r / r;
      if (mistake_ == "small" && size < 0.01) slope[i] *= 2;
      if (mistake_ == "block" && i > 5 && first == 0) slope[i] *= 1 + 1e-12;
    }
    static Vec buffer(1000);
    if (mistake_ == "allocates" && arma::accu(Vec(z.size(), arma::fill::ones)) < 0) return 0;
    if (mistake_ == "shared") {
      std::copy(slope.begin(), slope.end(), buffer.begin());
      std::this_thread::yield();
      std::copy(buffer.begin(), buffer.begin() + static_cast<long>(z.size()), slope.begin());
    }
    if (mistake_ == "paid") {
      for (std::size_t i = 0; i < z.size(); ++i) sum += std::exp(-100 * (z[i] - y[i]) * (z[i] - y[i]));
      for (std::size_t i = 0; i < z.size(); ++i)
        slope[i] -= 200 * (z[i] - y[i]) * std::exp(-100 * (z[i] - y[i]) * (z[i] - y[i]));
    }
    return sum;
  }
  void curvature(Index, std::span<const Real> z, std::span<const Real> y, std::span<Real> curvature) const override {
    for (std::size_t i = 0; i < z.size(); ++i)
      curvature[i] = std::abs(z[i] - y[i]) > 100 ? 0 : mistake_ == "curvature" ? 2 : mistake_ == "concave" ? -1 : 1;
  }

 private:
  std::string mistake_;
};

}  // namespace

TIGHTROPE_PLUGIN(Loss, Wrong, "wrong", "Huber's loss with a mistake, for tests")
