// What models ask of an operator, and what observers compute, against the formulae.
#include <doctest/doctest.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::string config = R"(
seed: 3
problem: {shape: [8, 8], target: {type: random_low_rank, rank: 2}, operator: {type: gaussian, measurements: 90}}
model: {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 1}
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 3}
)";

}  // namespace

TEST_CASE("a model asks for no side of a gradient that it does not need: each costs half of a pass") {
  const auto sides_of = [](const std::string& model, Blocks wanted) {
    return lanes_of(config, {"model=" + model}).front()->setup().objective->sensing()->model().sides(wanted);
  };
  const Sides left = sides_of("{type: asymmetric, rank: 3}", Blocks::only(0)),
              right = sides_of("{type: asymmetric, rank: 3}", Blocks::only(1)),
              both = sides_of("{type: asymmetric, rank: 3}", Blocks::all()),
              symmetric = sides_of("{type: symmetric, rank: 3}", Blocks::all());
  CHECK((left.left && !left.right));
  CHECK((!right.left && right.right));
  CHECK((both.left && both.right));
  CHECK((symmetric.left && symmetric.right));
}

TEST_CASE("the imbalance is the norm that was asked for") {
  for (const std::string norm : {"spectral", "frobenius"}) {
    const auto lane = run_one(config, {"observers=[imbalance: {norm: " + norm + "}]"});
    const Factors& point = lane->iterate().point;
    const Vec eigenvalues = arma::eig_sym(Mat(point[0].t() * point[0] - point[1].t() * point[1]));
    const Vec sizes = arma::abs(eigenvalues);
    const Real expected = norm == "spectral" ? sizes.max() : std::sqrt(arma::accu(sizes % sizes));
    CHECK(last(*lane, "imbalance") == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("a method in the model's metric takes the metric of the point, with its damping") {
  const auto step_of = [](const std::string& damping) {
    const auto before = run_one(config, {"stop.iterations=0", "optimizer.type=scaled_gradient_descent"}),
               after = run_one(config, {"stop.iterations=1", "optimizer.type=scaled_gradient_descent",
                                        "optimizer.damping=" + damping});
    const Mat &V = before->iterate().point[0], &W = before->iterate().point[1], &g = before->iterate().gradient[0];
    const Mat expected = V - 0.1 * g * arma::inv(Mat(W.t() * W + std::stod(damping) * arma::eye(W.n_cols, W.n_cols)));
    return arma::norm(after->iterate().point[0] - expected, "fro") / arma::norm(g, "fro");
  };
  CHECK(step_of("0") < 1e-12);
  CHECK(step_of("0.7") < 1e-12);
}
