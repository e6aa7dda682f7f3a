// What every plugin of a kind must satisfy. The plugin is named by TIGHTROPE_PLUGIN=<kind>/<name>; its parameters are
// the examples of its own declaration, or those of samples/<kind>.<name>.yaml.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/config/yaml.hpp"
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
    const std::string plugin = std::getenv("TIGHTROPE_PLUGIN") ? std::getenv("TIGHTROPE_PLUGIN") : "";
    kind = plugin.substr(0, plugin.find('/'));
    const Catalog catalog({fs::path(TIGHTROPE_BUILD_DIR) / "plugins"});
    library = catalog.find(kind, plugin.substr(plugin.find('/') + 1));
    maker = make_maker(*library);
    Parameters parameters;
    maker->declare(parameters);
    Node given = Node::make_map({});
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

TEST_CASE("operators: the adjoint identity, linearity and all cheaper forms hold") {
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

TEST_CASE(
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

TEST_CASE("operators: a restriction keeps the chosen measurements, and dense rows are the operator's own") {
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

TEST_CASE("models: the gradient has Taylor slope 2, push-forward is the derivative, unwanted blocks are zero") {
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

TEST_CASE("models: geometry and spectral points are consistent") {
  const auto [bench, model] = made<FactorizationModel>();
  Factors point = random_point(1, model->blocks()), gradient = random_point(2, model->blocks()), direction, next;
  for (const Real damping : {0.0, 0.1}) {
    model->precondition(point, damping, gradient, direction);
    CHECK(dot(gradient, direction) > 0);
  }
  model->retract(point, 0, direction, next);
  CHECK(same_bits(next, point));
  LowRank X;
  model->expand(point, X);
  CHECK(X.shape() == bench->shape);
  const Factors rebuilt = model->from_svd(svd(X));
  LowRank again;
  model->expand(rebuilt, again);
  CHECK(relative_error(again, X) < 1e-12);
  REQUIRE(rebuilt.size() == model->blocks().size());
  for (Index b = 0; b < rebuilt.size(); ++b)
    CHECK((rebuilt[b].n_rows == model->blocks()[b].rows && rebuilt[b].n_cols == model->blocks()[b].cols));
}

TEST_CASE("losses: the slope is the derivative, blocks add up, nothing is paid for a perfect fit") {
  const auto [bench, loss] = made<Loss>();
  const Index m = bench->problem->data.n_elem;
  const Vec y = bench->problem->data, z = Stream(1, "z").normal_matrix(m, 1), d = Stream(2, "d").normal_matrix(m, 1);
  Vec slope(m), unused(m);
  const auto value_at = [&, &loss = loss](const Vec& at, Vec& out) {
    return loss->evaluate(0, {at.memptr(), m}, {y.memptr(), m}, {out.memptr(), m});
  };
  const Real value = value_at(z, slope);
  const Real h = 1e-6, forward = value_at(Vec(z + h * d), unused), backward = value_at(Vec(z - h * d), unused);
  CHECK((forward - backward) / (2 * h) == doctest::Approx(arma::dot(slope, d)).epsilon(1e-6));
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
  CHECK(value >= value_at(y, unused));
}

TEST_CASE("optimizers: no move at a zero gradient, the same bits for the same input, all memory in Memory") {
  const auto [bench, optimizer] = made<Optimizer>();
  LaneSetup given = lane_of(*bench);
  given.optimizer = optimizer;
  Iterate at;
  at.point = given.start;
  given.objective->evaluate(at, Blocks::all());
  Memory memory;
  Factors direction;
  at.gradient = zeros(bench->model->blocks());
  optimizer->direction(at, *given.objective, memory, direction);
  CHECK(norm(direction) == 0);

  const auto once = run(given);
  CHECK(is_finite(once->iterate().point));
  CHECK(once->iterate().iteration == 25);
  CHECK(once->iterate().value < at.value);
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
    Move advance(const Iterate& i, Workplace& w, Factors& next) const override { return whose(i).advance(i, w, next); }

   private:
    const Optimizer& whose(const Iterate& i) const { return i.iteration % 2 ? *second_ : *first_; }
    std::shared_ptr<const Optimizer> first_, second_;
  };
  LaneSetup relayed = lane_of(*bench);
  relayed.optimizer = std::make_shared<const Relay>(optimizer, other);
  CHECK(same_bits(run(relayed)->iterate().point, once->iterate().point));
}

TEST_CASE("step_sizes: never negative, zero only where no descent is possible, trials are counted") {
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
  CHECK(step > 0);
  CHECK(given.objective->counters().passes() >= before);
  given.step_size = rule;
  const auto lane = run(given);
  CHECK(lane->iterate().value < at.value);
  LaneSetup again = lane_of(*bench);
  again.step_size = bench->make<StepSize>();
  CHECK(same_bits(run(again)->iterate().point, lane->iterate().point));
}

TEST_CASE("observers: they do not change a run, and fill the columns that they announce") {
  const auto [bench, observer] = made<Observer>();
  const auto without = run(lane_of(*bench));
  LaneSetup given = lane_of(*bench);
  given.watches = {{observer, {}, true}};
  const auto with = run(given);
  CHECK(same_bits(without->iterate().point, with->iterate().point));
  const std::vector<Column> columns = observer->columns();
  REQUIRE_FALSE(columns.empty());
  for (const Column& column : columns) {
    CHECK_FALSE(column.description.empty());
    const auto at = with->trace().find(column.name);
    REQUIRE(at);
    for (const Real value : with->trace().column(*at)) CHECK(std::isfinite(value));
  }
}

TEST_CASE("initializations: points of the model's shapes, decided by the stream alone") {
  const auto [bench, initialization] = made<Initialization>();
  const Factors start = initialization->start();
  const auto blocks = bench->model->blocks();
  REQUIRE(start.size() == blocks.size());
  for (Index b = 0; b < blocks.size(); ++b)
    CHECK((start[b].n_rows == blocks[b].rows && start[b].n_cols == blocks[b].cols));
  CHECK(is_finite(start));
  CHECK(same_bits(start, initialization->start()));
  CHECK(same_bits(start, bench->make<Initialization>()->start()));
}

TEST_CASE("targets: the matrix has the announced shape and at least the announced rank") {
  const auto [bench, target] = made<Target>();
  const LowRank X = target->matrix();
  CHECK(X.shape() == bench->shape);
  const Vec sigma = singular_values(X);
  REQUIRE(target->rank() >= 1);
  REQUIRE(target->rank() <= sigma.n_elem);
  CHECK(sigma[target->rank() - 1] > 1e-12 * sigma[0]);
  CHECK(same(bench->make<Target>()->matrix().dense(), X.dense()));
}

TEST_CASE("noises: decided by the stream alone, finite, of the data's length") {
  const auto [bench, noise] = made<Noise>();
  const Vec y = noise->disturb(bench->problem->data);
  CHECK(y.n_elem == bench->problem->data.n_elem);
  CHECK(y.is_finite());
  CHECK(same(y, noise->disturb(bench->problem->data)));
  const auto [other_bench, other] = made<Noise>(1, 2);
  CHECK_FALSE(same(y, other->disturb(bench->problem->data)));
}
