#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm rate_topic_form() {
  return fit_topic({"rate", "", "fitted rate", "the s of QUANTITY ~ exp(s · LABEL)", fit_exponential, nullptr, true});
}

}  // namespace tightrope
