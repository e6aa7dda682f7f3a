// Studies: axes and rows from the file, the cells of their product, conditions on them.
#include "core/grid/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include "core/grid/ranges.hpp"
#include "core/numbers/streams.hpp"
#include "core/tree/yaml.hpp"

namespace tightrope {

namespace {

const std::vector<std::string> study_keys = {"methods", "grid", "zip",  "list",   "where",  "exclude", "repetitions",
                                             "share",   "set",  "tune", "timing", "limits", "success"};
const std::vector<std::string> parts_of_a_problem = {"target", "operator", "noise", "initialization"};
constexpr std::size_t most_axes = 50;
constexpr std::size_t most_combinations = 1'000'000;  // before `where` and `exclude`

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Column of a byte, counted in characters.
int column_of(const std::string& text, std::size_t byte) {
  return 1 + static_cast<int>(std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(byte),
                                            [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// --- labels ---

std::string text_of(const Node& node) {
  if (node.is_scalar()) return node.scalar;
  std::vector<std::string> parts;
  if (node.is_sequence()) {
    for (const Node& item : node.items) parts.push_back(text_of(item));
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
  if (const Node* type = node.find("type"); type && type->is_scalar()) return type->scalar;
  for (const Node::Entry& entry : node.entries) parts.push_back(entry.key + "=" + text_of(entry.value));
  return fmt::format("{}", fmt::join(parts, " "));
}

/// Short texts that tell the nodes apart: the type of a component and, among those of one type, what differs.
std::vector<std::string> distinct_texts(const std::vector<const Node*>& nodes) {
  std::vector<std::string> texts;
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    texts.push_back(text_of(*nodes[i]));
    groups[texts.back()].push_back(i);
  }
  for (const auto& [text, group] : groups) {
    if (group.size() == 1) continue;
    std::map<std::string, std::set<std::string>> found;
    std::map<std::string, std::size_t> times;
    for (const std::size_t i : group)
      for (const Node::Entry& entry : nodes[i]->entries) {
        found[entry.key].insert(to_json(entry.value, true));
        ++times[entry.key];
      }
    for (const std::size_t i : group)
      for (const Node::Entry& entry : nodes[i]->entries)
        if (entry.key != "type" && (found[entry.key].size() > 1 || times[entry.key] < group.size()))
          texts[i] += " " + entry.key + "=" + text_of(entry.value);
  }
  std::map<std::string, std::size_t> uses;
  for (const std::string& text : texts) ++uses[text];
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (uses[texts[i]] > 1) texts[i] += " " + to_json(*nodes[i], true);
  return texts;
}

/// The shortest ends of dotted paths that name each alone: "problem.target.rank", "model.rank" → "target.rank",
/// "model.rank".
std::vector<std::string> distinct_ends(const std::vector<std::string>& paths) {
  std::vector<std::string> ends(paths.size());
  std::vector<std::size_t> begins(paths.size());
  const auto lengthen = [&](std::size_t i, std::size_t begin) {
    const std::size_t dot = begin < 2 ? std::string::npos : paths[i].rfind('.', begin - 2);
    begins[i] = dot == std::string::npos ? 0 : dot + 1;
    ends[i] = paths[i].substr(begins[i]);
  };
  for (std::size_t i = 0; i < paths.size(); ++i) lengthen(i, paths[i].size() + 1);
  for (bool changed = true; changed;) {
    changed = false;
    std::map<std::string, std::size_t> uses;
    for (const std::string& end : ends) ++uses[end];
    for (std::size_t i = 0; i < paths.size(); ++i)
      if (uses[ends[i]] > 1 && begins[i] > 0) {
        lengthen(i, begins[i]);
        changed = true;
      }
  }
  return ends;
}

// --- conditions ---

enum class Relation { below, at_most, above, at_least, equal, unequal };

bool holds(Relation relation, Real a, Real b) {
  switch (relation) {
    case Relation::below:
      return a < b;
    case Relation::at_most:
      return a <= b;
    case Relation::above:
      return a > b;
    case Relation::at_least:
      return a >= b;
    case Relation::equal:
      return a == b;
    case Relation::unequal:
      return a != b;
  }
  return false;
}

/// "<= 3" → the relation; the text is left with what stands behind it.
std::optional<Relation> take_relation(std::string& text) {
  static const std::vector<std::pair<std::string, Relation>> relations = {
      {"<=", Relation::at_most}, {">=", Relation::at_least}, {"!=", Relation::unequal},
      {"==", Relation::equal},   {"<", Relation::below},     {">", Relation::above}};
  for (const auto& [sign, relation] : relations)
    if (text.starts_with(sign)) {
      text = trimmed(text.substr(sign.size()));
      return relation;
    }
  return std::nullopt;
}

/// The seed of a config; null if what stands there is none.
std::optional<std::uint64_t> seed_in(const Node& tree) {
  const Node* given = tree.find("seed");
  return given ? to_index(*given) : std::uint64_t{1};
}

/// A condition on one axis: values that are allowed, or a comparison with another axis.
struct AxisCondition {
  std::size_t axis = 0;
  std::vector<bool> allowed;
  Relation relation = Relation::equal;
  std::optional<std::size_t> other;
};

}  // namespace

/// Fills a grid from the file.
class GridReader {
 public:
  GridReader(Grid& grid, const Node& study, const std::vector<std::string>& sections,
             std::vector<Diagnostic>& diagnostics)
      : grid_(grid), study_(study), sections_(sections), diagnostics_(diagnostics) {}

  void read(const Selection& selection) {
    const std::size_t before = diagnostics_.size();
    if (!study_.is_map()) return complain(study_.position, "study must be a map, but it is " + study_.description());
    for (const Node::Entry& entry : study_.entries)
      if (!contains(study_keys, entry.key)) {
        const std::string hint = did_you_mean(entry.key, study_keys);
        complain(entry.position,
                 fmt::format("study has no key '{}'{}", excerpt(entry.key),
                             hint.empty() ? fmt::format("; it has: {}", fmt::join(study_keys, ", ")) : hint));
      }
    if (const Node* methods = study_.find("methods")) read_methods(*methods);
    if (const Node* list = study_.find("list")) read_list(*list);
    if (const Node* zip = study_.find("zip")) read_zip(*zip);
    if (const Node* grid = study_.find("grid")) read_grid(*grid, {});
    if (const Node* repetitions = study_.find("repetitions")) read_repetitions(*repetitions);
    if (const Node* share = study_.find("share")) read_share(*share);
    if (const Node* set = study_.find("set")) read_set(*set);
    read_tunes();
    if (diagnostics_.size() > before) return;
    if (grid_.blocks_.empty())
      return complain(study_.position, "study asks for nothing; give it methods, grid, zip, list or repetitions");
    finish_axes();
    choose_cells(selection);
    if (diagnostics_.size() == before) find_settings();
    if (diagnostics_.size() > before) grid_.cells_.clear();
  }

 private:
  void complain(const Position& position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
  }

  bool is_map(const Node& node, const std::string& what) {
    if (node.is_map() && !node.entries.empty()) return true;
    complain(node.position, fmt::format("{}, but it is {}", what, node.description()));
    return false;
  }

  bool is_path(const std::string& path, const Position& position) {
    const std::string section = path.substr(0, path.find('.'));
    if (contains(sections_, section)) return true;
    const std::string hint = did_you_mean(section, sections_);
    complain(position,
             fmt::format("'{}' is no path of a config: there is no section '{}'{}", excerpt(path), excerpt(section),
                         hint.empty() ? fmt::format("; the sections are {}", fmt::join(sections_, ", ")) : hint));
    return false;
  }

  /// The axis of a path, new unless `owner` (a block of the study) has it already. Null after a complaint.
  std::optional<std::size_t> axis(const std::string& path, const Position& position, const std::string& owner) {
    for (std::size_t a = 0; a < grid_.axes_.size(); ++a) {
      if (grid_.axes_[a].path != path) continue;
      if (owners_[a] == owner) return a;
      complain(position, fmt::format("the axis '{}' was already given at {}", path, grid_.axes_[a].position.text()));
      return std::nullopt;
    }
    if (grid_.axes_.size() == most_axes) {
      if (!crowded_) complain(position, fmt::format("a study has at most {} axes", most_axes));
      crowded_ = true;
      return std::nullopt;
    }
    grid_.axes_.push_back({"", path, position, {}, ""});
    grid_.values_.emplace_back();
    owners_.push_back(owner);
    return grid_.axes_.size() - 1;
  }

  std::size_t value(std::size_t of, const Node& node) {
    std::string canonical = to_json(node, true);
    const auto [known, is_new] = known_[of].emplace(canonical, grid_.values_[of].size());
    if (is_new) grid_.values_[of].push_back({node, std::move(canonical), to_real(node)});
    return known->second;
  }

  /// The values of a list or range. Complains if there are none.
  std::vector<Node> values_of(const std::string& path, const Node& node) {
    const std::vector<Node> values = listed_values(fmt::format("the axis '{}'", path), node, diagnostics_);
    count_ += values.size();
    if (count_ > most_values && !overflowed_) {
      overflowed_ = true;
      complain(node.position, fmt::format("the axes of the study have more than {} values", most_values));
    }
    return overflowed_ ? std::vector<Node>{} : values;
  }

  void read_methods(const Node& methods) {
    if (!is_map(methods, "methods must be a map from names to what differs, such as {gd: {optimizer: …}}")) return;
    const std::size_t of = *axis("method", methods.position, "methods");
    std::vector<Grid::Row> block;
    for (const Node::Entry& method : methods.entries) {
      if (!method.value.is_map() && !method.value.is_null()) {
        complain(method.value.position, fmt::format("method '{}' must be a map of sections, but it is {}",
                                                    excerpt(method.key), method.value.description()));
        continue;
      }
      Node partial = method.value.is_null() ? Node::make_map(method.value.position) : method.value;
      for (const Node::Entry& entry : partial.entries)
        if (entry.key != "grid" && entry.key != "tune" && !contains(sections_, entry.key)) {
          std::vector<std::string> known = sections_;
          known.insert(known.end(), {"grid", "tune"});
          complain(entry.position, fmt::format("method '{}' cannot set '{}'{}", excerpt(method.key), excerpt(entry.key),
                                               did_you_mean(entry.key, known)));
        }
      // Names are unique keys of the file, so each method is a value of its own.
      grid_.axes_[of].values.push_back(method.key);
      std::vector<Grid::Row> rows = {{{of, grid_.values_[of].size()}}};
      if (const Node* own = partial.find("grid")) {
        const std::vector<std::vector<Grid::Row>> columns = read_columns(*own, "grid of a method");
        for (const std::vector<Grid::Row>& column : columns) {
          if (rows.size() * column.size() > most_values) {
            complain(own->position, fmt::format("the grid of method '{}' has more than {} combinations",
                                                excerpt(method.key), most_values));
            break;
          }
          std::vector<Grid::Row> longer;
          for (const Grid::Row& row : rows)
            for (const Grid::Row& next : column) {
              longer.push_back(row);
              longer.back().insert(longer.back().end(), next.begin(), next.end());
            }
          rows = std::move(longer);
        }
        partial.erase("grid");
      }
      if (const Node* own = partial.find("tune")) {
        own_tunes_[grid_.values_[of].size()] = *own;
        partial.erase("tune");
      }
      grid_.values_[of].push_back({std::move(partial), method.key, std::nullopt});
      block.insert(block.end(), rows.begin(), rows.end());
    }
    grid_.blocks_.push_back(std::move(block));
  }

  void read_list(const Node& list) {
    if (!list.is_sequence() || list.items.empty())
      return complain(
          list.position,
          "list must be a list of maps such as {model.rank: 3, optimizer.step: 0.5}, but it is " + list.description());
    std::vector<Grid::Row> block;
    for (const Node& item : list.items) {
      if (!is_map(item, "an entry of list must be a map such as {model.rank: 3, optimizer.step: 0.5}")) continue;
      Grid::Row row;
      for (const Node::Entry& entry : item.entries) {
        if (!is_path(entry.key, entry.position)) continue;
        const auto of = axis(entry.key, entry.position, "list");
        if (!of) continue;
        if (entry.value.is_null())
          complain(entry.position, fmt::format("a value of the axis '{}' is missing here", entry.key));
        row.emplace_back(*of, value(*of, entry.value));
      }
      std::sort(row.begin(), row.end());
      add_row(block, std::move(row), item.position);
    }
    grid_.blocks_.push_back(std::move(block));
  }

  void add_row(std::vector<Grid::Row>& block, Grid::Row row, const Position& position) {
    if (rows_.insert({grid_.blocks_.size(), row}).second)
      block.push_back(std::move(row));
    else
      complain(position, "the same values were already given in this block of the study");
  }

  void read_zip(const Node& zip) {
    if (!is_map(zip, "zip must be a map from paths to lists of equal length")) return;
    std::vector<Grid::Row> block;
    const Node::Entry& first = zip.entries.front();
    std::size_t length = 0;
    std::vector<Position> positions;
    for (const Node::Entry& entry : zip.entries) {
      if (!is_path(entry.key, entry.position)) return;
      const std::vector<Node> values = values_of(entry.key, entry.value);
      if (values.empty()) return;
      const auto of = axis(entry.key, entry.position, "zip");
      if (!of) return;
      if (&entry == &first) {
        length = values.size();
        block.resize(length);
        for (const Node& node : values) positions.push_back(node.position);
      }
      if (values.size() != length)
        return complain(entry.position,
                        fmt::format("the lists of zip must be equally long, but '{}' has {} values and '{}' {}",
                                    first.key, length, entry.key, values.size()));
      for (std::size_t i = 0; i < length; ++i) block[i].emplace_back(*of, value(*of, values[i]));
    }
    std::vector<Grid::Row> checked;
    for (std::size_t i = 0; i < length; ++i) add_row(checked, std::move(block[i]), positions[i]);
    grid_.blocks_.push_back(std::move(checked));
  }

  /// One block for each path of a grid.
  std::vector<std::vector<Grid::Row>> read_columns(const Node& grid, const std::string& owner) {
    std::vector<std::vector<Grid::Row>> columns;
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
      std::vector<Grid::Row> column;
      std::set<std::size_t> given;
      for (const Node& node : values) {
        const std::size_t v = value(*of, node);
        if (given.insert(v).second)
          column.push_back({{*of, v}});
        else
          complain(node.position,
                   fmt::format("the axis '{}' has the value {} twice", entry.key, excerpt(text_of(node))));
      }
      columns.push_back(std::move(column));
    }
    return columns;
  }

  void read_grid(const Node& grid, const std::string&) {
    for (std::vector<Grid::Row>& column : read_columns(grid, "grid")) grid_.blocks_.push_back(std::move(column));
  }

  void read_repetitions(const Node& repetitions) {
    std::vector<Node> values;
    if (repetitions.is_sequence() && !repetitions.items.empty()) {
      for (const Node& item : repetitions.items)
        if (to_index(item))
          values.push_back(item);
        else
          return complain(
              item.position,
              "repetitions must be a number of repetitions or a list of seeds, but this is " + item.description());
    } else {
      const auto count = to_index(repetitions);
      if (!count || *count < 1 || *count > most_values)
        return complain(
            repetitions.position,
            fmt::format("repetitions must be a whole number between 1 and {} or a list of seeds, but it is {}",
                        most_values, repetitions.description()));
      for (std::uint64_t r = 1; r <= *count; ++r)
        values.push_back(Node::make_scalar(std::to_string(r), repetitions.position));
    }
    const auto found = axis("repetition", repetitions.position, "repetitions");
    if (!found) return;
    const std::size_t of = *found;
    std::vector<Grid::Row> block;
    for (const Node& node : values) {
      const std::size_t before = grid_.values_[of].size();
      block.push_back({{of, value(of, node)}});
      if (grid_.values_[of].size() == before)
        complain(node.position, fmt::format("the seed {} is listed twice", node.scalar));
    }
    grid_.seeds_are_given_ = repetitions.is_sequence();
    grid_.blocks_.push_back(std::move(block));
  }

  void read_share(const Node& share) {
    const std::vector<Node> items = share.is_sequence() ? share.items : std::vector<Node>{share};
    for (const Node& item : items) {
      if (item.is_scalar() && contains(parts_of_a_problem, item.scalar)) {
        grid_.shared_.push_back(item.scalar);
        continue;
      }
      complain(item.position,
               fmt::format("repetitions can share {}, but this is {}{}", fmt::join(parts_of_a_problem, ", "),
                           item.description(), did_you_mean(item.scalar, parts_of_a_problem)));
    }
    if (!study_.find("repetitions"))
      complain(share.position, "share says what repetitions have in common, but the study has no repetitions");
  }

  void read_set(const Node& set) {
    if (!is_map(set, "set must be a map from paths to values")) return;
    for (const Node::Entry& entry : set.entries) {
      if (!is_path(entry.key, entry.position)) continue;
      for (const StudyAxis& other : grid_.axes_)
        if (other.path == entry.key)
          complain(entry.position,
                   fmt::format("'{}' is an axis, given at {}; pick some of its values with where or --only", entry.key,
                               other.position.text()));
      grid_.fixed_.push_back(entry);
    }
  }

  // --- tuning ---

  /// The rules of each method: those of the study, with its own laid over them.
  void read_tunes() {
    const Node* common = study_.find("tune");
    std::vector<std::size_t> methods = {Grid::no_method};
    for (std::size_t a = 0; a < grid_.axes_.size(); ++a)
      if (grid_.axes_[a].path == "method") {
        methods.resize(grid_.values_[a].size());
        std::iota(methods.begin(), methods.end(), std::size_t{0});
      }
    for (const std::size_t method : methods) {
      const auto own = own_tunes_.find(method);
      Node node = common ? *common : Node();
      if (own != own_tunes_.end()) {
        if (node.is_map() && own->second.is_map())
          for (const Node::Entry& entry : own->second.entries) node.set(entry.key, entry.value);
        else
          node = own->second;
      }
      if (node.is_null() || (node.is_scalar() && node.scalar == "none")) continue;
      const std::size_t before = diagnostics_.size();
      auto rules = read_tune(node, diagnostics_);
      if (rules && is_path(rules->path, rules->path_position)) {
        for (const Node::Entry& fixed : grid_.fixed_) overlap(*rules, fixed.key, fixed.position, "is set");
        grid_.tunes_[method] = std::make_shared<const TuneRules>(std::move(*rules));
      }
      if (diagnostics_.size() > before && own == own_tunes_.end()) break;  // the next methods have the same mistakes
    }
    if (!grid_.tunes_.empty() && grid_.shared_.size() == parts_of_a_problem.size())
      complain(
          grid_.tunes_.begin()->second->position,
          "trials are run with random numbers that the study does not use, but share keeps all that could be drawn "
          "again");
  }

  /// Complains if a path that has its values from elsewhere is the tuned one, or a part of it.
  bool overlap(const TuneRules& rules, const std::string& path, const Position& position, const char* what) {
    if (path != rules.path && !path.starts_with(rules.path + ".")) return false;
    const std::string text = fmt::format(
        "'{}' {}, but it is also to be tuned, by the rules at {}; write tune: none in the methods for which "
        "it is not",
        path, what, rules.position.text());
    if (told_.insert(position.text()).second) complain(position, text);
    return true;
  }

  /// Cells that differ in the repetition alone have a tuned value in common.
  void find_settings() {
    if (grid_.tunes_.empty()) return;
    std::map<Grid::Row, std::size_t> known;
    for (const std::size_t cell : grid_.cells_) {
      const Grid::Row whole = grid_.row(cell);
      Grid::Row row;
      std::size_t method = Grid::no_method;
      for (const auto& [a, v] : whole) {
        if (grid_.axes_[a].path == "method") method = v;
        if (grid_.axes_[a].path != "repetition") row.emplace_back(a, v);
      }
      const auto rules = grid_.tunes_.find(method);
      grid_.setting_of_.emplace_back();
      if (rules == grid_.tunes_.end()) continue;
      const auto [setting, is_new] = known.emplace(row, grid_.settings_.size());
      grid_.setting_of_.back() = setting->second;
      if (!is_new) continue;
      bool overlaps = false;
      for (const auto& [a, v] : row)
        overlaps = overlap(*rules->second, grid_.axes_[a].path, grid_.axes_[a].position, "is an axis") || overlaps;
      if (!overlaps) grid_.settings_.push_back(grid_.setting(row, rules->second));
    }
  }

  void finish_axes() {
    std::vector<std::string> paths;
    for (const StudyAxis& a : grid_.axes_) paths.push_back(a.path);
    const std::vector<std::string> labels = distinct_ends(paths);
    for (std::size_t a = 0; a < grid_.axes_.size(); ++a) {
      StudyAxis& axis = grid_.axes_[a];
      axis.label = labels[a];
      if (axis.path == "method") continue;
      std::vector<const Node*> nodes;
      for (const Grid::Value& v : grid_.values_[a]) nodes.push_back(&v.node);
      axis.values = distinct_texts(nodes);
    }
    grid_.order_.resize(grid_.axes_.size());
    for (std::size_t a = 0; a < grid_.order_.size(); ++a) grid_.order_[a] = a;
    const auto depth = [&](std::size_t a) {
      return std::count(grid_.axes_[a].path.begin(), grid_.axes_[a].path.end(), '.');
    };
    std::stable_sort(grid_.order_.begin(), grid_.order_.end(),
                     [&](std::size_t a, std::size_t b) { return depth(a) < depth(b); });
  }

  // --- which cells ---

  std::optional<std::size_t> find_axis(const std::string& name) const {
    for (std::size_t a = 0; a < grid_.axes_.size(); ++a)
      if (grid_.axes_[a].label == name || grid_.axes_[a].path == name) return a;
    return std::nullopt;
  }

  std::optional<std::size_t> find_value(std::size_t of, const Node& node) const {
    const std::vector<Grid::Value>& values = grid_.values_[of];
    const auto number = to_real(node);
    const std::string canonical = node.is_scalar() ? "" : to_json(node, true);
    for (std::size_t v = 0; v < values.size(); ++v) {
      const bool same_text = node.is_scalar() && grid_.axes_[of].values[v] == node.scalar;
      if (same_text || (number && values[v].number == number) ||
          (!canonical.empty() && values[v].canonical == canonical))
        return v;
    }
    return std::nullopt;
  }

  std::optional<AxisCondition> read_condition(const Node::Entry& entry) {
    const auto of = find_axis(entry.key);
    if (!of) {
      std::vector<std::string> names;
      for (const StudyAxis& a : grid_.axes_) names.push_back(a.label);
      const std::string hint = did_you_mean(entry.key, names);
      complain(entry.position,
               fmt::format("the study has no axis '{}'{}", excerpt(entry.key),
                           hint.empty() ? fmt::format("; its axes are {}", fmt::join(names, ", ")) : hint));
      return std::nullopt;
    }
    const StudyAxis& axis = grid_.axes_[*of];
    AxisCondition condition;
    condition.axis = *of;
    std::string text = entry.value.scalar;
    const auto relation = entry.value.is_scalar() ? take_relation(text) : std::nullopt;
    const Node operand = Node::make_scalar(text, entry.value.position);
    if (!relation) {
      condition.allowed.assign(axis.values.size(), false);
      // An axis of lists may be asked for one of them.
      const bool one_list = entry.value.is_sequence() && find_value(*of, entry.value);
      for (const Node& item :
           entry.value.is_sequence() && !one_list ? entry.value.items : std::vector<Node>{entry.value}) {
        if (const auto v = find_value(*of, item)) {
          condition.allowed[*v] = true;
          continue;
        }
        complain(item.position, fmt::format("no cell has {} {}{}", axis.label,
                                            item.is_scalar() ? "'" + excerpt(item.scalar) + "'" : item.description(),
                                            did_you_mean(item.scalar, axis.values)));
      }
      return condition;
    }
    condition.relation = relation.value_or(Relation::equal);
    const bool ordering = condition.relation != Relation::equal && condition.relation != Relation::unequal;
    const auto bound = to_real(operand);
    if (!ordering) {
      if (const auto v = find_value(*of, operand)) {
        condition.allowed.assign(axis.values.size(), condition.relation == Relation::unequal);
        condition.allowed[*v] = condition.relation == Relation::equal;
        return condition;
      }
    }
    condition.other = bound ? std::nullopt : find_axis(text);
    if (!ordering && !condition.other) {
      complain(entry.value.position,
               fmt::format("no cell has {} '{}'{}", axis.label, excerpt(text), did_you_mean(text, axis.values)));
      return std::nullopt;
    }
    if (!bound && !condition.other) {
      complain(entry.value.position,
               fmt::format("a comparison needs a number or the name of an axis, but this is '{}'", excerpt(text)));
      return std::nullopt;
    }
    for (const std::size_t a : {*of, condition.other.value_or(*of)})
      for (const Grid::Value& v : grid_.values_[a])
        if (ordering && !v.number) {
          complain(
              entry.value.position,
              fmt::format("the values of '{}' are not all numbers, so they cannot be compared", grid_.axes_[a].label));
          return std::nullopt;
        }
    if (!condition.other)
      for (const Grid::Value& v : grid_.values_[*of])
        condition.allowed.push_back(holds(condition.relation, *v.number, *bound));
    return condition;
  }

  std::vector<AxisCondition> read_conditions(const Node& node, const std::string& owner) {
    std::vector<AxisCondition> conditions;
    if (!is_map(node, owner + " must be a map from axes to values, such as {method: gd}")) return conditions;
    for (const Node::Entry& entry : node.entries)
      if (auto condition = read_condition(entry)) conditions.push_back(std::move(*condition));
    return conditions;
  }

  /// Whether all conditions hold; one on an axis that a cell does not have does not.
  bool satisfies(const std::vector<std::optional<std::size_t>>& cell,
                 const std::vector<AxisCondition>& conditions) const {
    return std::all_of(conditions.begin(), conditions.end(), [&](const AxisCondition& condition) {
      const auto own = cell[condition.axis];
      if (!own) return false;
      if (!condition.other) return static_cast<bool>(condition.allowed[*own]);
      const auto other = cell[*condition.other];
      if (!other) return false;
      const Grid::Value &a = grid_.values_[condition.axis][*own], &b = grid_.values_[*condition.other][*other];
      if (a.number && b.number) return holds(condition.relation, *a.number, *b.number);
      return (a.canonical == b.canonical) == (condition.relation == Relation::equal);
    });
  }

  std::string counts() const {
    std::vector<std::string> words;
    for (std::size_t a = 0; a < grid_.axes_.size(); ++a)
      words.push_back(fmt::format("{} {}", grid_.axes_[a].label, grid_.axes_[a].values.size()));
    return fmt::format("{}", fmt::join(words, ", "));
  }

  void choose_cells(const Selection& selection) {
    const std::size_t before = diagnostics_.size();
    std::vector<std::vector<AxisCondition>> keep, drop;
    std::vector<Node> asked;
    if (const Node* where = study_.find("where")) keep.push_back(read_conditions(*where, "where"));
    const std::size_t own = keep.size();
    if (const Node* exclude = study_.find("exclude"))
      for (const Node& node : exclude->is_sequence() ? exclude->items : std::vector<Node>{*exclude})
        drop.push_back(read_conditions(node, "an entry of exclude"));
    const std::size_t own_drops = drop.size();
    for (const Node& node : selection.only) keep.push_back(read_conditions(node, "--only"));
    for (const Node& node : selection.skip) drop.push_back(read_conditions(node, "--skip"));

    double combinations = 1;
    for (const auto& block : grid_.blocks_) combinations *= static_cast<double>(block.size());
    if (combinations > static_cast<double>(most_combinations))
      return complain(study_.position, fmt::format("the study has {:.3g} combinations, more than {} ({})", combinations,
                                                   most_combinations, counts()));
    if (diagnostics_.size() > before) return;

    std::vector<std::optional<std::size_t>> cell;
    bool any = false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(combinations); ++i) {
      cell.assign(grid_.axes_.size(), std::nullopt);
      for (const auto& [a, v] : grid_.row(i)) cell[a] = v;
      const auto meant = [&](const std::vector<AxisCondition>& conditions) { return satisfies(cell, conditions); };
      const auto n = [](std::size_t count) { return static_cast<std::ptrdiff_t>(count); };
      if (!std::all_of(keep.begin(), keep.begin() + n(own), meant)) continue;
      if (std::any_of(drop.begin(), drop.begin() + n(own_drops), meant)) continue;
      any = true;
      if (!std::all_of(keep.begin() + n(own), keep.end(), meant)) continue;
      if (std::any_of(drop.begin() + n(own_drops), drop.end(), meant)) continue;
      grid_.cells_.push_back(i);
    }
    if (!any)
      complain(study_.position, "where and exclude leave no cell of the study");
    else if (grid_.cells_.empty())
      complain((selection.only.empty() ? selection.skip : selection.only).front().position,
               "--only and --skip leave no cell of the study");
    else if (grid_.cells_.size() > Grid::most_cells)
      complain(study_.position, fmt::format("the study has {} cells, more than the {} that are allowed ({})",
                                            grid_.cells_.size(), Grid::most_cells, counts()));
  }

  Grid& grid_;
  const Node& study_;
  const std::vector<std::string>& sections_;
  std::vector<Diagnostic>& diagnostics_;
  std::vector<std::string> owners_;                                  // of each axis
  std::map<std::size_t, std::map<std::string, std::size_t>> known_;  // canonical texts of the values of each axis
  std::set<std::pair<std::size_t, Grid::Row>> rows_;
  std::map<std::size_t, Node> own_tunes_;  // by the method's value
  std::set<std::string> told_;             // places of overlaps
  std::size_t count_ = 0;
  bool overflowed_ = false, crowded_ = false;
};

Grid::Grid(const Node& base, const Node& study, const std::vector<std::string>& sections, const Selection& selection,
           std::vector<Diagnostic>& diagnostics)
    : base_(base) {
  GridReader(*this, study, sections, diagnostics).read(selection);
}

Grid::Row Grid::row(std::size_t combination) const {
  Row result;
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
    const Row& chosen = (*block)[combination % block->size()];
    result.insert(result.end(), chosen.begin(), chosen.end());
    combination /= block->size();
  }
  return result;
}

std::map<std::string, std::string> Grid::labels(std::size_t cell) const {
  std::map<std::string, std::string> result;
  for (const auto& [a, v] : row(cells_[cell])) result[axes_[a].label] = axes_[a].values[v];
  return result;
}

Node Grid::config_of_row(const Row& row, const Node* tuned) const {
  std::vector<const Value*> chosen(axes_.size(), nullptr);
  for (const auto& [a, v] : row) chosen[a] = &values_[a][v];
  Node tree = base_;
  std::size_t method = no_method;
  for (const auto& [a, v] : row) {
    if (axes_[a].path != "method") continue;
    merge(tree, values_[a][v].node);
    method = v;
  }
  for (const std::size_t a : order_)
    if (chosen[a] && axes_[a].path != "method" && axes_[a].path != "repetition")
      merge(node_at_path(tree, axes_[a].path, [&](std::size_t) { return axes_[a].position; }), chosen[a]->node);
  if (tuned) apply_tuned(tree, *tunes_.at(method), *tuned);
  for (const Node::Entry& entry : fixed_)
    node_at_path(tree, entry.key, [&](std::size_t) { return entry.position; }) = entry.value;
  return tree;
}

void Grid::keep_shared(Node& tree, std::uint64_t seed, const Position& position) const {
  if (shared_.empty()) return;
  if (!tree.find("seeds")) tree.set("seeds", Node::make_map(position));
  Node& seeds = *tree.find("seeds");
  for (const std::string& part : shared_)
    if (seeds.is_map() && !seeds.find(part)) seeds.set(part, Node::make_scalar(std::to_string(seed), position));
}

std::uint64_t Grid::seed_of(std::uint64_t seed, const Value& repetition) const {
  const std::uint64_t r = *to_index(repetition.node);
  return seeds_are_given_ ? r : repetition_seed(seed, r);
}

Node Grid::tree(std::size_t cell, const Node* tuned) const {
  const Row chosen = row(cells_[cell]);
  Node tree = config_of_row(chosen, tuned);
  const auto repetition = std::find_if(chosen.begin(), chosen.end(),
                                       [&](const auto& pair) { return axes_[pair.first].path == "repetition"; });
  if (repetition == chosen.end()) return tree;
  const auto seed = seed_in(tree);
  if (!seed) return tree;  // the resolver complains
  const Value& value = values_[repetition->first][repetition->second];
  keep_shared(tree, *seed, value.node.position);
  const std::uint64_t own = seed_of(*seed, value);
  if (own != *seed) tree.set("seed", Node::make_scalar(std::to_string(own), value.node.position));
  return tree;
}

TunedSetting Grid::setting(const Row& row, const std::shared_ptr<const TuneRules>& rules) const {
  TunedSetting setting;
  for (const auto& [a, v] : row) setting.labels[axes_[a].label] = axes_[a].values[v];
  setting.rules = rules;
  setting.tree = config_of_row(row, nullptr);
  const std::uint64_t seed = seed_in(setting.tree).value_or(1);
  keep_shared(setting.tree, seed, rules->position);
  std::set<std::uint64_t> used = {seed};
  for (std::size_t a = 0; a < axes_.size(); ++a)
    if (axes_[a].path == "repetition")
      for (const Value& value : values_[a]) used.insert(seed_of(seed, value));
  for (std::uint64_t draw = 1; setting.seeds.size() < rules->repetitions; ++draw)
    if (const std::uint64_t held_out = tuning_seed(seed, draw); used.insert(held_out).second)
      setting.seeds.push_back(held_out);
  return setting;
}

std::vector<std::size_t> Grid::cover() const {
  std::set<std::pair<std::size_t, std::size_t>> seen;
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    bool is_new = false;
    for (const auto& pair : row(cells_[i])) is_new = seen.insert(pair).second || is_new;
    if (is_new) result.push_back(i);
  }
  return result;
}

