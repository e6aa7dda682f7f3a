// Sine of the largest principal angle between the leading r-dimensional singular spaces of X and X*, left or right.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SubspaceAngle final : public Observer {
 public:
  struct Options {
    std::string side = "left";
    void declare(Parameters& p) {
      p.add("side", side, {"left", "right"}, "column spaces (left) or row spaces (right)");
    }
  };
  SubspaceAngle(const Options& options, const Context& context) : left_(options.side == "left") {
    if (context.model().rank() < context.truth().rank)
      throw Unsuitable("compares spaces of the truth's dimension, which exceeds the factorization rank");
  }

  std::vector<Column> columns() const override {
    return {{"subspace_angle", "sine of the largest angle between leading singular spaces", 0, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    if (!seen.iterate.X.left.is_finite() || !seen.iterate.X.right.is_finite()) return;
    const Svd ours = truncated(svd(seen.iterate.X), seen.truth->rank),
              theirs = truncated(seen.truth->svd, seen.truth->rank);
    values[0] = left_ ? sine_of_largest_angle(theirs.left, ours.left) : sine_of_largest_angle(theirs.right, ours.right);
  }

 private:
  bool left_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, SubspaceAngle, "subspace_angle",
                 "angle between the leading singular spaces of X and the truth")
