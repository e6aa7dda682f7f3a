#include "core/grid/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/table.hpp"
#include "core/base/text/word_list.hpp"

namespace tightrope {

/// Written by CMake: what each file of ranges/ defines.
std::vector<ValueRange> value_ranges_of_all_files();

const std::vector<ValueRange>& value_ranges() {
  static const std::vector<ValueRange> all = in_order(value_ranges_of_all_files());
  return all;
}

std::string range_examples() {
  std::vector<std::string> examples;
  for (const ValueRange& range : value_ranges()) examples.push_back(range.example);
  return one_of(examples);
}

Real rounded(Real value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, std::clamp(digits, 1, 17) - 1);
  Real result = value;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::vector<std::string> spaced_values(const RangeCall& call, const std::string& name,
                                       const std::function<std::vector<Real>(Real, Real, std::size_t)>& values) {
  const bool has_three = call.arguments.size() == 3;
  const auto first = has_three ? to_real(call.arguments[0]) : std::nullopt;
  const auto last = has_three ? to_real(call.arguments[1]) : std::nullopt;
  const auto count = has_three ? to_index(call.arguments[2]) : std::nullopt;
  if (!first || !last || !count)
    throw Error(Exit::config,
                fmt::format("{}(first, last, count) takes two numbers and how many values there are, but this is {}",
                            name, excerpt(call.text)));
  if (*count < 2 || *count > most_values)
    throw Error(Exit::config,
                fmt::format("a range has between 2 and {} values, but this one has {}", most_values, *count));
  if (*first == *last) throw Error(Exit::config, "the ends of the range are equal: " + excerpt(call.text));
  std::vector<std::string> texts;
  for (const Real value : values(*first, *last, *count)) {
    texts.push_back(shortest(value));
    if (texts.size() > 1 && texts.back() == texts[texts.size() - 2])
      throw Error(Exit::config, "the values of the range are too close to be told apart: " + excerpt(call.text));
  }
  return texts;
}

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

namespace {

/// Throws Error with a sentence.
std::vector<std::string> range_values(const Node& node) {
  const std::string name = range_name(node), text = trimmed(node.scalar);
  const ValueRange* const range = find_named(value_ranges(), name);
  if (!range)
    throw Error(Exit::config, fmt::format("there is no range '{}'{}", excerpt(name),
                                          did_you_mean_or_list(name, names_of(value_ranges()), "; there are ")));
  if (text.back() != ')')
    throw Error(Exit::config,
                fmt::format("the range {}… is cut off at its comma: inside [ ] and {{ }} put it in quotes, \"{}(…)\"",
                            excerpt(text), name));
  RangeCall call{text, {}};
  for (const auto& [offset, piece] : comma_separated(text.substr(name.size() + 1, text.size() - name.size() - 2)))
    call.arguments.push_back(Node::make_scalar(trimmed(piece), node.position));
  return range->values(call);
}

}  // namespace

std::vector<Node> listed_values(const std::string& what, const Node& node, std::vector<Diagnostic>& diagnostics) {
  std::vector<Node> values;
  const bool is_range = !range_name(node).empty();
  if (!is_range && (!node.is_sequence() || node.items.empty())) {
    diagnostics.push_back({node.position, fmt::format("{} must be a list of values or a range such as {}, but it is {}",
                                                      what, range_examples(), node.description())});
    return values;
  }
  for (const Node& item : is_range ? std::vector<Node>{node} : node.items) {
    if (item.is_null()) {
      diagnostics.push_back({item.position, fmt::format("a value of {} is missing here", what)});
    } else if (!range_name(item).empty()) {
      try {
        for (std::string& value : range_values(item))
          values.push_back(Node::make_scalar(std::move(value), item.position));
      } catch (const Error& error) {
        diagnostics.push_back({item.position, error.what()});
      }
    } else {
      values.push_back(item);
    }
    if (values.size() > most_values) break;
  }
  return values;
}

}  // namespace tightrope
