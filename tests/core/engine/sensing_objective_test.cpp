// What an evaluation costs, and what it gives.
#include "core/engine/objectives/sensing_objective.hpp"

#include <doctest/doctest.h>

#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

TEST_CASE("every use of the operator is counted, with the bytes that it reads") {
  const auto of = problem();
  const std::uint64_t once = of->op->bytes();
  REQUIRE(once > 0);
  for (const bool separable : {true, false}) {
    SensingObjective objective(of, std::make_shared<const HalfSquare>(separable),
                               std::make_shared<const TwoFactors>(of->shape, 2));
    Iterate at;
    at.point = setup(of).start;
    objective.value(at.point);
    CHECK(objective.counters().forwards == 1);
    CHECK(objective.counters().passes() == 1);
    CHECK(objective.counters().bytes == once);
    objective.evaluate(at, Blocks::all());
    CHECK(objective.counters().fused == (separable ? 1 : 0));
    CHECK(objective.counters().adjoints == (separable ? 0 : 1));
    CHECK(objective.counters().passes() == (separable ? 2 : 3));
    CHECK(objective.counters().bytes == (separable ? 2 : 3) * once);
  }
}

TEST_CASE("value and evaluate agree, and value is half the squared residual") {
  const auto of = problem();
  SensingObjective objective(of, std::make_shared<const HalfSquare>(),
                             std::make_shared<const TwoFactors>(of->shape, 2));
  Iterate at;
  at.point = setup(of).start;
  objective.evaluate(at, Blocks::all());
  CHECK(objective.value(at.point) == at.value);
  Vec z;
  of->op->forward(LowRank{at.point[0], at.point[1]}, z);
  CHECK(at.value == doctest::Approx(arma::dot(z - of->data, z - of->data) / 2).epsilon(1e-13));
}
