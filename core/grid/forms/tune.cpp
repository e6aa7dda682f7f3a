// tune: {path: PATH, over: VALUES, for: QUANTITY, …} or none
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
      if (node.is_map() && own->second.is_map())
        for (const Node::Entry& entry : own->second.entries) node.set(entry.key, entry.value);
      else
        node = own->second;
    }
    if (node.is_null() || (node.is_scalar() && node.scalar == "none")) continue;
    const std::size_t before = reader.diagnostics.size();
    auto rules = read_tune(node, reader.diagnostics);
    if (rules && reader.is_path(rules->path, rules->path_position)) {
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
      "choose before the cells are run; see above",
      "{repetitions: 2, tune: {path: optimizer.step, over: [0.1, 0.2], for: final relative_error}}",
      2,
      StudyForm::What::how,
      {}};
}

}  // namespace tightrope
