#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/claims/condition_form.hpp"

namespace tightrope {

ConditionForm equal_condition_form() {
  return {.words = {"equal"},
          .axis_key = "across",
          .axis_meaning = "the label that makes no difference (or 'compared with')",
          .is_of_pairs = true,
          .has_tolerance = true,
          .takes_words = true,
          .example = "{that: final error, is: equal, across: kappa, up to: 5 %}",
          .meaning = "(largest - smallest)/smallest of the medians; also with `compared with` in the place of `across`",
          .judge = [](const Claim& claim, const Numbers& numbers) -> Finding {
            Real smallest = std::numeric_limits<Real>::infinity(), largest = -smallest;
            for (const Measured& value : numbers.medians) {
              if (!value.is_number() || !std::isfinite(value.low)) return {.measured = numbers.text};
              smallest = std::min(smallest, value.low);
              largest = std::max(largest, value.low);
            }
            const Real found = largest == smallest ? 0 : (largest - smallest) / std::abs(smallest);
            return {found <= claim.tolerance(), -found,
                    fmt::format("{} %: {}", measured_text(100 * found, {claim.percent}), numbers.text)};
          }};
}

}  // namespace tightrope