std::uint64_t repetition_seed(std::uint64_t seed, std::uint64_t repetition) {
  // 53 bits, so that a seed can be written into a config again.
  return repetition == 1 ? seed : Stream(seed, "study/repetition").word(repetition) >> 11U;
}

std::uint64_t tuning_seed(std::uint64_t seed, std::uint64_t draw) {
  return Stream(seed, "study/tune").word(draw) >> 11U;
}

Node parse_selection(const std::string& text, const std::string& name) {
  const std::string file = name + ' ' + excerpt(text);
  Node result = Node::make_map({file, 1, 1});
  Node::Entry* current = nullptr;
  for (const auto& [offset, piece] : comma_separated(text)) {
    const Position position{file, 1, column_of(text, offset)};
    const std::size_t sign = std::min(piece.find_first_of("<>=!"), piece.size());
    const std::string word = trimmed(piece.substr(0, sign));
    const bool is_name =
        sign < piece.size() && !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
          return std::isalnum(c) || c == '_' || c == '.' || c == '-';
        });
    std::size_t begin = 0;
    if (is_name) {
      if (result.find(word)) throw ConfigError({{position, fmt::format("the axis '{}' is named twice", word)}});
      result.entries.push_back({word, position, Node::make_sequence(position)});
      current = &result.entries.back();
      begin = piece[sign] == '=' && piece.substr(sign, 2) != "==" ? sign + 1 : sign;
    }
    if (!current)
      throw ConfigError(
          {{position, "this has the form AXIS=VALUE,VALUE,…,AXIS=VALUE, such as method=gd,condition=10,100"}});
    const std::string value = piece.substr(begin);
    const Position here{file, 1, column_of(text, offset + begin)};
    if (std::string operand = trimmed(value); take_relation(operand)) {
      current->value.items.push_back(Node::make_scalar(trimmed(value), here, true));
      continue;
    }
    Node node = trimmed(value).empty() ? Node() : parse_value(value, file, here.column);
    if (node.is_null()) throw ConfigError({{here, "a value is missing here"}});
    current->value.items.push_back(std::move(node));
  }
  for (Node::Entry& entry : result.entries)
    if (entry.value.items.size() == 1) entry.value = Node(entry.value.items.front());
  return result;
}

