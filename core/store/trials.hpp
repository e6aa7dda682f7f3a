// What the trials of a study found, value by value: trials.json of a run folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/claims/labels.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

/// A value that was tried, or those of several paths together.
struct TriedValue {
  std::vector<Real> numbers;  // of each path; NaN for a value that is none
  Real last = 0;              // median over the trials of the column's last value; infinite where they were lost
};

/// The trials of one setting.
struct TriedValues {
  Labels labels;
  std::vector<std::string> paths;
  std::string column;              // whose last values these are
  std::vector<Real> chosen;        // of each path
  std::vector<TriedValue> values;  // as they were tried
};

void write_trials(const std::filesystem::path& out, const std::vector<TriedValues>& trials);
/// None if the folder has no such file. Throws Error(integrity) if it is damaged.
std::vector<TriedValues> read_trials(const std::filesystem::path& out);

}  // namespace tightrope
