#include "core/engine/lane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>

#include "core/engine/blame.hpp"

namespace tightrope {

namespace {

using Clock = std::chrono::steady_clock;

Real seconds_since(Clock::time_point start) { return std::chrono::duration<Real>(Clock::now() - start).count(); }

}  // namespace

Lane::Lane(LaneSetup setup) : setup_(std::move(setup)), seen_(setup_.watches.size()) {
  trace_.columns = {{"iteration", "completed iterations", 0, false},
                    {"passes", "streaming reads of the operator so far", 0, false},
                    {"objective", "loss plus penalty at the iterate", 0, true}};
  for (std::size_t w = 0; w < setup_.watches.size(); ++w) {
    const std::vector<Column> columns = setup_.watches[w].observer->columns();
    seen_[w].values.resize(columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
      for (const StopRules::Threshold& rule : setup_.stop.thresholds)
        if (rule.column == columns[c].name) thresholds_.push_back({w, c, rule});
      if (setup_.watches[w].recorded) trace_.columns.push_back(columns[c]);
    }
  }
  if (thresholds_.size() < setup_.stop.thresholds.size())
    throw std::logic_error("Lane: a stop rule names a column that no observer has");
  next_.point = setup_.start;
  cost_.observing.resize(setup_.watches.size());
}

void Lane::charge(Real seconds, Real bytes) {
  cost_.seconds += seconds;
  cost_.bytes += bytes;
}

void Lane::evaluate(const std::vector<Lane*>& lanes) {
  // Kept between rounds: nothing is allocated in steady state.
  static thread_local std::vector<Lane*> group;
  const auto partner_of = [](const Lane* lane) { return lane->setup_.objective->partner(); };
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const void* const partner = partner_of(lanes[i]);
    const auto same = [&](const Lane* lane) { return partner && partner_of(lane) == partner; };
    if (std::any_of(lanes.begin(), lanes.begin() + static_cast<long>(i), same)) continue;  // went with an earlier one
    group.assign(1, lanes[i]);
    std::copy_if(lanes.begin() + static_cast<long>(i) + 1, lanes.end(), std::back_inserter(group), same);
    const std::uint64_t bytes = group.front()->counters().bytes;
    const auto start = Clock::now();
    evaluate_group(group);
    const auto size = static_cast<Real>(group.size());
    const Real share = seconds_since(start) / size,
               streamed = static_cast<Real>(group.front()->counters().bytes - bytes) / size;
    for (Lane* lane : group) {
      lane->cost_.seconds += share;
      lane->cost_.bytes += streamed;
    }
  }
}

/// One pass for all. If somebody throws in it, each lane evaluates alone, to find out who it was.
void Lane::evaluate_group(std::span<Lane* const> group) {
  static thread_local std::vector<Objective::Request> requests;  // kept between rounds, as above
  static thread_local std::vector<Counters> counted;
  requests.clear();
  counted.clear();
  for (Lane* lane : group) {
    requests.push_back({lane->setup_.objective.get(), &lane->next_, lane->move_.wanted});
    counted.push_back(lane->counters());
  }
  try {
    requests.front().objective->evaluate_together(requests);
  } catch (const PluginFailure& failure) {
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->setup_.objective->restore(counted[i]);
    if (group.size() == 1) return group.front()->fail(failure.what());
    for (std::size_t i = 0; i < group.size(); ++i) evaluate_group(group.subspan(i, 1));
  }
}

void Lane::arrive() {
  if (end_) return;
  try {
    if (accept()) {
      for (Seen& seen : seen_) seen.current = false;
      if (at_.phase == 0) {
        blame(setup_.optimizer_name, [&] {
          if (setup_.optimizer->estimate(at_, memory_, estimate_)) std::swap(at_.X, estimate_);
        });
        record(false);
        end_ = rule_met();
      }
      if (!end_) step();
    }
    if (end_ && at_.phase == 0) record(true);
  } catch (const PluginFailure& failure) {
    fail(fmt::format("{} (iteration {})", failure.what(), at_.iteration));
  }
}

/// Makes the evaluated point the current one, unless the run has diverged: then the last good one stays.
bool Lane::accept() {
  const bool finite = std::isfinite(next_.value) && is_finite(next_.gradient);
  if (!started_) {
    const Real data = setup_.problem ? arma::dot(setup_.problem->data, setup_.problem->data) / 2 : 0;
    scale_ = std::max(std::abs(next_.value), data);
  }
  if (!finite || std::abs(next_.value) > setup_.stop.divergence * scale_) {
    const std::string what = finite ? fmt::format("the objective grew to {:.3e}, beyond {:g} times its scale {:.3e}",
                                                  next_.value, setup_.stop.divergence, scale_)
                                    : std::string("the objective or its gradient is not a finite number any more");
    end_ = End{EndClass::diverged,
               started_
                   ? fmt::format("{}; the last good value was {:.3e}, the step size {:g}", what, at_.value, move_.step)
                   : what + "; it happened at the start",
               next_.iteration};
    if (!started_) std::swap(at_, next_);
    return false;
  }
  started_ = true;
  std::swap(at_, next_);
  return true;
}

