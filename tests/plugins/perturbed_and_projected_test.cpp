// Perturbed gradients, balanced factors, and starts that models bring themselves.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/interfaces/initialization.hpp"
#include "core/interfaces/perturbation.hpp"
#include "core/interfaces/projection.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

bool same(const Mat& a, const Mat& b) {
  return arma::size(a) == arma::size(b) && std::equal(a.begin(), a.end(), b.begin());
}

bool same(const Factors& a, const Factors& b) {
  return std::equal(a.blocks.begin(), a.blocks.end(), b.blocks.begin(), b.blocks.end(),
                    [](const Mat& x, const Mat& y) { return same(x, y); });
}

std::shared_ptr<const Perturbation> random_matrix(const std::string& options, Shape shape, std::uint64_t seed = 1,
                                                  const std::string& stream = "perturbation") {
  return made<Perturbation>("random_matrix", "{" + options + "}",
                            Context(shape, Stream(seed, stream), std::make_shared<Team>(1)));
}

constexpr const char* disturbed = R"(
seed: 6
problem:
  shape: [12, 9]
  target:   {type: random_low_rank, rank: 2, condition: 2}
  operator: {type: gaussian, measurements: 150}
model: {type: asymmetric, rank: 4}
initialization: {type: small_random, scale: 0.3, factor_scales: [2, 0.5]}
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 60}
observers: [relative_error]
)";

std::shared_ptr<const FactorizationModel> two_factors(Shape shape, Index rank) {
  return made<FactorizationModel>("asymmetric", fmt::format("{{rank: {}}}", rank),
                                  Context(shape, Stream(1, "model"), std::make_shared<Team>(1)));
}

/// The model outlives the projection.
std::shared_ptr<const Projection> rebalance(const FactorizationModel& model, Shape shape) {
  Context context(shape, Stream(1, "projection"), std::make_shared<Team>(1));
  context.known_model = &model;
  context.known_space = &model;
  return made<Projection>("rebalance", "{}", context);
}

Mat imbalance(const Factors& p) { return p[0].t() * p[0] - p[1].t() * p[1]; }

}  // namespace

TEST_CASE("random perturbations have the norm that is asked for, and are fixed or redrawn") {
  for (const Shape shape : {Shape{12, 9}, Shape{5, 20}, Shape{1, 1}})
    for (const bool redrawn : {false, true}) {
      const std::string options = fmt::format("norm: 0.02, redrawn: {}", redrawn);
      const auto spectral = random_matrix(options, shape),
                 frobenius = random_matrix(options + ", measure: frobenius", shape);
      for (const Index t : {0u, 1u, 17u, 1000000u}) {
        CHECK(arma::norm(spectral->matrix(t), 2) == doctest::Approx(0.02).epsilon(1e-13));
        CHECK(arma::norm(frobenius->matrix(t), "fro") == doctest::Approx(0.02).epsilon(1e-13));
      }
      if (shape.entries() == 1) continue;
      CHECK(same(spectral->matrix(3), spectral->matrix(4)) != redrawn);
      CHECK(same(random_matrix(options, shape)->matrix(5), spectral->matrix(5)));
      CHECK_FALSE(same(random_matrix(options, shape, 2)->matrix(5), spectral->matrix(5)));
    }
  // Independent directions of mean zero: the mean of T of them has the norm 1/√T.
  const auto redrawn = random_matrix("norm: 1, measure: frobenius, redrawn: true", {12, 9});
  Mat sum(12, 9, arma::fill::zeros);
  for (Index t = 0; t < 2500; ++t) sum += redrawn->matrix(t);
  CHECK(arma::norm(sum, "fro") / 2500 == doctest::Approx(1 / 50.0).epsilon(0.2));
  // They are blocks of one stream that do not overlap: E_1 is not E_0 moved along.
  const Vec a = arma::vectorise(redrawn->matrix(0)), b = arma::vectorise(redrawn->matrix(1));
  for (Index j = 1; j < 50; ++j) CHECK(std::abs(b[j] / b[0] - a[j + 1] / a[1]) > 1e-9);
}

TEST_CASE("a perturbation adds E W and Eᵀ V to the gradient, and changes nothing else at a point") {
  const auto plain = run_one(disturbed, {"stop.iterations=0"});
  for (const std::string model : {"asymmetric", "symmetric"}) {
    const std::vector<std::string> shape =
        model == "symmetric" ? std::vector<std::string>{"problem.shape=[9, 9]", "problem.target.symmetric=true",
                                                        "model.type=symmetric", "initialization.factor_scales=[1]"}
                             : std::vector<std::string>{};
    const Shape size = model == "symmetric" ? Shape{9, 9} : Shape{12, 9};
    for (const std::string batch : {"null", "{size: 40}"}) {
      CAPTURE(model);
      CAPTURE(batch);
      auto with = shape, without = shape;
      for (auto* settings : {&with, &without}) {
        settings->push_back("stop.iterations=0");
        settings->push_back("batch=" + batch);
      }
      with.emplace_back("perturbation={type: random_matrix, norm: 0.5}");
      const auto a = run_one(disturbed, without), b = run_one(disturbed, with);
      const Mat E = random_matrix("norm: 0.5", size, 6)->matrix(0);
      const Factors &p = a->iterate().point, &g = a->iterate().gradient, &h = b->iterate().gradient;
      CHECK(a->iterate().value == b->iterate().value);
      CHECK(same(p, b->iterate().point));
      const Factors expected = model == "symmetric" ? Factors{{(E + E.t()) * p[0]}} : Factors{{E * p[1], E.t() * p[0]}};
      for (Index i = 0; i < p.size(); ++i)
        CHECK(arma::norm(h[i] - g[i] - expected[i], "fro") < 1e-13 * (arma::norm(g[i], "fro") + 1));
    }
  }
}

