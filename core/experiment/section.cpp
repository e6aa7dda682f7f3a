#include "core/experiment/section.hpp"

#include "core/base/table.hpp"
#include "core/base/text/word_list.hpp"
#include "core/experiment/experiment.hpp"
#include "core/interfaces/problem.hpp"

namespace tightrope {

/// Written by CMake: what each file of sections/ defines.
std::vector<Section> sections_of_all_files();

const std::vector<Section>& sections() {
  static const std::vector<Section> all = in_order(sections_of_all_files());
  return all;
}

const std::vector<std::string>& keys_of_cells() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all = {"seed"};
    for (const Section& section : sections())
      if (section.of_cell && !section.name.empty()) all.push_back(section.name);
    return all;
  }();
  return keys;
}

const std::vector<std::string>& keys_of_files() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all = {"name", "plugin_path"};
    for (const Section& section : sections())
      if (!section.of_cell) all.push_back(section.name);
    return all;
  }();
  return keys;
}

std::string home_of_key(const std::string& word) {
  for (const Section& section : sections())
    if (find_named(section.inside, word)) return section.name;
  for (const Section& section : sections())
    if (word != "type" && find_named(section.parameters, word)) return section.name;
  return "";
}

std::vector<Parameter> common_parameters(const Library& library) {
  std::string kind = library.manifest().kind;
  if (kind == Optimizer::kind && !make_maker(library)->takes_step_size()) return {};
  if (kind == Problem::kind) kind = Observer::kind;  // the columns of a problem are scheduled as those of an observer
  for (const Section& section : sections())
    if (section.plugin == kind) return section.parameters;
  return {};
}

}  // namespace tightrope
