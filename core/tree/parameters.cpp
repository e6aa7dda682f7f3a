// Parameters: how each type of variable is read from a node, checked, and written down again.
#include "core/tree/parameters.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "core/base/table.hpp"
#include "core/base/text/word_list.hpp"
#include "core/tree/declared.hpp"
#include "core/tree/paths.hpp"
#include "core/tree/scalars/scalar.hpp"

namespace tightrope {

namespace {

namespace fs = std::filesystem;

using Complaint = std::optional<std::string>;

bool is_any(const Range& range) { return range.words() == any().words(); }

/// "a number above 0", "a whole number of at least 1".
std::string phrase(const std::string& what, const Range& range) {
  if (is_any(range)) return what;
  return what + (range.words().starts_with("at ") ? " of " : " ") + range.words();
}

std::string must_be(const std::string& what, const Node& node) {
  return "must be " + what + ", but it is " + node.description();
}

// What the numeric types are called and how they are read and written.
template <class T>
struct Numeric;
template <>
struct Numeric<Real> {
  static constexpr const char *word = "number", *words = "numbers";
  static std::optional<Real> read(const Node& node) { return to_real(node); }
  static std::string text(Real value) { return shortest(value); }
  static Range effective(Range range) { return range; }
};
template <>
struct Numeric<Index> {
  static constexpr const char *word = "whole number", *words = "whole numbers";
  static std::optional<Index> read(const Node& node) { return to_index(node); }
  static std::string text(Index value) { return std::to_string(value); }
  static Range effective(Range range) { return range.low < 0 ? Range{0, range.high, false, range.high_open} : range; }
};

template <class T>
Complaint read(const Node& node, const Range& range, T& variable) {
  const auto value = Numeric<T>::read(node);
  // 1e18 is a whole number, too, but beyond those that a float64 counts one by one.
  constexpr Real largest_index = 9007199254740992;
  if (std::is_same_v<T, Index> && !value && to_real(node).value_or(0) >= largest_index)
    return must_be("at most 9007199254740992", node);
  if (!value) return must_be(phrase(std::string("a ") + Numeric<T>::word, range), node);
  if (!range.contains(static_cast<Real>(*value))) return must_be(range.words(), node);
  variable = *value;
  return std::nullopt;
}

template <class T>
Complaint read(const Node& node, const Range& range, std::optional<T>& variable) {
  T value{};
  const Complaint complaint = node.is_null() ? std::nullopt : read(node, range, value);
  if (!complaint) variable = node.is_null() ? std::nullopt : std::optional(value);
  return complaint;
}

template <class T>
Complaint read(const Node& node, const Range& range, std::vector<T>& variable) {
  const std::string what =
      std::string("a list of ") + Numeric<T>::words + (is_any(range) ? "" : ", each " + range.words());
  if (!node.is_sequence()) return must_be(what, node);
  std::vector<T> values(node.items.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (read(node.items[i], range, values[i]))
      return "must be " + what + ", but entry " + std::to_string(i + 1) + " of " + std::to_string(values.size()) +
             " is " + node.items[i].description();
  }
  variable = std::move(values);
  return std::nullopt;
}

template <class T>
Node node_of(T value) {
  return Node::make_scalar(Numeric<T>::text(value), {});
}

template <class T>
Node node_of(const std::optional<T>& value) {
  return value ? node_of(*value) : Node();
}

template <class T>
Node node_of(const std::vector<T>& values) {
  Node list = Node::make_sequence({});
  for (const T& value : values) list.items.push_back(node_of(value));
  return list;
}

/// In quotes where the bare text would be taken for something else.
Node text_node(const std::string& text) {
  return Node::make_scalar(text, {}, reads_as_null(text) || !is_name(Node::make_scalar(text, {})));
}

Complaint read_file_name(const Node& node, std::string& path) {
  if (!node.is_scalar() || node.scalar.empty()) return must_be("the name of a file", node);
  std::error_code error;
  const fs::path file = file_path(node);
  const fs::file_status status = fs::status(file, error);
  const std::string shown = "'" + excerpt(file.string(), std::string::npos) + "'";
  if (!fs::exists(status)) return "must be an existing file: at " + shown + " " + missing_file(file);
  if (!fs::is_regular_file(status))
    return "must be a file, but " + shown + (fs::is_directory(status) ? " is a folder" : " is none");
  path = file.string();
  if (const std::string member = split_member(node.scalar).member; !member.empty()) path = member_name(path, member);
  return std::nullopt;
}

/// The value with the positions of the node that it was read from.
Node placed_at(Node value, const Node& given) {
  value.position = given.position;
  if (value.items.size() == given.items.size())
    for (std::size_t i = 0; i < value.items.size(); ++i) value.items[i].position = given.items[i].position;
  return value;
}

/// The entry of a list that is wrong may come from another layer than the list.
Position position_of_complaint(const Parameter& parameter, const Node& value) {
  if (!parameter.type.starts_with("list of ")) return value.position;
  for (const Node& item : value.items) {
    Node alone = Node::make_sequence(value.position);
    alone.items.push_back(item);
    if (parameter.assign(alone)) return item.position;
  }
  return value.position;
}

std::string default_of(const Node& value) {
  if (value.is_null()) return "";
  if (value.is_scalar()) return value.scalar;
  std::vector<std::string> items;
  for (const Node& item : value.items) items.push_back(item.scalar);
  return "[" + list_of(items) + "]";
}

/// Completes a declaration and files it.
Parameter& declared(std::vector<Parameter>& parameters, Parameter parameter) {
  const auto same = [&](const Parameter& other) { return other.name == parameter.name; };
  if (std::any_of(parameters.begin(), parameters.end(), same))
    throw std::logic_error("parameter '" + parameter.name + "' is declared twice");
  parameter.default_text = default_of(parameter.current());
  parameters.push_back(std::move(parameter));
  return parameters.back();
}

Parameter described(std::string name, std::string type, const Range& range, std::string doc) {
  Parameter parameter;
  parameter.name = std::move(name);
  parameter.type = std::move(type);
  parameter.range = is_any(range) ? "" : range.words();
  parameter.doc = std::move(doc);
  return parameter;
}

/// A number, one that may be missing, or a list of them.
template <class T, class Variable>
Parameter numeric(std::string name, Variable& variable, Range range, std::string doc) {
  range = Numeric<T>::effective(range);
  const bool is_list = std::is_same_v<Variable, std::vector<T>>;
  Parameter parameter = described(
      std::move(name), is_list ? std::string("list of ") + Numeric<T>::words : Numeric<T>::word, range, std::move(doc));
  parameter.assign = [&variable, range](const Node& node) { return read(node, range, variable); };
  parameter.current = [&variable] { return node_of(variable); };
  return parameter;
}

}  // namespace

bool Range::contains(Real x) const { return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high); }

