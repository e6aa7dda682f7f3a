// What the tables of a study have in common: their columns, what is best in them, and how things are called there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/report/tables/summary_tables.hpp"

namespace tightrope {

/// What a table can say of a setting: one column for people, several for programs.
struct Field {
  std::string name;
  std::vector<std::string> numbers_header;
  std::function<std::string(const Setting&)> text, brief;  // brief: without intervals
  std::function<std::vector<std::string>(const Setting&)> numbers;
  std::function<std::string(const Setting&)> number;        // the one for a pivot
  std::function<std::optional<Real>(const Setting&)> cost;  // the smaller the better; null if that is not known
};

/// All fields, or those that `wanted` names, in their order. Error(config) for one that the table does not have.
std::vector<Field> fields_of(const Summary& summary, const std::string& column, const std::vector<std::string>& wanted);

/// Which of the settings of a group, which differ in the method alone, are the best by a field; none without a choice.
/// Where options.tests has the group, those that its tests do not tell from the best are among them.
std::vector<const Setting*> best_of(const SettingGroup& group, const Field& field, const TableOptions& options);
/// Whether the repetitions are enough to tell any two of the methods apart in the settings that options.tests has.
bool can_tell_apart(const TableOptions& options);
/// The test of a field in a comparison; null if there is none.
const PairedRatio* ratio_of(const Comparison& comparison, const std::string& field, const std::string& column);

/// The axes of the settings, those that tell methods apart last, so that methods stand below each other.
std::vector<std::string> label_columns(const Summary& summary);
bool has_criterion(const Summary& summary);
/// As the options have it.
const std::string& shown(const TableOptions& options, const std::string& name);
std::vector<std::string> shown(const TableOptions& options, std::vector<std::string> names);
/// The values of these axes; `nothing` for one that the setting has not.
std::vector<std::string> labels_of(const Setting& setting, const std::vector<std::string>& names,
                                   const TableOptions& options, const std::string& nothing);
/// "condition 1, scale 0.001"
std::string name_of(const Labels& labels, const std::vector<std::string>& axes, const TableOptions& options);
/// The name of a method with the parts of it that have other names to be shown.
std::string name_of(const Method& method, const Summary& summary, const TableOptions& options);

}  // namespace tightrope
