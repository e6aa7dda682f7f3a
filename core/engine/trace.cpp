#include "core/engine/trace.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <sstream>
#include <string_view>

#include "core/base/error.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

namespace {

/// The fields of a line, in place of those of the line before.
void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (std::size_t end; (end = line.find(',')) != std::string_view::npos; line.remove_prefix(end + 1))
    fields.push_back(line.substr(0, end));
  fields.push_back(line);
}

Real parse_field(std::string_view field, const std::string& name, std::size_t line) {
  if (field.empty()) return std::nan("");
  Real value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size())
    throw Error(Exit::integrity, fmt::format("{}:{}: '{}' is not a number", name, line, field));
  return value;
}

}  // namespace

std::vector<Column> Trace::own_columns() {
  return {{"iteration", "completed iterations", 0, false},
          {"passes", "readings of all measurements, or samples, so far", 0, false},
          {"objective", "loss plus penalty at the iterate", 0, true},
          {"step", "step size that led to the iterate", 0, true},
          {"time", "flow time: the sum of the step sizes, unless the method keeps its own", 0, false}};
}

std::optional<Index> Trace::find(const std::string& name) const {
  for (Index i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  return std::nullopt;
}

std::vector<Real> Trace::column(Index i) const {
  std::vector<Real> values;
  values.reserve(rows.size());
  for (const std::vector<Real>& row : rows) values.push_back(row[i]);
  return values;
}

Real Trace::last(Index i) const { return rows.empty() ? std::nan("") : rows.back()[i]; }

Real Trace::latest(Index i) const {
  for (auto row = rows.rbegin(); row != rows.rend(); ++row)
    if (!std::isnan((*row)[i])) return (*row)[i];
  return std::nan("");
}

std::string Trace::csv() const {
  std::string text;
  for (const Column& column : columns) text += (text.empty() ? "" : ",") + column.name;
  text += "\n";
  for (const std::vector<Real>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      if (!std::isnan(row[i])) text += shortest(row[i]);
    }
    text += "\n";
  }
  return text;
}

Trace Trace::from_csv(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string line;
  Trace trace;
  if (!std::getline(lines, line) || line.empty())
    throw Error(Exit::integrity, name + ":1: a trace starts with the names of its columns");
  std::vector<std::string_view> fields;
  split(line, fields);
  for (const std::string_view column : fields) trace.columns.push_back({std::string(column), "", 0, true});
  for (std::size_t number = 2; std::getline(lines, line); ++number) {
    split(line, fields);
    if (fields.size() != trace.columns.size())
      throw Error(Exit::integrity, fmt::format("{}:{}: {} values, but there are {} columns", name, number,
                                               fields.size(), trace.columns.size()));
    std::vector<Real>& row = trace.rows.emplace_back();
    row.reserve(fields.size());
    for (const std::string_view field : fields) row.push_back(parse_field(field, name, number));
  }
  return trace;
}

bool Schedule::due(Index iteration) const {
  if (!geometric) return iteration % every == 0;
  // From 0 on, each due iteration t is followed by t + 1 + ⌊t/10⌋.
  Index next = 0;
  while (next < iteration) next += 1 + next / 10;
  return next == iteration;
}

}  // namespace tightrope