void assign(Node& tree, const std::string& assignment, const std::string& name) {
  static const std::vector<std::string> not_of_a_cell = {"name", "study", "claims", "plugin_path"};
  const std::size_t equals = assignment.find('=');
  const std::string path = assignment.substr(0, equals);
  if (equals == std::string::npos || path.empty() || contains(not_of_a_cell, path.substr(0, path.find('.'))))
    return apply_assignment(tree, assignment, name);
  const auto pieces = comma_separated(assignment.substr(equals + 1));
  const std::string file = name + ' ' + excerpt(assignment);
  const Position start{file, 1, 1};
  std::vector<Node> values;
  bool is_range = false;
  for (const auto& [offset, piece] : pieces) {
    values.push_back(trimmed(piece).empty() ? Node()
                                            : parse_value(piece, file, column_of(assignment, equals + 1 + offset)));
    is_range = is_range || is_range_name(range_name(values.back()));
  }
  Node* study = tree.find("study");
  const bool is_axis = values.size() > 1 || is_range;
  if (!is_axis && (!study || !study->is_map())) return apply_assignment(tree, assignment, name);
  // A path that leads nowhere is an error of the command line, whatever the cells turn out to be.
  Node scratch = tree;
  node_at_path(scratch, path, [&](std::size_t byte) { return Position{file, 1, column_of(path, byte)}; });
  if (!study || !study->is_map()) study = &tree.set("study", Node::make_map(start));
  Node* grid = study->find("grid");
  Node* listed = grid ? grid->find(path) : nullptr;
  const std::string block = is_axis || listed ? "grid" : "set";
  Node* target = study->find(block);
  if (!target || !target->is_map()) target = &study->set(block, Node::make_map(start));
  std::erase_if(target->entries, [&](const Node::Entry& entry) { return entry.key == path; });
  Node value = values.front();
  if (block == "grid") {
    value = Node::make_sequence(start);
    value.items = std::move(values);
  }
  target->entries.push_back({path, start, std::move(value)});
}

}  // namespace tightrope
