// The objective of a problem that is not low-rank sensing, one per lane.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/engine/data/batches.hpp"
#include "core/interfaces/objective.hpp"
#include "core/interfaces/observer.hpp"
#include "core/interfaces/problem.hpp"

namespace tightrope {

/// Asks a problem, which is called `name` in messages. A pass is one reading of all its samples.
class ProblemObjective final : public Objective {
 public:
  ProblemObjective(std::shared_ptr<const Problem> problem, std::string name, std::optional<Batches> batches = {});

  const Space& space() const override { return *problem_; }
  Real value(const Factors& point, Rows rows = Rows::all()) override;
  void evaluate_together(std::span<Request> requests) override;
  Rows rows_of(Index iteration) const override;

 private:
  Real sum_over(Rows rows, const Factors& point, Blocks wanted, Factors* gradient);

  std::shared_ptr<const Problem> problem_;
  std::string name_;
  std::vector<Block> blocks_;
  std::optional<Batches> batches_;
  Real weight_;  // of the sum over a batch
};

/// The columns of the problem, as those of an observer.
std::shared_ptr<const Observer> observer_of(std::shared_ptr<const Problem> problem);

}  // namespace tightrope
