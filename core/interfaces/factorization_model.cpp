#include "core/interfaces/factorization_model.hpp"

namespace tightrope {

void FactorizationModel::precondition(const Factors&, Real, const Factors& gradient, Factors& direction) const {
  direction = gradient;
}

void FactorizationModel::retract(const Factors& point, Real step, const Factors& direction, Factors& next) const {
  next.blocks.resize(point.size());
  for (Index b = 0; b < point.size(); ++b) next[b] = point[b] + step * direction[b];
}

}  // namespace tightrope
