// where: {AXIS: CONDITION, …}
#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

StudyForm where_study_form() {
  return {"where",
          200,
          "map",
          "AXIS → CONDITION: keep the cells for which all hold",
          "{grid: {model.rank: [3, 5, 8]}, where: {rank: '>= 5'}}",
          2,
          StudyForm::What::which,
          [](StudyReader& reader, const Node& node) { reader.plan.keep.push_back(reader.conditions(node, "where")); },
          "{type: object, minProperties: 1}"};
}

}  // namespace tightrope
