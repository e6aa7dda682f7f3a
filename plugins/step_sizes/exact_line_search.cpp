// The minimizer of f along d, to rounding. In a model that is quadratic in its blocks A(X(p + μd)) = z + μa + μ²b with
// a = J(p) d and b = ½ (J(p + d) d − a): one forward map for a, and one for b unless it vanishes, as along one factor
// of V Wᵀ. The minimum of φ(μ) = ℓ(z + μa + μ²b) + penalty(p + μd) then needs no operator, whatever the loss is.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class ExactLineSearch final : public StepSize {
 public:
  using Options = NoOptions;
  ExactLineSearch(const Options&, const Context& context) : measurements_(context.data().n_elem) {
    const FactorizationModel& model = context.model();
    const Factors p = model.random_point(context.stream), d = model.random_point(context.stream.child("d"));
    if (difference(model, p, d, {1, -3, 3, -1}) > 1e-10)
      throw Unsuitable("needs a model that is quadratic in its blocks, but this one is not");
    for (Index b = 0; b < d.size(); ++b) {
      Factors alone = d;
      keep_only(alone, Blocks::only(b));
      is_linear_.push_back(difference(model, p, alone, {1, -2, 1}) <= 1e-10);
    }
    has_penalty_ = model.has_penalty();
  }

  Step choose(const Iterate& at, const Factors& d, Objective& objective, Memory& memory) const override {
    if (at.rows.count < measurements_)
      throw Unsuitable("needs the objective of all measurements, but these come in batches");
    Sensing& sensing = *objective.sensing();
    Vec a, b(at.prediction.n_elem, arma::fill::zeros), s;
    sensing.jacobian_times(at, d, a);
    if (!is_straight(d)) {
      Iterate ahead = at;
      add_scaled(ahead.point, 1, d);
      sensing.jacobian_times(ahead, d, b);
      b = (b - a) / 2;
    }
    const auto phi = [&](Real step) {
      LinePoint found;
      found.value = sensing.slope(at.prediction + step * (a + step * b), s);
      found.slope = arma::dot(s, a + 2 * step * b);
      if (!has_penalty_) return found;
      Factors point = at.point, gradient = zeros(objective.space().blocks());
      add_scaled(point, step, d);
      found.value += objective.space().add_penalty(point, Blocks::all(), &gradient);
      found.slope += dot(gradient, d);
      return found;
    };
    const LinePoint start = phi(0);
    if (!(start.slope < 0)) return 0;
    Real& last = memory.scalar("last step", 1);
    const Real step = line_minimum(phi, start, last);
    if (!std::isfinite(step)) return {EndClass::stalled, "the objective falls without end along the direction"};
    return last = step;
  }
  bool needs_descent() const override { return true; }

 private:
  /// ‖Σ_j c_j X(p + j d)‖_F, relative to the sum of the norms.
  static Real difference(const FactorizationModel& model, const Factors& p, const Factors& d, const Vec& c) {
    Factors moved = p;
    LowRank X, sum;
    Real size = 0;
    for (Index j = 0; j < c.n_elem; ++j) {
      model.retract(p, static_cast<Real>(j), d, moved);
      model.expand(moved, X);
      size += std::abs(c[j]) * norm(X);
      sum = {arma::join_rows(sum.left, c[j] * X.left), arma::join_rows(sum.right, X.right)};
    }
    return norm(sum) / size;
  }
  /// Whether X is linear along d: only one block moves, and X is linear in that one.
  bool is_straight(const Factors& d) const {
    Index moved = 0;
    bool is_linear = true;
    for (Index b = 0; b < d.size(); ++b)
      if (!d[b].is_zero()) is_linear = is_linear_[b] && ++moved == 1;
    return is_linear;
  }

  Index measurements_;
  std::vector<bool> is_linear_;
  bool has_penalty_ = false;
};

}  // namespace

TIGHTROPE_PLUGIN(StepSize, ExactLineSearch, "exact_line_search", "the minimizer of the objective along the direction",
                 "dowell1971")
