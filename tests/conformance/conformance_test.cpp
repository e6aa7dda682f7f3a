// What every plugin of a kind must satisfy, with its parameters as they are and with every choice and every switch of
// them. The plugin is named by TIGHTROPE_PLUGIN=<kind>/<name>, in the folder TIGHTROPE_PLUGINS or among those of this
// build; its parameters are the examples of its own declaration, those of samples/<kind>.<name>.yaml, or those of the
// YAML in TIGHTROPE_SAMPLE.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/config/yaml.hpp"
#include "core/engine/checked_model.hpp"
#include "core/engine/counted_sensing.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/target.hpp"
#include "core/plugin/catalog.hpp"
#include "core/store/arrays.hpp"
#include "core/store/result.hpp"
#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

namespace fs = std::filesystem;

constexpr Index test_measurements = 120, test_rank = 3;

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

/// A parameter that is given another value than in the sample; none in the first of all variants.
struct Variant {
  std::string parameter, value;
  std::string text() const { return parameter.empty() ? "as in the sample" : parameter + ": " + value; }
};
Variant variant;  // that is being tried

/// Data files that samples name, in a folder of this process.
struct Files {
  fs::path folder = fs::temp_directory_path() / ("tightrope-conformance-" + std::to_string(getpid()));
  explicit Files(Shape shape) {
    fs::create_directories(folder);
    write_atomically(folder / "A.npy", npy_bytes(Stream(5, "A").normal_matrix(test_measurements, shape.entries()) /
                                                 std::sqrt(test_measurements)));
    write_atomically(folder / "X.npy", npy_bytes(Stream(5, "X").normal_matrix(shape.rows, shape.cols)));
    const Mat V = Stream(5, "V").normal_matrix(shape.rows, test_rank),
              W = Stream(5, "W").normal_matrix(shape.cols, test_rank);
    write_atomically(folder / "factors.npz", npz_bytes({{"V", V}, {"W", W}, {"U", V}}));
  }
  ~Files() { fs::remove_all(folder); }
};

/// The plugin under test in surroundings of known parts: a truth with five singular values, two of which count as
/// signal.
class Bench {
 public:
  explicit Bench(Shape of = {9, 7}, unsigned threads = 1, std::uint64_t seed = 1)
      : shape(of), files_(of), context(of, Stream(seed, "plugin"), std::make_shared<Team>(threads)) {
    auto made = std::make_shared<SensingProblem>();
    made->shape = shape;
    made->team = context.team;
    made->op = std::make_shared<const RandomRows>(parts::context(shape, threads), test_measurements);
    const Mat U = orthonormal_basis(Stream(2, "U").normal_matrix(shape.rows, 5)),
              V = orthonormal_basis(Stream(2, "V").normal_matrix(shape.cols, 5));
    made->truth = make_truth(balanced({U, Vec{1, 0.7, 0.1, 0.05, 0.02}, V}), 2);
    made->op->forward(made->truth->X, made->data);
    problem = made;
    model = std::make_shared<const TwoFactors>(shape, test_rank);
    context.known_truth = problem->truth.get();
    sensing = std::make_unique<CountedSensing>(problem, std::make_shared<SharedAdjoint>());
    context.known_sensing = sensing.get();
    context.known_data = &problem->data;
    context.known_model = model.get();
    context.known_loss = &loss;
    const std::string plugin = variable("TIGHTROPE_PLUGIN", "");
    kind = plugin.substr(0, plugin.find('/'));
    const Catalog catalog({variable("TIGHTROPE_PLUGINS", TIGHTROPE_BUILD_DIR "/plugins")});
    library = catalog.find(kind, plugin.substr(plugin.find('/') + 1));
    maker = make_maker(*library);
    maker->declare(parameters);
    Node given = parse_yaml(variable("TIGHTROPE_SAMPLE", "{}"), "TIGHTROPE_SAMPLE");
    const fs::path sample = fs::path(TIGHTROPE_SAMPLES) / (kind + "." + library->manifest().name + ".yaml");
    if (fs::exists(sample)) {
      // Read as if it lay beside the data files that it names.
      fs::copy_file(sample, files_.folder / "sample.yaml", fs::copy_options::overwrite_existing);
      given = read_yaml(files_.folder / "sample.yaml");
    }
    for (const Parameter& parameter : parameters.all())
      if (parameter.is_required && !given.find(parameter.name)) {
        REQUIRE_MESSAGE(!parameter.example_text.empty(),
                        "the required parameter " << parameter.name << " has no example");
        given.set(parameter.name, parse_yaml(parameter.example_text, "example"));
      }
    if (!variant.parameter.empty()) given.set(variant.parameter, parse_yaml(variant.value, "variant"));
    std::vector<Diagnostic> diagnostics;
    parameters.read(given, "the plugin", {}, diagnostics);
    REQUIRE_MESSAGE(diagnostics.empty(), (diagnostics.empty() ? "" : diagnostics[0].text()));
    for (const Parameter& parameter : parameters.all()) CHECK_FALSE(parameter.doc.empty());
  }

