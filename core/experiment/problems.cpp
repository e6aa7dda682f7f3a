#include "core/experiment/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "core/arrays/arrays.hpp"
#include "core/arrays/matrices.hpp"
#include "core/base/limits.hpp"
#include "core/engine/shuffled_operator.hpp"
#include "core/experiment/component.hpp"
#include "core/experiment/operator_key.hpp"
#include "core/experiment/operator_size.hpp"
#include "core/experiment/ranks.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/target.hpp"

namespace tightrope {

namespace {

std::pair<LowRank, Index> checked_target(const Target& target) {
  LowRank X = target.matrix();
  const Index rank = target.rank();
  if (X.left.n_cols != X.right.n_cols || X.left.is_empty() || X.right.is_empty())
    throw std::logic_error(fmt::format("its matrix is the pair of a {} × {} and a {} × {} matrix, which is no L Rᵀ",
                                       X.left.n_rows, X.left.n_cols, X.right.n_rows, X.right.n_cols));
  if (rank < 1 || rank > std::min(X.rows(), X.cols()))
    throw std::logic_error(fmt::format("it says that a {} × {} matrix is of rank {}", X.rows(), X.cols(), rank));
  return {std::move(X), rank};
}

/// Whether the square of a norm underflows: objectives are squares.
bool is_tiny(Real norm) { return norm * norm < std::numeric_limits<Real>::min(); }

/// Errors are relative to the norm of the truth.
void check_norm(const PluginSpec& target, const LowRank& X) {
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
bool measures_each_entry(const MeasurementOperator& op) {
  if (op.measurements() != op.shape().entries()) return false;
  Vec measured;
  for (const Real scale : {1.0, std::sqrt(2.0)}) {
    const Mat in_order = arma::reshape(arma::sin(scale * arma::regspace<Vec>(1, static_cast<Real>(op.measurements()))),
                                       op.cols(), op.rows());
    op.forward(Mat(in_order.t()), measured);
    if (arma::abs(measured - arma::vectorise(in_order)).max() > 1e-12) return false;
  }
  return true;
}

/// Measured data: one number for each measurement, in a row or a column. A table is taken where the places of its
/// numbers say which measurement each of them is.
Vec read_data(const CellSpec& cell, const SensingProblem& problem) {
  Mat values;
  try {
    values = read_matrix(*cell.data_file);
  } catch (const Error& error) {
    throw Error(error.code(), Diagnostic{cell.data_position, error.what()}.text());
  }
  if (values.n_rows == 1 || values.n_cols == 1) return arma::vectorise(values);
  const bool by_entry = measures_each_entry(*problem.op);
  if (!by_entry || values.n_rows != problem.shape.rows || values.n_cols != problem.shape.cols)
    refuse(
        cell.data_position,
        fmt::format("the data are a table of {} × {} numbers, but {} takes {} measurements, one number each: write "
                    "them in one row or one column{}",
                    values.n_rows, values.n_cols, cell.op.description(), problem.op->measurements(),
                    by_entry ? fmt::format(", or as a table of {} × {}", problem.shape.rows, problem.shape.cols) : ""));
  amend_note(*cell.data_file, ", each the measurement of the entry in its place");
  return arma::vectorise(values.t());
}

std::shared_ptr<const MeasurementOperator> checked_operator(const CellSpec& cell, const Context& context) {
  auto op = make<MeasurementOperator>(cell.op, context);
  if (op->shape() != context.shape && !(op->own_data() && context.shape == Shape{}))
    throw Error(Exit::plugin,
                Diagnostic{cell.op.position, fmt::format("{} failed: it measures {} × {} matrices instead of {} × {}",
                                                         cell.op.description(), op->rows(), op->cols(),
                                                         context.shape.rows, context.shape.cols)}
                    .text());
  return op;
}

}  // namespace

void require_room(Index times, Index numbers, const std::string& what) {
  const long double bytes = static_cast<long double>(times * sizeof(Real)) * static_cast<long double>(numbers);
  if (bytes > 1e6L) require_memory(bytes, fmt::format("{} need {} × {} × 8 bytes", what, times, numbers));
}

std::shared_ptr<const Truth> SensingProblems::truth(const CellSpec& cell, std::vector<std::string>* warnings) const {
  if (!cell.target) return nullptr;
  const Context start(cell.shape.value_or(Shape{}), Stream(cell.seed_of("target"), "problem/target"), team_);
  const auto target = make<Target>(*cell.target, start);
  if (warnings) append(*warnings, *start.warnings);
  auto [X, rank] = part_of(*cell.target, "matrix", [&] { return checked_target(*target); });
  if (cell.shape && X.shape() != *cell.shape)
    refuse(cell.shape_position, fmt::format("the shape is given as {} × {}, but the target is {} × {}",
                                            cell.shape->rows, cell.shape->cols, X.rows(), X.cols()));
  check_norm(*cell.target, X);
  return make_truth(std::move(X), rank);
}

Context SensingProblems::context(std::uint64_t seed, const SensingProblem& problem, const std::string& stream) const {
  Context context(problem.shape, Stream(seed, stream), team_);
  context.known_truth = problem.truth.get();
  if (problem.has_all_data) context.known_data = &problem.data;
  context.known_outliers = &problem.outliers;
  return context;
}

SensingProblems::Shared& SensingProblems::of(const CellSpec& cell) {
  const Node* section = cell.resolved.find("problem");
  const Index drawn = cell.batch && cell.batch->is_uniform ? cell.batch->size : 0;
  Shared& remembered =
      problems_[fmt::format("{} {} {} {} {} {}", cell.seed_of("target"), cell.seed_of("operator"),
                            cell.seed_of("noise"), cell.batch.has_value(), drawn, to_json(*section, true))];
  if (!remembered.problem) remembered.problem = make_problem(cell);
  return remembered;
}

std::shared_ptr<const SensingProblem> SensingProblems::make_problem(const CellSpec& cell) {
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
  if (cell.batch && cell.batch->is_uniform) {
    if (problem->op->entries().empty())
      refuse(cell.batch_position,
             fmt::format("the choice 'uniform' is for operators that see single entries, but {} does not",
                         cell.op.description()));
    problem->op = shuffled(problem->op, cell.batch->size, Stream(cell.seed_of("operator"), "problem/batches"));
  }
  const Index m = problem->op->measurements();
  const Vec* const own = problem->op->own_data();
  if (own && own->n_elem != m)
    throw std::logic_error(fmt::format("the operator has {} data of its own for {} measurements", own->n_elem, m));
  if (own) problem->shape = problem->op->shape();
  if (own && cell.data_file)
    refuse(cell.data_position, cell.op.description() + " comes with its data; leave out 'data'");
  if (!own && !cell.data_file && !problem->truth)
    refuse(cell.op.position, "problem needs a 'target' (the matrix to recover) or measured 'data'");
  // What a run keeps of each measurement: data, and where passes write them predictions and slopes.
  const Index kept = problem->op->predictions_are_optional() ? 1 : 4;
  if (own) {
    // Not a copy, of what lives as long as the problem does.
    problem->data = Vec(const_cast<Real*>(own->memptr()), m, false, false);
  } else if (cell.data_file) {
    require_room(kept, m, "the measured data and what a run keeps beside them");
    problem->data = read_data(cell, *problem);
    if (problem->data.n_elem != m)
      refuse(cell.data_position, fmt::format("the data file has {} numbers, but {} takes {} measurements",
                                             problem->data.n_elem, cell.op.description(), m));
  } else {
    make_noises(cell, *problem);
    // Of an operator that is not kept, neither are the data of batches.
    problem->has_all_data = !(cell.batch && problem->op->is_dense() && problem->op->bytes() == 0);
    if (problem->has_all_data) {
      require_room(kept, m, "the measured data and what a run keeps beside them");
      part_of(cell.op, "forward", [&] { problem->op->forward(problem->truth->X, problem->data); });
      problem->signal = {m, arma::dot(problem->data, problem->data) / static_cast<Real>(m),
                         arma::abs(problem->data).max()};
      disturb(cell, *problem);
    } else {
      problem->signal = {m, problem->truth->norm * problem->truth->norm / static_cast<Real>(m), std::nan("")};
    }
  }
  if (const Real size = frobenius_norm(problem->data); size != 0 && is_tiny(size))
    refuse(cell.data_file ? cell.data_position : cell.op.position,
           fmt::format("the data have the norm {:g}, the square of which is lost in floating point; scale the problem",
                       size));
  return problem;
}

/// By blocks, so that exact data are not kept beside the others.
void SensingProblems::disturb(const CellSpec& cell, SensingProblem& problem) {
  constexpr Index block = Index{1} << 16U;
  const Index m = problem.data.n_elem;
  for (Index first = 0; !cell.noises.empty() && first < m; first += block) {
    const Index count = std::min(block, m - first);
    Vec some(problem.data.memptr() + first, count, false, true);
    const Vec exact(problem.data.memptr() + first, count);
    for (std::size_t i = 0; i < cell.noises.size(); ++i)
      part_of(cell.noises[i], "disturb", [&] { problem.disturb(i, first, exact, some); });
  }
}

/// The streams of noises go by their names: another one in the list changes nothing for the others.
void SensingProblems::make_noises(const CellSpec& cell, SensingProblem& problem) const {
  std::map<std::string, int> named;
  for (std::size_t i = 0; i < cell.noises.size(); ++i) {
    const std::string name = cell.noises[i].library->manifest().name;
    std::string path = i == 0 ? "problem/noise" : "problem/noise/" + name;
    if (const int before = named[name]++; i > 0 && before > 0) path += fmt::format("/{}", before + 1);
    const Context own = context(cell.seed_of("noise"), problem, path);
    problem.noises.push_back(make<Noise>(cell.noises[i], own));
    problem.noise_names.push_back(cell.noises[i].description());
    append(problem.warnings, *own.warnings);
    const std::vector<Index> hit = part_of(cell.noises[i], "outliers",
                                           [&] { return problem.noises.back()->outliers(problem.op->measurements()); });
    problem.outliers.insert(problem.outliers.end(), hit.begin(), hit.end());
  }
  std::sort(problem.outliers.begin(), problem.outliers.end());
  problem.outliers.erase(std::unique(problem.outliers.begin(), problem.outliers.end()), problem.outliers.end());
}

const SensingProblems::Remembered& SensingProblems::measurement_operator(const CellSpec& cell, Shape shape) {
  const std::uint64_t seed = cell.seed_of("operator");
  Remembered& remembered = operators_[fmt::format("{} {} {}", operator_key(cell), shape.rows, shape.cols)];
  if (remembered.failure) std::rethrow_exception(remembered.failure);
  try {
    if (!remembered.op) {
      const Context context(shape, Stream(seed, "problem/operator"), team_);
      Ranks* const ranks = team_->ranks();
      const std::uint64_t shards = ranks ? ranks->made() : 0;
      if (ranks) describe_operator(*ranks, cell, shape);
      remembered.op = checked_operator(cell, context);
      if (ranks && ranks->made() == shards) {
        remembered.op = nullptr;
        refuse_part(cell.op, "cannot be shared by several ranks; run it in one process, without --ranks");
      }
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

void SensingProblems::charge_shared() {
  for (const auto& [identity, problem] : problems_)
    for (Lane* lane : problem.sharing) {
      const auto lanes = static_cast<Real>(problem.sharing.size());
      lane->charge(problem.adjoint->seconds() / lanes, static_cast<Real>(problem.adjoint->bytes()) / lanes);
    }
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

}  // namespace tightrope
