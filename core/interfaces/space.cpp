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

Factors Space::random_point(const Stream& stream) const {
  Factors point;
  for (const Block& block : blocks())
    point.blocks.push_back(stream.child(block.name).normal_matrix(block.rows, block.cols));
  return point;
}

bool Space::has_penalty() const {
  return add_penalty(random_point(Stream(0, "somewhere")), Blocks::all(), nullptr) != 0;
}

}  // namespace tightrope
