#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/words.hpp"
#include "core/claims/condition_form.hpp"

namespace tightrope {

namespace {

/// Complains of a label or a value that no run has.
std::optional<std::string> unknown_label(const LabelFilter& wanted, const std::vector<Labels>& runs) {
  for (const auto& condition : wanted) {
    const std::string& label = condition.first;
    std::set<std::string> names;
    Words values;
    for (const Labels& run : runs) {
      for (const auto& own : run) names.insert(own.first);
      if (const auto own = run.find(label); own != run.end()) values.push_back(own->second);
    }
    if (values.empty())
      return fmt::format("the claim speaks of '{}', but the runs have no such label{}", label,
                         did_you_mean(label, {names.begin(), names.end()}));
    for (const std::string& value : condition.second)
      if (std::none_of(values.begin(), values.end(), [&](const std::string& own) {
            return selects({{label, {value}}}, {{label, own}});
          }))
        return fmt::format("no run has {} '{}'{}", label, value, did_you_mean(value, values));
  }
  if (std::none_of(runs.begin(), runs.end(), [&](const Labels& run) { return selects(wanted, run); }))
    return "no run has all the labels that the claim asks for";
  return std::nullopt;
}

}  // namespace

std::optional<Diagnostic> undecidable_reason(const Claim& claim, const std::vector<Labels>& runs) {
  for (const LabelFilter& side : {claim.where, claim.other_side()})
    if (auto unknown = unknown_label(side, runs)) return Diagnostic{claim.position, std::move(*unknown)};
  if (!claim.compared_with.empty()) {
    Words names;
    for (const auto& [label, value] : claim.compared_with) names.push_back(label);
    std::set<Labels> others;
    for (const Labels& run : runs)
      if (selects(claim.other_side(), run)) others.insert(without(run, names));
    if (std::none_of(runs.begin(), runs.end(),
                     [&](const Labels& run) { return selects(claim.where, run) && others.count(without(run, names)); }))
      return Diagnostic{claim.position, "no two runs differ in the labels of 'compared with' alone"};
  }
  if (claim.axis.empty()) return std::nullopt;
  std::set<std::string> names;
  std::map<Labels, std::set<std::string>> values;
  for (const Labels& run : runs) {
    if (!selects(claim.where, run)) continue;
    for (const auto& own : run) names.insert(own.first);
    const auto at = run.find(claim.axis);
    if (at == run.end()) continue;
    if (!(claim.form && claim.form->takes_words) && !number_of(at->second))
      return Diagnostic{claim.axis_position,
                        fmt::format("'{}' has the value '{}', which is no number", claim.axis, at->second)};
    if (claim.fit && claim.fit->straight_x && *number_of(at->second) <= 0)
      return Diagnostic{claim.axis_position,
                        fmt::format("'{}' has the value '{}', which has no logarithm", claim.axis, at->second)};
    values[without(run, {claim.axis, repetition_label})].insert(at->second);
  }
  if (values.empty())
    return Diagnostic{claim.axis_position, fmt::format("the runs have no label '{}'{}", claim.axis,
                                                       did_you_mean(claim.axis, {names.begin(), names.end()}))};
  if (std::none_of(values.begin(), values.end(),
                   [&](const auto& group) { return group.second.size() >= claim.needed_values(); }))
    return Diagnostic{claim.axis_position, fmt::format("no {} runs that are alike in the rest differ in '{}'",
                                                       claim.needed_values() == 2 ? "two" : "three", claim.axis)};
  return std::nullopt;
}

}  // namespace tightrope