  template <class Interface>
  std::shared_ptr<const Interface> make() const {
    const auto made = make_component<Interface>(*library, *maker, context);
    REQUIRE(made);
    return made;
  }

  /// The value of a parameter as text; empty if the plugin has none of that name.
  std::string setting(const std::string& name) const {
    for (const Parameter& parameter : parameters.all())
      if (parameter.name == name) return parameter.current().scalar;
    return "";
  }

  Shape shape;

 private:
  Files files_;

 public:
  Context context;
  HalfSquare loss;
  std::shared_ptr<const SensingProblem> problem;
  std::unique_ptr<CountedSensing> sensing;
  std::shared_ptr<const TwoFactors> model;
  std::string kind;
  std::shared_ptr<const Library> library;
  std::unique_ptr<Maker> maker;
  Parameters parameters;  // bound to the maker's variables
};

/// Made for a 9 × 7 problem or, where the plugin refuses that, for a square one.
template <class Interface>
std::pair<std::unique_ptr<Bench>, std::shared_ptr<const Interface>> made(unsigned threads = 1, std::uint64_t seed = 1) {
  try {
    auto bench = std::make_unique<Bench>(Shape{9, 7}, threads, seed);
    auto component = bench->make<Interface>();
    return {std::move(bench), component};
  } catch (const Unsuitable&) {
    auto bench = std::make_unique<Bench>(Shape{8, 8}, threads, seed);
    auto component = bench->make<Interface>();
    return {std::move(bench), component};
  }
}

/// The sample, and it with each other value of each parameter that has few.
std::vector<Variant> variants() {
  variant = {};
  std::vector<Variant> all = {{}};
  const Bench bench;
  for (const Parameter& parameter : bench.parameters.all()) {
    std::vector<std::string> values = parameter.choices;
    if (parameter.type == "true or false") values = {"true", "false"};
    for (const std::string& value : values)
      if (value != bench.setting(parameter.name) && !parameter.is_required) all.push_back({parameter.name, value});
  }
  return all;
}

template <class Body>
void for_each_variant(Body body) {
  for (const Variant& one : variants()) {
    variant = one;
    const std::string text = one.text();
    INFO(text);
    try {
      body();
    } catch (const Unsuitable& reason) {
      // A choice may ask for another problem than the ones tried here; the sample itself must not.
      CHECK_MESSAGE(!one.parameter.empty(), std::string(reason.what()));
    } catch (const tightrope::Error& error) {
      FAIL_CHECK(std::string(error.what()));
    }
  }
  variant = {};
}

/// A test case of every variant of the plugin.
#define CONFORMANCE_IN(function, name)            \
  static void function();                         \
  TEST_CASE(name) { for_each_variant(function); } \
  static void function()
#define CONFORMANCE_AT(line, name) CONFORMANCE_IN(DOCTEST_CAT(conformance_, line), name)
#define CONFORMANCE(name) CONFORMANCE_AT(__LINE__, name)

