// From checked cells to components and lanes; what is equal is made once and shared.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/base/text/word_list.hpp"
#include "core/engine/data/hold_out.hpp"
#include "core/engine/objectives/checked_model.hpp"
#include "core/engine/objectives/penalized_model.hpp"
#include "core/engine/objectives/problem_objective.hpp"
#include "core/engine/objectives/sensing_objective.hpp"
#include "core/experiment/component.hpp"
#include "core/experiment/problems.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/penalty.hpp"

namespace tightrope {

namespace {

/// Makes the parts of cells, remembering those that further cells may share.
class Builder {
 public:
  explicit Builder(std::shared_ptr<const Team> team) : team_(std::move(team)), problems_(team_) {}

  std::unique_ptr<Lane> lane(const Experiment& experiment, const CellSpec& cell) {
    LaneSetup setup;
    setup.name = experiment.name;
    for (const auto& [axis, value] : cell.labels) setup.name = value;
    return cell.problem ? lane_of_other_problem(cell, std::move(setup)) : lane_of_sensing(cell, std::move(setup));
  }

  void charge_shared() { problems_.charge_shared(); }

 private:
  using Clock = std::chrono::steady_clock;

  std::unique_ptr<Lane> lane_of_sensing(const CellSpec& cell, LaneSetup setup) {
    SensingProblems::Shared& own = problems_.of(cell);
    setup.problem = own.problem;
    const SensingProblem& problem = *own.problem;
    Counters counters;
    CountedSensing sensing(own.problem, own.adjoint, counters);
    const auto start = Clock::now();
    const Real shared_seconds = own.adjoint->seconds();
    Context full = problems_.context(cell.seed, problem, "loss");
    full.known_sensing = &sensing;
    const auto own_loss = make<Loss>(cell.loss, full);
    const HeldOut held_out = held_out_of(cell, problem);
    const auto loss = held_out ? training_loss(own_loss, held_out, problem.op->measurements()) : own_loss;
    full.known_loss = loss.get();
    full.stream = Stream(cell.seed, "model");
    auto model = CheckedModel::of(make<FactorizationModel>(cell.model, full), problem.shape, cell.model.description());
    full.known_model = model.get();
    full.known_space = model.get();
    if (!cell.penalties.empty()) {
      model = CheckedModel::of(penalized(cell, model, full), problem.shape, cell.model.description());
      full.known_model = model.get();
      full.known_space = model.get();
    }
    const SensingNames names{cell.op.description() + " or " + cell.loss.description(), cell.model.description(),
                             cell.perturbation ? cell.perturbation->description() : ""};
    sensing.complete(loss, model, names.pass);
    // A start learns no more than the run does.
    {
      Context for_start = full;
      const Vec training = held_out ? training_data(problem.data, held_out) : Vec();
      if (held_out) for_start.known_data = &training;
      make_start(cell, *model, for_start, setup);
    }
    SensingExtras extras;
    if (cell.perturbation) {
      full.stream = Stream(cell.seed, "perturbation");
      extras.perturbation = make<Perturbation>(*cell.perturbation, full);
    }
    extras.batches = batches_of(cell, problem.op->measurements());
    make_method(cell, full, setup);
    const Real seconds = std::chrono::duration<Real>(Clock::now() - start).count();
    Counters watched;  // what observers ask of the operator while they are made is no cost of the run
    CountedSensing for_observers(own.problem, std::make_shared<SharedAdjoint>(), watched);
    full.known_sensing = &for_observers;
    setup.warnings = problem.warnings;
    setup.objective = std::make_shared<SensingObjective>(own.problem, loss, model, names, std::move(extras));
    setup.objective->restore(counters);
    if (held_out)
      setup.watches.push_back({validation_error(held_out, problem, setup.objective, wants_root_mean_squares(cell)),
                               {},
                               true,
                               "the hold-out"});
    auto lane = finished_lane(cell, full, std::move(setup));
    lane->charge(seconds - (own.adjoint->seconds() - shared_seconds), static_cast<Real>(sensing.own_bytes()));
    if (sensing.used_shared()) own.sharing.push_back(lane.get());
    return lane;
  }

  /// The streams of penalties go by their places in the list.
  std::shared_ptr<const FactorizationModel> penalized(const CellSpec& cell,
                                                      std::shared_ptr<const FactorizationModel> model,
                                                      Context& context) const {
    std::vector<PenalizedModel::Named> penalties;
    for (const PluginSpec& choice : cell.penalties) {
      context.stream = Stream(cell.seed, fmt::format("penalty/{}", penalties.size()));
      penalties.push_back({make<Penalty>(choice, context), choice.description()});
    }
    return std::make_shared<const PenalizedModel>(std::move(model), std::move(penalties));
  }

