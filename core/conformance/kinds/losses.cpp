// Losses: the slope is the derivative of the value, and the curvature that of the slope.
#include <algorithm>
#include <future>

#include "core/conformance/trial.hpp"
#include "core/conformance/walled.hpp"

namespace tightrope::conformance {

namespace {

constexpr int attempts = 3;  // at different points, since one may be at a kink

Real value_of(const Loss& loss, const Vec& z, const Vec& y, Vec& slope) {
  slope.set_size(z.n_elem);
  slope.fill(std::nan(""));  // what is not written is seen
  return loss.evaluate(0, {z.memptr(), z.n_elem}, {y.memptr(), z.n_elem}, {slope.memptr(), z.n_elem});
}

/// How the slope differs from differences of values along single measurements.
std::string wrong_slope(const Loss& loss, const Vec& z, const Vec& y, Real h, const Vec& slope) {
  Vec expected(z.n_elem), moved = z, unused;
  for (Index i = 0; i < z.n_elem; ++i) {
    moved[i] = z[i] + h;
    const Real above = value_of(loss, moved, y, unused);
    moved[i] = z[i] - h;
    expected[i] = (above - value_of(loss, moved, y, unused)) / (2 * h);
    moved[i] = z[i];
  }
  return difference(slope, expected, 1e-4);
}

/// At z = y + scale·N(0, 1).
void check_slope(const Loss& loss, const Vec& y, Real scale, Report& report) {
  Real inner = 0, differences = 0;
  std::string how;
  for (std::uint64_t attempt = 0; attempt < attempts; ++attempt) {
    const Vec z = y + scale * random_vector(1 + 2 * attempt, y.n_elem), d = random_vector(2 + 2 * attempt, y.n_elem);
    const Real h = 1e-5 * scale;
    Vec slope, unused;
    value_of(loss, z, y, slope);
    report.expect(slope.is_finite(), "at the scale {:g} the slope is not finite", scale);
    const Real above = value_of(loss, Vec(z + h * d), y, unused), below = value_of(loss, Vec(z - h * d), y, unused);
    inner = arma::dot(slope, d);
    differences = (above - below) / (2 * h);
    const Real size = std::max(frobenius_norm(slope) * frobenius_norm(d), std::abs(differences)),
               error = std::abs(differences - inner) / (size > 0 ? size : 1);
    if (error <= 1e-5) return report.measure("relative error of ⟨slope, d⟩ against differences", error, "at most 1e-5");
    how = wrong_slope(loss, z, y, h, slope);
  }
  report.expect(false,
                "at the scale {:g} the slope is not the derivative: ⟨slope, d⟩ is {:g}, differences of values give "
                "{:g}{}",
                scale, inner, differences, how.empty() ? "" : ": the slope " + how);
}

void check_slopes(const Subject& subject, Report& report) {
  const auto [bench, loss] = made<Loss>(subject);
  const Vec& y = bench->problem->data;
  const auto check = [&, &loss = loss](const Vec& data, Real scale) {
    // Around labels values do not get small with residuals, and differences of them are rounding.
    if (scale >= 1 || loss->is_of_residuals()) check_slope(*loss, data, scale, report);
  };
  for (const Real scale : {1e-6, 1e-3, 1.0, 1e3, 1e6}) check(scale * y, scale);  // and the data
  for (const Real scale : {1e-2, 1e3, 1e6}) check(y, scale);                     // the residuals alone
}

void check_blocks(const Subject& subject, Report& report) {
  const auto [bench, loss] = made<Loss>(subject);
  const Vec &y = bench->problem->data, z = random_vector(1, y.n_elem);
  Vec slope, again;
  const Real value = value_of(*loss, z, y, slope);
  report.expect(value_of(*loss, z, y, again) == value && parts::same_bits(slope, again),
                "asked twice, it does not say the same");
  if (!loss->separable()) return;
  for (const Index other : {Index{0}, y.n_elem / 2, y.n_elem - 1}) {
    Vec moved = z;
    moved[other] += 0.5;
    value_of(*loss, moved, y, again);
    for (Index i = 0; i < y.n_elem; ++i)
      report.require(
          i == other || again[i] == slope[i],
          "the slope of measurement {} depends on the prediction of measurement {}: it is not separable, and "
          "separable() must say so",
          i, other);
  }
  for (const Index size : {Index{1}, Index{17}, Index{64}}) {
    Real sum = 0;
    Vec parts_of_slope(y.n_elem);
    // From the last block to the first: nothing may depend on the order.
    for (Index first = (y.n_elem - 1) / size * size;; first -= size) {
      const Index count = std::min(size, y.n_elem - first);
      sum += loss->evaluate(first, {z.memptr() + first, count}, {y.memptr() + first, count},
                            {parts_of_slope.memptr() + first, count});
      if (first == 0) break;
    }
    report.expect(std::abs(sum - value) <= 1e-12 * std::abs(value),
                  "blocks of {} measurements cost {:g} together, all at once {:g}", size, sum, value);
    report.expect(parts::same_bits(parts_of_slope, slope), "the slopes of blocks of {} are others than all at once",
                  size);
  }
  Real none = 0;
  report.expect(loss->evaluate(5, {z.memptr(), 0}, {y.memptr(), 0}, {&none, 0}) == 0, "no measurements cost something");
}

void check_perfect_fit(const Subject& subject, Report& report) {
  const auto [bench, loss] = made<Loss>(subject);
  if (!loss->is_of_residuals()) return;
  const Vec& y = bench->problem->data;
  Vec slope;
  const Real perfect = value_of(*loss, y, y, slope);
  report.expect(std::isfinite(perfect), "the value of a perfect fit is {:g}", perfect);
  const Real of_zeros = value_of(*loss, Vec(y.n_elem, arma::fill::zeros), y, slope);
  report.expect(std::isfinite(of_zeros) && slope.is_finite(),
                "where all predictions are 0 the value is {:g}, or the slope is not finite", of_zeros);
  value_of(*loss, y, y, slope);
  report.expect(slope.is_finite(), "the slope at a perfect fit is not finite");
  for (const Real scale : {1e-3, 1.0, 1e3})
    report.expect(value_of(*loss, Vec(y + scale * random_vector(1, y.n_elem)), y, slope) >= perfect,
                  "a perfect fit costs more than another one");
}

void check_curvature(const Subject& subject, Report& report) {
  const auto [bench, loss] = made<Loss>(subject);
  if (!loss->separable()) return;
  const Vec& y = bench->problem->data;
  const Index m = y.n_elem;
  for (const Real scale : {1e-2, 1.0, 1e2}) {
    const Vec z = y + scale * random_vector(1, m);
    Vec curvature(m), part(m);
    try {
      loss->curvature(0, {z.memptr(), m}, {y.memptr(), m}, {curvature.memptr(), m});
    } catch (const NoCurvature&) {
      return;
    }
    const auto quotients = [&, &of = *loss](Real h) {
      Vec above, below;
      value_of(of, Vec(z + h), y, above);
      value_of(of, Vec(z - h), y, below);
      return Vec((above - below) / (2 * h));
    };
    const Vec coarse = quotients(1e-4 * scale), fine = quotients(0.5e-4 * scale);
    const Real size = arma::max(arma::abs(coarse));
    for (Index i = 0; i < m; ++i) {
      report.expect(curvature[i] >= 0 && std::isfinite(curvature[i]),
                    "the curvature of measurement {} is {:g}, but at least 0 is needed", i, curvature[i]);
      const bool is_smooth = std::abs(coarse[i] - fine[i]) <= 1e-6 * size;  // else a kink is near
      report.expect(!is_smooth || std::abs(curvature[i] - fine[i]) <= 1e-5 * size,
                    "the curvature is not the derivative of the slope: {:g} for measurement {}, differences of slopes "
                    "give {:g}",
                    curvature[i], i, fine[i]);
    }
    for (Index first = 0; first < m; first += 17) {
      const Index count = std::min<Index>(17, m - first);
      loss->curvature(first, {z.memptr() + first, count}, {y.memptr() + first, count}, {part.memptr() + first, count});
    }
    report.expect(parts::same_bits(part, curvature), "the curvatures of blocks are others than all at once");
  }
}

/// What it is lent ends where memory does, and what it may not write cannot be written.
void check_borders(const Subject& subject, Report& report) {
  const auto [bench, loss] = made<Loss>(subject);
  const Vec &y = bench->problem->data, z = random_vector(1, y.n_elem);
  Vec expected(y.n_elem);
  for (const Index count : {y.n_elem, Index{1}, Index{5}}) {
    if (count < y.n_elem && !loss->separable()) continue;
    const Walled predictions({z.memptr(), count}, Walled::Access::is_read_only),
        data({y.memptr(), count}, Walled::Access::is_read_only),
        slope({z.memptr(), count}, Walled::Access::may_be_written);
    const Real value = loss->evaluate(0, predictions.numbers(), data.numbers(), slope.numbers());
    report.expect(value == loss->evaluate(0, {z.memptr(), count}, {y.memptr(), count}, {expected.memptr(), count}) &&
                      std::equal(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(count), slope.data()),
                  "{} measurements that lie elsewhere in memory get other bits", count);
  }
}

/// A pass calls it from several threads.
void check_callers(const Subject& subject, Report& report) {
  const auto [bench, loss] = made<Loss>(subject);
  const auto other = made<Loss>(subject);
  const Vec& y = bench->problem->data;
  constexpr std::uint64_t callers = 4;
  std::vector<Vec> points, slopes(callers);
  std::vector<Real> values;
  for (std::uint64_t caller = 0; caller < callers; ++caller) {
    points.push_back(random_vector(40 + caller, y.n_elem));
    values.push_back(value_of(*other.plugin, points[caller], y, slopes[caller]));
  }
  std::vector<std::future<bool>> answers;
  for (std::uint64_t caller = 0; caller < callers; ++caller)
    answers.push_back(std::async(std::launch::async, [&, &of = *loss, &data = y, caller] {
      Vec slope;
      for (int time = 0; time < 200; ++time)
        if (value_of(of, points[caller], data, slope) != values[caller] || !parts::same_bits(slope, slopes[caller]))
          return false;
      return true;
    }));
  bool all = true;
  for (auto& answer : answers) all = answer.get() && all;
  report.expect(all,
                "called from four threads at once, or after other calls, it does not give the bits that another "
                "object gives alone: it keeps something between calls (a static variable or a member)");
}

void check_allocations(const Subject& subject, Report& report) {
  const auto [bench, loss] = made<Loss>(subject);
  if (!loss->separable()) return;
  const Vec &y = bench->problem->data, z = random_vector(1, y.n_elem);
  Vec slope(y.n_elem);
  check_allocations_of(report, "evaluate", Allocating::is_wrong,
                       [&, &of = *loss, &data = y] { value_of(of, z, data, slope); });
}

}  // namespace

Checks loss_checks() {
  return {{"slope = derivative of the value, at every scale", check_slopes, true},
          {"blocks add up, and the same call twice gives the same bits", check_blocks},
          {"no memory beyond what it is lent", check_borders},
          {"four callers at once get the same bits", check_callers},
          {"allocations at work", check_allocations},
          {"nothing is paid for a perfect fit", check_perfect_fit},
          {"the curvature is the derivative of the slope, and at least 0", check_curvature}};
}

}  // namespace tightrope::conformance
