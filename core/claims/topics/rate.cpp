#include <cmath>

#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm rate_topic_form() {
  return fit_topic({.word = "rate",
                    .name = "fitted rate",
                    .meaning = "the s of QUANTITY ~ exp(s · LABEL)",
                    .fit = fit_exponential,
                    .has_log_y = true});
}

}  // namespace tightrope
