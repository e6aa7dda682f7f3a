#include "core/conformance/trial.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "core/engine/trace.hpp"
#include "core/tree/yaml.hpp"

namespace tightrope::conformance {

namespace {

/// A check may find the same thing at many points.
constexpr int most_findings = 5;

/// Where in the order in which parts of a run are made those of a kind come.
std::size_t order_of(const std::string& kind) {
  static const std::vector<std::string> order = {"targets",     "operators",  "noises",          "losses",
                                                 "models",      "penalties",  "initializations", "perturbations",
                                                 "projections", "optimizers", "step_sizes",      "observers"};
  return static_cast<std::size_t>(std::distance(order.begin(), std::find(order.begin(), order.end(), kind)));
}

}  // namespace

void Report::begin(const Variant& variant, const std::string& check) {
  variant_ = variant.text();
  check_ = check;
  found_ = 0;
}

void Report::add(const std::string& message) {
  if (++found_ <= most_findings) findings_.push_back({variant_, check_, message});
}

Bench::Bench(const Subject& subject, Shape of, unsigned threads, std::uint64_t seed)
    : shape(of),
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
  Node given = subject.sample(is_sensing() ? shape : ConformanceProblem::oblong);
  for (const Parameter& parameter : parameters.all()) {
    if (!parameter.is_required || given.find(parameter.name)) continue;
    if (parameter.example_text.empty())
      throw tightrope::Error(Exit::plugin, fmt::format("the required parameter {} has no example", parameter.name));
    given.set(parameter.name, parse_yaml(parameter.example_text, "the example of " + parameter.name));
  }
  if (!subject.variant.is_sample())
    given.set(subject.variant.parameter, parse_yaml(subject.variant.value, "the variant"));
  std::vector<Diagnostic> diagnostics;
  parameters.read(given, "the plugin", {}, diagnostics);
  if (!diagnostics.empty()) throw tightrope::Error(Exit::config, diagnostics.front().text());
}

/// A truth with five singular values, two of which count as signal.
void Bench::make_problem() {
  problem_ = std::make_shared<SensingProblem>();
  problem = problem_;
  problem_->shape = shape;
  problem_->team = context.team;
  problem_->op = std::make_shared<const parts::RandomRows>(parts::context(shape, context.team->threads()),
                                                           ConformanceProblem::measurements);
  const Mat U = orthonormal_basis(Stream(2, "U").normal_matrix(shape.rows, 5)),
            V = orthonormal_basis(Stream(2, "V").normal_matrix(shape.cols, 5));
  measure(balanced({U, Vec{1, 0.7, 0.1, 0.05, 0.02}, V}), 2);
  model =
      CheckedModel::of(std::make_shared<const parts::TwoFactors>(shape, ConformanceProblem::rank), shape, "the model");
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
  LaneSetup result = parts::bare_setup(problem, ConformanceProblem::rank, 0.2);
  result.stop.iterations = 25;
  return result;
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

std::string wrong_gradient(const Function& f, const Factors& point, const Factors& gradient,
                           const std::vector<Block>& blocks, Real from) {
  const Factors along = random_point(2, blocks);
  const auto at = [&](Real h, const Factors& direction) {
    Factors moved = point;
    add_scaled(moved, h, direction);
    return f(moved);
  };
  const Real value = f(point),
             size = std::max({std::abs(value), std::abs(at(from, along)), std::abs(at(-from, along))});
  const Real slope =
      slope_of([&](Real h) { return at(h, along) - value - h * dot(gradient, along); }, from, from / 100, 1e-14 * size);
  if (!(std::abs(slope - 2) < 0.1)) return fmt::format("the Taylor remainder has slope {:.2f} instead of 2", slope);
  for (Index b = 0; b < blocks.size(); ++b) {
    Factors direction = along;
    keep_only(direction, Blocks::only(b));
    const Real h = from / 10;
    const auto quotient = [&](Real step) { return (at(step, direction) - at(-step, direction)) / (2 * step); };
    const Real differences = (4 * quotient(h / 2) - quotient(h)) / 3, inner = dot(gradient, direction);
    if (!(std::abs(differences - inner) <= 1e-6 * frobenius_norm(gradient[b]) * norm(direction) + 1e-13 * size / h))
      return fmt::format("along block {} ⟨∇f, d⟩ is {:g}, but differences of values give {:g}", blocks[b].name, inner,
                         differences);
  }
  return "";
}

}  // namespace tightrope::conformance
