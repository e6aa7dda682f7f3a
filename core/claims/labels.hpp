// What tells runs apart, and which runs are meant.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

using Labels = std::map<std::string, std::string>;
/// Runs that are meant: each label has one of its values.
using LabelFilter = std::map<std::string, std::vector<std::string>>;

/// Whether each wanted label has one of the values. Numbers are compared as numbers: 1e-1 is 0.1.
bool selects(const LabelFilter& wanted, const Labels& labels);
std::optional<Real> number_of(const std::string& label);
/// The labels without some of them; runs that agree in the rest form a group.
Labels without(Labels labels, const std::vector<std::string>& names);
/// "method gd, kappa 10"
std::string in_words(const Labels& labels);
/// "gd, 10"
std::string values_in_words(const Labels& labels);
/// The name of the label that tells the repetitions of a setting apart.
inline constexpr const char* repetition_label = "repetition";

}  // namespace tightrope
