#include "core/interfaces/space.hpp"

namespace tightrope {

Factors Space::start() const { throw Unsuitable("needs a model with a start of its own, but this model has none"); }

void Space::precondition(const Factors&, Real, const Factors&, Factors&) const { throw NoMetric(); }

bool Space::has_metric() const {
  const Factors origin = zeros(blocks());
  Factors direction;
  try {
    precondition(origin, 1, origin, direction);
  } catch (const NoMetric&) {
    return false;
  } catch (...) {
    // It has one that does not like the origin.
  }
  return true;
}

void Space::retract(const Factors& point, Real step, const Factors& direction, Factors& next) const {
  next.blocks.resize(point.size());
  for (Index b = 0; b < point.size(); ++b) next[b] = point[b] + step * direction[b];
}

}  // namespace tightrope
