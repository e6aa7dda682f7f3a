// Starts from truncated data, with uneven factors, near the truth and orthogonal, against their definitions.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::string robust = robust_sensing(3, 0, "[relative_error]");

Factors start_of(const std::string& initialization, std::vector<std::string> settings = {}) {
  settings.push_back("initialization=" + initialization);
  return run_one(robust, settings)->setup().start;
}

/// The best approximation of rank 2 of Σ y_i A_i over the `count` smallest |y_i|, from the operator's own rows.
Mat truncated_by_hand(Index count) {
  const auto lane = run_one(robust);
  const SensingProblem& problem = *lane->setup().problem;
  Mat rows(problem.shape.entries(), problem.op->measurements());
  problem.op->dense_rows(0, rows.n_cols, rows.memptr());
  const Vec sizes = arma::sort(arma::abs(problem.data));
  Vec kept = problem.data;
  kept.elem(arma::find(arma::abs(problem.data) > sizes[count - 1])).zeros();
  Mat U, V;
  Vec sigma;
  arma::svd_econ(U, sigma, V, arma::reshape(rows * kept, problem.shape.rows, problem.shape.cols));
  return U.head_cols(2) * arma::diagmat(sigma.head(2)) * V.head_cols(2).t();
}

std::string refusal_of(const std::string& initialization, const std::vector<std::string>& more = {}) {
  std::vector<std::string> settings = more;
  settings.push_back("initialization=" + initialization);
  return message_of(robust, settings);
}

}  // namespace

TEST_CASE(
    "a truncated spectral start is that of the ⌈m(1 − p)⌉ smallest measurements, divided by m or by their number") {
  for (const auto& [fraction, count] : {std::pair{"0.1", Index{540}}, {"0.333", Index{401}}}) {
    const Mat wanted = truncated_by_hand(count);
    const Factors all = start_of(fmt::format("{{type: truncated_spectral, fraction: {}}}", fraction)),
                  kept = start_of(
                      fmt::format("{{type: truncated_spectral, fraction: {}, normalization: kept}}", fraction));
    CHECK(arma::norm(all[0] * all[1].t() - wanted, "fro") < 1e-10 * arma::norm(wanted, "fro"));
    CHECK(arma::norm(kept[0] * kept[1].t() - 600.0 / static_cast<Real>(count) * wanted, "fro") <
          1e-10 * arma::norm(wanted, "fro"));
  }
  // With gross outliers it is nearer to the truth than the plain one.
  const std::string gross = "problem.noise={type: sparse_outliers, fraction: 0.1, scale: 100}";
  CHECK(last(*run_one(robust, {gross, "initialization={type: truncated_spectral, fraction: 0.1}"}), "relative_error") <
        0.2 * last(*run_one(robust, {gross}), "relative_error"));
}

TEST_CASE("nothing left out is the spectral start, and uneven factors have the same product") {
  const Factors plain = start_of("spectral"), all = start_of("{type: truncated_spectral, fraction: 0}"),
                uneven = start_of("{type: unbalanced_spectral, imbalance: 3}"),
                both = start_of("{type: unbalanced_spectral, fraction: 0.1}"),
                truncated = start_of("{type: truncated_spectral, fraction: 0.1}");
  for (Index b = 0; b < 2; ++b) {
    CHECK(arma::norm(all[b] - plain[b], "fro") < 1e-14);
    CHECK(arma::norm(uneven[b] - (b == 0 ? 3 : 1 / 3.0) * plain[b], "fro") < 1e-13);
    CHECK(arma::norm(both[b] - (b == 0 ? 2 : 0.5) * truncated[b], "fro") < 1e-13);
  }
  CHECK(refusal_of("unbalanced_spectral", {"model={type: symmetric, rank: 2}", "problem.shape=[15, 15]"})
            .find("needs a model whose two factors can be scaled against each other") != std::string::npos);
}

TEST_CASE("near the truth: X* itself without noise, and α N/√n or α N/√k on top") {
  const auto exact = run_one(robust, {"initialization={type: near_truth, scale: 0}", "model.rank=4"});
  CHECK(last(*exact, "relative_error") < 1e-14);
  CHECK(arma::norm(exact->setup().start[0].tail_cols(2), "fro") == 0);
  for (const auto& [convention, divisor] :
       {std::pair{"sqrt_rows", std::sqrt(20.0)}, {"sqrt_rank", 2.0}, {"entry", 1.0}}) {
    const Factors start =
        start_of(fmt::format("{{type: near_truth, scale: 0.5, convention: {}}}", convention), {"model.rank=4"});
    const Mat noise = (start[0] - exact->setup().start[0]) * (divisor / 0.5);
    // 80 standard normal numbers.
    CHECK(arma::accu(noise % noise) == doctest::Approx(80).epsilon(0.5));
    const Factors again = start_of(fmt::format("{{type: near_truth, scale: 0.5, convention: {}}}", convention),
                                   {"model.rank=4", "seed=5"});
    CHECK(arma::norm(again[0] - start[0], "fro") > 0.1);
  }
}

TEST_CASE("an orthogonal start has singular values α alone") {
  const Factors start = start_of("{type: orthogonal, scale: 0.3}", {"model.rank=5"});
  for (const Mat& block : start.blocks) CHECK(arma::norm(block.t() * block - 0.09 * arma::eye(5, 5), "fro") < 1e-14);
  CHECK(refusal_of("{type: orthogonal, scale: 0.3}", {"model.rank=16"})
            .find("needs blocks with at most as many columns as rows, but block W is 15 × 16") != std::string::npos);
}
