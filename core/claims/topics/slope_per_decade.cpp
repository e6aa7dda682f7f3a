#include <cmath>

#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm slope_per_decade_topic_form() {
  return fit_topic({.word = "slope",
                    .axis_word = "log10",
                    .name = "fitted slope per decade",
                    .meaning = "the s of QUANTITY ~ c + s · log10 LABEL, what is gained per decade",
                    .fit = fit_per_decade,
                    .straight_x = std::log10,
                    .has_log_y = false});
}

}  // namespace tightrope
