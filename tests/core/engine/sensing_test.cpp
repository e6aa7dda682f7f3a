// What a run is charged for the operator before it starts, what observers cost, and directions of no descent.
#include <doctest/doctest.h>

#include <thread>

#include "core/engine/objectives/counted_sensing.hpp"
#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

/// The problem with its operator in a form that is not dense.
std::shared_ptr<const SensingProblem> plain(const std::shared_ptr<const SensingProblem>& dense) {
  auto result = std::make_shared<SensingProblem>(*dense);
  result->op = std::make_shared<const Plain>(*dense->op);
  return result;
}

/// A slow look at nothing.
class Slow final : public Observer {
 public:
  std::vector<Column> columns() const override { return {{"slow", "nothing", 0, true}}; }
  void observe(const Snapshot&, std::span<Real> values) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    values[0] = 1;
  }
};

/// d⁺ = d − ∇f: the sum of all gradients, soon a direction uphill.
class Heavy final : public DirectionOptimizer {
 public:
  void direction(const Iterate& at, Objective&, Memory& memory, Factors& towards) const override {
    Factors& velocity = memory.factors("velocity", at.gradient);
    add_scaled(velocity, -1, at.gradient);
    towards = velocity;
  }
};

/// The first of 1, ½, ¼, … at which the value falls.
class Halving final : public StepSize {
 public:
  explicit Halving(bool needs_descent) : needs_descent_(needs_descent) {}
  Step choose(const Iterate& at, const Factors& direction, Objective& objective, Memory& memory) const override {
    if (!(dot(at.gradient, direction) < 0)) return 0;
    Factors& trial = memory.factors("trial", at.point);
    for (Real step = 1; step > 1e-12; step /= 2) {
      objective.space().retract(at.point, step, direction, trial);
      if (objective.value(trial) < at.value) return step;
    }
    return 0;
  }
  bool needs_descent() const override { return needs_descent_; }

 private:
  bool needs_descent_;
};

}  // namespace

TEST_CASE("products with A*(z): one pass of a dense operator for each z in turn, one for each product of others") {
  const auto dense = problem();
  const Vec y = dense->data, z = 2 * y;
  const Mat B = Stream(1, "B").normal_matrix(9, 3), C = Stream(1, "C").normal_matrix(12, 3);
  Mat G;
  dense->op->adjoint(y, G);
  for (const auto& given : {dense, plain(dense)}) {
    const bool is_dense = given == dense;
    Counters counters;
    CountedSensing sensing(given, std::make_shared<SharedAdjoint>(), counters);
    Mat GB, GC, doubled;
    sensing.adjoint_times(y, B, GB);
    sensing.adjoint_transposed_times(y, C, GC);
    sensing.adjoint_times(y, B, GB);
    CHECK(sensing.counters().adjoints == (is_dense ? 1 : 3));
    sensing.adjoint_times(z, B, doubled);
    CHECK(sensing.counters().adjoints == (is_dense ? 2 : 4));
    CHECK(arma::norm(GB - G * B, "fro") < 1e-12);
    CHECK(arma::norm(GC - G.t() * C, "fro") < 1e-12);
    CHECK(arma::norm(doubled - 2 * G * B, "fro") < 1e-12);
    Vec Ax;
    sensing.forward(given->truth->X, Ax);
    CHECK(arma::norm(Ax - y) < 1e-12);
    CHECK(sensing.counters().forwards == 1);
    CHECK(sensing.counters().bytes == (is_dense ? 3 : 5) * given->op->bytes());
  }
}

TEST_CASE("runs that share A*(y) are charged as if alone, and its bytes are read once") {
  const auto given = problem();
  const Mat B = Stream(1, "B").normal_matrix(9, 3);
  const auto shared = std::make_shared<SharedAdjoint>();
  Counters counters[3];
  CountedSensing first(given, shared, counters[0]), second(given, shared, counters[1]),
      alone(given, std::make_shared<SharedAdjoint>(), counters[2]);
  Mat one, two, three;
  first.adjoint_times(given->data, B, one);
  second.adjoint_times(given->data, B, two);
  alone.adjoint_times(given->data, B, three);
  CHECK(arma::approx_equal(one, three, "absdiff", 0));
  CHECK(arma::approx_equal(two, three, "absdiff", 0));
  for (const CountedSensing* sensing : {&first, &second, &alone}) {
    CHECK(sensing->counters().adjoints == 1);
    CHECK(sensing->counters().bytes == given->op->bytes());
    CHECK(sensing->own_bytes() == 0);
    CHECK(sensing->used_shared());
  }
  CHECK(shared->bytes() == given->op->bytes());
}

TEST_CASE("the seconds of each observer are known, and are none of the run's own") {
  LaneSetup given = setup(problem());
  given.watches.push_back({std::make_shared<const Slow>(), {}, true, "observer 'slow'"});
  given.stop.iterations = 10;
  const auto lane = run(std::move(given));
  REQUIRE(lane->cost().observing.size() == 2);
  CHECK(lane->cost().observing[1] >= 11 * 0.002);
  CHECK(lane->cost().observing[0] < lane->cost().observing[1]);
}

TEST_CASE("a line search meets a direction uphill: what the method remembers is dropped and the run goes on") {
  LaneSetup given = setup(problem());
  given.optimizer = std::make_shared<const Heavy>();
  given.stop.iterations = 60;
  LaneSetup deaf = given;
  given.step_size = std::make_shared<const Halving>(true);
  deaf.step_size = std::make_shared<const Halving>(false);
  deaf.objective = setup(problem()).objective;
  const auto kept = run(std::move(deaf)), dropped = run(std::move(given));
  CHECK(kept->end()->end_class == EndClass::stalled);
  CHECK(dropped->end()->end_class == EndClass::limit);
  CHECK(dropped->iterate().value < kept->iterate().value);
}

TEST_CASE("a truth of full rank is kept entry by entry, and errors against it are those of the pair") {
  const Index n = 40;
  const Mat M = Stream(1, "M").normal_matrix(n, n);
  const LowRank X{Stream(2, "L").normal_matrix(n, 2), Stream(2, "R").normal_matrix(n, 2)};
  const auto full = make_truth({M, arma::eye(n, n)}, 2), thin = make_truth(X, 2);
  CHECK(arma::approx_equal(full->dense, M, "absdiff", 0));
  CHECK(thin->dense.is_empty());
  CHECK(distance(X, *full) == difference_norm(X, full->X));
  CHECK(distance(X, *full) == doctest::Approx(arma::norm(Mat(X.left * X.right.t() - M), "fro")).epsilon(1e-14));
  CHECK(distance({1.5 * X.left, X.right}, *thin) == doctest::Approx(0.5 * norm(X)).epsilon(1e-13));
  // Close to a truth: no digits are lost.
  const Mat U = orthonormal_basis(Stream(3, "U").normal_matrix(n, n));
  LowRank near{U, U};
  near.left.col(n - 1) *= 1 + 1e-9;
  CHECK(distance(near, *make_truth({U * U.t(), arma::eye(n, n)}, n)) == doctest::Approx(1e-9).epsilon(1e-4));
  // The identity on either side costs no product.
  CHECK(arma::approx_equal(LowRank{arma::eye(n, n), M}.dense(), Mat(M.t()), "absdiff", 0));
}
