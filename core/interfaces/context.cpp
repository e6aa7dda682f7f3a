#include "core/interfaces/component.hpp"
#include "core/interfaces/factorization_model.hpp"

namespace tightrope {

namespace {

template <class Part>
Part& require(Part* part, const char* what) {
  if (!part) throw Unsuitable(std::string("needs ") + what + ", which this problem does not have");
  return *part;
}

}  // namespace

Real distance(const LowRank& X, const Truth& truth) {
  return truth.dense.is_empty() ? difference_norm(X, truth.X) : difference_norm(X, truth.dense);
}

const Truth& Context::truth() const { return require(known_truth, "the matrix to recover (problem.target)"); }
const FactorizationModel& Context::model() const { return require(known_model, "a factorization model"); }
const Space& Context::space() const { return require(known_space, "a space to move in"); }
const Space& Context::space_with_metric() const {
  if (!space().has_metric()) throw NoMetric();
  return space();
}
const Loss& Context::loss() const { return require(known_loss, "a loss"); }
const Vec& Context::data() const { return require(known_data, "all measured data at once"); }
Sensing& Context::sensing() const { return require(known_sensing, "a measurement operator"); }
const Factors& Context::start() const { return require(known_start, "the start of the run"); }

}  // namespace tightrope
