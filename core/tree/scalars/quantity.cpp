#include "core/tree/scalars/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/tree/node.hpp"

namespace tightrope {

const Units times = {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
const Units sizes = {{"", 1e6},
                     {"B", 1},
                     {"kB", 1e3},
                     {"KB", 1e3},
                     {"MB", 1e6},
                     {"GB", 1e9},
                     {"TB", 1e12},
                     {"KiB", 1024.0},
                     {"MiB", 1048576.0},
                     {"GiB", 1073741824.0},
                     {"TiB", 1099511627776.0}};

namespace {

/// The number of a text, if there is a positive one, and the word behind it.
std::pair<std::optional<Real>, std::string> parts_of(const std::string& text) {
  // An e belongs to the number only with an exponent behind it, so that "2e" has the unit e.
  std::size_t end = std::min(text.find_first_not_of("0123456789.+-"), text.size());
  if (end + 1 < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    const std::size_t digits = text.find_first_not_of("+-", end + 1);
    if (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
      end = std::min(text.find_first_not_of("0123456789", digits), text.size());
  }
  auto value = to_real(Node::make_scalar(text.substr(0, end), {}));
  if (value && !(*value > 0)) value.reset();
  const std::size_t word = std::min(text.find_first_not_of(' ', end), text.size());
  return {value, text.substr(word)};
}

/// The names of the units, the smallest first, each size once.
std::vector<std::string> names_of(const Units& units) {
  std::vector<std::string> names;
  for (const auto& [name, size] : units)
    if (!name.empty() && name != "KB") names.push_back(name);
  std::sort(names.begin(), names.end(),
            [&](const std::string& a, const std::string& b) { return units.at(a) < units.at(b); });
  return names;
}

/// "gb" and "G" mean GB, "sec" and "seconds" s, "hrs" h.
std::optional<std::string> meant(const std::string& word, const std::vector<std::string>& names) {
  if (auto near = nearest(word, names)) return near;
  // No name begins with another one.
  const auto prefix =
      std::find_if(names.begin(), names.end(), [&](const auto& name) { return word.starts_with(name); });
  return prefix == names.end() ? std::nullopt : std::optional(*prefix);
}

}  // namespace

std::optional<Real> to_quantity(const std::string& text, const Units& units) {
  const auto [value, word] = parts_of(text);
  const auto unit = units.find(word);
  if (!value || unit == units.end()) return std::nullopt;
  return *value * unit->second;
}

std::string quantity_pattern(const Units& units) {
  std::string names;
  for (const auto& [name, size] : units)
    if (!name.empty()) names += (names.empty() ? "" : "|") + name;
  // Some digit is not 0.
  return fmt::format(R"(^\+?(?=[.\d]*[1-9])(\d+\.?\d*|\.\d+)([eE][-+]?\d+)? *({})?$)", names);
}

std::string must_be_quantity(const std::string& text, const Units& units) {
  const std::vector<std::string> names = names_of(units);
  std::string sentence = fmt::format("must be a positive number, with a unit if need be ({}), but it is '{}'",
                                     fmt::join(names, ", "), excerpt(text));
  const auto [value, word] = parts_of(text);
  if (const auto unit = meant(word, names); value && unit) sentence += fmt::format(" (did you mean '{}'?)", *unit);
  return sentence;
}

}  // namespace tightrope