LowRank pair(std::uint64_t seed, Shape shape, Index rank) {
  return {Stream(seed, "L").normal_matrix(shape.rows, rank), Stream(seed, "R").normal_matrix(shape.cols, rank)};
}

Factors random_point(std::uint64_t seed, const std::vector<Block>& blocks) {
  Factors point;
  for (const Block& block : blocks)
    point.blocks.push_back(Stream(seed, block.name).normal_matrix(block.rows, block.cols));
  return point;
}

bool same(const Mat& a, const Mat& b) {
  return arma::size(a) == arma::size(b) && std::equal(a.begin(), a.end(), b.begin());
}

/// Least-squares slope of log|remainder| against log h.
Real slope_of(const std::vector<Real>& h, const std::vector<Real>& remainder) {
  const Vec x = arma::log(Vec(h)), y = arma::log(arma::abs(Vec(remainder)));
  return arma::dot(x - arma::mean(x), y - arma::mean(y)) / arma::dot(x - arma::mean(x), x - arma::mean(x));
}

/// Σ (z − y)²/2 + (z − y)³/6: smooth, with curvature of its own.
class Cubic final : public Loss {
 public:
  Real evaluate(Index, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real r = z[i] - y[i];
      slope[i] = r + r * r / 2;
      sum += r * r / 2 + r * r * r / 6;
    }
    return sum;
  }
};

LaneSetup lane_of(const Bench& bench) {
  LaneSetup given = setup(bench.problem, test_rank, 0.2);
  given.watches.clear();
  given.stop.iterations = 25;
  given.start = {{0.1 * Stream(3, "V").normal_matrix(bench.shape.rows, test_rank),
                  0.1 * Stream(3, "W").normal_matrix(bench.shape.cols, test_rank)}};
  return given;
}

}  // namespace

CONFORMANCE("operators: the adjoint identity, linearity and all cheaper forms hold") {
  const auto [bench, op] = made<MeasurementOperator>();
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    const LowRank X = pair(draw, op->shape(), 2), Y = pair(100 + draw, op->shape(), 3);
    const Vec z = Stream(draw, "z").normal_matrix(op->measurements(), 1);
    Vec AX, AY, sum, low;
    Mat G;
    op->forward(X.dense(), AX);
    op->forward(Y.dense(), AY);
    op->adjoint(z, G);
    const Real scale = arma::norm(AX) * arma::norm(z);
    CHECK(std::abs(arma::dot(AX, z) - arma::dot(X.dense(), G)) <= 1e-12 * scale);
    op->forward(Mat(2 * X.dense() - 3 * Y.dense()), sum);
    CHECK(arma::norm(sum - (2 * AX - 3 * AY)) <= 1e-12 * (arma::norm(AX) + arma::norm(AY)));
    op->forward(X, low);
    CHECK(arma::norm(low - AX) <= 1e-12 * arma::norm(AX));
    const Mat B = Stream(draw, "B").normal_matrix(op->cols(), 2), C = Stream(draw, "C").normal_matrix(op->rows(), 2);
    Mat GB, GC;
    op->adjoint_times(z, B, GB);
    op->adjoint_transposed_times(z, C, GC);
    CHECK(arma::norm(GB - G * B, "fro") <= 1e-12 * arma::norm(G, "fro") * arma::norm(B, "fro"));
    CHECK(arma::norm(GC - G.t() * C, "fro") <= 1e-12 * arma::norm(G, "fro") * arma::norm(C, "fro"));
    LowRank gradient;
    op->pull_back(z, X, gradient);
    CHECK(arma::norm(gradient.left - G * X.right, "fro") <= 1e-12 * arma::norm(G, "fro") * arma::norm(X.right, "fro"));
    CHECK(arma::norm(gradient.right - G.t() * X.left, "fro") <=
          1e-12 * arma::norm(G, "fro") * arma::norm(X.left, "fro"));
  }
}

