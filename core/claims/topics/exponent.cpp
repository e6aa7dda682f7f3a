#include <cmath>

#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm exponent_topic_form() {
  return fit_topic({"exponent", "", "fitted exponent", "the s of QUANTITY ~ LABEL^s", fit_power_law, std::log, true});
}

}  // namespace tightrope
