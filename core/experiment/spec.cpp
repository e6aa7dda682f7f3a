// Cells in their resolved form: their plugins, seeds and keys.
#include <fmt/format.h>

#include "core/experiment/experiment.hpp"
#include "core/experiment/operator_key.hpp"

namespace tightrope {

std::string PluginSpec::description() const {
  if (!library) return "";
  return fmt::format("{} '{}'", plugin_kind(library->manifest().kind).singular, library->manifest().name);
}

std::uint64_t CellSpec::seed_of(const std::string& part) const {
  const auto own = seeds.find(part);
  return own == seeds.end() ? seed : own->second;
}

std::string operator_key(const CellSpec& cell) {
  if (cell.problem) return fmt::format("{} {}", cell.seed, to_json(*cell.problem->resolved, true));
  const std::string shape = cell.shape    ? fmt::format("{} {}", cell.shape->rows, cell.shape->cols)
                            : cell.target ? to_json(*cell.target->resolved, true)
                                          : "";
  return fmt::format("{} {} {}", cell.seed_of("operator"), shape, to_json(*cell.op.resolved, true));
}

std::vector<std::pair<std::string, const PluginSpec*>> CellSpec::parts() const {
  std::vector<std::pair<std::string, const PluginSpec*>> all;
  const auto add = [&](const char* path, const PluginSpec& choice) {
    if (choice.library) all.emplace_back(path, &choice);
  };
  const auto add_if = [&](const char* path, const std::optional<PluginSpec>& choice) {
    if (choice) add(path, *choice);
  };
  add_if("problem", problem);
  add_if("problem.target", target);
  for (const PluginSpec& noise : noises) add("problem.noise", noise);
  add("problem.operator", op);
  add("loss", loss);
  add("model", model);
  for (const PluginSpec& penalty : penalties) add("penalty", penalty);
  add("initialization", initialization);
  add("optimizer", optimizer);
  add_if("optimizer.step", step_size);
  add_if("perturbation", perturbation);
  add_if("projection", projection);
  for (const Watched& watched : observers) add("observers", watched.choice);
  return all;
}

}  // namespace tightrope