CONFORMANCE("operators: E‖A(X)‖² = ‖X‖², whatever X, unless a parameter says otherwise") {
  const auto [bench, first] = made<MeasurementOperator>();
  if (bench->setting("normalization") == "none") return;
  const bool symmetric = bench->setting("symmetric") == "true";  // isotropic on symmetric matrices
  const Index n1 = first->rows(), n2 = first->cols();
  constexpr Index draws = 40;
  Real whole = 0;
  Vec by_row(n1, arma::fill::zeros), by_column(n2, arma::fill::zeros);
  for (Index draw = 0; draw < draws; ++draw) {
    bench->context.stream = Stream(draw, "plugin");
    const auto op = bench->make<MeasurementOperator>();
    const auto share = [&, &op = *op](Mat X) {
      if (symmetric) X += X.t();
      Vec z;
      op.forward(X, z);
      return arma::dot(z, z) / arma::dot(X, X) / draws;
    };
    const Mat X = Stream(draw, "X").normal_matrix(n1, n2);
    for (std::uint64_t part = 0; part < 4; ++part)
      whole += share(Stream(4 * draw + part, "whole").normal_matrix(n1, n2)) / 4;
    for (Index i = 0; i < n1; ++i) {
      Mat row(n1, n2, arma::fill::zeros);
      row.row(i) = X.row(i);
      by_row[i] += share(row);
    }
    for (Index j = 0; j < n2; ++j) {
      Mat column(n1, n2, arma::fill::zeros);
      column.col(j) = X.col(j);
      by_column[j] += share(column);
    }
  }
  CHECK_MESSAGE(std::abs(whole - 1) < 0.08, "not isotropic: the mean of ‖A(X)‖²/‖X‖² is " << whole << " instead of 1");
  for (Index i = 0; i < n1; ++i)
    CHECK_MESSAGE(std::abs(by_row[i] - 1) < 0.4, "not isotropic: for X in row "
                                                     << i + 1 << " alone the mean of ‖A(X)‖²/‖X‖² is " << by_row[i]
                                                     << " instead of 1");
  for (Index j = 0; j < n2; ++j)
    CHECK_MESSAGE(std::abs(by_column[j] - 1) < 0.4, "not isotropic: for X in column "
                                                        << j + 1 << " alone the mean of ‖A(X)‖²/‖X‖² is "
                                                        << by_column[j] << " instead of 1");
}

