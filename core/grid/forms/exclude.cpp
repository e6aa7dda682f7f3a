// exclude: [{AXIS: CONDITION, …}, …]
#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

StudyForm exclude_study_form() {
  return {"exclude",
          210,
          "map or list of maps",
          "AXIS → CONDITION: drop the cells for which all of a map hold",
          "{grid: {model.rank: [3, 5, 8]}, exclude: {rank: 5}}",
          2,
          StudyForm::What::which,
          [](StudyReader& reader, const Node& exclude) {
            for (const Node& node : exclude.is_sequence() ? exclude.items : std::vector<Node>{exclude})
              reader.plan.drop.push_back(reader.conditions(node, "an entry of exclude"));
          },
          "{type: [object, array], minProperties: 1, items: {type: object, minProperties: 1}}"};
}

}  // namespace tightrope
