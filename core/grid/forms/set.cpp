// set: {PATH: VALUE, …}
#include <fmt/format.h>

#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

StudyForm set_study_form() {
  return {"set",
          110,
          "map",
          "PATH → one value for all cells, above everything else; `--set` writes it",
          "{grid: {model.rank: [3, 5]}, set: {optimizer.step: 0.5}}",
          2,
          StudyForm::What::how,
          [](StudyReader& reader, const Node& set) {
            if (!reader.is_map(set, "set must be a map from paths to values")) return;
            for (const Node::Entry& entry : set.entries) {
              if (!reader.is_path(entry.key, entry.position)) continue;
              for (const StudyAxis& other : reader.plan.axes)
                if (other.path == entry.key)
                  reader.complain(
                      entry.position,
                      fmt::format("'{}' is an axis, given at {}; pick some of its values with where or --only",
                                  entry.key, other.position.text()));
              reader.plan.fixed.push_back(entry);
            }
          },
          "{minProperties: 1, allOf: [{$ref: '#/definitions/settings'}]}"};
}

}  // namespace tightrope
