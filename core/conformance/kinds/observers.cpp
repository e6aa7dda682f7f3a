// Observers: they look on, and say what they announce.
#include "core/conformance/trial.hpp"

namespace tightrope::conformance {

namespace {

/// Keeps what it sees.
class Collector final : public Observer {
 public:
  explicit Collector(std::vector<Iterate>& seen) : seen_(seen) {}
  std::vector<Column> columns() const override { return {}; }
  void observe(const Snapshot& seen, std::span<Real>) const override { seen_.push_back(seen.iterate); }

 private:
  std::vector<Iterate>& seen_;
};

/// The iterates of a run that nobody else watches.
std::vector<Iterate> iterates_of(LaneSetup given) {
  std::vector<Iterate> seen;
  given.watches = {{std::make_shared<const Collector>(seen), {}, true}};
  parts::run(std::move(given));
  return seen;
}

std::vector<Real> values_of(const Observer& observer, const Snapshot& snapshot) {
  const std::size_t columns = observer.columns().size();
  std::vector<Real> values(columns + 4, std::nan(""));  // a run finds out who writes more than announced
  observer.observe(snapshot, {values.data(), columns});
  values.resize(columns);
  return values;
}

bool same_values(const std::vector<Real>& a, const std::vector<Real>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](Real x, Real y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

void check_run(const Subject& subject, Report& report) {
  const auto [bench, observer] = made<Observer>(subject);
  const auto without = parts::run(bench->lane());
  LaneSetup given = bench->lane();
  given.watches = {{observer, {}, true}};
  const auto with = parts::run(std::move(given));
  report.require(with->end()->end_class == EndClass::limit, "{}", with->end()->reason);
  report.expect(parts::same_bits(without->iterate().point, with->iterate().point),
                "a run that it watches has other bits than one that nobody watches: it writes into what it is shown");
  const std::vector<Column> columns = observer->columns();
  report.require(!columns.empty(), "it announces no column");
  check_columns(columns, report);
  for (const Column& column : columns) {
    const auto at = with->trace().find(column.name);
    const std::vector<Real> values = with->trace().column(*at);
    report.expect(std::any_of(values.begin(), values.end(), [](Real value) { return !std::isnan(value); }),
                  "the column '{}' is announced but never written", column.name);
    for (std::size_t row = 0; row < values.size(); ++row)
      report.expect(!std::isinf(values[row]), "the column '{}' is {:g} at iteration {:g}", column.name, values[row],
                    with->trace().rows[row][0]);
  }
}

void check_purity(const Subject& subject, Report& report) {
  const auto [bench, observer] = made<Observer>(subject);
  const auto other = bench->make<Observer>();
  const SensingProblem& problem = *bench->problem;
  const std::vector<Iterate> run = iterates_of(bench->lane());
  const auto seen_at = [&, &model = *bench->model](const Iterate& at) {
    return Snapshot{at, model, at.X, at.prediction, &problem.data, problem.truth.get(), &problem.outliers};
  };
  std::vector<std::vector<Real>> forwards;
  const std::vector<Iterate> before = run;
  const Vec data = problem.data;
  const LowRank truth = problem.truth->X;
  for (const Iterate& at : run) forwards.push_back(values_of(*observer, seen_at(at)));
  for (std::size_t i = run.size(); i-- > 0;) {
    report.expect(same_values(values_of(*observer, seen_at(run[i])), forwards[i]),
                  "at iteration {} it says something else when it has seen later ones", run[i].iteration);
    report.expect(same_values(values_of(*other, seen_at(run[i])), forwards[i]),
                  "at iteration {} another object says something else", run[i].iteration);
    report.expect(parts::same_bits(run[i].point, before[i].point), "it writes into the point that it is shown");
    report.expect(parts::same_bits(run[i].gradient, before[i].gradient),
                  "it writes into the gradient that it is shown");
    report.expect(
        parts::same_bits(run[i].X.left, before[i].X.left) && parts::same_bits(run[i].X.right, before[i].X.right),
        "it writes into the estimate X that it is shown");
    report.expect(parts::same_bits(run[i].prediction, before[i].prediction) && run[i].value == before[i].value,
                  "it writes into the value or the predictions that it is shown");
  }
  report.expect(parts::same_bits(problem.data, data), "it writes into the data");
  report.expect(
      parts::same_bits(problem.truth->X.left, truth.left) && parts::same_bits(problem.truth->X.right, truth.right),
      "it writes into the truth");
}

/// What snapshots can hold besides an iterate over all measurements.
void check_snapshots(const Subject& subject, Report& report) {
  const auto [bench, observer] = made<Observer>(subject);
  const SensingProblem& problem = *bench->problem;
  const Iterate at = iterates_of(bench->lane()).back();
  const auto bears = [&, &of = *observer](const char* what, const Snapshot& seen) {
    try {
      const std::vector<Real> values = values_of(of, seen);
      report.expect(std::none_of(values.begin(), values.end(), [](Real value) { return std::isinf(value); }),
                    "its value is infinite with {}", what);
    } catch (const std::exception& error) {
      report.expect(false, "it throws with {}: {}", what, error.what());
    }
  };
  const Truth* const truth = problem.truth.get();

  LowRank estimate = random_pair(5, bench->shape, 2);
  Vec of_estimate;
  problem.op->forward(estimate, of_estimate);
  bears("an estimate that is not X of the iterate",
        {at, *bench->model, estimate, of_estimate, &problem.data, truth, &problem.outliers});

  Iterate batch = at;
  batch.rows = {10, 30};
  batch.prediction = at.prediction.subvec(10, 39);
  const Vec own_data = problem.data.subvec(10, 39);
  bears("a minibatch", {batch, *bench->model, batch.X, batch.prediction, &own_data, truth, &problem.outliers});

  Iterate zero = at;
  scale(zero.point, 0);
  scale(zero.gradient, 0);
  bench->model->expand(zero.point, zero.X);
  zero.prediction.zeros();
  bears("a point of zeros", {zero, *bench->model, zero.X, zero.prediction, &problem.data, truth, &problem.outliers});
  bears("an estimate that is the truth",
        {at, *bench->model, truth->X, problem.data, &problem.data, truth, &problem.outliers});

  const std::vector<Index> outliers = {3, 50, 77};
  bears("outliers", {at, *bench->model, at.X, at.prediction, &problem.data, truth, &outliers});

  Iterate partial = at;
  partial.known = Blocks::only(0);
  keep_only(partial.gradient, partial.known);
  bears("a gradient of which one block is known",
        {partial, *bench->model, at.X, at.prediction, &problem.data, truth, &problem.outliers});
}

void check_other_problem(const Subject& subject, Report& report) {
  const auto it = made_for_regression<Observer>(subject);
  if (!it) return;
  report.require(!it->plugin->columns().empty(),
                 "it is made for a problem that is not sensing, but announces no column there");
  LaneSetup given = lane_on_regression(*it->bench);
  given.optimizer = std::make_shared<const parts::Downhill>();
  given.step_size = std::make_shared<const parts::Fixed>(0.2);
  given.watches = {{it->plugin, {}, true}};
  given.stop.iterations = 5;
  const auto lane = parts::run(std::move(given));
  report.expect(lane->end()->end_class == EndClass::limit, "it is made for a problem that is not sensing, but there {}",
                lane->end()->reason);
}

void check_edges(const Subject& subject, Report& report) {
  at_edges(subject, report, [&](const Subject& there, Shape shape) {
    const auto [bench, observer] = made_for<Observer>(there, shape);
    LaneSetup given = bench->lane();
    given.watches = {{observer, {}, true}};
    given.stop.iterations = 3;
    const auto lane = parts::run(std::move(given));
    report.expect(lane->end()->end_class == EndClass::limit, "{}", lane->end()->reason);
  });
}

}  // namespace

Checks observer_checks() {
  return {{"neutrality, and columns as announced", check_run},
          {"a pure function of the snapshot, which it leaves alone", check_purity},
          {"snapshots of all kinds are borne", check_snapshots},
          {"problems that are not sensing", check_other_problem},
          {"edge shapes", check_edges}};
}

}  // namespace tightrope::conformance
