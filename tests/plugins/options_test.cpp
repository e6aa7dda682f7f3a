// Options of plugins, each against its formula.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/engine/objectives/problem_objective.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

constexpr const char* config = R"(
seed: 3
problem: {shape: [14, 9], target: {type: random_low_rank, rank: 2}, operator: {type: gaussian, measurements: 4000}}
model: {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 1, convention: entry}
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 0}
observers: [relative_error]
)";

std::unique_ptr<Lane> with(const std::vector<std::string>& assignments) { return run_one(config, assignments); }

/// f(p) = ‖p‖²/2 in one block of two numbers; its values are counted.
class Bowl final : public Problem {
 public:
  std::vector<Block> blocks() const override { return {{"p", 2, 1}}; }
  Real evaluate(const Factors& point, Rows, Blocks, Factors* gradient) const override {
    if (gradient) *gradient = point;
    return dot(point, point) / 2;
  }
};

struct Search {
  explicit Search(const std::string& options)
      : objective(std::make_shared<const Bowl>(), "the bowl"),
        rule(made<StepSize>("backtracking", "{" + options + "}",
                            Context({1, 1}, Stream(1, "test"), std::make_shared<Team>(1)))) {
    at.point = {{Mat(Vec{3, 4})}};
    objective.evaluate(at, Blocks::all());
  }
  /// The step along minus the gradient, and the trials that it took.
  std::pair<Real, Index> step(Real direction = -1) {
    Factors d = at.gradient;
    scale(d, direction);
    const Index before = objective.counters().forwards;
    const Real size = rule->choose(at, d, objective, memory).size;
    return {size, objective.counters().forwards - before};
  }
  ProblemObjective objective;
  std::shared_ptr<const StepSize> rule;
  Memory memory;
  Iterate at;
};

}  // namespace

TEST_CASE("small_random: the scale of each convention, of blocks with other rows than columns, times its own factor") {
  const Factors normal = with({})->setup().start;
  REQUIRE(normal.size() == 2);
  // 69 standard normal numbers: five deviations of their mean square.
  CHECK(dot(normal, normal) / 69 == doctest::Approx(1).epsilon(5 * std::sqrt(2.0 / 69)));
  const auto check = [&](const std::string& options, Real of_V, Real of_W) {
    CAPTURE(options);
    const Factors start = with({"initialization={type: small_random, " + options + "}"})->setup().start;
    CHECK(arma::norm(start[0] - of_V * normal[0], "fro") < 1e-14);
    CHECK(arma::norm(start[1] - of_W * normal[1], "fro") < 1e-14);
  };
  const Real a = 0.01;
  check("scale: 0.01, convention: entry", a, a);
  check("scale: 0.01, convention: sqrt_rank", a / std::sqrt(3), a / std::sqrt(3));
  check("scale: 0.01, convention: sqrt_rows", a / std::sqrt(14), a / std::sqrt(9));
  check("scale: 0.01, convention: entry, factor_scales: [2, 0.25]", 2 * a, a / 4);
  check("scale: 0.01, convention: sqrt_rows, factor_scales: [0, 3]", 0, 3 * a / std::sqrt(9));
}

TEST_CASE("gaussian noise: the level is the standard deviation of each measurement, or follows from the ratio in dB") {
  const auto data_of = [](const std::string& noise) { return with({"problem.noise=" + noise})->setup().problem->data; };
  const Vec exact = data_of("[]");
  // Five deviations of the standard deviation of 4000 normal numbers.
  const Real bound = 5 / std::sqrt(2 * 4000.0);
  for (const Real level : {0.02, 3.0}) {
    const Vec e = data_of(fmt::format("{{type: gaussian, level: {}}}", level)) - exact;
    CHECK(arma::norm(e) / std::sqrt(4000) == doctest::Approx(level).epsilon(bound));
    CHECK(std::abs(arma::mean(e)) < 5 * level / std::sqrt(4000));
  }
  for (const Real snr : {-10.0, 0.0, 20.0}) {
    const Vec e = data_of(fmt::format("{{type: gaussian, snr: {}}}", snr)) - exact;
    // Ten times the logarithm turns a relative error of the square into 10/ln 10 of it.
    CHECK(std::abs(10 * std::log10(arma::dot(exact, exact) / arma::dot(e, e)) - snr) < 10 / std::log(10) * 2 * bound);
  }
}

TEST_CASE("asymmetric: the penalty is (λ/8)‖VᵀV − WᵀW‖², and so is what it adds to the gradient") {
  const auto plain = with({}), penalized = with({"model.balancing=0.7"});
  const Factors& p = plain->iterate().point;
  const Mat B = p[0].t() * p[0] - p[1].t() * p[1];
  CHECK(penalized->iterate().value - plain->iterate().value ==
        doctest::Approx(0.7 / 8 * arma::accu(B % B)).epsilon(1e-11));
  const Factors &g = plain->iterate().gradient, &h = penalized->iterate().gradient;
  CHECK(arma::norm(h[0] - g[0] - 0.35 * p[0] * B, "fro") < 1e-12 * arma::norm(h[0], "fro"));
  CHECK(arma::norm(h[1] - g[1] + 0.35 * p[1] * B, "fro") < 1e-12 * arma::norm(h[1], "fro"));
}

