// From checked cells to components and lanes; what is equal is made once and shared.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "core/arrays/arrays.hpp"
#include "core/arrays/matrices.hpp"
#include "core/base/limits.hpp"
#include "core/engine/attribute_errors.hpp"
#include "core/engine/objectives/checked_model.hpp"
#include "core/engine/objectives/counted_sensing.hpp"
#include "core/engine/objectives/hold_out.hpp"
#include "core/engine/objectives/penalized_model.hpp"
#include "core/engine/objectives/problem_objective.hpp"
#include "core/engine/objectives/sensing_objective.hpp"
#include "core/experiment/experiment.hpp"
#include "core/experiment/operator_key.hpp"
#include "core/experiment/operator_size.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/penalty.hpp"
#include "core/interfaces/target.hpp"

namespace tightrope {

namespace {

[[noreturn]] void refuse(const Position& position, std::string message) {
  throw ConfigError({{position, std::move(message)}});
}

[[noreturn]] void refuse_part(const PluginSpec& choice, const std::string& reason) {
  throw UnsuitableCell({choice.position, choice.description() + " " + reason});
}

/// Asks a chosen plugin for something. What it throws becomes an error at the place where it was chosen.
template <class Work>
auto ask(const PluginSpec& choice, const Work& work) {
  try {
    return work();
  } catch (const Unsuitable& reason) {
    refuse_part(choice, reason.what());
  } catch (const ConfigError&) {
    throw;
  } catch (const Error& error) {
    throw Error(error.code(), Diagnostic{choice.position, error.what()}.text());
  }
}

/// The warnings of the component get its name.
template <class Interface>
std::shared_ptr<const Interface> make(const PluginSpec& choice, const Context& context) {
  const std::size_t before = context.warnings->size();
  return ask(choice, [&] {
    auto made = make_component<Interface>(*choice.library, *choice.maker, context);
    if (!made)
      throw Error(Exit::plugin,
                  fmt::format("{} ({}) made an object of another kind; end its source with TIGHTROPE_PLUGIN(…)",
                              choice.description(), choice.library->file().string()));
    for (std::size_t i = before; i < context.warnings->size(); ++i)
      (*context.warnings)[i].insert(0, choice.description() + " ");
    return made;
  });
}

/// What a part that was made hands over, once, before the run begins.
template <class Work>
auto part_of(const PluginSpec& choice, const Work& work) {
  return ask(choice, [&] {
    std::optional<Unsuitable> unsuitable;
    try {
      return attribute_errors_to(choice.description(), [&] {
        try {
          return work();
        } catch (const Unsuitable& reason) {
          unsuitable = reason;
          throw;
        }
      });
    } catch (const PluginFailure&) {
      if (unsuitable) throw *unsuitable;
      throw;
    }
  });
}

/// Makes the parts of cells, remembering those that further cells may share.
class Builder {
 public:
  explicit Builder(std::shared_ptr<const Team> team) : team_(std::move(team)) {}

  std::shared_ptr<const SensingProblem> problem(const CellSpec& cell) { return remembered_problem(cell).problem; }

  /// With `warnings`, those of the target are added to them.
  std::shared_ptr<const Truth> truth(const CellSpec& cell, std::vector<std::string>* warnings = nullptr) const {
    if (!cell.target) return nullptr;
    const Context start(cell.shape.value_or(Shape{}), Stream(cell.seed_of("target"), "problem/target"), team_);
    const auto target = make<Target>(*cell.target, start);
    if (warnings) append(*warnings, *start.warnings);
    auto [X, rank] = part_of(*cell.target, [&] { return checked_target(*target); });
    if (cell.shape && X.shape() != *cell.shape)
      refuse(cell.shape_position, fmt::format("the shape is given as {} × {}, but the target is {} × {}",
                                              cell.shape->rows, cell.shape->cols, X.rows(), X.cols()));
    check_norm(*cell.target, X);
    return make_truth(std::move(X), rank);
  }

  Context context(std::uint64_t seed, const SensingProblem& problem, const std::string& stream) const {
    Context context(problem.shape, Stream(seed, stream), team_);
    context.known_truth = problem.truth.get();
    if (problem.has_all_data) context.known_data = &problem.data;
    context.known_outliers = &problem.outliers;
    return context;
  }

