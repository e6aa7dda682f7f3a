// The sections of a config.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/tree/parameters.hpp"

namespace tightrope {

class Resolver;
struct CellSpec;
struct Experiment;

/// A section of a config. Each is a file of core/experiment/sections: NAME.cpp defines `Section NAME_section()`.
struct Section {
  std::string name;       // its key: "stop"; "" for the top of the file, whose parameters are keys there
  int order = 0;          // of resolution, on the reference page and in messages
  std::string text = {};  // for the reference page
  std::vector<Parameter> parameters = {};  // its own keys, declared like those of a plugin; for documents
  std::string plugin = {};                 // folder of the kind of plugin that it chooses: "models"
  std::string alternative = {};            // folder of a kind that takes its own keys in place of those of the section
  bool is_required = false;                // unless the defaults have it
  bool may_be_list = false;                // of several such plugins
  bool is_list = false;                    // of such plugins, each a name or `NAME: {…}`
  bool of_sensing = false;                 // a problem that is no sensing has no such section
  bool has_columns = false;                // its other keys are columns, each with a number
  std::vector<std::string> one_of = {};    // keys of which it needs one
  std::string schema = {};                 // JSON Schema, as YAML, of what is said nowhere above
  std::vector<Section> inside = {};        // problem has a target, an operator, …
  /// How a cell gets it, whether the file has it or not; null if it is none of a cell.
  std::function<void(Resolver&, const Node& tree, CellSpec&)> of_cell = {};
  /// What the whole file gets of it, where the file has it and all cells are known.
  std::function<void(Resolver&, const Node& section, Experiment&)> of_file = {};
};
/// All of them, in order.
const std::vector<Section>& sections();
/// Keys at the top of a file: those that a method or an axis may set, and the others.
const std::vector<std::string>& keys_of_cells();
const std::vector<std::string>& keys_of_files();
/// The section in which a word is a key, if there is one: "problem" for "target".
std::string home_of_key(const std::string& word);

/// The parameters of a struct that declares them. What is assigned to them goes into one that they keep.
template <class Keys>
std::vector<Parameter> parameters_of() {
  const auto keys = std::make_shared<Keys>();
  Parameters parameters;
  keys->declare(parameters);
  std::vector<Parameter> all = parameters.all();
  for (Parameter& parameter : all)
    parameter.assign = [keys, assign = std::move(parameter.assign)](const Node& value) { return assign(value); };
  return all;
}

}  // namespace tightrope