TEST_CASE("backtracking: the first step that keeps its promise, f(p + μd) ≤ f(p) + c μ ⟨∇f, d⟩") {
  // On ‖p‖²/2 along −p: (1 − μ)² ≤ 1 − 2 c μ, that is μ ≤ 2 − 2c.
  using Found = std::pair<Real, Index>;
  CHECK(Search("first: 1.6, shrink: 0.5, decrease: 1e-4").step() == Found(1.6, 1));
  CHECK(Search("first: 1.6, shrink: 0.5, decrease: 0.25").step() == Found(0.8, 2));
  CHECK(Search("first: 1.45, shrink: 0.5, decrease: 0.25").step() == Found(1.45, 1));
  CHECK(Search("first: 1.2, shrink: 0.8, decrease: 0.5").step() == Found(1.2 * 0.8, 2));
  CHECK(Search("first: 8, shrink: 0.25, decrease: 0.5").step() == Found(0.5, 3));
  // Along twice the direction the same point is at half the step.
  CHECK(Search("first: 1.6, shrink: 0.5, decrease: 0.25").step(-2) == Found(0.4, 3));
  CHECK(Search("first: 1.45, shrink: 0.5, decrease: 0.25, tries: 1").step() == Found(1.45, 1));
  CHECK(Search("first: 8, shrink: 0.5, decrease: 0.5, tries: 3").step() == Found(0, 3));
  CHECK(Search("first: 1").step(1) == Found(0, 0));  // uphill
}

TEST_CASE("backtracking: the next iteration begins with the accepted step, times `grow`") {
  using Found = std::pair<Real, Index>;
  Search search("first: 1.2, shrink: 0.5, grow: 1.5, decrease: 0.5");  // at most 1
  CHECK(search.step() == Found(0.6, 2));
  CHECK(search.step() == Found(0.6 * 1.5, 1));
  CHECK(search.step() == Found(0.6 * 1.5 * 1.5 / 2, 2));
  Search steady("first: 0.75, grow: 1");
  for (int i = 0; i < 3; ++i) CHECK(steady.step() == Found(0.75, 1));
}

TEST_CASE("subspace_angle: of column spaces, or of row spaces") {
  for (const std::string side : {"left", "right"}) {
    const auto lane = with({"observers=[subspace_angle: {side: " + side + "}]", "stop.iterations=3"});
    const Svd ours = svd(lane->iterate().X), &theirs = lane->setup().problem->truth->svd;
    const Mat U = (side == "left" ? theirs.left : theirs.right).head_cols(2),
              V = (side == "left" ? ours.left : ours.right).head_cols(2);
    const Real cosine = arma::svd(Mat(U.t() * V)).min();
    CHECK(last(*lane, "subspace_angle") == doctest::Approx(std::sqrt(1 - cosine * cosine)).epsilon(1e-9));
  }
}

TEST_CASE("random_low_rank: its spectra, values, scale and symmetry") {
  const auto spectrum = [](const std::string& options) {
    const auto lane = with({"problem.target={type: random_low_rank, " + options + "}", "problem.shape=[9, 9]"});
    const Mat X = lane->setup().problem->truth->X.dense();
    return std::pair(X, Vec(arma::svd(X)));
  };
  const auto check = [&](const std::string& options, const Vec& expected) {
    CAPTURE(options);
    const Vec sigma = spectrum(options).second;
    CHECK(arma::norm(sigma.head(expected.n_elem) - expected) < 1e-13);
    CHECK(arma::norm(sigma.tail(9 - expected.n_elem)) < 1e-13);
  };
  check("rank: 3", {1, 1, 1});
  check("rank: 3, condition: 4, spectrum: linear", {1, 0.625, 0.25});
  check("rank: 3, condition: 4, spectrum: geometric", {1, 0.5, 0.25});
  check("rank: 3, condition: 4, spectrum: flat", {1, 1, 0.25});
  check("rank: 3, condition: 4, spectrum: flat, scale: 3", {3, 3, 0.75});
  check("rank: 2, values: [7, 0.5], scale: 2", {14, 1});
  check("rank: 1, condition: 4", {1});
  const Mat S = spectrum("rank: 3, symmetric: true").first;
  CHECK(arma::norm(S - S.t(), "fro") < 1e-14);
  CHECK(arma::eig_sym(Mat((S + S.t()) / 2)).min() > -1e-14);
  CHECK(arma::norm(spectrum("rank: 3").first - spectrum("rank: 3").first.t(), "fro") > 0.1);
}

TEST_CASE("ensembles without normalization have entries of variance 1") {
  for (const std::string type : {"gaussian", "rademacher"})
    for (const bool symmetric : {false, true}) {
      CAPTURE(type);
      CAPTURE(symmetric);
      const auto rows_of = [&](const std::string& normalization) {
        const auto lane =
            with({"problem.shape=[9, 9]",
                  fmt::format("problem.operator={{type: {}, measurements: 400, symmetric: {}, normalization: {}}}",
                              type, symmetric, normalization)});
        Mat rows(81, 400);
        lane->setup().problem->op->dense_rows(0, 400, rows.memptr());
        return rows;
      };
      const Mat plain = rows_of("none"), isotropic = rows_of("isotropic");
      CHECK(arma::norm(plain - 20 * isotropic, "fro") < 1e-12 * arma::norm(plain, "fro"));
      // 3600 entries on the diagonal, five deviations of their mean square.
      Real square = 0;
      for (Index j = 0; j < 9; ++j) square += arma::accu(arma::square(plain.row(10 * j))) / 3600;
      CHECK(square == doctest::Approx(1).epsilon(5 * std::sqrt(2.0 / 3600)));
    }
}