  std::unique_ptr<Lane> lane(const Experiment& experiment, const CellSpec& cell) {
    LaneSetup setup;
    setup.name = experiment.name;
    for (const auto& [axis, value] : cell.labels) setup.name = value;
    return cell.problem ? lane_of_other_problem(cell, std::move(setup)) : lane_of_sensing(cell, std::move(setup));
  }

  /// What was done once for several lanes is divided among them.
  void charge_shared() {
    for (const auto& [identity, problem] : problems_)
      for (Lane* lane : problem.sharing) {
        const auto lanes = static_cast<Real>(problem.sharing.size());
        lane->charge(problem.adjoint->seconds() / lanes, static_cast<Real>(problem.adjoint->bytes()) / lanes);
      }
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::unique_ptr<Lane> lane_of_sensing(const CellSpec& cell, LaneSetup setup) {
    Problem& own = remembered_problem(cell);
    setup.problem = own.problem;
    const SensingProblem& problem = *own.problem;
    Counters counters;
    CountedSensing sensing(own.problem, own.adjoint, counters);
    const auto start = Clock::now();
    const Real shared_seconds = own.adjoint->seconds();
    Context full = context(cell.seed, problem, "loss");
    full.known_sensing = &sensing;
    const auto own_loss = make<Loss>(cell.loss, full);
    const std::vector<Index> held_out = held_out_of(cell, problem);
    const auto loss = held_out.empty() ? own_loss : training_loss(own_loss, held_out, problem.op->measurements());
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
    Context for_start = full;
    const Vec training = held_out.empty() ? Vec() : training_data(problem.data, held_out);
    if (!held_out.empty()) for_start.known_data = &training;
    make_start(cell, *model, for_start, setup);
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
    if (!held_out.empty())
      setup.watches.push_back({validation_error(held_out, problem.data), {}, true, "the hold-out"});
    setup.warnings = problem.warnings;
    setup.objective = std::make_shared<SensingObjective>(own.problem, loss, model, names, std::move(extras));
    setup.objective->restore(counters);
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
    const auto start = Clock::now();
    Context full(Shape{}, Stream(cell.seed_of("target"), "problem"), team_);
    auto& problem =
        other_problems_[fmt::format("{} {}", cell.seed_of("target"), to_json(*cell.problem->resolved, true))];
    if (!problem) problem = make<tightrope::Problem>(*cell.problem, full);
    full.known_space = problem.get();
    make_start(cell, *problem, full, setup);
    make_method(cell, full, setup);
    const Real seconds = std::chrono::duration<Real>(Clock::now() - start).count();
    if (cell.hold_out) refuse(cell.hold_out_position, "only sensing problems have measurements to hold out");
    const auto columns = observer_of(problem);
    if (!part_of(*cell.problem, [&] { return columns->columns(); }).empty())
      setup.watches.push_back({columns, {}, true, cell.problem->description()});
    setup.objective = std::make_shared<ProblemObjective>(
        problem, cell.problem->description(),
        batches_of(cell, part_of(*cell.problem, [&] { return problem->samples(); })));
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
    setup.start = part_of(cell.initialization, [&] { return initialization->start(); });
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

  static std::vector<Index> held_out_of(const CellSpec& cell, const SensingProblem& problem) {
    if (!cell.hold_out) return {};
    try {
      return held_out_rows(problem.op->measurements(), *cell.hold_out, Stream(cell.seed, "problem/hold_out"));
    } catch (const Unsuitable& reason) {
      throw UnsuitableCell({cell.hold_out_position, std::string("hold_out ") + reason.what()});
    }
  }

  struct Problem {
    std::shared_ptr<const SensingProblem> problem;
    std::shared_ptr<SharedAdjoint> adjoint = std::make_shared<SharedAdjoint>();
    std::vector<Lane*> sharing;  // lanes that have asked for `adjoint`
  };

  struct Remembered {
    std::shared_ptr<const MeasurementOperator> op;
    std::vector<std::string> warnings;
    std::exception_ptr failure;
  };

  Problem& remembered_problem(const CellSpec& cell) {
    const Node* section = cell.resolved.find("problem");
    Problem& remembered =
        problems_[fmt::format("{} {} {} {} {}", cell.seed_of("target"), cell.seed_of("operator"), cell.seed_of("noise"),
                              cell.batch.has_value(), to_json(*section, true))];
    if (!remembered.problem) remembered.problem = make_problem(cell);
    return remembered;
  }

  /// Refuses what cannot fit before any of it is made.
  static void require_room(Index times, Index numbers, const std::string& what) {
    const long double bytes = static_cast<long double>(times * sizeof(Real)) * static_cast<long double>(numbers);
    if (bytes > 1e6L) require_memory(bytes, fmt::format("{} need {} × {} × 8 bytes", what, times, numbers));
  }

  std::shared_ptr<const SensingProblem> make_problem(const CellSpec& cell) {
    auto problem = std::make_shared<SensingProblem>();
    problem->team = team_;
    problem->shape = cell.shape.value_or(Shape{});
    // First, where the shape is known: what cannot fit into memory is refused before anything large is made.
    if (cell.shape) problem->op = measurement_operator(cell, problem->shape).op;
    problem->truth = truth(cell, &problem->warnings);
    if (problem->truth) problem->shape = problem->truth->X.shape();
    const Remembered& known = measurement_operator(cell, problem->shape);
    problem->op = known.op;
    append(problem->warnings, known.warnings);
    const Index m = problem->op->measurements();
    if (cell.data_file) {
      require_room(4, m, "the measured data and what a run keeps beside them");
      problem->data = read_data(cell, *problem);
      if (problem->data.n_elem != m)
        refuse(cell.data_position, fmt::format("the data file has {} numbers, but {} takes {} measurements",
                                               problem->data.n_elem, cell.op.description(), m));
    } else {
      make_noises(cell, *problem);
      // Of an operator that is not kept, neither are the data of batches.
      problem->has_all_data = !(cell.batch && problem->op->is_dense() && problem->op->bytes() == 0);
      if (problem->has_all_data) {
        require_room(4, m, "the measured data and what a run keeps beside them");
        part_of(cell.op, [&] { problem->op->forward(problem->truth->X, problem->data); });
        problem->signal = {m, arma::dot(problem->data, problem->data) / static_cast<Real>(m),
                           arma::abs(problem->data).max()};
        const Vec exact = cell.noises.empty() ? Vec() : problem->data;
        for (std::size_t i = 0; i < cell.noises.size(); ++i)
          part_of(cell.noises[i], [&] { problem->disturb(i, 0, exact, problem->data); });
      } else {
        problem->signal = {m, problem->truth->norm * problem->truth->norm / static_cast<Real>(m), std::nan("")};
      }
    }
    if (const Real size = frobenius_norm(problem->data); size != 0 && is_tiny(size))
      refuse(
          cell.data_file ? cell.data_position : cell.op.position,
          fmt::format("the data have the norm {:g}, the square of which is lost in floating point; scale the problem",
                      size));
    return problem;
  }

  static std::pair<LowRank, Index> checked_target(const Target& target) {
    LowRank X = target.matrix();
    const Index rank = target.rank();
    if (X.left.n_cols != X.right.n_cols || X.left.is_empty() || X.right.is_empty())
      throw std::logic_error(fmt::format("its matrix is the pair of a {} × {} and a {} × {} matrix, which is no L Rᵀ",
                                         X.left.n_rows, X.left.n_cols, X.right.n_rows, X.right.n_cols));
    if (rank < 1 || rank > std::min(X.rows(), X.cols()))
      throw std::logic_error(fmt::format("it says that a {} × {} matrix is of rank {}", X.rows(), X.cols(), rank));
    return {std::move(X), rank};
  }

  /// The streams of noises go by their names: another one in the list changes nothing for the others.
  void make_noises(const CellSpec& cell, SensingProblem& problem) const {
    std::map<std::string, int> named;
    for (std::size_t i = 0; i < cell.noises.size(); ++i) {
      const std::string name = cell.noises[i].library->manifest().name;
      std::string path = i == 0 ? "problem/noise" : "problem/noise/" + name;
      if (const int before = named[name]++; i > 0 && before > 0) path += fmt::format("/{}", before + 1);
      const Context own = context(cell.seed_of("noise"), problem, path);
      problem.noises.push_back(make<Noise>(cell.noises[i], own));
      problem.noise_names.push_back(cell.noises[i].description());
      append(problem.warnings, *own.warnings);
      const std::vector<Index> hit =
          part_of(cell.noises[i], [&] { return problem.noises.back()->outliers(problem.op->measurements()); });
      problem.outliers.insert(problem.outliers.end(), hit.begin(), hit.end());
    }
    std::sort(problem.outliers.begin(), problem.outliers.end());
    problem.outliers.erase(std::unique(problem.outliers.begin(), problem.outliers.end()), problem.outliers.end());
  }

  static void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
    to.insert(to.end(), more.begin(), more.end());
  }

  /// Whether the square of a norm underflows: objectives are squares.
  static bool is_tiny(Real norm) { return norm * norm < std::numeric_limits<Real>::min(); }

  /// Errors are relative to the norm of the truth.
  static void check_norm(const PluginSpec& target, const LowRank& X) {
    const bool is_finite = X.left.is_finite() && X.right.is_finite();
    const Real size = is_finite ? norm(X) : 0;
    if (!is_finite) refuse_part(target, "gives a matrix whose entries are not all finite numbers");
    if (!std::isfinite(size)) refuse_part(target, "gives a matrix that overflows: its norm is no finite number");
    if (is_tiny(size))
      refuse_part(target, size == 0 ? std::string("gives a matrix of zeros, of which nothing can be recovered")
                                    : fmt::format("gives a matrix of norm {:g}, the square of which is lost in "
                                                  "floating point; scale it",
                                                  size));
  }

  /// Whether measurement i·n2 + j is the entry (i, j) of the matrix: told by two matrices that have no number twice.
  static bool measures_each_entry(const MeasurementOperator& op) {
    if (op.measurements() != op.shape().entries()) return false;
    Vec measured;
    for (const Real scale : {1.0, std::sqrt(2.0)}) {
      const Mat in_order = arma::reshape(
          arma::sin(scale * arma::regspace<Vec>(1, static_cast<Real>(op.measurements()))), op.cols(), op.rows());
      op.forward(Mat(in_order.t()), measured);
      if (arma::abs(measured - arma::vectorise(in_order)).max() > 1e-12) return false;
    }
    return true;
  }

  /// Measured data: one number for each measurement, in a row or a column. A table is taken where the places of its
  /// numbers say which measurement each of them is.
  static Vec read_data(const CellSpec& cell, const SensingProblem& problem) {
    Mat values;
    try {
      values = read_matrix(*cell.data_file);
    } catch (const Error& error) {
      throw Error(error.code(), Diagnostic{cell.data_position, error.what()}.text());
    }
    if (values.n_rows == 1 || values.n_cols == 1) return arma::vectorise(values);
    const bool by_entry = measures_each_entry(*problem.op);
    if (!by_entry || values.n_rows != problem.shape.rows || values.n_cols != problem.shape.cols)
      refuse(cell.data_position,
             fmt::format(
                 "the data are a table of {} × {} numbers, but {} takes {} measurements, one number each: write "
                 "them in one row or one column{}",
                 values.n_rows, values.n_cols, cell.op.description(), problem.op->measurements(),
                 by_entry ? fmt::format(", or as a table of {} × {}", problem.shape.rows, problem.shape.cols) : ""));
    amend_note(*cell.data_file, ", each the measurement of the entry in its place");
    return arma::vectorise(values.t());
  }

  const Remembered& measurement_operator(const CellSpec& cell, Shape shape) {
    const std::uint64_t seed = cell.seed_of("operator");
    Remembered& remembered = operators_[fmt::format("{} {} {}", operator_key(cell), shape.rows, shape.cols)];
    if (remembered.failure) std::rethrow_exception(remembered.failure);
    try {
      if (!remembered.op) {
        const Context context(shape, Stream(seed, "problem/operator"), team_);
        remembered.op = checked_operator(cell, context);
        remembered.warnings = *context.warnings;
        if (remembered.op->measurements() == 0) refuse_part(cell.op, "takes no measurements");
      }
    } catch (...) {
      // It would not fit the next time either, and finding that out can take long.
      remembered.failure = std::current_exception();
      throw;
    }
    return remembered;
  }

  static std::shared_ptr<const MeasurementOperator> checked_operator(const CellSpec& cell, const Context& context) {
    auto op = make<MeasurementOperator>(cell.op, context);
    if (op->shape() != context.shape)
      throw Error(Exit::plugin,
                  Diagnostic{cell.op.position, fmt::format("{} failed: it measures {} × {} matrices instead of {} × {}",
                                                           cell.op.description(), op->rows(), op->cols(),
                                                           context.shape.rows, context.shape.cols)}
                      .text());
    return op;
  }

  /// `own_watches` of the watches come before those of the config.
  static void check_columns(const CellSpec& cell, const LaneSetup& setup, std::size_t own_watches) {
    std::vector<std::string> columns;
    for (const Column& column : Trace::own_columns()) columns.push_back(column.name);
    const auto add = [&](const std::vector<Column>& more, const Position& position) {
      for (const Column& column : more) {
        if (std::find(columns.begin(), columns.end(), column.name) != columns.end())
          refuse(position, fmt::format("the column '{}' is recorded twice", column.name));
        columns.push_back(column.name);
      }
    };
    add(part_of(cell.optimizer, [&] { return setup.optimizer->columns(); }), cell.optimizer.position);
    const std::size_t of_method = columns.size();
    std::vector<std::string> unrecorded;
    for (std::size_t w = 0; w < setup.watches.size(); ++w) {
      if (w < own_watches) {
        add(setup.watches[w].observer->columns(), cell.problem ? cell.problem->position : cell.hold_out_position);
        continue;
      }
      const PluginSpec& choice = cell.observers[w - own_watches].choice;
      const std::size_t before = columns.size();
      add(part_of(choice, [&] { return setup.watches[w].observer->columns(); }), choice.position);
      if (!setup.watches[w].recorded)
        unrecorded.insert(unrecorded.end(), columns.begin() + static_cast<long>(before), columns.end());
    }
    if (cell.keep) {
      std::vector<std::string> recorded;
      for (const std::string& name : columns)
        if (std::find(unrecorded.begin(), unrecorded.end(), name) == unrecorded.end()) recorded.push_back(name);
      if (std::find(recorded.begin(), recorded.end(), cell.keep->column) == recorded.end())
        refuse(cell.keep_position, fmt::format("keep speaks of the column '{}', which the run does not record{}",
                                               cell.keep->column, did_you_mean(cell.keep->column, recorded)));
    }
    columns.erase(columns.begin(), columns.begin() + static_cast<long>(of_method));
    for (std::size_t i = 0; i < cell.stop.thresholds.size(); ++i) {
      const std::string& wanted = cell.stop.thresholds[i].column;
      if (std::find(columns.begin(), columns.end(), wanted) == columns.end())
        refuse(cell.threshold_positions[i],
               fmt::format("no observer of this run has the column '{}' that the stop rule names{}", wanted,
                           did_you_mean(wanted, columns)));
    }
  }

  std::shared_ptr<const Team> team_;
  std::map<std::string, Problem> problems_;
  std::map<std::string, Remembered> operators_;
  std::map<std::string, std::shared_ptr<const tightrope::Problem>> other_problems_;
};

/// Whoever speaks of a column of a run must name one that it records.
void check_column(const std::string& name, const Lane& lane, const Position& position, const char* speaker) {
  std::vector<std::string> columns;
  for (const Column& column : lane.trace().columns) columns.push_back(column.name);
  if (std::find(columns.begin(), columns.end(), name) == columns.end())
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
  return Builder(std::move(team)).problem(cell);
}

std::uint64_t operator_bytes(const CellSpec& cell, const std::shared_ptr<const Team>& team) {
  if (cell.problem) return 0;
  std::uint64_t of_files = 0;
  for (const Node::Entry& entry : cell.op.resolved->entries)
    for (const DataFile& file : cell.files)
      if (std::error_code error; entry.value.scalar == file.written)
        if (const auto size = std::filesystem::file_size(file.path, error); !error) of_files += size;
  if (of_files > 0) return of_files;
  try {
    Shape shape = cell.shape.value_or(Shape{});
    if (!cell.shape && cell.target)
      shape = make<Target>(*cell.target, Context(shape, Stream(cell.seed_of("target"), "problem/target"), team))
                  ->matrix()
                  .shape();
    const MemoryQuestion question;
    try {
      return make<MeasurementOperator>(cell.op,
                                       Context(shape, Stream(cell.seed_of("operator"), "problem/operator"), team))
          ->bytes();
    } catch (const Error&) {
      return question.asked();
    }
  } catch (const Error&) {
    return 0;
  }
}

std::shared_ptr<const Truth> build_truth(const CellSpec& cell, std::shared_ptr<const Team> team) {
  return Builder(std::move(team)).truth(cell);
}

std::shared_ptr<const FactorizationModel> build_model(const CellSpec& cell, Shape shape, const Truth* truth,
                                                      std::shared_ptr<const Team> team) {
  Context context(shape, Stream(cell.seed, "model"), std::move(team));
  context.known_truth = truth;
  return CheckedModel::of(make<FactorizationModel>(cell.model, context), shape, cell.model.description());
}

}  // namespace tightrope
