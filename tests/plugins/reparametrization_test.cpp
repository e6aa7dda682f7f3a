// Reparametrized vectors: the potentials of their mirror flow, the solutions that these select, and ℓ1 excess.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "plugins/shared/entrywise.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

std::string sensing(const std::string& model, const std::string& observer, const std::string& more = "") {
  return fmt::format(R"(
seed: 3
problem:
  shape: [30, 1]
  target:   {{type: sparse_vector, sparsity: 3, signed: {}}}
  operator: {{type: gaussian, measurements: 15}}
loss: least_squares
model: {}
initialization: of_model
optimizer: {{type: gradient_flow, tolerance: 1e-10, end_time: 400}}
stop: {{iterations: 100000}}
observers: [{}]
)",
                     more.empty() ? "false" : more, model, observer);
}

Mat rows_of(const SensingProblem& problem) {
  Mat rows(problem.shape.entries(), problem.op->measurements());
  problem.op->dense_rows(0, rows.n_cols, rows.memptr());
  return rows.t();
}

/// How far the slopes h'(x) − h'(x0) are from the range of Aᵀ, relative to their size: 0 where h(x) is least.
Real outside_of_range(const Mat& A, const Vec& slopes) {
  const Vec nu = arma::solve(A * A.t(), A * slopes);
  return arma::norm(slopes - A.t() * nu) / arma::norm(slopes);
}

}  // namespace

TEST_CASE("θ is the integral of 1/ρ', and from_dual its inverse") {
  for (const auto& [name, power] : std::vector<std::pair<std::string, Real>>{
           {"power", 1}, {"power", 4.0 / 3}, {"power", 2}, {"power", 3}, {"power", 4.5}, {"tan", 2}, {"sinh", 2}}) {
    const std::string function = name;
    const Real exponent = power;
    CAPTURE(function);
    CAPTURE(exponent);
    const Reparametrization rho{function, exponent};
    constexpr Real a = 0.2, b = 0.9, step = (b - a) / 1000;
    Real integral = 0;  // by Simpson's rule
    for (int i = 0; i <= 1000; ++i)
      integral += step / 3 * (i == 0 || i == 1000 ? 1 : i % 2 == 1 ? 4 : 2) / rho.derivative(a + i * step);
    CHECK(rho.dual(b) - rho.dual(a) == doctest::Approx(integral).epsilon(1e-9));
    constexpr Real h = 1e-6;
    for (const Real z : {0.05, 0.7, 1.3}) {
      CHECK(rho.from_dual(rho.dual(z)) == doctest::Approx(z).epsilon(1e-12));
      CHECK(rho.inverse(rho.value(z)) == doctest::Approx(z).epsilon(1e-14));
      CHECK((rho.value(z + h) - rho.value(z - h)) / (2 * h) == doctest::Approx(rho.derivative(z)).epsilon(1e-8));
      if (!rho.keeps_sign()) CHECK(rho.from_dual(-rho.dual(z)) == doctest::Approx(-z).epsilon(1e-12));
    }
  }
}

TEST_CASE("the flow ends where the slopes of the published potentials are in the range of Aᵀ") {
  const auto tan =
      run_one(sensing("{type: entrywise, function: tan, start: 0}", "{mirror_minimizer: {function: tan}}"));
  const auto sinh =
      run_one(sensing("{type: entrywise, function: sinh, start: 0}", "{mirror_minimizer: {function: sinh}}"));
  const auto difference = run_one(
      sensing("{type: hadamard_difference, start: 0.1}", "{mirror_minimizer: {function: power, exponent: 2}}", "true"));
  for (const auto& lane : {tan.get(), sinh.get(), difference.get()}) {
    const Mat A = rows_of(*lane->setup().problem);
    const Vec x = arma::vectorise(lane->iterate().X.dense());
    CHECK(arma::norm(A * x - lane->setup().problem->data) < 1e-8);
    // ½ x arctan x; x arctan x − ½ log(1 + x²); ¼ (x asinh(x/2α) − (x² + 4α²)^{1/2})
    const Vec slopes = lane == tan.get()    ? Vec(arma::atan(x) / 2 + x / 2 / (1 + x % x))
                       : lane == sinh.get() ? Vec(arma::atan(x))
                                            : Vec(arma::asinh(x / 0.2) / 4);
    CHECK(outside_of_range(A, slopes) < 1e-7);
    CHECK(last(*lane, "mirror_error") < 1e-7);
  }
  CHECK(outside_of_range(rows_of(*tan->setup().problem), arma::atan(arma::vectorise(tan->iterate().X.dense()))) > 1e-3);
}

