// What is wrong with a derivative, a map or a cost: the cause in words, from numbers that should be others.
#include <chrono>

#include "core/conformance/process/allocations.hpp"
#include "core/conformance/trial.hpp"

namespace tightrope::conformance {

namespace {

std::string factor_text(Real factor) {
  const std::string text =
      std::abs(factor + 1) < 1e-5 ? "has the wrong sign" : fmt::format("is {:.4g} times what it should be", factor);
  if (std::abs(factor - 0.5) < 1e-5) return text + ": a factor 2 is missing";
  if (std::abs(factor - 2) < 1e-5) return text + ": a factor 2 too much";
  return text;
}

/// Same numbers, entry by entry in the other order.
Mat by_rows(const Mat& expected) { return arma::reshape(Mat(expected.t()), expected.n_rows, expected.n_cols); }

/// Where deviations are, if they are in one row or one column alone.
std::string place(const Mat& deviation, Real rounding) {
  const Vec by_column = arma::sum(arma::square(deviation), 0).t(), of_rows = arma::sum(arma::square(deviation), 1);
  const auto alone = [&](const Vec& sizes) {
    const Index most = sizes.index_max();
    return sizes.n_elem > 1 && std::sqrt(std::max<Real>(0, arma::sum(sizes) - sizes[most])) <= rounding
               ? std::optional<Index>(most)
               : std::nullopt;
  };
  const auto column = alone(by_column), row = alone(of_rows);
  if (column && row) return " in one entry alone";
  if (column) return fmt::format(" in column {} alone", *column + 1);
  if (row) return fmt::format(" in row {} alone", *row + 1);
  return "";
}

}  // namespace

std::string difference(const Mat& found, const Mat& expected, Real tolerance) {
  if (arma::size(found) != arma::size(expected))
    return fmt::format("is {} × {} instead of {} × {}", found.n_rows, found.n_cols, expected.n_rows, expected.n_cols);
  const Mat deviation = found - expected;
  const Real size = frobenius_norm(expected), rounding = tolerance * size;
  if (frobenius_norm(deviation) <= rounding) return "";
  const Index at = found.is_finite() ? arma::abs(deviation).eval().index_max() : [&] {
    Index first = 0;
    while (std::isfinite(found[first])) ++first;
    return first;
  }();
  const std::string most = fmt::format("row {}, column {}: {:.6g} instead of {:.6g}", at % found.n_rows + 1,
                                       at / found.n_rows + 1, found[at], expected[at]);
  if (!found.is_finite()) return "is not finite in " + most;
  const std::string largest = "; the largest deviation is in " + most;
  if (found.is_zero()) return "is zero, as if it had been forgotten" + largest;
  const auto multiple_of = [&](const Mat& other) -> std::optional<Real> {
    const Real factor = arma::dot(found, other) / arma::dot(other, other);
    if (frobenius_norm(found - factor * other) > 10 * rounding * std::max<Real>(1, std::abs(factor)))
      return std::nullopt;
    return factor;
  };
  if (size == 0) return "is not zero, but should be" + largest;
  const auto also = [](std::optional<Real> factor) {
    return std::abs(*factor - 1) < 1e-5 ? std::string() : ", and " + factor_text(*factor);
  };
  if (const auto factor = multiple_of(expected)) return factor_text(*factor) + largest;
  if (expected.is_square() && expected.n_rows > 1)
    if (const auto factor = multiple_of(expected.t())) return "is transposed" + also(factor) + largest;
  if (expected.n_rows > 1 && expected.n_cols > 1)
    if (const auto factor = multiple_of(by_rows(expected)))
      return "has its entries row by row instead of column by column" + also(factor) + largest;
  return fmt::format("deviates by {:.2g} of its size{}", frobenius_norm(deviation) / size,
                     place(deviation, 10 * rounding)) +
         largest;
}

namespace {

/// ∇f by differences of values, entry by entry.
Factors by_differences(const Function& f, const Factors& point, Real h) {
  Factors result = point;
  Factors moved = point;
  for (std::size_t b = 0; b < point.blocks.size(); ++b)
    for (Index i = 0; i < point.blocks[b].n_elem; ++i) {
      Real& entry = moved.blocks[b][i];
      const Real there = entry;
      const auto quotient = [&](Real step) {
        entry = there + step;
        const Real above = f(moved);
        entry = there - step;
        const Real below = f(moved);
        entry = there;
        return (above - below) / (2 * step);
      };
      result.blocks[b][i] = (4 * quotient(h / 2) - quotient(h)) / 3;
    }
  return result;
}

/// Which blocks are wrong, and how. A block may be another one's, too.
std::string cause(const Factors& gradient, const Factors& expected, const std::vector<Block>& blocks) {
  std::string text;
  for (Index b = 0; b < blocks.size(); ++b) {
    // What is small beside the rest is rounding.
    const Real size = std::max(frobenius_norm(expected[b]), 1e-6 * norm(expected));
    if (frobenius_norm(gradient[b] - expected[b]) <= 1e-6 * size) continue;
    std::string how = difference(gradient[b], expected[b], 1e-6);
    for (Index other = 0; other < blocks.size(); ++other)
      if (other != b && !expected[other].is_zero() && agree(gradient[b], expected[other], 1e-6))
        how = fmt::format("is that of block {}", blocks[other].name);
    text += fmt::format("{}block {} {}", text.empty() ? "" : "; ", blocks[b].name, how);
  }
  return text;
}

}  // namespace

GradientTrial try_gradient(const Function& f, const Factors& point, const Factors& gradient,
                           const std::vector<Block>& blocks, Real from) {
  const Factors along = random_point(2, blocks);
  const auto at = [&](Real h, const Factors& direction) {
    Factors moved = point;
    add_scaled(moved, h, direction);
    return f(moved);
  };
  const Real value = f(point),
             size = std::max({std::abs(value), std::abs(at(from, along)), std::abs(at(-from, along))});
  GradientTrial trial;
  if (!std::isfinite(size)) {
    trial.slope = std::nan("");
    trial.wrong =
        fmt::format("the value is {:g} at a point of norm {:g}", std::isfinite(value) ? size : value, norm(point));
    return trial;
  }
  trial.slope =
      slope_of([&](Real h) { return at(h, along) - value - h * dot(gradient, along); }, from, from / 100, 1e-14 * size);
  bool agrees = std::abs(trial.slope - 2) < 0.1;
  for (Index b = 0; b < blocks.size() && agrees; ++b) {
    Factors direction = along;
    keep_only(direction, Blocks::only(b));
    const Real h = from / 10;
    const auto quotient = [&](Real step) { return (at(step, direction) - at(-step, direction)) / (2 * step); };
    const Real differences = (4 * quotient(h / 2) - quotient(h)) / 3, inner = dot(gradient, direction);
    agrees = std::abs(differences - inner) <= 1e-6 * frobenius_norm(gradient[b]) * norm(direction) + 1e-13 * size / h;
  }
  if (agrees) return trial;
  const std::string because = cause(gradient, by_differences(f, point, from / 10), blocks);
  trial.wrong = fmt::format("its Taylor remainder falls with slope {:.2f}, expected 2: {}", trial.slope,
                            because.empty() ? "it is not the derivative of the values" : because);
  return trial;
}

void expect_gradient(Report& report, const std::string& whose, const GradientTrial& trial) {
  report.measure("slope of the Taylor remainder of " + whose, trial.slope, "2");
  report.expect(trial.wrong.empty(), "{} is wrong: {}", whose, trial.wrong);
}

void check_allocations_of(Report& report, const std::string& call, Allocating allocating,
                          const std::function<void()>& once) {
  constexpr int warm_up = 3, calls = 10;
  for (int i = 0; i < warm_up; ++i) once();
  const std::optional<Allocations> before = allocations_so_far();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) once();
  const std::chrono::duration<Real> spent = std::chrono::steady_clock::now() - start;
  const std::optional<Allocations> after = allocations_so_far();
  report.measure("microseconds in a call of " + call, spent.count() / calls * 1e6);
  if (!before) return;
  const Real each = static_cast<Real>(after->count - before->count) / calls,
             bytes = static_cast<Real>(after->bytes - before->bytes) / calls;
  report.measure("allocations in a call of " + call, each, allocating == Allocating::is_wrong ? "0" : "");
  if (each < 0.5 || report.may_allocate()) return;
  const std::string text =
      fmt::format("{} allocates memory each time it is called: {:.1f} blocks, {:.0f} bytes in all", call, each, bytes);
  allocating == Allocating::is_wrong ? report.add(text) : report.remark(text);
}

}  // namespace tightrope::conformance
