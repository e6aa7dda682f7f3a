// Lists of values as studies write them: [1, 10, 100], log(1e-6, 1e-2, 5), linear(0.1, 1, 10), integers(1, 9, 2).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/numbers/types.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

constexpr std::size_t most_values = 100'000;  // of all axes of a study together

/// A range as it was written, with its arguments as scalars.
struct RangeCall {
  std::string text;
  std::vector<Node> arguments;
};

/// A kind of range, NAME(arguments). Each is a file of core/grid/ranges: NAME.cpp defines `ValueRange
/// NAME_value_range()`.
struct ValueRange {
  std::string name;
  int order = 0;                      // in messages and on the reference page
  std::string arguments, doc;         // "first, last, count"; what values it has, in a few words
  std::string example;                // "log(1e-6, 1e-2, 5)" …
  std::vector<std::string> promised;  // … has these values
  /// The values, as texts that read as numbers. Throws Error with a sentence.
  std::function<std::vector<std::string>(const RangeCall&)> values;
};
/// All of them, in order.
const std::vector<ValueRange>& value_ranges();
/// "log(1e-6, 1e-2, 5), linear(0.1, 1, 10) or integers(1, 8)"
std::string range_examples();

/// For ranges NAME(first, last, count): what `values` makes of the three, written shortly, the ends as given. Refuses
/// what is no such call, and values that cannot be told apart.
std::vector<std::string> spaced_values(const RangeCall& call, const std::string& name,
                                       const std::function<std::vector<Real>(Real, Real, std::size_t)>& values);
/// A number to so many digits, 17 at the most.
Real rounded(Real value, int digits);

/// "log(1e-6, 1e-2, 5)" → "log"; "" if the node is no range.
std::string range_name(const Node& node);
/// The values of a list, in which ranges may stand, or of a range; a few more than most_values at the most. Complains
/// of "WHAT" where there are none.
std::vector<Node> listed_values(const std::string& what, const Node& node, std::vector<Diagnostic>& diagnostics);

/// The texts between the commas that are outside brackets and quotes, with their offsets.
std::vector<std::pair<std::size_t, std::string>> comma_separated(const std::string& text);
/// Without blanks at the ends.
std::string trimmed(const std::string& text);

}  // namespace tightrope