const std::vector<Real>& Lane::values_of(std::size_t watch) {
  Seen& seen = seen_[watch];
  if (!seen.current) {
    const SensingProblem* problem = setup_.problem.get();
    const Snapshot snapshot{at_, setup_.objective->model(), problem ? &problem->data : nullptr,
                            problem ? problem->truth.get() : nullptr};
    const auto start = Clock::now();
    blame(setup_.watches[watch].name, [&] { setup_.watches[watch].observer->observe(snapshot, seen.values); });
    cost_.observing[watch] += seconds_since(start);
    seen.current = true;
  }
  return seen.values;
}

/// A row for the current iterate: what is due, or everything; replaces the row of the same iteration.
void Lane::record(bool everything) {
  const auto due = [&](const Watch& watch) {
    return watch.recorded && (everything || at_.iteration == 0 || watch.schedule.due(at_.iteration));
  };
  if (!everything && at_.iteration > 0 && std::none_of(setup_.watches.begin(), setup_.watches.end(), due)) return;
  std::vector<Real> row{static_cast<Real>(at_.iteration), static_cast<Real>(counters().passes()), at_.value};
  row.resize(trace_.columns.size(), std::nan(""));
  std::size_t position = 3;
  for (std::size_t w = 0; w < setup_.watches.size(); ++w) {
    if (!setup_.watches[w].recorded) continue;
    if (due(setup_.watches[w]))
      std::copy(values_of(w).begin(), values_of(w).end(), row.begin() + static_cast<long>(position));
    position += seen_[w].values.size();
  }
  if (!trace_.rows.empty() && trace_.rows.back()[0] == row[0]) {
    row[1] = trace_.rows.back()[1];
    last_row_ = std::exchange(trace_.rows.back(), std::move(row));
  } else {
    if (end_) last_row_.emplace();
    trace_.rows.push_back(std::move(row));
    trace_.seconds.push_back(cost_.seconds);
  }
}

std::optional<End> Lane::rule_met() {
  for (const Threshold& threshold : thresholds_) {
    const Real value = values_of(threshold.watch)[threshold.column];
    if (value <= threshold.rule.at_most)
      return End{EndClass::converged,
                 fmt::format("{} fell to {:.3e}, the rule asks for {:g}", threshold.rule.column, value,
                             threshold.rule.at_most),
                 at_.iteration};
  }
  const StopRules& stop = setup_.stop;
  if (stop.iterations && at_.iteration >= *stop.iterations)
    return End{EndClass::limit, fmt::format("the limit of {} iterations was reached", *stop.iterations), at_.iteration};
  if (stop.seconds && cost_.seconds >= *stop.seconds)
    return End{EndClass::limit, fmt::format("the limit of {:g} seconds was reached", *stop.seconds), at_.iteration};
  return std::nullopt;
}

/// Asks the optimizer for the next point.
void Lane::step() {
  struct Named final : StepSize {
    const LaneSetup& setup;
    explicit Named(const LaneSetup& of) : setup(of) {}
    Real choose(const Iterate& at, const Factors& direction, Objective& objective, Memory& memory) const override {
      return blame(setup.step_size_name, [&] { return setup.step_size->choose(at, direction, objective, memory); });
    }
    bool needs_descent() const override { return setup.step_size->needs_descent(); }
  };
  const auto start = Clock::now();
  const std::uint64_t bytes = counters().bytes;
  const Named step_size(setup_);
  Workplace workplace{*setup_.objective, memory_, step_size, step_size_memory_};
  move_ = blame(setup_.optimizer_name, [&] { return setup_.optimizer->advance(at_, workplace, next_.point); });
  if (move_.completes_iteration) move_.wanted = Blocks::all();
  next_.iteration = at_.iteration + (move_.completes_iteration ? 1 : 0);
  next_.phase = move_.completes_iteration ? 0 : at_.phase + 1;
  if (!(move_.step > 0)) end_ = End{EndClass::stalled, "the step size rule found no acceptable step", at_.iteration};
  cost_.bytes += static_cast<Real>(counters().bytes - bytes);
  cost_.seconds += seconds_since(start);
}

}  // namespace tightrope
