#include <cmath>

#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm slope_per_decade_topic_form() {
  return fit_topic({"slope", "log10", "fitted slope per decade",
                    "the s of QUANTITY ~ c + s · log10 LABEL, what is gained per decade", fit_per_decade, std::log10,
                    false});
}

}  // namespace tightrope
