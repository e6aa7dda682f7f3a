// Trimming by rows and columns against its definition, and what the loss and the start that are made of it are.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/engine/objectives/counted_sensing.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

constexpr const char* principal_components = R"(
seed: 3
problem:
  shape: [24, 30]
  target:   {type: random_low_rank, rank: 2}
  operator: identity
  noise:    {type: sparse_outliers, fraction: 0.05, scale: 10}
loss: {type: trimmed, fraction: 0.2}
model: {type: asymmetric, rank: 2}
initialization: {type: trimmed_spectral, fraction: 0.1}
optimizer: {type: gradient_descent, step: 0.5}
stop: {iterations: 0}
observers: [relative_error]
)";

/// 1 where an entry is among the ⌊α n⌋ largest of its row and of its column, by sorting each.
Mat large_by_sorting(const Mat& E, Real fraction) {
  const auto by_columns = [&](const Mat& M) {
    Mat mask(arma::size(M), arma::fill::zeros);
    for (Index j = 0; j < M.n_cols; ++j) {
      const arma::uvec order = arma::stable_sort_index(arma::abs(M.col(j)), "descend");
      for (Index i = 0; i < static_cast<Index>(std::floor(fraction * static_cast<Real>(M.n_rows) + 1e-9)); ++i)
        mask(order[i], j) = 1;
    }
    return mask;
  };
  return by_columns(E) % by_columns(E.t()).t();
}

/// Measurements row by row as a matrix.
Mat as_matrix(const Vec& z, Shape shape) { return arma::reshape(z, shape.cols, shape.rows).t(); }

const SensingProblem& problem_of(const Lane& lane) { return *lane.setup().problem; }

}  // namespace

TEST_CASE("value and gradient are those of the residuals that are trusted, X + S − Y with S = T(Y − X)") {
  const auto lane = run_one(principal_components, {"initialization={type: small_random, scale: 0.5}"});
  const Iterate& at = lane->iterate();
  const Mat Y = as_matrix(problem_of(*lane).data, {24, 30}), E = at.X.dense() - Y, S = -E % large_by_sorting(E, 0.2),
            G = E + S;
  CHECK(arma::accu(S != 0) > 10);
  CHECK(at.value == doctest::Approx(arma::accu(G % G) / 2).epsilon(1e-12));
  CHECK(arma::norm(at.gradient[0] - G * at.X.right, "fro") < 1e-11 * arma::norm(at.gradient[0], "fro"));
  CHECK(arma::norm(at.gradient[1] - G.t() * at.X.left, "fro") < 1e-11 * arma::norm(at.gradient[1], "fro"));
}

TEST_CASE("of entries that are seen, too, and of equal ones the first are large") {
  // At X = 0 the residuals are the data.
  const auto lane =
      run_one(principal_components, {"problem.shape=[10, 10]", "problem.operator={type: entry_sampling, fraction: 0.6}",
                                     "initialization={type: small_random, scale: 0}", "seed=8"});
  const SensingProblem& problem = problem_of(*lane);
  const auto entries = problem.op->entries();
  Mat residual(10, 10, arma::fill::zeros), seen(10, 10, arma::fill::zeros);
  for (Index i = 0; i < entries.size(); ++i) {
    residual(entries[i].row, entries[i].column) = -problem.data[i];
    seen(entries[i].row, entries[i].column) = 1;
  }
  Real trusted = 0;
  for (Index i = 0; i < 10; ++i)
    for (Index j = 0; j < 10; ++j) {
      const auto larger = [&](const Mat& line) {
        return static_cast<Real>(arma::accu(arma::abs(line) > std::abs(residual(i, j))));
      };
      const bool in_row = larger(residual.row(i)) < std::floor(0.2 * arma::accu(seen.row(i)) + 1e-9),
                 in_column = larger(residual.col(j)) < std::floor(0.2 * arma::accu(seen.col(j)) + 1e-9);
      if (!(in_row && in_column)) trusted += residual(i, j) * residual(i, j) / 2;
    }
  CHECK(lane->iterate().value == doctest::Approx(trusted).epsilon(1e-12));

  // All residuals equal: in each row the two columns that come first, in each column the two rows.
  const auto bench = run_one(principal_components, {"problem.shape=[10, 10]"});
  Context context({10, 10}, Stream(1, "loss"), std::make_shared<Team>(1));
  Counters counters;
  CountedSensing sensing(bench->setup().problem, std::make_shared<SharedAdjoint>(), counters);
  context.known_sensing = &sensing;
  const auto loss = made<Loss>("trimmed", "{fraction: 0.2}", context);
  const Vec z(100, arma::fill::ones), y(100, arma::fill::zeros);
  Vec slope(100);
  CHECK(loss->evaluate(0, {z.memptr(), 100}, {y.memptr(), 100}, {slope.memptr(), 100}) == 48);
  Mat expected(10, 10, arma::fill::ones);
  expected.submat(0, 0, 1, 1).zeros();
  CHECK(arma::approx_equal(as_matrix(slope, {10, 10}), expected, "absdiff", 0));
}

