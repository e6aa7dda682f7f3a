#include "core/engine/lane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>

namespace tightrope {

namespace {

using Clock = std::chrono::steady_clock;

/// Behind the values of an observer: whoever writes more of them than announced is found out.
constexpr std::size_t guard_values = 4;
constexpr Real guard = -0x1.7e57ab1e5cafep+77;

Real seconds_since(Clock::time_point start) { return std::chrono::duration<Real>(Clock::now() - start).count(); }

}  // namespace

Lane::Lane(LaneSetup setup)
    : setup_(std::move(setup)), blocks_(setup_.objective->space().blocks()), seen_(setup_.watches.size()) {
  trace_.columns = Trace::own_columns();
  const std::vector<Column> of_method =
      attribute_errors_to(setup_.optimizer_name, "columns", [&] { return setup_.optimizer->columns(); });
  method_columns_ = of_method.size();
  const Index phases = attribute_errors_to(setup_.optimizer_name, "phases",
                                           [&] { return setup_.optimizer->phases(setup_.objective->space()); });
  has_trials_ = phases == 0;
  // Line searches of other methods see the space alone: their phases end on no projected point.
  if (setup_.projection && phases == 1) setup_.objective->set_projection(setup_.projection);
  method_values_.assign(method_columns_, std::nan(""));
  trace_.columns.insert(trace_.columns.end(), of_method.begin(), of_method.end());
  for (std::size_t w = 0; w < setup_.watches.size(); ++w) {
    const std::vector<Column> columns =
        attribute_errors_to(setup_.watches[w].name, "columns", [&] { return setup_.watches[w].observer->columns(); });
    seen_[w].values.resize(columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
      for (const StopRules::Threshold& rule : setup_.stop.thresholds)
        if (rule.column == columns[c].name) thresholds_.push_back({w, c, rule});
      if (setup_.watches[w].recorded) trace_.columns.push_back(columns[c]);
    }
  }
  if (thresholds_.size() < setup_.stop.thresholds.size())
    throw std::logic_error("Lane: a stop rule names a column that no observer has");
  if (setup_.keep) keep_column_ = trace_.find(setup_.keep->column);
  if (setup_.keep && !keep_column_) throw std::logic_error("Lane: the rule of what to keep names no column");
  next_.point = setup_.start;
  next_.rows = setup_.objective->rows_of(0);
  cost_.observing.resize(setup_.watches.size());
  if (const std::string wrong = wrong_shapes(setup_.start, blocks_); !wrong.empty())
    fail(fmt::format("{} failed: its start does not fit the model: {}", setup_.start_name, wrong));
}

void Lane::charge(Real seconds, Real bytes) {
  cost_.seconds += seconds;
  cost_.bytes += bytes;
}

void Lane::evaluate(const std::vector<Lane*>& lanes) {
  // Kept between rounds: nothing is allocated in steady state.
  static thread_local std::vector<Lane*> group;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const void* const key = lanes[i]->setup_.objective->batch_key();
    const auto same = [&](const Lane* lane) {
      return key && lane->setup_.objective->batch_key() == key && lane->next_.rows == lanes[i]->next_.rows;
    };
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
  asked_at(group.front()->next_.iteration);
  try {
    requests.front().objective->evaluate_together(requests);
  } catch (const PluginFailure& failure) {
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->setup_.objective->restore(counted[i]);
    if (group.size() == 1) return group.front()->fail_at(failure, group.front()->next_.iteration);
    for (std::size_t i = 0; i < group.size(); ++i) evaluate_group(group.subspan(i, 1));
  }
}

void Lane::fail_at(const PluginFailure& failure, Index iteration) {
  fail(fmt::format("{} (iteration {})", failure.what(), iteration));
}

void Lane::process_evaluation() {
  if (end_) return;
  asked_at(next_.iteration);
  try {
    if (accept()) {
      for (;;) {
        if (at_.phase == 0) complete();
        if (!end_) step();
        if (end_ || move_.evaluate) break;
        if (has_diverged(at_)) break;
        take_evaluated_point();
      }
    }
    if (end_) record(true);
  } catch (const PluginFailure& failure) {
    fail_at(failure, at_.iteration);
  }
}

/// An iteration is complete: the iterate is recorded, and the stop rules are asked.
void Lane::complete() {
  reached_ = {counters().passes(), cost_.seconds};
  for (CachedValues& seen : seen_) seen.current = false;
  if (at_.iteration > 0) {
    if (method_columns_ > 0) method_values_ = std::move(move_.columns);
    method_values_.resize(method_columns_, std::nan(""));
    if (!move_.mark.empty()) trace_.marks.push_back({at_.iteration, std::move(move_.mark)});
    move_.columns.clear();
    move_.mark.clear();
  }
  publish_estimate();
  record(false);
  end_ = rule_met();
}

/// The point in the middle of an iteration becomes the iterate, without another evaluation.
void Lane::take_evaluated_point() {
  at_.iteration = next_.iteration;
  at_.phase = 0;
  at_.time = next_.time;
  at_.step = next_.step;
}

/// Makes the evaluated point the current one, unless the run has diverged: then the last good one stays.
bool Lane::accept() {
  if (!started_) {
    const bool finite = std::isfinite(next_.value) && is_finite(next_.gradient);
    scale_ = std::max(std::abs(next_.value), setup_.objective->scale(next_));
    if (!finite || !is_finite(next_.point)) {
      end_ = End{EndClass::diverged,
                 is_finite(next_.point) ? "at the start, where the objective or its gradient is not a finite number"
                                        : "at the start, which is not made of finite numbers",
                 0};
      std::swap(at_, next_);
      reached_ = {counters().passes(), cost_.seconds};
      return false;
    }
  } else if (!(has_trials_ && next_.phase > 0) && has_diverged(next_)) {
    return false;
  }
  started_ = true;
  if (at_.phase == 0 && next_.phase > 0) std::swap(at_, complete_);
  std::swap(at_, next_);
  return true;
}

/// Whether a point ends the run.
bool Lane::has_diverged(const Iterate& point) {
  const bool finite = std::isfinite(point.value) && is_finite(point.gradient);
  if (finite && std::abs(point.value) <= setup_.stop.divergence * scale_) return false;
  const std::string what = finite ? fmt::format("the objective grew to {:.3e}, beyond {:g} times its scale {:.3e}",
                                                point.value, setup_.stop.divergence, scale_)
                                  : std::string("the objective or its gradient is not a finite number any more");
  end_ = End{EndClass::diverged,
             fmt::format("{}; the last good value was {:.3e}, the step size {:g}", what, iterate().value, move_.step),
             iterate().iteration + 1};
  return true;
}

void Lane::publish_estimate() {
  LowRank published = estimate_ ? std::move(*estimate_) : LowRank();
  estimate_.reset();
  late_prediction_.reset();
  if (!attribute_errors_to(setup_.optimizer_name, "estimate",
                           [&] { return setup_.optimizer->estimate(at_, memory_, published); }))
    return;
  if (published.shape() != at_.X.shape() || published.left.n_cols != published.right.n_cols)
    throw PluginFailure(setup_.optimizer_name,
                        fmt::format("its estimate is the pair of a {} × {} and a {} × {} matrix instead of {} × j and "
                                    "{} × j",
                                    published.left.n_rows, published.left.n_cols, published.right.n_rows,
                                    published.right.n_cols, at_.X.rows(), at_.X.cols()));
  estimate_ = std::move(published);
}

/// What an observer does not write is not defined. A start that is not finite is shown to nobody: only a run that
/// ended there has one.
const std::vector<Real>& Lane::values_of(std::size_t watch) {
  CachedValues& seen = seen_[watch];
  if (seen.current) return seen.values;
  const std::size_t columns = seen.values.size();
  std::fill(seen.values.begin(), seen.values.end(), std::nan(""));
  if (started_) {
    const auto start = Clock::now();
    const SensingProblem* problem = setup_.problem.get();
    const Iterate& at = iterate();
    const LowRank& X = estimate_ ? *estimate_ : at.X;
    const auto predicted = [&]() -> const Vec& {
      if (late_prediction_.is_empty()) setup_.objective->predict(X, at.rows, late_prediction_);
      return late_prediction_;
    };
    const bool is_late = problem && at.prediction.is_empty();  // its passes write none
    if (estimate_ && !is_late) predicted();
    const Snapshot snapshot{at,
                            setup_.objective->space(),
                            X,
                            is_late     ? Prediction(predicted)
                            : estimate_ ? Prediction(late_prediction_)
                                        : Prediction(at.prediction),
                            problem ? &problem->data_of(at.rows) : nullptr,
                            problem ? problem->truth.get() : nullptr,
                            problem ? &problem->outliers : nullptr};
    seen.values.resize(columns + guard_values, guard);
    attribute_errors_to(setup_.watches[watch].name, "observe", [&] {
      setup_.watches[watch].observer->observe(snapshot, {seen.values.data(), columns});
    });
    const bool is_intact = std::all_of(seen.values.begin() + static_cast<long>(columns), seen.values.end(),
                                       [](Real value) { return value == guard; });
    seen.values.resize(columns);
    if (!is_intact)
      throw PluginFailure(setup_.watches[watch].name, fmt::format("it announces {} {} and writes more values", columns,
                                                                  columns == 1 ? "column" : "columns"));
    cost_.observing[watch] += seconds_since(start);
  }
  seen.current = true;
  return seen.values;
}

/// A row for the current iterate: what is due, or everything; replaces the row of the same iteration.
void Lane::record(bool everything) {
  const Iterate& at = iterate();
  const auto due = [&](const ScheduledObserver& watch) {
    return watch.recorded && (everything || at.iteration == 0 || watch.schedule.due(at.iteration));
  };
  if (!everything && at.iteration > 0 && std::none_of(setup_.watches.begin(), setup_.watches.end(), due)) return;
  std::vector<Real> row{static_cast<Real>(at.iteration), reached_.passes, at.value, at.step, at.time};
  row.insert(row.end(), method_values_.begin(), method_values_.end());
  std::size_t position = row.size();
  row.resize(trace_.columns.size(), std::nan(""));
  for (std::size_t w = 0; w < setup_.watches.size(); ++w) {
    if (!setup_.watches[w].recorded) continue;
    if (due(setup_.watches[w]))
      std::copy(values_of(w).begin(), values_of(w).end(), row.begin() + static_cast<long>(position));
    position += seen_[w].values.size();
  }
  // What only the end adds does not count: a longer run would not have it.
  if (keep_column_ && !everything) keep(row);
  if (!trace_.rows.empty() && trace_.rows.back()[0] == row[0]) {
    last_row_ = std::exchange(trace_.rows.back(), std::move(row));
  } else {
    if (end_) last_row_.emplace();
    trace_.rows.push_back(std::move(row));
    trace_.seconds.push_back(reached_.seconds);
  }
}

void Lane::keep(const std::vector<Real>& row) {
  const Real value = row[*keep_column_];
  if (std::isnan(value) || (kept_ && !(value < kept_->row[*keep_column_]))) return;
  kept_ = Kept{iterate().point, row};
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
    Step choose(const Iterate& at, const Factors& direction, Objective& objective, Memory& memory) const override {
      Step step = attribute_errors_to(setup.step_size_name, "choose",
                                      [&] { return setup.step_size->choose(at, direction, objective, memory); });
      if (!std::isfinite(step.size) || step.size < 0)
        throw PluginFailure(setup.step_size_name,
                            fmt::format("it chose {:g}, but a step size is a finite number of at least 0", step.size));
      return step;
    }
    bool needs_descent() const override { return setup.step_size->needs_descent(); }
  };
  const auto start = Clock::now();
  const std::uint64_t bytes = counters().bytes;
  const Named step_size(setup_);
  StepContext context{*setup_.objective, memory_, setup_.step_size ? &step_size : nullptr, step_size_memory_};
  move_ = attribute_errors_to(setup_.optimizer_name, "advance",
                              [&] { return setup_.optimizer->advance(at_, context, next_.point); });
  check_move();
  const bool completes = move_.completes_iteration;
  const Iterate& last = iterate();
  next_.iteration = last.iteration + (completes ? 1 : 0);
  next_.phase = completes ? 0 : at_.phase + 1;
  next_.time = last.time + (completes ? move_.time.value_or(move_.step) : 0);
  next_.step = completes ? move_.step : last.step;
  next_.rows = setup_.objective->rows_of(next_.iteration);
  if (move_.end) {
    end_ = std::move(move_.end);
    end_->iteration = last.iteration;
  } else if (move_.step == 0) {
    end_ = End{EndClass::stalled, "the step size rule found no acceptable step", last.iteration};
  }
  if (end_) next_.point = at_.point;
  if (!end_ && !move_.evaluate && (setup_.projection || next_.rows != at_.rows)) {
    // Projected it is another point, and of another batch value and gradient are others.
    next_.point = at_.point;
    move_.evaluate = true;
  }
  if (!end_ && completes && setup_.projection) {
    attribute_errors_to(setup_.projection_name, "project", [&] { setup_.projection->project(next_.point); });
    if (const std::string wrong = wrong_shapes(next_.point, blocks_); !wrong.empty())
      throw PluginFailure(setup_.projection_name, "its point does not fit the model: " + wrong);
  }
  cost_.bytes += static_cast<Real>(counters().bytes - bytes);
  cost_.seconds += seconds_since(start);
}

void Lane::check_move() const {
  const auto refuse = [&](const std::string& what) { throw PluginFailure(setup_.optimizer_name, what); };
  if (move_.end) return;
  if (std::isnan(move_.step) || move_.step < 0)
    refuse(fmt::format("it says that it took a step of size {:g}", move_.step));
  if (move_.step == 0) return;
  if (!move_.evaluate && (at_.phase == 0 || !move_.completes_iteration))
    refuse(
        "it takes the point that was evaluated last for the next iterate, which completes an iteration of several "
        "phases and nothing else");
  if (!move_.evaluate && !at_.known.covers(blocks_.size()))
    refuse("it takes a point for the next iterate at which it wanted a part of the gradient alone");
  if (const std::string wrong = move_.evaluate ? wrong_shapes(next_.point, blocks_) : ""; !wrong.empty())
    refuse("its next point does not fit the model: " + wrong);
  if (!move_.columns.empty() && move_.columns.size() != method_columns_)
    refuse(
        fmt::format("it announces {} columns of its own and gives {} values", method_columns_, move_.columns.size()));
  if (move_.time && !std::isfinite(*move_.time)) refuse(fmt::format("it says that a time of {:g} passed", *move_.time));
}

}  // namespace tightrope
