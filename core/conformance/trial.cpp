#include "core/conformance/trial.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "core/arrays/matrices.hpp"
#include "core/engine/objectives/problem_objective.hpp"
#include "core/engine/trace.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::conformance {

namespace {

/// A check may find the same thing at many points.
constexpr std::size_t most_faults = 5;

/// Where in the order in which parts of a run are made those of a kind come.
std::size_t order_of(const std::string& kind) {
  static const std::vector<std::string> order = {"targets",     "operators",  "noises",          "losses",
                                                 "models",      "penalties",  "initializations", "perturbations",
                                                 "projections", "optimizers", "step_sizes",      "observers"};
  return static_cast<std::size_t>(std::distance(order.begin(), std::find(order.begin(), order.end(), kind)));
}

}  // namespace

void Report::add(const std::string& message) {
  if (answer_.faults.size() < most_faults)
    answer_.faults.push_back(where_ + message);
  else
    ++left_out_;
}

void Report::measure(const std::string& what, Real value, const std::string& expected) {
  for (Measurement& known : answer_.measured)
    if (known.what == what) {
      if (!(value <= known.value)) known.value = value;
      return;
    }
  answer_.measured.push_back({what, value, expected});
}

void Report::finish() {
  if (left_out_ > 0) answer_.faults.push_back(fmt::format("… and {} more", left_out_));
  answered_(answer_);
}

Bench::Bench(const Subject& subject, Shape of, unsigned threads, std::uint64_t seed)
    : shape(of),
      sizes(subject.sizes),
      context(of, Stream(seed, "plugin"), std::make_shared<Team>(threads)),
      library(subject.library),
      maker(make_maker(subject.library)) {
  declare_parameters(library, *maker, parameters);
  read_parameters(subject);
  if (subject.kind() == "problems") return;
  if (is_sensing()) {
    make_problem();
    show_parts(subject.kind());
  } else {
    start = random_point(3, regression->blocks());
    context.known_space = regression.get();
    if (subject.kind() == "observers") context.known_start = &start;
  }
}

void Bench::read_parameters(const Subject& subject) {
  Node given = subject.sample;
  for (const Parameter& parameter : parameters.all()) {
    if (given.find(parameter.name)) continue;
    std::string example = parameter.example_text;
    if (parameter.is_file && parameter.is_required) example = data_file(subject.kind(), parameter.lists_entries);
    if (!subject.sizes.are_usual() && parameter.name == "rank") example = std::to_string(subject.sizes.rank);
    if (!subject.sizes.are_usual() && parameter.name == "measurements")
      example = std::to_string(subject.sizes.measurements);
    if (parameter.is_required && example.empty())
      throw tightrope::Error(Exit::plugin, fmt::format("the required parameter {} has no example", parameter.name));
    if (!example.empty()) given.set(parameter.name, parse_yaml(example, "the example of " + parameter.name));
  }
  for (const auto& [parameter, value] : subject.variant.settings)
    given.set(parameter, parse_yaml(value, "the variant"));
  std::vector<Diagnostic> diagnostics;
  parameters.read(given, "the plugin", {}, diagnostics);
  if (!diagnostics.empty()) throw tightrope::Error(Exit::config, diagnostics.front().text());
}

/// A file of what a plugin of this kind may read: the rows of an operator, the blocks of a start, a matrix, or all
/// entries of one, a line each.
std::string Bench::data_file(const std::string& kind, bool lists_entries) const {
  namespace fs = std::filesystem;
  const Shape of = is_sensing() ? shape : ConformanceProblem::oblong;
  const Mat V = Stream(5, "V").normal_matrix(of.rows, sizes.rank),
            W = Stream(5, "W").normal_matrix(of.cols, sizes.rank);
  const bool is_start = kind == "initializations", is_operator = kind == "operators";
  std::string bytes;
  if (lists_entries) {
    const Stream values(5, "entries");
    for (Index i = 0; i < of.entries(); ++i)
      bytes += fmt::format("{} {} {}\n", i % of.rows + 1, i / of.rows + 1, values.normal(i));
  } else if (is_start) {
    bytes = npz_bytes({{"V", V}, {"W", W}, {"U", V}});
  } else if (is_operator) {
    bytes = npy_bytes(Mat(Stream(5, "A").normal_matrix(sizes.measurements, of.entries()) /
                          std::sqrt(static_cast<Real>(sizes.measurements))));
  } else {
    bytes = npy_bytes(Stream(5, "X").normal_matrix(of.rows, of.cols));
  }
  const fs::path folder = fs::temp_directory_path() / fmt::format("tightrope-test-{}", getpid());
  const fs::path file = folder / fmt::format("{}x{}-{}-{}.{}", of.rows, of.cols, sizes.measurements, sizes.rank,
                                             lists_entries ? "txt"
                                             : is_start    ? "npz"
                                                           : "npy");
  fs::create_directories(folder);
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file.string();
}

