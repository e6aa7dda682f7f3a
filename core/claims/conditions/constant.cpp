#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/claims/condition_form.hpp"

namespace tightrope {

ConditionForm constant_condition_form() {
  return {
      .words = {"constant"},
      .axis_key = "",
      .has_tolerance = true,
      .needed_values = 3,
      .example = "{that: slope of final error over log10 kappa, is: constant, up to: 10 %}",
      .meaning =
          "from each value of the label to the next, the slope between the medians differs from the fitted "
          "one by no more than this share of it; also for an exponent (the same power everywhere) and a rate",
      .judge = [](const Claim& claim, const Numbers& numbers) -> Finding {
        const CurveFit& fit = numbers.fit;
        if (!fit.line.trouble.empty()) return {.measured = fit.slope().text()};
        std::vector<Real> x, y, slopes;
        std::string steps;
        for (std::size_t i = 0; i < numbers.at.size(); ++i) {
          x.push_back(fit.straight_x(*number_of(numbers.at[i])));
          y.push_back(fit.straight_y(numbers.medians[i].low));
          if (i == 0) continue;
          slopes.push_back((y[i] - y[i - 1]) / (x[i] - x[i - 1]));
          steps += fmt::format("{} from {} to {}, ", measured_text(slopes.back()), numbers.at[i - 1], numbers.at[i]);
        }
        const auto [least, most] = std::minmax_element(slopes.begin(), slopes.end());
        // Equal steps are constant even where they are 0, and nothing can be compared with their size.
        const Real found =
            *least == *most ? 0 : std::max(std::abs(*least / fit.line.slope - 1), std::abs(*most / fit.line.slope - 1));
        return {
            found <= claim.tolerance(), -found,
            fmt::format("{} %: {}fitted {}", measured_text(100 * found, {claim.percent}), steps, fit.slope().text())};
      }};
}

}  // namespace tightrope
