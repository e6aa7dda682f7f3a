// What the sections of a config (core/experiment/sections) are read with: parameters, plugins and complaints.
#pragma once

#include <map>
#include <optional>
#include <regex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/experiment/experiment.hpp"
#include "core/experiment/section.hpp"

namespace tightrope {

class Resolver {
 public:
  Resolver(const Node& tree, const Catalog& catalog, const Selection& selection, const std::vector<Tuned>& tuned);

  Experiment experiment();
  CellSpec part(Part wanted);
  std::vector<CellSpec> cells(const std::vector<std::pair<Node, Labels>>& trees);

  // --- for sections ---
  void complain(const Position& position, std::string message) {
    diagnostics.push_back({position, std::move(message)});
  }
  /// What is wrong with a value that several cells have is said once.
  void drop_repetitions();
  CellSpec cell(const Node& tree, Labels labels);
  /// Reads a map into a struct that declares its keys. Returns all its values, each with the place where it was given.
  template <class Keys>
  Node read(Keys& keys, const Node& map, const std::string& owner, const std::vector<std::string>& reserved = {}) {
    Parameters parameters;
    keys.declare(parameters);
    return read_parameters(parameters, map, owner, reserved, Node::make_map(map.position));
  }
  /// Reads all parameters; a section of the file that stands inside of another one is told where it belongs. The values
  /// are added to `resolved`, in the order of their declaration.
  Node read_parameters(Parameters& parameters, const Node& map, const std::string& owner,
                       const std::vector<std::string>& reserved, Node resolved);
  /// The plugin that section `key` of `parent` chooses, its parameters read; the resolved section goes to `resolved`.
  PluginSpec choose(const std::string& kind, const std::string& key, const Node& parent, CellSpec& cell, Node& resolved,
                    const std::vector<std::string>& also = {});
  /// The same for a section at the top of the file.
  PluginSpec choose(const std::string& kind, const std::string& key, const Node& top, CellSpec& cell) {
    return choose(kind, key, top, cell, cell.resolved);
  }
  /// One plugin, or a list of them; none without the key.
  std::vector<PluginSpec> choose_some(const std::string& kind, const std::string& key, const Node& parent,
                                      CellSpec& cell, Node& resolved);
  const std::vector<std::string>& names(const std::string& kind);
  /// Whether some observer or problem can record such a column, as far as that is known without a run.
  bool is_column(const std::string& name);
  /// Complains of what is wrong with the parameters in a section, be it that no cell ever sees them; it may lack some.
  void check_given(const Section& section, const Node& parent);
  void add_file(std::vector<DataFile>& files, const std::string& written, const std::string& path);

  const Node& tree;
  const Catalog& catalog;
  const Selection& selection;
  const std::vector<Tuned>& tuned;
  Node defaults;  // of the plugins
  std::vector<Diagnostic> diagnostics;

 private:
  /// Throws what is wrong, if anything is.
  void finish();
  struct Chosen {
    PluginSpec choice;
    std::vector<DataFile> files;
  };
  void read_choice(const std::string& kind, const std::string& key, const Node& given,
                   const std::vector<std::string>& also, Chosen& chosen);

  std::map<std::string, Chosen> chosen_;                   // by the section's identity
  std::map<std::string, std::vector<std::string>> names_;  // of each kind
  std::map<std::string, std::string> digests_;             // of data files, by path
  std::optional<std::regex> columns_;                      // of all plugins, once they were asked for
};

/// A section that is one plugin or, where a cell need not have it, perhaps none.
template <class Member>
Section plugin_section(const char* name, int order, const char* text, const char* kind, Member CellSpec::*member,
                       bool of_sensing = false) {
  const auto resolve = [=](Resolver& resolver, const Node& tree, CellSpec& cell) {
    const Node* given = tree.find(name);
    const bool may_be_missing = !std::is_same_v<Member, PluginSpec>;
    if (!may_be_missing || (given && !given->is_null())) cell.*member = resolver.choose(kind, name, tree, cell);
  };
  return {.name = name,
          .order = order,
          .text = text,
          .plugin = kind,
          .is_required = std::is_same_v<Member, PluginSpec>,
          .of_sensing = of_sensing,
          .of_cell = resolve};
}

/// The map with some of its keys alone.
Node only(const Node& map, const std::vector<std::string>& keys);
/// The value of a key that is there and not empty, or null.
const Node* value_at(const Node& map, const std::string& key);
bool looks_like_number(const Node& node);
/// Whether the problem is that of a matrix seen through measurements, and no plugin's.
bool is_sensing(const Node& tree);
/// Of a problem, its truth alone is resolved: neither operator nor data.
void resolve_problem(Resolver& resolver, const Node& tree, CellSpec& cell, bool truth_alone);
/// The cells that a study asks for go to the experiment (core/experiment/sections/study.cpp).
void resolve_study(Resolver& resolver, const Node& study, const Node& base, Experiment& experiment);
/// What the first stop rule on a recorded column says, if all runs have the same (core/experiment/sections/stop.cpp).
std::optional<SuccessCriterion> success_by_stop_rules(const std::vector<CellSpec>& cells);
/// When columns are recorded: the key `every` in the section of this choice.
Schedule read_schedule(Resolver& resolver, const Node& every, const PluginSpec& choice);

}  // namespace tightrope
