// A sensing problem: operator, truth if known, data. Shared, immutable, by all lanes that solve it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/interfaces/measurement_operator.hpp"

namespace tightrope {

struct SensingProblem {
  Shape shape;
  std::shared_ptr<const MeasurementOperator> op;
  std::shared_ptr<const Truth> truth;  // null if only data are known
  Vec data;                            // y
  std::shared_ptr<const Team> team;
  std::vector<std::string> warnings;  // of target, operator and noise, each a sentence
};

/// Completes a Truth from a target's matrix: decomposition and norm.
std::shared_ptr<const Truth> make_truth(LowRank X, Index rank);

}  // namespace tightrope
