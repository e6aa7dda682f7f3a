// Comparisons of a number with a bound.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

using Words = std::vector<std::string>;
/// A scalar's words; none of another node.
Words words_of(const Node& node);
Words words_of(const std::string& text);
/// "'a', 'b' or 'c'", for messages.
std::string quoted_list(const Words& words, const std::string& last = "or");

/// `< 1e-3`, `>= 5`, `between 0.7 and 0.95` (ends included).
struct Condition {
  enum class Relation { below, at_most, above, at_least, between } relation = Relation::below;
  Real bound = 0, upper = 0;  // upper: of between
  bool holds(Real value) const;
  bool is_above() const { return relation == Relation::above || relation == Relation::at_least; }
  std::vector<Real> ends() const;
  std::string text() const;
};
/// "< 1e-3" as two words.
std::optional<Condition> read_comparison(const std::string& relation, const std::string& bound);
/// A comparison, or `between A and B`, A ≤ B.
std::optional<Condition> read_condition(const Words& words);

}  // namespace tightrope
