// Comparisons of the values of axes: ">= 3", "< rank".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

enum class AxisRelation { below, at_most, above, at_least, equal, unequal };
bool holds(AxisRelation relation, Real a, Real b);
/// "<= 3" → the relation; the text is left with what stands behind it.
std::optional<AxisRelation> take_relation(std::string& text);

/// A condition on one axis: values that are allowed, or a comparison with another axis.
struct AxisCondition {
  std::size_t axis = 0;
  std::vector<bool> allowed;
  AxisRelation relation = AxisRelation::equal;
  std::optional<std::size_t> other;
};

}  // namespace tightrope
