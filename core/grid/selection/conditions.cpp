// Conditions on axes: read, and asked of a cell.
#include "core/grid/selection/conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text/word_list.hpp"
#include "core/grid/ranges.hpp"
#include "core/grid/reader.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

bool holds(AxisRelation relation, Real a, Real b) {
  const bool equal = a == b;
  switch (relation) {
    case AxisRelation::below:
    case AxisRelation::at_most:
      return a < b || (equal && relation == AxisRelation::at_most);
    case AxisRelation::above:
    case AxisRelation::at_least:
      return a > b || (equal && relation == AxisRelation::at_least);
    case AxisRelation::equal:
      return equal;
    case AxisRelation::unequal:
      return !equal;
  }
  return false;
}

std::optional<AxisRelation> take_relation(std::string& text) {
  static const std::vector<std::pair<std::string, AxisRelation>> relations = {
      {"<=", AxisRelation::at_most}, {">=", AxisRelation::at_least}, {"!=", AxisRelation::unequal},
      {"==", AxisRelation::equal},   {"<", AxisRelation::below},     {">", AxisRelation::above}};
  for (const auto& [sign, relation] : relations)
    if (text.starts_with(sign)) {
      text = trimmed(text.substr(sign.size()));
      return relation;
    }
  return std::nullopt;
}

std::optional<std::size_t> StudyReader::find_axis(const std::string& name) const {
  for (std::size_t a = 0; a < plan.axes.size(); ++a)
    if (plan.axes[a].label == name || plan.axes[a].path == name) return a;
  return std::nullopt;
}

std::optional<std::size_t> StudyReader::find_value(std::size_t of, const Node& node) const {
  const std::vector<StudyPlan::Value>& values = plan.values[of];
  const auto number = to_real(node);
  const std::string canonical = node.is_scalar() ? "" : to_json(node, true);
  for (std::size_t v = 0; v < values.size(); ++v) {
    const bool same_text = node.is_scalar() && plan.axes[of].values[v] == node.scalar;
    if (same_text || (number && values[v].number == number) || (!canonical.empty() && values[v].canonical == canonical))
      return v;
  }
  return std::nullopt;
}

std::optional<AxisCondition> StudyReader::condition(const Node::Entry& entry) {
  const auto of = find_axis(entry.key);
  if (!of) {
    std::vector<std::string> names;
    for (const StudyAxis& a : plan.axes) names.push_back(a.label);
    complain(entry.position, fmt::format("the study has no axis '{}'{}", excerpt(entry.key),
                                         did_you_mean_or_list(entry.key, names, "; its axes are ")));
    return std::nullopt;
  }
  const StudyAxis& own = plan.axes[*of];
  AxisCondition result;
  result.axis = *of;
  std::string text = entry.value.scalar;
  const auto relation = entry.value.is_scalar() ? take_relation(text) : std::nullopt;
  const Node operand = Node::make_scalar(text, entry.value.position);
  if (!relation) {
    result.allowed.assign(own.values.size(), false);
    // An axis of lists may be asked for one of them.
    const bool one_list = entry.value.is_sequence() && find_value(*of, entry.value);
    for (const Node& item :
         entry.value.is_sequence() && !one_list ? entry.value.items : std::vector<Node>{entry.value}) {
      if (const auto v = find_value(*of, item)) {
        result.allowed[*v] = true;
        continue;
      }
      complain(item.position, fmt::format("no cell has {} {}{}", own.label,
                                          item.is_scalar() ? "'" + excerpt(item.scalar) + "'" : item.description(),
                                          did_you_mean(item.scalar, own.values)));
    }
    return result;
  }
  result.relation = *relation;
  const bool ordering = result.relation != AxisRelation::equal && result.relation != AxisRelation::unequal;
  const auto bound = to_real(operand);
  if (const auto v = ordering ? std::nullopt : find_value(*of, operand)) {
    result.allowed.assign(own.values.size(), result.relation == AxisRelation::unequal);
    result.allowed[*v] = result.relation == AxisRelation::equal;
    return result;
  }
  result.other = bound ? std::nullopt : find_axis(text);
  if (!ordering && !result.other) {
    complain(entry.value.position,
             fmt::format("no cell has {} '{}'{}", own.label, excerpt(text), did_you_mean(text, own.values)));
    return std::nullopt;
  }
  if (!bound && !result.other) {
    complain(entry.value.position,
             fmt::format("a comparison needs a number or the name of an axis, but this is '{}'", excerpt(text)));
    return std::nullopt;
  }
  for (const std::size_t a : {*of, result.other.value_or(*of)})
    for (const StudyPlan::Value& v : plan.values[a])
      if (ordering && !v.number) {
        complain(entry.value.position,
                 fmt::format("the values of '{}' are not all numbers, so they cannot be compared", plan.axes[a].label));
        return std::nullopt;
      }
  if (!result.other)
    for (const StudyPlan::Value& v : plan.values[*of])
      result.allowed.push_back(holds(result.relation, *v.number, *bound));
  return result;
}

std::vector<AxisCondition> StudyReader::conditions(const Node& node, const std::string& owner) {
  std::vector<AxisCondition> all;
  if (!is_map(node, owner + " must be a map from axes to values, such as {method: gd}")) return all;
  for (const Node::Entry& entry : node.entries)
    if (auto read = condition(entry)) all.push_back(std::move(*read));
  return all;
}

}  // namespace tightrope
