// Measurements that a run does not learn from, to tell when it has learnt enough.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/data/sensing_problem.hpp"
#include "core/interfaces/observer.hpp"

namespace tightrope {

/// Measurements in increasing order, which all who ask for them share.
using HeldOut = std::shared_ptr<const std::vector<Index>>;

/// The measurements that are held out: a share of m, drawn without replacement; at least one, and not all. Throws
/// Unsuitable where that is impossible.
HeldOut held_out_rows(Index measurements, Real fraction, const Stream& stream);

/// A loss over the others alone, times m/(m − number held out): steps that suit all measurements suit these. One pass
/// over the operator predicts both parts.
std::shared_ptr<const Loss> training_loss(std::shared_ptr<const Loss> loss, HeldOut held_out, Index measurements);

/// y with zeros for the measurements held out, times m/(m − number held out), for starts: A* of it is an unbiased
/// estimate of A*(y).
Vec training_data(const Vec& data, const HeldOut& held_out);

/// validation_error = ‖A(X) − y‖/‖y‖ over the measurements held out. With `root_mean_squares` also train_rmse and
/// test_rmse, ‖A(X) − y‖/√(their number) over the others and over these. The problem must outlive it. Where passes do
/// not write predictions it makes maps of its own, one over what is held out and for train_rmse one more: the objective
/// counts them among those for observers.
std::shared_ptr<const Observer> validation_error(HeldOut held_out, const SensingProblem& problem,
                                                 std::shared_ptr<Objective> counted, bool root_mean_squares = false);

}  // namespace tightrope
