// Sine of the largest principal angle between the leading r-dimensional singular spaces of X and X*, left or right; not
// defined, and left empty, where the rank of X is smaller than r.
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
    if (!has_rank(context.truth().svd.values, context.truth().rank, context.shape))
      throw Unsuitable("compares spaces of dimension " + std::to_string(context.truth().rank) +
                       ", but the truth has a smaller rank");
  }

  std::vector<Column> columns() const override {
    return {{"subspace_angle", "sine of the largest angle between leading singular spaces", 0, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = std::nan("");
    if (!seen.X.left.is_finite() || !seen.X.right.is_finite()) return;
    const Svd all = svd(seen.X);
    if (!has_rank(all.values, seen.truth->rank, seen.X.shape())) return;
    const Svd ours = truncated(all, seen.truth->rank), theirs = truncated(seen.truth->svd, seen.truth->rank);
    values[0] = left_ ? sine_of_largest_angle(theirs.left, ours.left) : sine_of_largest_angle(theirs.right, ours.right);
  }

 private:
  /// Whether that many singular values are more than rounding errors of the largest one.
  static bool has_rank(const Vec& sigma, Index rank, Shape shape) {
    const Real errors = static_cast<Real>(std::max(shape.rows, shape.cols)) * std::numeric_limits<Real>::epsilon();
    return rank <= sigma.n_elem && sigma[rank - 1] > errors * sigma[0];
  }

  bool left_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, SubspaceAngle, "subspace_angle",
                 "angle between the leading singular spaces of X and the truth")
