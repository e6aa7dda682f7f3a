// The random dense ensembles in each of their storages: normalization, and recovery to rounding.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::vector<std::string> ensembles = {"type: gaussian, storage: float64", "type: gaussian, storage: float32",
                                            "type: gaussian, storage: float16", "type: gaussian, storage: int8",
                                            "type: gaussian, storage: sign",    "type: gaussian, storage: generated",
                                            "type: rademacher, storage: sign",  "type: rademacher, storage: generated"};

std::string problem(const std::string& ensemble, Index rows, Index cols, Index measurements, bool symmetric) {
  return fmt::format(
      "seed: 5\nproblem:\n  shape: [{}, {}]\n  target: {{type: random_low_rank, rank: 2, symmetric: {}}}\n  operator: "
      "{{{}, measurements: {}, symmetric: {}}}\nmodel: {{type: {}, rank: 2}}\ninitialization: spectral\noptimizer: "
      "{{type: scaled_gradient_descent, step: {}}}\nstop: {{iterations: 1000, relative_error: 1e-12}}\n",
      rows, cols, symmetric, ensemble, measurements, symmetric, symmetric ? "symmetric" : "asymmetric",
      symmetric ? 0.2 : 0.4);
}

class HalfSquares final : public Loss {
 public:
  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      slope[i] = prediction[i] - data[i];
      sum += slope[i] * slope[i] / 2;
    }
    return sum;
  }
};

}  // namespace

TEST_CASE("each ensemble is isotropic: E|A(X)|^2 = |X|^2") {
  for (const std::string& ensemble : ensembles)
    for (const bool symmetric : {false, true}) {
      CAPTURE(ensemble);
      CAPTURE(symmetric);
      const auto lane = run_one(problem(ensemble, 12, 12, 20000, symmetric), {"stop.iterations=0"});
      const MeasurementOperator& A = *lane->setup().problem->op;
      // The mean of m independent squares with variance at most 2: five deviations are 5·√(2/20000) = 0.05.
      Mat X = Stream(1, "X").normal_matrix(12, 12);
      if (symmetric) X = Mat(X + X.t());
      X /= arma::norm(X, "fro");
      Vec z;
      A.forward(X, z);
      CHECK(arma::dot(z, z) == doctest::Approx(1).epsilon(0.05));
      // The entries themselves: 2.88 million of them, so a wrong constant of a storage shows.
      Mat rows(144, 20000);
      A.dense_rows(0, 20000, rows.memptr());
      if (!symmetric) CHECK(arma::accu(rows % rows) == doctest::Approx(144).epsilon(0.005));
    }
}

TEST_CASE("recovery reaches 1e-12 from rounded entries as from any others") {
  for (const std::string& ensemble : ensembles)
    for (const bool symmetric : {false, true}) {
      CAPTURE(ensemble);
      CAPTURE(symmetric);
      const auto lane = run_one(problem(ensemble, 16, symmetric ? 16 : 13, 600, symmetric));
      CHECK(lane->end()->end_class == EndClass::converged);
      CHECK(last(*lane, "objective") < 1e-22);
    }
}

TEST_CASE("what is generated equals what is stored") {
  for (const bool symmetric : {false, true}) {
    const auto one =
                   run_one(problem("type: rademacher, storage: sign", 16, 16, 500, symmetric), {"stop.iterations=20"}),
               two = run_one(problem("type: rademacher, storage: generated", 16, 16, 500, symmetric),
                             {"stop.iterations=20"}),
               three =
                   run_one(problem("type: gaussian, storage: float64", 16, 16, 500, symmetric), {"stop.iterations=20"}),
               four = run_one(problem("type: gaussian, storage: generated", 16, 16, 500, symmetric),
                              {"stop.iterations=20"});
    CHECK(one->iterate().value == two->iterate().value);
    CHECK(three->iterate().value == four->iterate().value);
    CHECK(one->iterate().value != three->iterate().value);
  }
}

TEST_CASE("wide matrices, whose columns are split over threads, agree with the definition") {
  // 131,072 columns and more are swept in chunks.
  for (const std::string ensemble : {"type: gaussian", "type: rademacher", "type: gaussian, storage: generated"}) {
    CAPTURE(ensemble);
    const auto lane = run_one(problem(ensemble, 400, 350, 40, false), {"stop.iterations=0"});
    const MeasurementOperator& A = *lane->setup().problem->op;
    const Mat X = Stream(1, "X").normal_matrix(400, 350);
    const Vec weights = Stream(1, "z").normal_matrix(40, 1);
    Mat rows(X.n_elem, 40), G;
    A.dense_rows(0, 40, rows.memptr());
    Vec z;
    A.forward(X, z);
    CHECK(arma::norm(z - rows.t() * arma::vectorise(X)) <= 1e-13 * arma::norm(z));
    A.adjoint(weights, G);
    CHECK(arma::norm(arma::vectorise(G) - rows * weights) <= 1e-13 * arma::norm(G, "fro"));
  }
}

TEST_CASE("a lane's bits do not depend on lanes so many that threads share their columns") {
  // 96·90 columns are 8.4 tiles: with two threads these are shared from eight lanes on. 200 rows make two strips.
  for (const std::string& ensemble : ensembles) {
    CAPTURE(ensemble);
    const auto lane = run_one(problem(ensemble, 96, 90, 200, false), {"stop.iterations=0"});
    const MeasurementOperator& A = *lane->setup().problem->op;
    const HalfSquares loss;
    constexpr Index most = 17;
    std::vector<LowRank> points(most), gradients(most);
    std::vector<Vec> predictions(most);
    for (Index l = 0; l < most; ++l)
      points[l] = {Stream(l, "left").normal_matrix(96, 2), Stream(l, "right").normal_matrix(90, 2)};
    const auto evaluate = [&](Index first, Index count) {
      std::vector<Evaluation> some(count);
      for (Index l = 0; l < count; ++l)
        some[l] = {&points[first + l],      &lane->setup().problem->data, &loss, {}, 0,
                   &predictions[first + l], &gradients[first + l]};
      A.evaluate(some);
    };
    evaluate(0, most);
    const auto together = gradients;
    const auto predicted = predictions;
    for (const Index l : {Index{0}, Index{9}, most - 1}) {
      evaluate(l, 1);
      CHECK(arma::all(predictions[l] == predicted[l]));
      CHECK(arma::all(arma::vectorise(gradients[l].left == together[l].left)));
      CHECK(arma::all(arma::vectorise(gradients[l].right == together[l].right)));
    }
  }
}