CONFORMANCE(
    "operators: the fused pass agrees with its parts, and a lane's bits depend neither on the batch nor on threads") {
  const HalfSquare square, whole(false);
  const Cubic cubic;
  struct Result {
    Real value;
    Vec prediction;
    LowRank gradient;
  };
  const auto evaluate = [&](const MeasurementOperator& op, const std::vector<int>& lanes) {
    std::vector<LowRank> points;
    std::vector<Result> results(lanes.size());
    std::vector<Evaluation> evaluations;
    const Vec data(op.measurements(), arma::fill::ones);
    for (const int lane : lanes)
      points.push_back(pair(static_cast<std::uint64_t>(lane), op.shape(), 1 + static_cast<Index>(lane) % 4));
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      const Loss* loss = lanes[i] % 5 == 4 ? static_cast<const Loss*>(&whole)
                         : lanes[i] % 2    ? static_cast<const Loss*>(&cubic)
                                           : &square;
      evaluations.push_back({&points[i],
                             &data,
                             loss,
                             {lanes[i] % 3 != 1, lanes[i] % 3 != 2},
                             0,
                             &results[i].prediction,
                             lanes[i] % 7 == 6 ? nullptr : &results[i].gradient});
    }
    op.evaluate(evaluations);
    for (std::size_t i = 0; i < lanes.size(); ++i) results[i].value = evaluations[i].value;
    return results;
  };
  const auto [bench, op] = made<MeasurementOperator>();
  const std::vector<int> seven = {0, 1, 2, 3, 4, 5, 6};
  const auto together = evaluate(*op, seven);
  for (const unsigned threads : {1U, 2U, 4U}) {
    const auto [other_bench, other] = made<MeasurementOperator>(threads);
    for (const auto& batch : {std::vector<int>{0}, {1}, {2}, {3}, {4}, {5}, {6}, {2, 5, 6}, seven}) {
      const auto results = evaluate(*other, batch);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const Result& expected = together[static_cast<std::size_t>(batch[i])];
        CHECK(results[i].value == expected.value);
        CHECK(same(results[i].prediction, expected.prediction));
        CHECK(same(results[i].gradient.left, expected.gradient.left));
        CHECK(same(results[i].gradient.right, expected.gradient.right));
      }
    }
  }
  for (const int lane : {0, 3}) {
    const LowRank X = pair(static_cast<std::uint64_t>(lane), op->shape(), 1 + static_cast<Index>(lane) % 4);
    Vec z, slope(op->measurements());
    op->forward(X, z);
    const Vec data(op->measurements(), arma::fill::ones);
    const Loss& loss = lane % 2 ? static_cast<const Loss&>(cubic) : square;
    const Index m = op->measurements();
    const Real value = loss.evaluate(0, {z.memptr(), m}, {data.memptr(), m}, {slope.memptr(), m});
    LowRank gradient;
    op->pull_back(slope, X, gradient);
    const Result& fused = together[static_cast<std::size_t>(lane)];
    CHECK(fused.value == doctest::Approx(value).epsilon(1e-12));
    CHECK(arma::norm(fused.gradient.left - gradient.left, "fro") <= 1e-12 * arma::norm(gradient.left, "fro"));
    CHECK(arma::norm(fused.gradient.right - gradient.right, "fro") <= 1e-12 * arma::norm(gradient.right, "fro"));
  }
  // Four callers at once get what one gets.
  std::vector<std::vector<Result>> answers(4);
  std::vector<std::thread> callers;
  for (auto& answer : answers)
    callers.emplace_back([&answer, &evaluate, &seven, &operator_ = *op] { answer = evaluate(operator_, seven); });
  for (std::thread& caller : callers) caller.join();
  for (const auto& answer : answers)
    for (std::size_t i = 0; i < seven.size(); ++i)
      CHECK((answer[i].value == together[i].value && same(answer[i].gradient.left, together[i].gradient.left)));
}

CONFORMANCE("operators: a restriction keeps the chosen measurements, and dense rows are the operator's own") {
  const auto [bench, op] = made<MeasurementOperator>();
  const LowRank X = pair(1, op->shape(), 2);
  Vec all, some;
  op->forward(X, all);
  op->restricted({0, 2, op->measurements() - 1})->forward(X, some);
  CHECK(arma::norm(some - Vec{all[0], all[2], all[op->measurements() - 1]}) <= 1e-14 * arma::norm(all));
  if (!op->is_dense()) return;
  Mat rows(op->shape().entries(), op->measurements());
  op->dense_rows(0, op->measurements(), rows.memptr());
  CHECK(arma::norm(rows.t() * arma::vectorise(X.dense()) - all) <= 1e-12 * arma::norm(all));
}

CONFORMANCE("models: the gradient has Taylor slope 2, push-forward is the derivative, unwanted blocks are zero") {
  const auto [bench, model] = made<FactorizationModel>();
  auto problem = std::make_shared<SensingProblem>(*bench->problem);
  SensingObjective objective(problem, std::make_shared<const Cubic>(), model);
  Iterate at;
  at.point = random_point(1, model->blocks());
  scale(at.point, 0.5);
  objective.evaluate(at, Blocks::all());
  const Factors direction = random_point(2, model->blocks());
  std::vector<Real> steps, remainders, errors;
  LowRank dX;
  model->push_forward(at.point, direction, dX);
  for (Real h = 1e-2; h > 1e-4; h /= 2) {
    Factors moved = at.point;
    add_scaled(moved, h, direction);
    steps.push_back(h);
    remainders.push_back(objective.value(moved) - at.value - h * dot(at.gradient, direction));
    LowRank X;
    model->expand(moved, X);
    errors.push_back(arma::norm(X.dense() - at.X.dense() - h * dX.dense(), "fro") + 1e-300);
  }
  CHECK(slope_of(steps, remainders) == doctest::Approx(2).epsilon(0.05));
  CHECK(slope_of(steps, errors) == doctest::Approx(2).epsilon(0.05));
  for (Index b = 0; b < model->blocks().size(); ++b) {
    Iterate partial;
    partial.point = at.point;
    objective.evaluate(partial, Blocks::only(b));
    for (Index other = 0; other < model->blocks().size(); ++other) {
      if (other == b)
        CHECK(arma::norm(partial.gradient[b] - at.gradient[b], "fro") <= 1e-12 * norm(at.gradient));
      else
        CHECK(partial.gradient[other].is_zero());
    }
  }
}

