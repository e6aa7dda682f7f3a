#include "core/tree/declared.hpp"

#include <sstream>

namespace tightrope {

namespace {

/// The inverse of Range::words.
Range range_of(const std::string& words) {
  Range range;
  std::istringstream stream(words);
  Real bound = 0;
  for (std::string word; stream >> word;) {
    const bool is_low = word == "above" || word == "least" || word == "between";
    if (!is_low && word != "below" && word != "most" && word != "and") continue;  // "at", or a sign of another word
    if (!(stream >> bound)) {
      stream.clear();
      continue;  // "and below 1": the bound comes behind its own word
    }
    (is_low ? range.low : range.high) = bound;
    (is_low ? range.low_open : range.high_open) = word == "above" || word == "below";
  }
  return range;
}

}  // namespace

Declared declared(const Parameter& parameter) {
  using Kind = Declared::Kind;
  Declared result;
  std::string type = parameter.type;
  const std::string list = "list of ";
  result.is_list = type.starts_with(list);
  if (result.is_list) type.erase(0, list.size());
  result.kind = type.starts_with("number")         ? Kind::number
                : type.starts_with("whole number") ? Kind::whole_number
                : type == "true or false"          ? Kind::truth_value
                : parameter.is_file                ? Kind::file
                                                   : Kind::text;
  // A number has a default, unless it must be given or may be none.
  const bool is_number = result.kind == Kind::number || result.kind == Kind::whole_number;
  result.is_optional = is_number && !result.is_list && !parameter.is_required && parameter.default_text.empty();
  result.bounds = range_of(parameter.range);
  return result;
}

}  // namespace tightrope