std::string Range::words() const {
  const bool has_low = low > any().low, has_high = high < any().high;
  if (has_low && has_high && !low_open && !high_open) return "between " + shortest(low) + " and " + shortest(high);
  const std::string low_words = (low_open ? "above " : "at least ") + shortest(low);
  const std::string high_words = (high_open ? "below " : "at most ") + shortest(high);
  if (has_low && has_high) return low_words + " and " + high_words;
  return has_low ? low_words : has_high ? high_words : "any number";
}

Parameter& Parameter::required() {
  is_required = true;
  default_text.clear();
  return *this;
}
Parameter& Parameter::of_entries() {
  lists_entries = true;
  return *this;
}

Parameter& Parameter::unit(std::string text) {
  unit_text = std::move(text);
  return *this;
}
Parameter& Parameter::example(std::string yaml) {
  example_text = std::move(yaml);
  return *this;
}

Parameter& Parameters::add(std::string name, Real& variable, Range range, std::string doc) {
  return declared(parameters_, numeric<Real>(std::move(name), variable, range, std::move(doc)));
}
Parameter& Parameters::add(std::string name, Index& variable, Range range, std::string doc) {
  return declared(parameters_, numeric<Index>(std::move(name), variable, range, std::move(doc)));
}
Parameter& Parameters::add(std::string name, std::optional<Real>& variable, Range range, std::string doc) {
  return declared(parameters_, numeric<Real>(std::move(name), variable, range, std::move(doc)));
}
Parameter& Parameters::add(std::string name, std::optional<Index>& variable, Range range, std::string doc) {
  return declared(parameters_, numeric<Index>(std::move(name), variable, range, std::move(doc)));
}
Parameter& Parameters::add(std::string name, std::vector<Real>& variable, Range range, std::string doc) {
  return declared(parameters_, numeric<Real>(std::move(name), variable, range, std::move(doc)));
}
Parameter& Parameters::add(std::string name, std::vector<Index>& variable, Range range, std::string doc) {
  return declared(parameters_, numeric<Index>(std::move(name), variable, range, std::move(doc)));
}

