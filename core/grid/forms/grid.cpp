// grid: {PATH: VALUES, …}
#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

StudyForm grid_study_form() {
  return {"grid",
          40,
          "map",
          "PATH → VALUES: every combination",
          "{grid: {model.rank: [3, 5], optimizer.step: 'log(0.01, 1, 3)'}}",
          6,
          StudyForm::What::axes,
          [](StudyReader& reader, const Node& grid) {
            for (std::vector<StudyReader::Row>& column : reader.columns(grid, "grid"))
              reader.plan.blocks.push_back(std::move(column));
          },
          "{minProperties: 1, patternProperties: {'': {uniqueItems: true}}, allOf: [{$ref: '#/definitions/axes'}]}",
          true};
}

}  // namespace tightrope
