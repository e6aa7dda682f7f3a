#include <cmath>

#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm slope_topic_form() {
  return fit_topic({.word = "slope",
                    .name = "fitted slope",
                    .meaning = "the s of QUANTITY ~ c + s · LABEL",
                    .fit = fit_line,
                    .has_log_y = false});
}

}  // namespace tightrope
