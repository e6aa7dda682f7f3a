#include "core/engine/objectives/problem_objective.hpp"

#include "core/engine/attribute_errors.hpp"

namespace tightrope {

namespace {

class ProblemColumns final : public Observer {
 public:
  explicit ProblemColumns(std::shared_ptr<const Problem> problem) : problem_(std::move(problem)) {}
  std::vector<Column> columns() const override { return problem_->columns(); }
  void observe(const Snapshot& seen, std::span<Real> values) const override { problem_->observe(seen.iterate, values); }

 private:
  std::shared_ptr<const Problem> problem_;
};

}  // namespace

ProblemObjective::ProblemObjective(std::shared_ptr<const Problem> problem, std::string name,
                                   std::optional<Batches> batches)
    : problem_(std::move(problem)),
      name_(std::move(name)),
      blocks_(attribute_errors_to(name_, [&] { return problem_->blocks(); })),
      batches_(std::move(batches)),
      weight_(batches_ ? static_cast<Real>(batches_->count()) : 1) {
  counters_.measurements = std::max<Index>(1, problem_->samples());
}

Rows ProblemObjective::rows_of(Index iteration) const {
  return batches_ ? batches_->rows_of(iteration) : Rows::all().within(problem_->samples());
}

Real ProblemObjective::sum_over(Rows rows, const Factors& point, Blocks wanted, Factors* gradient) {
  if (gradient) assign_zeros_like(*gradient, point);
  const Real value = attribute_errors_to(name_, [&] { return problem_->evaluate(point, rows, wanted, gradient); });
  if (gradient) {
    if (const std::string wrong = wrong_shapes(*gradient, blocks_); !wrong.empty())
      throw PluginFailure(name_, "its gradient does not fit its blocks: " + wrong);
    keep_only(*gradient, wanted);
    if (weight_ != 1) tightrope::scale(*gradient, weight_);
  }
  counters_.rows += problem_->samples() == 0 ? 1 : rows.count;
  return weight_ * value + attribute_errors_to(name_, [&] { return problem_->add_penalty(point, wanted, gradient); });
}

Real ProblemObjective::value(const Factors& point, Rows rows) {
  ++counters_.forwards;
  return sum_over(rows.within(problem_->samples()), point, Blocks::none(), nullptr);
}

void ProblemObjective::evaluate_together(std::span<Request> requests) {
  for (const Request& request : requests) {
    auto& lane = static_cast<ProblemObjective&>(*request.objective);
    Iterate& at = *request.at;
    at.rows = at.rows.within(lane.problem_->samples());
    at.known = request.wanted;
    ++lane.counters_.fused;
    at.value = lane.sum_over(at.rows, at.point, request.wanted, &at.gradient);
  }
}

std::shared_ptr<const Observer> observer_of(std::shared_ptr<const Problem> problem) {
  return std::make_shared<const ProblemColumns>(std::move(problem));
}

}  // namespace tightrope