TEST_CASE("a perturbation of norm 0 is none; others change the run, fixed and redrawn ones in another way") {
  const auto run = [](const std::string& options) {
    return run_one(disturbed, {"perturbation={type: random_matrix, " + options + "}"});
  };
  const auto plain = run_one(disturbed), zero = run("norm: 0"), fixed = run("norm: 0.1"),
             redrawn = run("norm: 0.1, redrawn: true");
  CHECK(same(zero->iterate().point, plain->iterate().point));
  CHECK(at(*fixed, "relative_error", 0) == at(*plain, "relative_error", 0));
  // The first step sees E_0 in both.
  CHECK(at(*fixed, "relative_error", 1) == at(*redrawn, "relative_error", 1));
  CHECK(at(*fixed, "relative_error", 1) != at(*plain, "relative_error", 1));
  CHECK(at(*fixed, "relative_error", 2) != at(*redrawn, "relative_error", 2));
}

TEST_CASE(
    "perturbed gradient descent from a small start ends within κ ξ of the truth, in proportion to ξ (Wind, 2023)") {
  const auto error = [](const std::string& perturbation, int condition) {
    const auto lane = run_one(fmt::format(
        "seed: 1\nproblem:\n  shape: [60, 40]\n  target: {{type: random_low_rank, rank: 3, condition: {}}}\n"
        "  operator: identity\nmodel: {{type: asymmetric, rank: 40}}\ninitialization: {{type: small_random, "
        "scale: 1e-3}}\noptimizer: {{type: gradient_descent, step: 0.2}}\nstop: {{iterations: "
        "600}}\nperturbation: {{type: random_matrix, {}}}\nobservers: [{{relative_error: {{every: "
        "1000}}}}]\n",
        condition, perturbation));
    // The step and ξ are meant for ‖X*‖₂ = 1.
    REQUIRE(lane->setup().problem->truth->svd.values[0] == doctest::Approx(1));
    return arma::norm(lane->iterate().X.dense() - lane->setup().problem->truth->X.dense(), 2);
  };
  std::vector<Real> fixed;
  for (const Real xi : {1e-3, 1e-2, 3e-2}) {
    fixed.push_back(error(fmt::format("norm: {}", xi), 1));
    CHECK(fixed.back() < xi);
    CHECK(fixed.back() > 0.4 * xi);
  }
  CHECK(fixed[1] / fixed[0] == doctest::Approx(10).epsilon(0.05));
  CHECK(fixed[2] / fixed[1] == doctest::Approx(3).epsilon(0.05));
  const Real redrawn = error("norm: 0.01, redrawn: true", 1), ill_conditioned = error("norm: 0.01", 4);
  CHECK(redrawn < 0.6 * fixed[1]);
  CHECK(ill_conditioned < 4 * 0.01);
  MESSAGE("‖X − X*‖/ξ: " << fixed[0] / 1e-3 << ", " << fixed[1] / 1e-2 << ", " << fixed[2] / 3e-2 << "; redrawn "
                         << redrawn / 0.01 << "; κ = 4 " << ill_conditioned / 0.01);
}

