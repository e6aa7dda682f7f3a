// tune: {path: PATH, over: VALUES, for: QUANTITY, …} or none
#include <algorithm>
#include <numeric>

#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

void read_tunes(StudyReader& reader) {
  const Node* common = reader.study.find("tune");
  std::vector<std::size_t> methods = {StudyPlan::no_method};
  for (std::size_t a = 0; a < reader.plan.axes.size(); ++a)
    if (reader.plan.axes[a].path == "method") {
      methods.resize(reader.plan.values[a].size());
      std::iota(methods.begin(), methods.end(), std::size_t{0});
    }
  for (const std::size_t method : methods) {
    const auto own = reader.plan.own_tunes.find(method);
    Node node = common ? *common : Node();
    if (own != reader.plan.own_tunes.end()) {
      if (node.is_map() && own->second.is_map()) {
        // Several paths of its own take the place of the one of the study.
        const Node* over = own->second.find("over");
        if (over && over->is_map() && !over->find("bisect")) node.erase("path");
        for (const Node::Entry& entry : own->second.entries) node.set(entry.key, entry.value);
      } else
        node = own->second;
    }
    if (node.is_null() || (node.is_scalar() && node.scalar == "none")) continue;
    const std::size_t before = reader.diagnostics.size();
    auto rules = read_tune(node, reader.diagnostics);
    if (rules &&
        std::ranges::all_of(rules->paths, [&](const auto& at) { return reader.is_path(at.path, at.position); })) {
      for (const Node::Entry& fixed : reader.plan.fixed)
        overlaps(*rules, fixed.key, fixed.position, "is set", reader.diagnostics);
      reader.plan.tunes[method] = std::make_shared<const TuneRules>(std::move(*rules));
    }
    if (reader.diagnostics.size() > before && own == reader.plan.own_tunes.end())
      break;  // the next methods have the same mistakes
  }
  if (!reader.plan.tunes.empty() && reader.plan.shared.size() == parts_of_a_problem.size())
    reader.complain(
        reader.plan.tunes.begin()->second->position,
        "trials are run with random numbers that the study does not use, but share keeps all that could be drawn "
        "again");
}

StudyForm tune_study_form() {
  return {
      "tune",
      120,
      "map",
      "{path: PATH, over: VALUES, for: QUANTITY, repetitions: 2, stop: {…}}: a value, such as the step, that trials "
      "choose before the cells are run; of several, over: {PATH: VALUES, …} without path; see above",
      "{repetitions: 2, tune: {path: optimizer.step, over: [0.1, 0.2], for: final relative_error}}",
      2,
      StudyForm::What::how,
      {},
      R"(
        type: [object, string]
        if: {type: string}
        then: {const: none}
        else:
          allOf: [{$ref: '#/definitions/tuned'}]
          additionalProperties: false
          properties:
            path: {$ref: '#/definitions/path'}
            over:
              if: {type: object}
              then:
                if: {required: [bisect]}
                then:
                  additionalProperties: false
                  properties:
                    bisect: {type: array, minItems: 2, maxItems: 2, items: {type: number, exclusiveMinimum: 0}}
                    trials: {type: integer, minimum: 2, maximum: 1000}
                    take: {type: number, exclusiveMinimum: 0, maximum: 1}
                else: {minProperties: 1, allOf: [{$ref: '#/definitions/axes'}]}
              else: {$ref: '#/definitions/values'}
            for: {$ref: '#/definitions/goal'}
            repetitions: {type: integer, minimum: 1, maximum: 1000}
            stop: {$ref: '#/definitions/settings/properties/stop'})",
      true};
}

}  // namespace tightrope