TEST_CASE("nothing trimmed is least squares, and the spectral start; the trimmed start is that of Y − T_α(Y)") {
  const std::string small = "initialization={type: small_random, scale: 0.5}";
  const auto trimmed = run_one(principal_components, {"loss.fraction=0", small}),
             squares = run_one(principal_components, {"loss=least_squares", small});
  CHECK(trimmed->iterate().value == doctest::Approx(squares->iterate().value).epsilon(1e-13));
  CHECK(norm(trimmed->iterate().gradient) == doctest::Approx(norm(squares->iterate().gradient)).epsilon(1e-12));
  const Factors none = run_one(principal_components, {"initialization.fraction=0"})->setup().start,
                plain = run_one(principal_components, {"initialization=spectral"})->setup().start;
  CHECK(arma::norm(none[0] * none[1].t() - plain[0] * plain[1].t(), "fro") < 1e-12);
  const auto lane = run_one(principal_components);
  const Mat Y = as_matrix(problem_of(*lane).data, {24, 30});
  Mat U, V;
  Vec sigma;
  arma::svd_econ(U, sigma, V, Y - Y % large_by_sorting(Y, 0.1));
  const Mat best = U.head_cols(2) * arma::diagmat(sigma.head(2)) * V.head_cols(2).t();
  const Factors& start = lane->setup().start;
  CHECK(arma::norm(start[0] * start[1].t() - best, "fro") < 1e-9 * arma::norm(best, "fro"));
}

TEST_CASE("errors by rows and columns are the large entries of one Gaussian matrix, at most a share of every line") {
  const auto lane =
      run_one(principal_components, {"problem.noise={type: row_column_outliers, fraction: 0.2, scale: 3}"});
  const SensingProblem& problem = problem_of(*lane);
  const Mat S = as_matrix(problem.data, {24, 30}) - problem.truth->X.dense();
  const Mat N = 3 * Mat(Stream(3, "problem/noise").normal_matrix(30, 24).t());
  CHECK(arma::norm(S - N % large_by_sorting(N, 0.2), "fro") < 1e-12);
  CHECK(arma::max(arma::sum(arma::conv_to<Mat>::from(arma::abs(S) > 1e-9), 1)) <= 6);
  CHECK(problem.outliers.size() == arma::accu(arma::abs(S) > 1e-9));
  CHECK(message_of(principal_components, {"problem.noise={type: row_column_outliers, fraction: 0.2, table: [5, 5]}"})
            .find("needs as many measurements as its table has places, 25, but there are 720") != std::string::npos);
}

TEST_CASE("gross errors are found exactly, whatever their size") {
  for (const int scale : {1, 1000}) {
    const auto lane =
        run_one(principal_components,
                {"problem.shape=[80, 80]", "problem.target={type: random_low_rank, rank: 1, vectors: signs}",
                 fmt::format("problem.noise={{type: row_column_outliers, fraction: 0.1, scale: {}}}", scale),
                 "model.rank=1", "stop={iterations: 300, relative_error: 1e-10}"});
    CHECK(lane->end()->end_class == EndClass::converged);
  }
}

TEST_CASE("where measurements are no single entries, or not all at once, there are no rows and columns") {
  CHECK(message_of(principal_components, {"problem.operator={type: gaussian, measurements: 400}"})
            .find("needs an operator whose measurements are single entries of the matrix") != std::string::npos);
  CHECK(run_one(principal_components, {"batch={size: 100}", "stop.iterations=2"})
            ->end()
            ->reason.find("needs all measurements at once") != std::string::npos);
}
