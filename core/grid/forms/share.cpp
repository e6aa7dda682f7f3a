// share: [operator, …]
#include <fmt/format.h>

#include "core/base/text/word_list.hpp"
#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

StudyForm share_study_form() {
  return {"share",
          100,
          "list",
          "what repetitions do not draw again: target, operator, noise, initialization",
          "{repetitions: 5, share: [operator]}",
          5,
          StudyForm::What::how,
          [](StudyReader& reader, const Node& share) {
            const std::vector<Node> items = share.is_sequence() ? share.items : std::vector<Node>{share};
            for (const Node& item : items) {
              if (item.is_scalar() && contains(parts_of_a_problem, item.scalar)) {
                reader.plan.shared.push_back(item.scalar);
                continue;
              }
              reader.complain(item.position,
                              fmt::format("repetitions can share {}, but this is {}{}", list_of(parts_of_a_problem),
                                          item.description(), did_you_mean(item.scalar, parts_of_a_problem)));
            }
            if (!reader.study.find("repetitions"))
              reader.complain(share.position,
                              "share says what repetitions have in common, but the study has no repetitions");
          },
          fmt::format("{{if: {{type: array}}, then: {{items: {{enum: [{0}]}}}}, else: {{enum: [{0}]}}}}",
                      list_of(parts_of_a_problem))};
}

}  // namespace tightrope