Parameter& Parameters::add(std::string name, bool& variable, std::string doc) {
  Parameter parameter = described(std::move(name), "true or false", any(), std::move(doc));
  parameter.assign = [&variable](const Node& node) -> Complaint {
    const auto value = to_bool(node);
    if (!value) return must_be("true or false", node);
    variable = *value;
    return std::nullopt;
  };
  parameter.current = [&variable] { return Node::make_scalar(variable ? "true" : "false", {}); };
  return declared(parameters_, std::move(parameter));
}

Parameter& Parameters::add(std::string name, std::string& variable, std::vector<std::string> choices, std::string doc) {
  const std::string type = choices.empty() ? "text" : "one of " + list_of(choices);
  Parameter parameter = described(std::move(name), type, any(), std::move(doc));
  parameter.choices = choices;
  parameter.assign = [&variable, choices, type](const Node& node) -> Complaint {
    if (!node.is_scalar()) return must_be(choices.empty() ? "a text" : type, node);
    if (!choices.empty() && !contains(choices, node.scalar))
      return must_be(type, node) + did_you_mean(node.scalar, choices);
    variable = node.scalar;
    return std::nullopt;
  };
  parameter.current = [&variable] { return text_node(variable); };
  return declared(parameters_, std::move(parameter));
}

Parameter& Parameters::add_file(std::string name, std::string& path, std::string doc) {
  Parameter parameter = described(std::move(name), "file", any(), std::move(doc));
  parameter.is_file = true;
  // Specs keep the name as it was written: where a file lies is no part of an experiment.
  const auto written = std::make_shared<std::string>(path);
  parameter.assign = [&path, written](const Node& node) {
    *written = node.scalar;
    return read_file_name(node, path);
  };
  parameter.current = [written] { return written->empty() ? Node() : text_node(*written); };
  return declared(parameters_, std::move(parameter));
}

std::vector<std::string> Parameters::names() const { return names_of(parameters_); }

void check_given(const std::vector<Parameter>& parameters, const Node& map, const std::string& owner,
                 const std::vector<std::string>& reserved, std::vector<Diagnostic>& diagnostics) {
  if (!map.is_map() && !map.is_null()) {
    diagnostics.push_back({map.position, owner + " " + must_be("a map of parameters", map)});
    return;
  }
  std::vector<std::string> all = joined(names_of(parameters), reserved);
  const std::vector<std::string> known = all;
  std::erase(all, "type");
  for (const Node::Entry& entry : map.entries) {
    if (contains(known, entry.key)) continue;
    std::string hint = did_you_mean(entry.key, known);
    if (hint.empty()) hint = all.empty() ? " (it has none)" : " (it has: " + list_of(all) + ")";
    diagnostics.push_back({entry.position, owner + " has no parameter '" + entry.key + "'" + hint});
  }
  for (const Parameter& parameter : parameters)
    if (const Node* const value = map.find(parameter.name))
      if (const Complaint complaint = parameter.assign(*value))
        diagnostics.push_back({position_of_complaint(parameter, *value),
                               "parameter '" + parameter.name + "' of " + owner + " " + *complaint});
}

void Parameters::read(const Node& map, const std::string& owner, const std::vector<std::string>& reserved,
                      std::vector<Diagnostic>& diagnostics) {
  check_given(parameters_, map, owner, reserved, diagnostics);
  if (!map.is_map() && !map.is_null()) return;
  for (const Parameter& parameter : parameters_)
    if (parameter.is_required && !map.find(parameter.name))
      diagnostics.push_back(
          {map.position, owner + " needs parameter '" + parameter.name + "' (" + parameter.doc + ")"});
}

void Parameters::write(Node& map) const {
  for (const Parameter& parameter : parameters_) {
    const Node value = parameter.current();
    const Node* const given = map.find(parameter.name);
    if (value.is_null())
      map.erase(parameter.name);
    else
      map.set(parameter.name, given ? placed_at(value, *given) : value);
  }
}

}  // namespace tightrope
