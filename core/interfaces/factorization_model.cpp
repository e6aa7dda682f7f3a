#include "core/interfaces/factorization_model.hpp"

namespace tightrope {

void FactorizationModel::precondition(const Factors&, Real, const Factors&, Factors&) const { throw NoMetric(); }

bool FactorizationModel::has_metric() const {
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

void FactorizationModel::retract(const Factors& point, Real step, const Factors& direction, Factors& next) const {
  next.blocks.resize(point.size());
  for (Index b = 0; b < point.size(); ++b) next[b] = point[b] + step * direction[b];
}

}  // namespace tightrope