TEST_CASE("rebalancing: the same matrix, balanced, the nearest of all such factors, and a second time nothing") {
  constexpr Shape shape{12, 9};
  for (const Index rank : {1u, 3u, 9u, 15u})
    for (const Real scale : {1e-6, 1.0, 1e6})
      for (const bool deficient : {false, true}) {
        CAPTURE(rank);
        CAPTURE(scale);
        CAPTURE(deficient);
        const auto model = two_factors(shape, rank);
        const auto projection = rebalance(*model, shape);
        Factors p{{scale * Stream(2, "V").normal_matrix(12, rank), Stream(2, "W").normal_matrix(9, rank) / 7}};
        if (deficient) p[0].col(rank - 1) = p[0].col(0);
        const Factors before = p;
        projection->project(p);
        const Mat X = before[0] * before[1].t();
        CHECK(arma::norm(p[0] * p[1].t() - X, "fro") < 1e-13 * arma::norm(X, "fro"));
        CHECK(arma::norm(imbalance(p), "fro") < 1e-13 * (arma::norm(p[0].t() * p[0], "fro")));
        CHECK(arma::norm(imbalance(before), "fro") > 1e-2 * arma::norm(before[0].t() * before[0], "fro"));
        const Factors once = p;
        projection->project(p);
        CHECK(norm(Factors{{p[0] - once[0], p[1] - once[1]}}) < 1e-13 * norm(once));
        // Every other balanced pair is {V Q, W Q}, and none is nearer.
        const Real distance = norm(Factors{{once[0] - before[0], once[1] - before[1]}});
        for (std::uint64_t draw = 0; draw < 20; ++draw) {
          const Mat noise = Stream(draw, "Q").normal_matrix(rank, rank);
          const Mat Q = draw < 10 ? orthonormal_basis(noise)
                                  : orthonormal_basis(Mat(rank, rank, arma::fill::eye) + 1e-3 * (noise - noise.t()));
          CHECK(norm(Factors{{once[0] * Q - before[0], once[1] * Q - before[1]}}) >= distance * (1 - 1e-12));
        }
        // Balanced factors stay, in whatever frame they are.
        const Mat Q = orthonormal_basis(Stream(9, "Q").normal_matrix(rank, rank));
        Factors turned{{once[0] * Q, once[1] * Q}};
        const Factors given = turned;
        projection->project(turned);
        CHECK(norm(Factors{{turned[0] - given[0], turned[1] - given[1]}}) < 1e-13 * norm(given));
      }
}

TEST_CASE("rebalancing: symmetric factors are balanced, points that are no numbers are left to the engine") {
  const auto lane =
      lanes_of(disturbed, {"problem.shape=[9, 9]", "problem.target.symmetric=true", "model={type: symmetric, rank: 4}",
                           "initialization.factor_scales=[1]", "projection=rebalance"});
  Factors U{{Stream(1, "U").normal_matrix(9, 4)}};
  const Factors before = U;
  lane.front()->setup().projection->project(U);
  CHECK(same(U, before));
  const auto model = two_factors({12, 9}, 3);
  const auto projection = rebalance(*model, {12, 9});
  for (const Real wrong : {std::nan(""), std::numeric_limits<Real>::infinity(), 1e300}) {
    Factors p{{Mat(12, 3, arma::fill::value(wrong)), Mat(9, 3, arma::fill::value(1e10))}};
    projection->project(p);
    CHECK((std::isnan(wrong) || p[0](0, 0) == wrong));
  }
  class Halved final : public FactorizationModel {
   public:
    std::vector<Block> blocks() const override { return {{"V", 12, 3}, {"W", 9, 3}}; }
    Index rank() const override { return 3; }
    void expand(const Factors& p, LowRank& X) const override { X = {p[0] / 2, p[1]}; }
    void pull_back(const Factors&, const LowRank&, Blocks, Factors&) const override {}
    void push_forward(const Factors&, const Factors&, LowRank&) const override {}
    Factors from_svd(const Svd&) const override { return {}; }
  };
  CHECK_THROWS_WITH_AS(rebalance(Halved(), {12, 9}),
                       "needs a model whose blocks are the two factors of X, or the one that both of them are",
                       Unsuitable);
}

TEST_CASE("rebalancing in a run: scaled gradient descent, which sees X alone, goes the same way as without") {
  // Equivariance under V → V T, W → W T⁻ᵀ for every invertible T.
  const std::vector<std::string> scaled = {"optimizer={type: scaled_gradient_descent, step: 0.3}", "model.rank=2",
                                           "stop.iterations=60", "observers=[relative_error, imbalance]"};
  auto with = scaled;
  with.emplace_back("projection=rebalance");
  const auto plain = run_one(disturbed, scaled), projected = run_one(disturbed, with);
  CHECK(at(*plain, "imbalance", 60) > 0.1);
  for (const Index t : {1u, 10u, 30u, 60u}) {
    CHECK(at(*projected, "imbalance", t) < 1e-13);
    CHECK(at(*projected, "relative_error", t) == doctest::Approx(at(*plain, "relative_error", t)).epsilon(1e-7));
  }
  CHECK(last(*plain, "relative_error") < 1e-2);
  // Gradient descent goes another way.
  const auto descent = run_one(disturbed, {"projection=rebalance", "observers=[relative_error, imbalance]"}),
             unprojected = run_one(disturbed);
  CHECK(at(*descent, "relative_error", 5) != doctest::Approx(at(*unprojected, "relative_error", 5)).epsilon(1e-3));
  CHECK(last(*descent, "imbalance") < 1e-13);
}

TEST_CASE("a start that the model brings, and the refusal where it brings none") {
  class WithStart final : public Space {
   public:
    std::vector<Block> blocks() const override { return {{"w", 3, 1}}; }
    Factors start() const override { return {{Mat(Vec{1, 2, 3})}}; }
  };
  const WithStart space;
  Context context({3, 3}, Stream(1, "test"), std::make_shared<Team>(1));
  context.known_space = &space;
  const auto initialization = made<Initialization>("of_model", "{}", context);
  CHECK(same(initialization->start(), space.start()));
  CHECK_THROWS_WITH(run_one(disturbed, {"initialization=of_model"}),
                    doctest::Contains("initialization 'of_model' needs a model with a start of its own"));
}