  std::unique_ptr<Lane> lane_of_other_problem(const CellSpec& cell, LaneSetup setup) {
    if (team_->ranks())
      refuse_part(*cell.problem,
                  "measures nothing that several ranks could share; run it in one process, without --ranks");
    const auto start = Clock::now();
    Context full(Shape{}, Stream(cell.seed_of("target"), "problem"), team_);
    auto& problem =
        other_problems_[fmt::format("{} {}", cell.seed_of("target"), to_json(*cell.problem->resolved, true))];
    if (!problem) problem = make<tightrope::Problem>(*cell.problem, full);
    full.known_space = problem.get();
    make_start(cell, *problem, full, setup);
    make_method(cell, full, setup);
    const Real seconds = std::chrono::duration<Real>(Clock::now() - start).count();
    const auto columns = observer_of(problem);
    const Node* const every = cell.resolved.find("problem")->find("every");
    if (!part_of(*cell.problem, "columns", [&] { return columns->columns(); }).empty())
      setup.watches.push_back(
          {columns, every ? to_schedule(*every).value() : Schedule{}, true, cell.problem->description()});
    setup.objective = std::make_shared<ProblemObjective>(
        problem, cell.problem->description(),
        batches_of(cell, part_of(*cell.problem, "samples", [&] { return problem->samples(); })));
    auto lane = finished_lane(cell, full, std::move(setup));
    lane->charge(seconds, 0);
    return lane;
  }

  void make_start(const CellSpec& cell, const Space& space, Context& full, LaneSetup& setup) const {
    Index numbers = 0;
    for (const Block& block : space.blocks()) numbers += block.rows * block.cols;
    require_room(12, numbers, "the factors and what a run keeps beside them");
    full.stream = Stream(cell.seed_of("initialization"), "initialization");
    const auto initialization = make<Initialization>(cell.initialization, full);
    setup.start = part_of(cell.initialization, "start", [&] { return initialization->start(); });
    setup.start_name = cell.initialization.description();
  }

  /// Projection, optimizer and step size.
  void make_method(const CellSpec& cell, Context& full, LaneSetup& setup) const {
    if (cell.projection) {
      full.stream = Stream(cell.seed, "projection");
      setup.projection = make<Projection>(*cell.projection, full);
      setup.projection_name = cell.projection->description();
    }
    full.stream = Stream(cell.seed, "optimizer");
    setup.optimizer = make<Optimizer>(cell.optimizer, full);
    setup.optimizer_name = cell.optimizer.description();
    if (!cell.step_size) return;
    full.stream = Stream(cell.seed, "step_size");
    setup.step_size = make<StepSize>(*cell.step_size, full);
    setup.step_size_name = cell.step_size->description();
  }

  /// Observers, and what speaks of their columns.
  std::unique_ptr<Lane> finished_lane(const CellSpec& cell, Context& full, LaneSetup setup) const {
    full.known_start = &setup.start;
    const std::size_t own_watches = setup.watches.size();
    for (const CellSpec::Watched& watched : cell.observers)
      setup.watches.push_back(
          {make<Observer>(watched.choice, full), watched.schedule, watched.recorded, watched.choice.description()});
    append(setup.warnings, *full.warnings);
    check_columns(cell, setup, own_watches);
    setup.stop = cell.stop;
    setup.keep = cell.keep;
    return std::make_unique<Lane>(std::move(setup));
  }

  static std::optional<Batches> batches_of(const CellSpec& cell, Index measurements) {
    if (!cell.batch) return std::nullopt;
    if (measurements == 0)
      refuse(cell.batch_position, "this problem is no sum over samples, of which batches could be");
    if (cell.hold_out)
      refuse(cell.batch_position, "measurements can be held out, or come in batches, but not both at a time");
    if (cell.batch->size > measurements)
      refuse(cell.batch_position, fmt::format("a batch of {} is more than the {} measurements that there are",
                                              cell.batch->size, measurements));
    return Batches(measurements, *cell.batch, Stream(cell.seed, "batch"));
  }

  static bool wants_root_mean_squares(const CellSpec& cell) {
    const Node* const rmse = cell.resolved.find("problem")->find("hold_out")->find("rmse");
    return rmse && rmse->scalar == "true";
  }

  /// Null where all are learnt from.
  static HeldOut held_out_of(const CellSpec& cell, const SensingProblem& problem) {
    if (!cell.hold_out) return nullptr;
    try {
      return held_out_rows(problem.op->measurements(), *cell.hold_out, Stream(cell.seed, "problem/hold_out"));
    } catch (const Unsuitable& reason) {
      throw UnsuitableCell({cell.hold_out_position, std::string("hold_out ") + reason.what()});
    }
  }

