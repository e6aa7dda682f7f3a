#include "core/grid/reader.hpp"

#include <fmt/format.h>

#include "core/base/table.hpp"
#include "core/base/text/word_list.hpp"
#include "core/grid/form.hpp"
#include "core/grid/labels.hpp"
#include "core/grid/ranges.hpp"

namespace tightrope {

constexpr std::size_t most_axes = 50;

/// Written by CMake: what each file of forms/ defines.
std::vector<StudyForm> study_forms_of_all_files();

const std::vector<StudyForm>& study_forms() {
  static const std::vector<StudyForm> all = in_order(study_forms_of_all_files());
  return all;
}

bool StudyReader::read() {
  const std::size_t before = diagnostics.size();
  if (!study.is_map()) {
    complain(study.position, "study must be a map, but it is " + study.description());
    return false;
  }
  const std::vector<std::string> keys = names_of(study_forms());
  for (const Node::Entry& entry : study.entries)
    if (!contains(keys, entry.key))
      complain(entry.position, fmt::format("study has no key '{}'{}", excerpt(entry.key),
                                           did_you_mean_or_list(entry.key, keys, "; it has: ")));
  const auto read_forms = [&](bool when_axes_are_known) {
    for (const StudyForm& form : study_forms())
      if ((form.what == StudyForm::What::which) == when_axes_are_known && form.read)
        if (const Node* node = study.find(form.name)) form.read(*this, *node);
  };
  read_forms(false);
  read_tunes(*this);
  if (diagnostics.size() > before) return false;
  if (plan.blocks.empty()) {
    std::vector<std::string> axes;
    for (const StudyForm& form : study_forms())
      if (form.what == StudyForm::What::axes) axes.push_back(form.name);
    complain(study.position, "study asks for nothing; give it " + one_of(axes));
    return false;
  }
  name_axes();
  read_forms(true);
  return true;
}

bool StudyReader::is_map(const Node& node, const std::string& what) {
  if (node.is_map() && !node.entries.empty()) return true;
  complain(node.position, fmt::format("{}, but it is {}", what, node.description()));
  return false;
}

bool StudyReader::is_path(const std::string& path, const Position& position) {
  const std::string section = path.substr(0, path.find('.'));
  if (contains(sections, section)) return true;
  complain(position, fmt::format("'{}' is no path of a config: there is no section '{}'{}", excerpt(path),
                                 excerpt(section), did_you_mean_or_list(section, sections, "; the sections are ")));
  return false;
}

std::optional<std::size_t> StudyReader::axis(const std::string& path, const Position& position,
                                             const std::string& owner) {
  for (std::size_t a = 0; a < plan.axes.size(); ++a) {
    if (plan.axes[a].path != path) continue;
    if (owners_[a] == owner) return a;
    complain(position, fmt::format("the axis '{}' was already given at {}", path, plan.axes[a].position.text()));
    return std::nullopt;
  }
  if (plan.axes.size() == most_axes) {
    if (!crowded_) complain(position, fmt::format("a study has at most {} axes", most_axes));
    crowded_ = true;
    return std::nullopt;
  }
  plan.axes.push_back({"", path, position, {}, ""});
  plan.values.emplace_back();
  owners_.push_back(owner);
  return plan.axes.size() - 1;
}

std::size_t StudyReader::value(std::size_t of, const Node& node) {
  std::string canonical = to_json(node, true);
  const auto [known, is_new] = known_[of].emplace(canonical, plan.values[of].size());
  if (is_new) plan.values[of].push_back({node, std::move(canonical), to_real(node)});
  return known->second;
}

std::vector<Node> StudyReader::values_of(const std::string& path, const Node& node) {
  const std::vector<Node> values = listed_values(fmt::format("the axis '{}'", path), node, diagnostics);
  count_ += values.size();
  if (count_ > most_values && !overflowed_) {
    overflowed_ = true;
    complain(node.position, fmt::format("the axes of the study have more than {} values", most_values));
  }
  return overflowed_ ? std::vector<Node>{} : values;
}

void StudyReader::add_row(std::vector<Row>& block, Row row, const Position& position) {
  if (rows_.insert({plan.blocks.size(), row}).second)
    block.push_back(std::move(row));
  else
    complain(position, "the same values were already given in this block of the study");
}

std::vector<std::vector<StudyReader::Row>> StudyReader::columns(const Node& grid, const std::string& owner) {
  std::vector<std::vector<Row>> columns;
  if (!is_map(grid, "grid must be a map from paths to lists or ranges")) return columns;
  bool in_range = false;
  for (const Node::Entry& entry : grid.entries) {
    // What is left of a range without quotes behind its commas.
    if (in_range && entry.value.is_null()) {
      in_range = entry.key.find(')') == std::string::npos;
      continue;
    }
    in_range = !range_name(entry.value).empty() && entry.value.scalar.find(')') == std::string::npos;
    if (!is_path(entry.key, entry.position)) continue;
    const std::vector<Node> values = values_of(entry.key, entry.value);
    if (values.empty()) continue;
    const auto of = axis(entry.key, entry.position, owner);
    if (!of) continue;
    std::vector<Row> column;
    std::set<std::size_t> given;
    for (const Node& node : values) {
      const std::size_t v = value(*of, node);
      if (given.insert(v).second)
        column.push_back({{*of, v}});
      else
        complain(node.position, fmt::format("the axis '{}' has the value {} twice", entry.key, excerpt(text_of(node))));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

void StudyReader::name_axes() {
  std::vector<std::string> paths;
  for (const StudyAxis& a : plan.axes) paths.push_back(a.path);
  const std::vector<std::string> labels = distinct_ends(paths);
  for (std::size_t a = 0; a < plan.axes.size(); ++a) {
    StudyAxis& axis = plan.axes[a];
    axis.label = labels[a];
    if (axis.path == "method") continue;
    std::vector<const Node*> nodes;
    for (const StudyPlan::Value& v : plan.values[a]) nodes.push_back(&v.node);
    axis.values = distinct_texts(nodes);
  }
}

}  // namespace tightrope