/// A truth with five singular values, two of which count as signal.
void Bench::make_problem() {
  problem_ = std::make_shared<SensingProblem>();
  problem = problem_;
  problem_->shape = shape;
  problem_->team = context.team;
  problem_->op =
      std::make_shared<const parts::RandomRows>(parts::context(shape, context.team->threads()), sizes.measurements);
  const Index values = std::min({Index{5}, shape.rows, shape.cols}), signal = std::min<Index>(2, values);
  const Mat U = orthonormal_basis(Stream(2, "U").normal_matrix(shape.rows, values)),
            V = orthonormal_basis(Stream(2, "V").normal_matrix(shape.cols, values));
  measure(balanced({U, Vec(Vec{1, 0.7, 0.1, 0.05, 0.02}.head(values)), V}), signal);
  model = CheckedModel::of(std::make_shared<const parts::TwoFactors>(shape, sizes.rank), shape, "the model");
  start = lane().start;
}

void Bench::measure(LowRank X, Index rank) {
  problem_->truth = make_truth(std::move(X), rank);
  Vec& data = problem_->data;
  problem_->op->forward(problem_->truth->X, data);
  problem_->signal = {data.n_elem, arma::dot(data, data) / static_cast<Real>(data.n_elem)};
}

void Bench::explain_start() {
  LowRank X;
  model->expand(start, X);
  measure(std::move(X), model->rank());
  if (context.known_truth) context.known_truth = problem->truth.get();
}

void Bench::show_parts(const std::string& kind) {
  const std::size_t order = order_of(kind);
  if (order > order_of("operators")) {
    context.known_truth = problem->truth.get();
    context.known_data = &problem->data;
    context.known_outliers = &problem->outliers;
  }
  if (order >= order_of("losses")) {
    sensing_ = std::make_unique<CountedSensing>(problem, std::make_shared<SharedAdjoint>(), counters_);
    context.known_sensing = sensing_.get();
  }
  if (order > order_of("losses")) context.known_loss = loss.get();
  if (order > order_of("models")) {
    context.known_model = model.get();
    context.known_space = model.get();
    if (kind != "observers") sensing_->complete(loss, model, "the operator");
  }
  if (kind == "observers") context.known_start = &start;
}

std::string Bench::setting(const std::string& name) const {
  for (const Parameter& parameter : parameters.all())
    if (parameter.name == name) return parameter.current().scalar;
  return "";
}

LaneSetup Bench::lane() const {
  LaneSetup result = parts::bare_setup(problem, sizes.rank, 0.2);
  result.stop.iterations = 25;
  return result;
}

void require_same_bits(const Lane& one, const Lane& other, Report& report, const char* text) {
  report.expect(parts::same_bits(one.iterate().point, other.iterate().point) &&
                    one.iterate().iteration == other.iterate().iteration && one.trace().csv() == other.trace().csv(),
                "{}", text);
}

void check_columns(const std::vector<Column>& columns, Report& report) {
  std::set<std::string> names, predicted;
  for (const Column& column : Trace::own_columns()) names.insert(column.name);
  for (const Column& column : columns) {
    report.expect(!column.name.empty(), "a column has no name");
    report.expect(!column.description.empty(), "the column '{}' has no description", column.name);
    report.expect(names.insert(column.name).second, "there are two columns of the name '{}'", column.name);
  }
  for (const Column& column : columns) {
    if (column.theory_of.empty()) continue;
    const bool is_own = std::any_of(columns.begin(), columns.end(),
                                    [&](const Column& other) { return other.name == column.theory_of; });
    report.expect(column.theory_of != column.name, "the column '{}' is a theory of itself", column.name);
    report.expect(!is_own || predicted.insert(column.theory_of).second, "two columns are a theory of '{}'",
                  column.theory_of);
  }
}

void check_columns(const std::vector<Column>& columns, const Trace& trace, Report& report) {
  check_columns(columns, report);
  for (const Column& column : columns) {
    const std::vector<Real> values = trace.column(*trace.find(column.name));
    report.expect(std::ranges::any_of(values, [](Real value) { return !std::isnan(value); }),
                  "the column '{}' is announced but never written", column.name);
    report.expect(std::ranges::none_of(values, [](Real value) { return std::isinf(value); }),
                  "the column '{}' is infinite", column.name);
  }
}

void require_sound_end(const Lane& lane, Report& report) {
  const End& end = *lane.end();
  report.require(end.end_class != EndClass::failed && end.end_class != EndClass::diverged, "{}", end.reason);
  report.expect(!end.reason.empty(), "it ended as {} without a reason", to_string(end.end_class));
}

LaneSetup lane_on_regression(const Bench& bench) {
  LaneSetup given;
  given.objective = std::make_shared<ProblemObjective>(bench.regression, "the problem");
  given.start = bench.start;
  return given;
}

LowRank random_pair(std::uint64_t seed, Shape shape, Index rank) {
  return {Stream(seed, "L").normal_matrix(shape.rows, rank), Stream(seed, "R").normal_matrix(shape.cols, rank)};
}

Factors random_point(std::uint64_t seed, const std::vector<Block>& blocks) {
  Factors point;
  for (const Block& block : blocks)
    point.blocks.push_back(Stream(seed, block.name).normal_matrix(block.rows, block.cols));
  return point;
}

Vec random_vector(std::uint64_t seed, Index size) { return Stream(seed, "vector").normal_matrix(size, 1); }

bool agree(const Mat& a, const Mat& b, Real tolerance, Real size) {
  return arma::size(a) == arma::size(b) && frobenius_norm(a - b) <= tolerance * size;
}

bool agree(const Mat& a, const Mat& b, Real tolerance) { return agree(a, b, tolerance, frobenius_norm(b)); }

}  // namespace tightrope::conformance
