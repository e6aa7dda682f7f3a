#include <fmt/format.h>

#include <algorithm>

#include "core/claims/topic.hpp"
#include "core/statistics/statistics.hpp"

namespace tightrope {

TopicForm success_topic_form() {
  return {.pattern = "success of QUANTITY < BOUND",
          .name = "a success",
          .example = "{that: success of QUANTITY < BOUND, is: '>= 0.9'}",
          .meaning = "the share of the runs of which this is true",
          .takes_column = true,
          .of_setting = [](const Claim& claim, const std::vector<Measured>& values) {
            const auto met = static_cast<Index>(
                std::ranges::count_if(values, [&](const Measured& value) { return follows(*claim.success, value); }));
            const Interval interval = wilson_interval(met, values.size());
            return Measured::exactly(static_cast<Real>(met) / static_cast<Real>(values.size()),
                                     fmt::format(": {} of {} runs, 95 % interval {:.3f} to {:.3f}", met, values.size(),
                                                 interval.low, interval.high));
          }};
}

}  // namespace tightrope
