// No row of a factor is longer than B: rows that are get this length. It is the projection onto a convex set, as in
// matrix completion, where no row may dominate. Put your set here, with its source.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Projection {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Real bound = 0;
    void declare(Parameters& p) {
      p.add("bound", bound, above(0), "B, the largest length of a row").required().example("1");
    }
  };
  MyPlugin(const Options& options, const Context&) : bound_(options.bound) {}

  // Called when an iteration is complete, before its point is evaluated. A projected point is a fixed point, up to
  // rounding.
  void project(Factors& point) const override {
    for (Mat& block : point.blocks)
      for (Index i = 0; i < block.n_rows; ++i) {
        const Real length = frobenius_norm(block.row(i));
        if (length > bound_) block.row(i) *= bound_ / length;
      }
  }

 private:
  Real bound_;
};

}  // namespace

TIGHTROPE_PLUGIN(Projection, MyPlugin, "my_plugin", "bounds the rows of the factors")