TEST_CASE("power 1 is the least-norm solution, power 2 that of least relative entropy") {
  const auto lane = run_one(sensing("{type: entrywise, function: power, exponent: 1, start: 0}",
                                    "{mirror_minimizer: {function: power, exponent: 1}}"));
  const Mat A = rows_of(*lane->setup().problem);
  const Vec least = arma::pinv(A) * lane->setup().problem->data;
  CHECK(arma::norm(arma::vectorise(lane->iterate().X.dense()) - least) < 1e-7 * arma::norm(least));
  CHECK(last(*lane, "mirror_error") < 1e-7);
  const Vec y = A * Vec(arma::abs(Stream(8, "x").normal_matrix(30, 1)));
  const Vec z = mirror_minimizer({"power", 2}, A, y, Vec(30, arma::fill::value(0.5)));
  REQUIRE(z.n_elem == 30);
  const Vec x = z % z;
  CHECK(arma::norm(A * x - y) < 1e-12 * arma::norm(y));
  CHECK(outside_of_range(A, arma::log(x / 0.25)) < 1e-10);
  // Positive entries do not have a negative sum.
  CHECK(mirror_minimizer({"power", 2}, Mat(1, 30, arma::fill::ones), {-1}, Vec(30, arma::fill::value(0.5))).is_empty());
}

TEST_CASE("entries of a product of factors follow the closed form of mirror flow where A is the identity") {
  // x' = −L² x^{2−2/L} (x − x*) for every entry: the logistic equation for L = 2.
  const auto lane = run_one(sensing("{type: entrywise, function: power, exponent: 2, start: 0.01}", "relative_error"),
                            {"problem.operator=identity", "optimizer.end_time=2", "optimizer.tolerance=1e-12"});
  const Vec truth = arma::vectorise(lane->setup().problem->truth->X.dense()),
            x = arma::vectorise(lane->iterate().X.dense());
  for (Index i = 0; i < 30; ++i) {
    const Real grown = std::exp(4 * truth[i] * 2);
    const Real expected =
        truth[i] == 0 ? 0.01 / (1 + 4 * 0.01 * 2) : truth[i] * 0.01 * grown / (truth[i] + 0.01 * (grown - 1));
    CHECK(x[i] == doctest::Approx(expected).epsilon(1e-9));
  }
}

TEST_CASE("a difference of powers is two products seen through [A, −A], and conserves U ⊙ V at depth 2") {
  const auto lane = run_one(sensing("{type: hadamard_difference, depth: 2, start: 0.04}", "relative_error", "true"));
  const Factors& point = lane->iterate().point;
  CHECK(arma::abs(point[0] % point[1] - 0.04).max() < 1e-7);
  CHECK(arma::norm(lane->iterate().X.dense() - (point[0] % point[0] - point[1] % point[1]), "fro") < 1e-14);
  for (const int depth : {3, 4}) {
    const auto deep =
        run_one(sensing(fmt::format("{{type: hadamard_difference, depth: {}, start: 0.1}}", depth),
                        fmt::format("{{mirror_minimizer: {{function: power, exponent: {}}}}}", depth), "true"));
    // u^{2−L} + v^{2−L} is conserved.
    const Mat sum = arma::pow(deep->iterate().point[0], 2 - depth) + arma::pow(deep->iterate().point[1], 2 - depth);
    CHECK(arma::abs(sum / (2 * std::pow(0.1, (2.0 - depth) / depth)) - 1).max() < 1e-6);
    CHECK(last(*deep, "mirror_error") < 1e-6);
  }
}

