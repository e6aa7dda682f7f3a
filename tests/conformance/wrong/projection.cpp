// Entries are brought back to [−1, 1], with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Projection {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "halfway: it is no projection; shape; zero: what it makes of zeros is not finite");
    }
  };
  Wrong(const Options& options, const Context&) : mistake_(options.mistake) {}

  void project(Factors& point) const override {
    for (Mat& block : point.blocks) {
      if (mistake_ == "zero") block *= norm(point) / norm(point);
      const Mat inside = arma::clamp(block, -1, 1);
      block = mistake_ == "halfway" ? Mat((block + inside) / 2) : inside;
    }
    if (mistake_ == "shape") point[0].resize(point[0].n_rows, point[0].n_cols + 1);
  }

 private:
  std::string mistake_;
};

}  // namespace

TIGHTROPE_PLUGIN(Projection, Wrong, "wrong", "a box with a mistake, for tests")
