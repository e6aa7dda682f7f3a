#include "core/grid/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/numbers/types.hpp"

namespace tightrope {

namespace {

const std::vector<std::string> range_names = {"log", "linear", "integers"};

Real rounded(Real value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, std::max(0, digits - 1));
  Real result = value;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

/// Ends are taken as written; what lies between is rounded, so that labels are short and exactly what runs: to six
/// digits of the distance between neighbours.
std::vector<Real> evenly(Real first, Real last, std::size_t count) {
  const Real step = (last - first) / static_cast<Real>(count - 1);
  std::vector<Real> values(count, first);
  for (std::size_t i = 1; i + 1 < count; ++i) {
    const Real value = first + static_cast<Real>(i) * step;
    const Real magnitude = value == 0 ? 0 : std::floor(std::log10(std::abs(value)));
    const int digits = 7 + static_cast<int>(magnitude - std::floor(std::log10(std::abs(step))));
    values[i] = digits < 1 ? 0 : rounded(value, std::min(digits, 17));
  }
  values.back() = last;
  return values;
}

std::vector<Real> logarithmically(Real first, Real last, std::size_t count) {
  const Real step = (std::log10(last) - std::log10(first)) / static_cast<Real>(count - 1);
  const int digits = 6 + std::max(0, static_cast<int>(std::floor(-std::log10(std::abs(step)))));
  std::vector<Real> values(count, first);
  for (std::size_t i = 1; i + 1 < count; ++i)
    values[i] = rounded(std::pow(10, std::log10(first) + static_cast<Real>(i) * step), std::min(digits, 17));
  values.back() = last;
  return values;
}

}  // namespace

/// The texts between the commas that are outside brackets and quotes, with their offsets.
std::vector<std::pair<std::size_t, std::string>> comma_separated(const std::string& text) {
  std::vector<std::pair<std::size_t, std::string>> pieces;
  std::size_t begin = 0;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (i < text.size() && quote) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && (depth <= 0 || i == text.size())) {
      pieces.emplace_back(begin, text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  return pieces;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string range_name(const Node& node) {
  if (!node.is_scalar()) return "";
  const std::size_t open = node.scalar.find('(');
  if (open == std::string::npos || open == 0) return "";
  const std::string name = node.scalar.substr(0, open);
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalpha(c) || c == '_'; }) ? name : "";
}

bool is_range_name(const std::string& name) {
  return std::find(range_names.begin(), range_names.end(), name) != range_names.end();
}

std::vector<Node> range_values(const Node& node, std::vector<Diagnostic>& diagnostics) {
  const auto refuse = [&](const std::string& why) {
    diagnostics.push_back({node.position, why});
    return std::vector<Node>{};
  };
  const std::string name = range_name(node), text = trimmed(node.scalar);
  if (!is_range_name(name)) {
    const std::string hint = did_you_mean(name, range_names);
    return refuse(fmt::format("there is no range '{}'{}", excerpt(name),
                              hint.empty() ? "; there are log, linear and integers" : hint));
  }
  if (text.back() != ')')
    return refuse(fmt::format("the range {}… is cut off at its comma: inside [ ] and {{ }} put it in quotes, \"{}(…)\"",
                              excerpt(text), name));
  const std::string inside = text.substr(name.size() + 1, text.size() - name.size() - 2);
  std::vector<Node> arguments;
  for (const auto& [offset, piece] : comma_separated(inside))
    arguments.push_back(Node::make_scalar(trimmed(piece), node.position));
  std::vector<Node> values;
  const auto add = [&](std::string value) { values.push_back(Node::make_scalar(std::move(value), node.position)); };

  if (name == "integers") {
    std::vector<std::uint64_t> n;
    for (const Node& argument : arguments)
      if (const auto value = to_index(argument)) n.push_back(*value);
    if (n.size() != arguments.size() || (n.size() != 2 && n.size() != 3))
      return refuse(fmt::format(
          "integers(first, last) or integers(first, last, step) takes whole numbers, but this is {}", excerpt(text)));
    const std::uint64_t step = n.size() == 3 ? n[2] : 1;
    if (step == 0 || n[0] > n[1])
      return refuse(
          fmt::format("integers(first, last, step) goes upwards from first to last, but this is {}", excerpt(text)));
    if ((n[1] - n[0]) / step >= most_values)
      return refuse(
          fmt::format("the range has {} values; at most {} are allowed", (n[1] - n[0]) / step + 1, most_values));
    for (std::uint64_t value = n[0]; value <= n[1]; value += step) add(std::to_string(value));
    return values;
  }

  const auto refuse_form = [&] {
    return refuse(fmt::format("{}(first, last, count) takes two numbers and how many values there are, but this is {}",
                              name, excerpt(text)));
  };
  if (arguments.size() != 3) return refuse_form();
  const auto first = to_real(arguments[0]), last = to_real(arguments[1]);
  const auto count = to_index(arguments[2]);
  if (!first || !last || !count) return refuse_form();
  if (*count < 2 || *count > most_values)
    return refuse(fmt::format("a range has between 2 and {} values, but this one has {}", most_values, *count));
  if (*first == *last) return refuse(fmt::format("the ends of the range are equal: {}", excerpt(text)));
  if (name == "log" && (*first <= 0 || *last <= 0))
    return refuse(fmt::format("the ends of a log range must be above 0, but this is {}", excerpt(text)));
  const std::vector<Real> numbers =
      name == "log" ? logarithmically(*first, *last, *count) : evenly(*first, *last, *count);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && numbers[i] == numbers[i - 1])
      return refuse(fmt::format("the values of the range are too close to be told apart: {}", excerpt(text)));
    add(shortest(numbers[i]));
  }
  return values;
}

std::vector<Node> listed_values(const std::string& what, const Node& node, std::vector<Diagnostic>& diagnostics) {
  std::vector<Node> values;
  const bool is_range = !range_name(node).empty();
  if (!is_range && (!node.is_sequence() || node.items.empty())) {
    diagnostics.push_back({node.position, fmt::format("{} must be a list of values or a range such as {}, but it is {}",
                                                      what, range_forms, node.description())});
    return values;
  }
  for (const Node& item : is_range ? std::vector<Node>{node} : node.items) {
    if (item.is_null()) {
      diagnostics.push_back({item.position, fmt::format("a value of {} is missing here", what)});
    } else if (!range_name(item).empty()) {
      const std::vector<Node> range = range_values(item, diagnostics);
      values.insert(values.end(), range.begin(), range.end());
    } else {
      values.push_back(item);
    }
    if (values.size() > most_values) break;
  }
  return values;
}

}  // namespace tightrope