  /// `own_watches` of the watches come before those of the config.
  static void check_columns(const CellSpec& cell, const LaneSetup& setup, std::size_t own_watches) {
    std::vector<std::string> columns;
    for (const Column& column : Trace::own_columns()) columns.push_back(column.name);
    const auto add = [&](const std::vector<Column>& more, const Position& position) {
      for (const Column& column : more) {
        if (contains(columns, column.name))
          refuse(position, fmt::format("the column '{}' is recorded twice", column.name));
        columns.push_back(column.name);
      }
    };
    add(part_of(cell.optimizer, "columns", [&] { return setup.optimizer->columns(); }), cell.optimizer.position);
    const std::size_t of_method = columns.size();
    std::vector<std::string> unrecorded;
    for (std::size_t w = 0; w < setup.watches.size(); ++w) {
      if (w < own_watches) {
        add(setup.watches[w].observer->columns(), cell.problem ? cell.problem->position : cell.hold_out_position);
        continue;
      }
      const PluginSpec& choice = cell.observers[w - own_watches].choice;
      const std::size_t before = columns.size();
      add(part_of(choice, "columns", [&] { return setup.watches[w].observer->columns(); }), choice.position);
      if (!setup.watches[w].recorded)
        unrecorded.insert(unrecorded.end(), columns.begin() + static_cast<long>(before), columns.end());
    }
    if (cell.keep) {
      std::vector<std::string> recorded;
      for (const std::string& name : columns)
        if (!contains(unrecorded, name)) recorded.push_back(name);
      if (!contains(recorded, cell.keep->column))
        refuse(cell.keep_position, fmt::format("keep speaks of the column '{}', which the run does not record{}",
                                               cell.keep->column, did_you_mean(cell.keep->column, recorded)));
    }
    columns.erase(columns.begin(), columns.begin() + static_cast<long>(of_method));
    for (std::size_t i = 0; i < cell.stop.thresholds.size(); ++i) {
      const std::string& wanted = cell.stop.thresholds[i].column;
      if (!contains(columns, wanted))
        refuse(cell.threshold_positions[i],
               fmt::format("no observer of this run has the column '{}' that the stop rule names{}", wanted,
                           did_you_mean(wanted, columns)));
    }
  }

  std::shared_ptr<const Team> team_;
  SensingProblems problems_;
  std::map<std::string, std::shared_ptr<const tightrope::Problem>> other_problems_;
};

/// Whoever speaks of a column of a run must name one that it records.
void check_column(const std::string& name, const Lane& lane, const Position& position, const char* speaker) {
  std::vector<std::string> columns;
  for (const Column& column : lane.trace().columns) columns.push_back(column.name);
  if (!contains(columns, name))
    refuse(position, fmt::format("{} speaks of the column '{}', which the run does not record{}", speaker, name,
                                 did_you_mean(name, columns)));
}

void check_columns_of_claims(const Experiment& experiment, const std::vector<std::unique_ptr<Lane>>& lanes) {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (!lanes[i]) continue;
    for (const Claim& claim : experiment.claims)
      if (claim.speaks_of(experiment.cells[i].labels))
        for (const std::string& name : claim.columns()) check_column(name, *lanes[i], claim.position, "the claim");
    if (experiment.success)
      check_column(experiment.success->column, *lanes[i], experiment.success->position, "success");
  }
}

}  // namespace

UnsuitableCell::UnsuitableCell(Diagnostic diagnostic) : ConfigError({std::move(diagnostic)}) {}

std::string UnsuitableCell::reason() const {
  const Diagnostic& diagnostic = diagnostics().front();
  return diagnostic.position.text() + ": " + diagnostic.message;
}

std::vector<std::unique_ptr<Lane>> build_lanes(const Experiment& experiment, std::shared_ptr<const Team> team,
                                               const SkipListener& skipped) {
  Builder builder(std::move(team));
  std::vector<std::unique_ptr<Lane>> lanes;
  for (const CellSpec& cell : experiment.cells) {
    try {
      lanes.push_back(builder.lane(experiment, cell));
    } catch (const UnsuitableCell& reason) {
      if (!skipped) throw;
      skipped(lanes.size(), reason);
      lanes.push_back(nullptr);
    }
  }
  builder.charge_shared();
  check_columns_of_claims(experiment, lanes);
  return lanes;
}

std::shared_ptr<const SensingProblem> build_problem(const CellSpec& cell, std::shared_ptr<const Team> team) {
  return SensingProblems(std::move(team)).of(cell).problem;
}

std::shared_ptr<const Truth> build_truth(const CellSpec& cell, std::shared_ptr<const Team> team) {
  return SensingProblems(std::move(team)).truth(cell);
}

std::shared_ptr<const FactorizationModel> build_model(const CellSpec& cell, Shape shape, const Truth* truth,
                                                      std::shared_ptr<const Team> team) {
  Context context(shape, Stream(cell.seed, "model"), std::move(team));
  context.known_truth = truth;
  return CheckedModel::of(make<FactorizationModel>(cell.model, context), shape, cell.model.description());
}

}  // namespace tightrope
