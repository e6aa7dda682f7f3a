#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm slope_topic_form() {
  return fit_topic({"slope", "", "fitted slope", "the s of QUANTITY ~ c + s · LABEL", fit_line, nullptr, false});
}

}  // namespace tightrope
