// integers(first, last) and integers(first, last, step)
#include <fmt/format.h>

#include "core/grid/ranges.hpp"

namespace tightrope {

namespace {

std::vector<std::string> integers(const RangeCall& call) {
  std::vector<std::uint64_t> n;
  for (const Node& argument : call.arguments)
    if (const auto value = to_index(argument)) n.push_back(*value);
  if (n.size() != call.arguments.size() || (n.size() != 2 && n.size() != 3))
    throw Error(Exit::config, "integers(first, last) or integers(first, last, step) takes whole numbers, but this is " +
                                  excerpt(call.text));
  const std::uint64_t step = n.size() == 3 ? n[2] : 1;
  if (step == 0 || n[0] > n[1])
    throw Error(Exit::config,
                "integers(first, last, step) goes upwards from first to last, but this is " + excerpt(call.text));
  if ((n[1] - n[0]) / step >= most_values)
    throw Error(Exit::config,
                fmt::format("the range has {} values; at most {} are allowed", (n[1] - n[0]) / step + 1, most_values));
  std::vector<std::string> values;
  for (std::uint64_t value = n[0]; value <= n[1]; value += step) values.push_back(std::to_string(value));
  return values;
}

}  // namespace

ValueRange integers_value_range() {
  return {"integers",
          30,
          "first, last[, step]",
          "whole numbers from the first, by the step (1), up to the last",
          "integers(1, 8)",
          {"1", "2", "3", "4", "5", "6", "7", "8"},
          integers};
}

}  // namespace tightrope
