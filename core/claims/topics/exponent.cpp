#include <cmath>

#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm exponent_topic_form() {
  return fit_topic({.word = "exponent",
                    .name = "fitted exponent",
                    .meaning = "the s of QUANTITY ~ LABEL^s",
                    .fit = fit_power_law,
                    .straight_x = std::log,
                    .has_log_y = true});
}

}  // namespace tightrope
