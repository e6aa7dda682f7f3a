#include "core/config/quantity.hpp"

#include <fmt/format.h>

#include "core/config/node.hpp"

namespace tightrope {

const Units times = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}};
const Units sizes = {{"", 1e6}, {"MB", 1e6}, {"GB", 1e9}};

std::optional<Real> to_quantity(const std::string& text, const Units& units) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789.e+-"), text.size());
  const auto value = to_real(Node::make_scalar(text.substr(0, end), {}));
  const std::size_t word = std::min(text.find_first_not_of(' ', end), text.size());
  const auto unit = units.find(text.substr(word));
  if (!value || !(*value > 0) || unit == units.end()) return std::nullopt;
  return *value * unit->second;
}

std::string description(const Units& units) {
  std::string known;
  for (const auto& [name, factor] : units)
    if (!name.empty()) known += (known.empty() ? "" : ", ") + name;
  return fmt::format("a positive number, with a unit if need be ({})", known);
}

}  // namespace tightrope
