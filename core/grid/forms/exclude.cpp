// exclude: [{AXIS: CONDITION, …}, …]
#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

namespace {

void read_exclude(StudyReader& reader, const Node& exclude) {
  for (const Node& node : exclude.is_sequence() ? exclude.items : std::vector<Node>{exclude})
    reader.plan.drop.push_back(reader.conditions(node, "an entry of exclude"));
}

}  // namespace

StudyForm exclude_study_form() {
  return {"exclude",
          210,
          "map or list of maps",
          "AXIS → CONDITION: drop the cells for which all of a map hold",
          "{grid: {model.rank: [3, 5, 8]}, exclude: {rank: 5}}",
          2,
          StudyForm::What::which,
          read_exclude,
          "{type: [object, array], minProperties: 1, items: {type: object, minProperties: 1}}"};
}

}  // namespace tightrope