CONFORMANCE("models: pull_back reads no side of the gradient that sides() does not name") {
  const auto [bench, model] = made<FactorizationModel>();
  const Factors point = random_point(1, model->blocks());
  LowRank X;
  model->expand(point, X);
  const LowRank gradient_of_X = pair(2, bench->shape, X.rank());
  std::vector<std::pair<Blocks, std::string>> choices = {{Blocks::all(), "all blocks"}};
  for (Index b = 0; b < model->blocks().size(); ++b)
    choices.emplace_back(Blocks::only(b), "block " + model->blocks()[b].name);
  for (const auto& choice : choices) {
    const Blocks wanted = choice.first;
    const std::string& words = choice.second;
    Factors expected, found;
    model->pull_back(point, gradient_of_X, wanted, expected);
    const Sides sides = model->sides(wanted);
    for (const bool left : {true, false}) {
      if (left ? sides.left : sides.right) continue;
      LowRank without = gradient_of_X;
      (left ? without.left : without.right).fill(arma::datum::nan);
      model->pull_back(point, without, wanted, found);
      CHECK_MESSAGE(same_bits(found, expected), "sides() does not name the " << std::string(left ? "left" : "right")
                                                                             << " side of the gradient of X for "
                                                                             << words << ", but pull_back reads it");
    }
  }
}

CONFORMANCE("models: geometry and spectral points are consistent, and everything has the shapes of the blocks") {
  const auto [bench, own] = made<FactorizationModel>();
  const auto model = CheckedModel::of(own, bench->shape, "the model");
  Factors point = random_point(1, model->blocks()), gradient = random_point(2, model->blocks()), direction = gradient,
          next;
  for (const Real damping : {0.0, 0.1}) {
    if (!model->has_metric()) break;
    model->precondition(point, damping, gradient, direction);
    CHECK_MESSAGE(is_finite(direction), "the direction of precondition is not finite");
    CHECK_MESSAGE(dot(gradient, direction) > 0, "the metric is not positive: ⟨g, (M + δI)⁻¹ g⟩ is "
                                                    << dot(gradient, direction) << " for δ = " << damping);
  }
  model->retract(point, 0, direction, next);
  CHECK_MESSAGE(same_bits(next, point), "retract by a step of 0 moves the point");
  LowRank X;
  model->expand(point, X);
  LowRank again;
  model->expand(model->from_svd(svd(X)), again);
  CHECK_MESSAGE(relative_error(again, X) < 1e-12,
                "from_svd does not give X back: relative error " << relative_error(again, X));
}

