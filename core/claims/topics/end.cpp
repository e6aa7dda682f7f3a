#include "core/claims/judging/judge.hpp"
#include "core/claims/topic.hpp"

namespace tightrope {

TopicForm end_topic_form() {
  Words ends;
  for (const EndClass end : {EndClass::converged, EndClass::stalled, EndClass::limit, EndClass::diverged})
    ends.emplace_back(to_string(end));
  return {.pattern = "end",
          .name = "an end",
          .example = "{that: end, where: {step: 2}, is: limit or diverged}",
          .meaning =
              "how each run ends: converged, stalled, limit, diverged, or one of several. A divergence that such a "
              "claim allows does not make `run` fail",
          .answer = [](const ClaimSubject& run) { return to_string(run.end); },
          .answers = ends,
          .question = "how a run ends"};
}

}  // namespace tightrope