TEST_CASE("ℓ1 excess is that over the planted vector, below its bound, and refused where nothing proves the least") {
  for (const int depth : {2, 3}) {
    const auto lane =
        run_one(sensing(fmt::format("{{type: entrywise, function: power, exponent: {}, start: 1e-4}}", depth),
                        fmt::format("{{l1_excess: {{depth: {}}}}}", depth)));
    const Real least = arma::accu(arma::abs(lane->setup().problem->truth->X.dense())),
               norm = arma::accu(arma::abs(lane->iterate().X.dense())), beta = 30 * 1e-4;
    CHECK(last(*lane, "l1_excess") == doctest::Approx((norm - least) / least).epsilon(1e-9));
    CHECK(norm > least);
    const Real c = std::cbrt(beta / least);
    CHECK(last(*lane, "l1_excess_bound") ==
          doctest::Approx(depth == 2 ? std::log(30) / (std::log(least / beta) - 1) : 1.5 * c / (1 - c)).epsilon(1e-12));
    CHECK(last(*lane, "l1_excess") < last(*lane, "l1_excess_bound"));
  }
  const std::string product = sensing("{type: entrywise, function: power, exponent: 2, start: 1e-2}", "l1_excess");
  CHECK(message_of(product, {"problem.target.sparsity=14"}).find("finds no dual certificate") != std::string::npos);
  CHECK(message_of(product, {"problem.noise={type: gaussian, snr: 20}"}).find("without noise") != std::string::npos);
  CHECK(message_of(product, {"observers=[l1_excess: {depth: 3}]"}).find("with L = 3") != std::string::npos);
  CHECK(message_of(product, {"model.start=0"}).find("nothing moves") != std::string::npos);
  CHECK(message_of(product, {"problem.target.sparsity=31"}).find("31 of 30") != std::string::npos);
  const std::string difference = sensing("{type: hadamard_difference, depth: 3}", "relative_error", "true");
  CHECK(message_of(difference, {"observers=[mirror_minimizer: {function: power, exponent: 3}]"}).empty());
  CHECK(message_of(difference,
                   {"observers=[mirror_minimizer: {function: tan}]", "initialization={type: small_random, scale: 0.5}"})
            .find("needs this ρ in a model") != std::string::npos);
  CHECK(message_of(sensing("{type: asymmetric, rank: 1}", "{mirror_minimizer: {function: power, exponent: 2}}"),
                   {"initialization={type: small_random, scale: 0}"})
            .find("without zeros") != std::string::npos);
}

TEST_CASE("a dual certificate is found where there is one, and nowhere else") {
  CHECK(has_l1_certificate(Mat{{1, 0.5}}, {1, 0}));
  CHECK(!has_l1_certificate(Mat{{1, 0.5}}, {0, 2}));  // (1, 0) is shorter
  CHECK(!has_l1_certificate(Mat{{1, 1}}, {1, 0}));    // and here others are as short
  // The ν of least squares, (½, ½), has |Aᵀν| = 1.25 off the support; (0, 1) has 0.5.
  CHECK(has_l1_certificate(Mat{{1, 2}, {1, 0.5}}, {1, 0}));
}

TEST_CASE("a sparse vector has s entries in the range, of random sign if wanted") {
  for (const bool is_signed : {false, true}) {
    const auto lane =
        lanes_of(sensing("{type: hadamard_difference}", "relative_error", is_signed ? "true" : "false"),
                 {"problem.shape=[2000, 1]", "problem.target.sparsity=1000", "problem.operator=identity"});
    const Vec x = arma::vectorise(lane.front()->setup().problem->truth->X.dense()), on = x.elem(arma::find(x));
    CHECK(on.n_elem == 1000);
    CHECK(arma::abs(on).min() >= 0.5);
    CHECK(arma::abs(on).max() <= 1.5);
    CHECK(arma::mean(arma::abs(on)) == doctest::Approx(1).epsilon(0.04));
    const auto negative = static_cast<Real>(arma::accu(on < 0));
    CHECK(negative >= (is_signed ? 440 : 0));
    CHECK(negative <= (is_signed ? 560 : 0));
  }
}
