// From a YAML tree to checked cells: which sections, which parameters, what is left out and what is wrong.
#include "core/experiment/resolver.hpp"

#include <fmt/format.h>

#include <set>

#include "core/base/digest.hpp"
#include "core/base/header_digest.hpp"
#include "core/base/table.hpp"
#include "core/base/text/utf8.hpp"
#include "core/base/text/word_list.hpp"
#include "core/experiment/numeric_digest.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

namespace {

std::string key_of(const CellSpec& cell) {
  Node spec = cell.resolved;
  spec.erase("name");
  if (Node* stop = spec.find("stop")) {
    stop->erase("iterations");
    stop->erase("time");
  }
  std::string text = "tightrope " TIGHTROPE_VERSION " " TIGHTROPE_NUMERIC_DIGEST "\n" + to_json(spec, true) + "\n";
  for (const auto& [path, choice] : cell.parts())
    text += choice->description() + " " + choice->library->content_hash() + "\n";
  for (const DataFile& file : cell.files) text += "file " + file.sha256 + "\n";
  return sha256(text);
}

/// The name of the run and of its folder: that of the file, where the config has none.
std::string name_of(Resolver& resolver) {
  const Node& tree = resolver.tree;
  const Node* given = tree.find("name");
  std::string name = given ? given->scalar : "";
  if (name.empty())
    name = tree.position.file == standard_input ? "stdin" : std::filesystem::path(tree.position.file).stem().string();
  if (!names_folder(name))
    resolver.complain(
        given ? given->position : tree.position,
        fmt::format(
            "the name '{}'{} cannot name a folder; use up to 100 letters, digits, '_', '-' and '.'{}", name,
            given ? "" : ", which is that of the file as the config has none,",
            name.size() > 150 ? fmt::format(", in 150 bytes ({} are {})", excerpt(name, 12), name.size()) : ""));
  return name;
}

}  // namespace

Node only(const Node& map, const std::vector<std::string>& keys) {
  Node result = Node::make_map(map.position);
  for (const Node::Entry& entry : map.entries)
    if (contains(keys, entry.key)) result.entries.push_back(entry);
  return result;
}

const Node* value_at(const Node& map, const std::string& key) {
  const Node* const node = map.find(key);
  return node && !node->is_null() ? node : nullptr;
}

Resolver::Resolver(const Node& of, const Catalog& plugins, const Selection& selected, const std::vector<Tuned>& chosen)
    : tree(of), catalog(plugins), selection(selected), tuned(chosen) {
  for (const std::filesystem::path& folder : catalog.folders())
    if (std::error_code ignored; std::filesystem::exists(folder / "defaults.yaml", ignored)) {
      defaults = read_yaml(folder / "defaults.yaml");
      break;
    }
}

Experiment Resolver::experiment() {
  if (!tree.is_map()) {
    complain(tree.position,
             tree.is_null()
                 ? "the config is empty; it needs at least problem, model, initialization, optimizer and stop"
                 : "a config is a map of sections, but this is " + tree.description());
    finish();
  }
  const std::vector<std::string> keys = joined(keys_of_cells(), keys_of_files());
  for (const Node::Entry& entry : tree.entries)
    if (!contains(keys, entry.key)) {
      const std::string home = home_of_key(entry.key);
      complain(entry.position, fmt::format("there is no section '{}'{}", entry.key,
                                           home.empty() ? did_you_mean_or_list(entry.key, keys, "; the sections are ")
                                                        : fmt::format(": it belongs into the section '{}'", home)));
    }
  Experiment experiment;
  experiment.name = name_of(*this);
  experiment.config = tree;
  Node base = tree;
  for (const std::string& key : keys_of_files())
    if (key != "name") base.erase(key);
  const Node* const name = tree.find("name");
  if (!name || name->is_scalar())
    base.set("name", Node::make_scalar(experiment.name, name ? name->position : Position{}, true));
  const Node* const study = tree.find("study");
  experiment.is_study = study;
  if (study) {
    resolve_study(*this, *study, base, experiment);
  } else {
    for (const std::vector<Node>* nodes : {&selection.only, &selection.skip})
      for (const Node& node : *nodes)
        complain(node.position,
                 "this picks cells of a study, but the config is a single run: it has no section 'study'");
    experiment.cells.push_back(cell(base, {}));
  }
  for (const Section& section : sections())
    if (const Node* given = section.of_file ? tree.find(section.name) : nullptr)
      section.of_file(*this, *given, experiment);
  if (!study || !study->find("success")) experiment.success = success_by_stop_rules(experiment.cells);
  finish();
  return experiment;
}

CellSpec Resolver::part(Part wanted) {
  CellSpec cell;
  cell.resolved = Node::make_map(tree.position);
  const auto resolve = [&](const char* section) { find_named(sections(), section)->of_cell(*this, tree, cell); };
  resolve("");
  resolve("seeds");
  if (wanted == Part::truth)
    resolve_problem(*this, tree, cell, true);
  else
    resolve(wanted == Part::model ? "model" : "problem");
  finish();
  return cell;
}

std::vector<CellSpec> Resolver::cells(const std::vector<std::pair<Node, Labels>>& trees) {
  std::vector<CellSpec> cells;
  for (const auto& [of, labels] : trees) cells.push_back(cell(of, labels));
  finish();
  return cells;
}

CellSpec Resolver::cell(const Node& of, Labels labels) {
  CellSpec cell;
  cell.labels = std::move(labels);
  cell.resolved = Node::make_map(of.position);
  for (const Section& section : sections()) {
    if (!section.of_cell) continue;
    if (!section.of_sensing || is_sensing(of))
      section.of_cell(*this, of, cell);
    else if (const Node* given = cell.problem ? value_at(of, section.name) : nullptr)
      complain(given->position, fmt::format("{} is a whole objective: it has no '{}'; leave that section out",
                                            cell.problem->description(), section.name));
  }
  if (diagnostics.empty()) cell.key = key_of(cell);
  return cell;
}

void Resolver::finish() {
  drop_repetitions();
  if (!diagnostics.empty()) throw ConfigError(std::move(diagnostics));
}

void Resolver::drop_repetitions() {
  std::set<std::string> seen;
  std::erase_if(diagnostics, [&](const Diagnostic& diagnostic) { return !seen.insert(diagnostic.text()).second; });
}

Experiment resolve_experiment(const Node& tree, const Catalog& catalog, const Selection& selection,
                              const std::vector<Tuned>& tuned) {
  return Resolver(tree, catalog, selection, tuned).experiment();
}

CellSpec resolve_part(const Node& tree, const Catalog& catalog, Part part) {
  const Selection everything;
  const std::vector<Tuned> nothing;
  return Resolver(tree, catalog, everything, nothing).part(part);
}

std::vector<CellSpec> resolve_cells(const std::vector<std::pair<Node, Labels>>& trees, const Catalog& catalog) {
  if (trees.empty()) return {};
  const Selection everything;
  const std::vector<Tuned> nothing;
  return Resolver(trees.front().first, catalog, everything, nothing).cells(trees);
}

}  // namespace tightrope