CONFORMANCE("losses: the slope is the derivative at every scale, blocks add up, nothing is paid for a perfect fit") {
  const auto [bench, loss] = made<Loss>();
  const Index m = bench->problem->data.n_elem;
  const Vec y = bench->problem->data, z = Stream(1, "z").normal_matrix(m, 1), d = Stream(2, "d").normal_matrix(m, 1);
  Vec slope(m), unused(m);
  const auto value_at = [&, &loss = loss](const Vec& at, const Vec& data, Vec& out) {
    return loss->evaluate(0, {at.memptr(), m}, {data.memptr(), m}, {out.memptr(), m});
  };
  const auto check_slope = [&](Real scale, const Vec& data) {
    const Vec at = data + scale * z;
    const Real h = 1e-5 * scale;
    value_at(at, data, slope);
    CHECK_MESSAGE(slope.is_finite(), "at the scale " << scale << " the slope is not finite");
    const Real differences =
        (value_at(Vec(at + h * d), data, unused) - value_at(Vec(at - h * d), data, unused)) / (2 * h);
    CHECK_MESSAGE(std::abs(differences - arma::dot(slope, d)) <= 1e-5 * arma::norm(slope) * arma::norm(d),
                  "at the scale " << scale << " the slope is not the derivative: ⟨slope, d⟩ is " << arma::dot(slope, d)
                                  << ", differences of values give " << differences);
  };
  for (const Real scale : {1e-6, 1e-3, 1.0, 1e3, 1e6}) check_slope(scale, scale * y);  // data and residuals alike
  for (const Real scale : {1e-2, 1e3, 1e6}) check_slope(scale, y);                     // residuals alone
  const Real value = value_at(z, y, slope);
  if (loss->separable()) {
    Real sum = 0;
    for (Index first = 0; first < m; first += 17) {
      const Index size = std::min<Index>(17, m - first);
      sum += loss->evaluate(first, {z.memptr() + first, size}, {y.memptr() + first, size},
                            {unused.memptr() + first, size});
    }
    CHECK(sum == doctest::Approx(value).epsilon(1e-13));
    CHECK(same(unused, slope));
  }
  CHECK_MESSAGE(value >= value_at(y, y, unused), "a perfect fit costs more than another one");
}

CONFORMANCE("optimizers: no move at a zero gradient, the same bits for the same input, all memory in Memory") {
  const auto [bench, optimizer] = made<Optimizer>();
  LaneSetup given = lane_of(*bench);
  given.optimizer = optimizer;
  Iterate at;
  at.point = given.start;
  given.objective->evaluate(at, Blocks::all());
  {
    Memory memory;
    Factors direction;
    optimizer->direction(at, *given.objective, memory, direction);
    const std::string wrong = wrong_shapes(direction, bench->model->blocks());
    REQUIRE_MESSAGE(wrong.empty(), "the direction does not fit the model: " << wrong);
    CHECK_MESSAGE(is_finite(direction), "the direction is not finite");
  }
  {
    Memory memory;
    Factors direction;
    Iterate still = at;
    still.gradient = zeros(bench->model->blocks());
    optimizer->direction(still, *given.objective, memory, direction);
    CHECK_MESSAGE(norm(direction) == 0, "at a gradient of zero the direction has the norm " << norm(direction));
  }

  const auto once = run(given);
  REQUIRE_MESSAGE(once->end()->end_class == EndClass::limit, once->end()->reason);
  CHECK(once->iterate().iteration == 25);
  CHECK_MESSAGE(once->iterate().value < at.value, "25 iterations do not make the objective smaller");
  // Another instance, in the middle of the run, must go on exactly as this one.
  const auto other = bench->make<Optimizer>();
  class Relay final : public Optimizer {
   public:
    Relay(std::shared_ptr<const Optimizer> first, std::shared_ptr<const Optimizer> second)
        : first_(std::move(first)), second_(std::move(second)) {}
    void direction(const Iterate& i, Objective& o, Memory& m, Factors& d) const override {
      whose(i).direction(i, o, m, d);
    }
    Index phases(const FactorizationModel& m) const override { return first_->phases(m); }
    Blocks blocks(Index phase) const override { return first_->blocks(phase); }
    Move advance(const Iterate& i, StepContext& w, Factors& next) const override { return whose(i).advance(i, w, next); }

   private:
    const Optimizer& whose(const Iterate& i) const { return i.iteration % 2 ? *second_ : *first_; }
    std::shared_ptr<const Optimizer> first_, second_;
  };
  LaneSetup relayed = lane_of(*bench);
  relayed.optimizer = std::make_shared<const Relay>(optimizer, other);
  CHECK_MESSAGE(same_bits(run(relayed)->iterate().point, once->iterate().point),
                "another object goes on in another way: not all that the method remembers is in its Memory");
}

CONFORMANCE("step_sizes: never negative, zero only where no descent is possible, trials are counted") {
  const auto [bench, rule] = made<StepSize>();
  LaneSetup given = lane_of(*bench);
  Iterate at;
  at.point = given.start;
  given.objective->evaluate(at, Blocks::all());
  Factors direction = at.gradient;
  scale(direction, -1);
  Memory memory;
  const Index before = given.objective->counters().passes();
  const Real step = rule->choose(at, direction, *given.objective, memory);
  CHECK_MESSAGE((std::isfinite(step) && step > 0), "along minus the gradient the step size is " << step);
  CHECK(given.objective->counters().passes() >= before);
  given.step_size = rule;
  const auto lane = run(given);
  REQUIRE_MESSAGE(lane->end()->end_class != EndClass::failed, lane->end()->reason);
  CHECK(lane->iterate().value < at.value);
  LaneSetup again = lane_of(*bench);
  again.step_size = bench->make<StepSize>();
  CHECK(same_bits(run(again)->iterate().point, lane->iterate().point));
}

CONFORMANCE("observers: they do not change a run, and fill the columns that they announce") {
  const auto [bench, observer] = made<Observer>();
  const auto without = run(lane_of(*bench));
  LaneSetup given = lane_of(*bench);
  given.watches = {{observer, {}, true}};
  const auto with = run(given);
  REQUIRE_MESSAGE(with->end()->end_class == EndClass::limit, with->end()->reason);
  CHECK(same_bits(without->iterate().point, with->iterate().point));
  const std::vector<Column> columns = observer->columns();
  REQUIRE_FALSE(columns.empty());
  for (const Column& column : columns) {
    CHECK_FALSE(column.description.empty());
    const auto at = with->trace().find(column.name);
    REQUIRE(at);
    const std::vector<Real> values = with->trace().column(*at);
    CHECK_MESSAGE(std::any_of(values.begin(), values.end(), [](Real value) { return !std::isnan(value); }),
                  "the column '" << column.name << "' is announced but never written");
    for (std::size_t row = 0; row < values.size(); ++row)
      CHECK_MESSAGE(std::isfinite(values[row]), "the column '" << column.name << "' is " << values[row]
                                                               << " at iteration " << with->trace().rows[row][0]);
  }
}

CONFORMANCE("initializations: points of the model's shapes, decided by the stream alone") {
  const auto [bench, initialization] = made<Initialization>();
  const Factors start = initialization->start();
  const auto blocks = bench->model->blocks();
  const std::string wrong = wrong_shapes(start, blocks);
  REQUIRE_MESSAGE(wrong.empty(), "the start does not fit the model: " << wrong);
  CHECK_MESSAGE(is_finite(start), "the start is not finite");
  CHECK(same_bits(start, initialization->start()));
  CHECK(same_bits(start, bench->make<Initialization>()->start()));
}

CONFORMANCE("targets: the matrix has the announced shape and at least the announced rank") {
  const auto [bench, target] = made<Target>();
  const LowRank X = target->matrix();
  const bool is_turned = bench->setting("transpose") == "true";
  CHECK(X.shape() == (is_turned ? Shape{bench->shape.cols, bench->shape.rows} : bench->shape));
  const Vec sigma = singular_values(X);
  REQUIRE(target->rank() >= 1);
  REQUIRE(target->rank() <= sigma.n_elem);
  CHECK(sigma[target->rank() - 1] > 1e-12 * sigma[0]);
  CHECK(same(bench->make<Target>()->matrix().dense(), X.dense()));
}

CONFORMANCE("noises: decided by the stream alone, finite, of the data's length") {
  const auto [bench, noise] = made<Noise>();
  const Vec y = noise->disturb(bench->problem->data);
  CHECK(y.n_elem == bench->problem->data.n_elem);
  CHECK(y.is_finite());
  CHECK(same(y, noise->disturb(bench->problem->data)));
  const auto [other_bench, other] = made<Noise>(1, 2);
  CHECK_FALSE(same(y, other->disturb(bench->problem->data)));
}
