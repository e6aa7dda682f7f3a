// Ratings: how uneven their degrees are, biases that cost no rank, and what is read from a file.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/engine/data/hold_out.hpp"
#include "core/interfaces/measurement_operator.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

std::string config_of(const std::string& problem, const std::string& rest) {
  return "seed: 1\nproblem:\n" + problem +
         "initialization: {type: small_random, scale: 0.3}\nloss: least_squares\n"
         "optimizer: {type: gradient_descent, step: 4e-3}\n" +
         rest;
}

}  // namespace

TEST_CASE("degrees fall like a power of the rank, rows are at most half full, and no entry comes twice") {
  const auto lane =
      run_one(config_of("  shape: [400, 300]\n  target: {type: random_low_rank, rank: 2}\n"
                        "  operator: {type: power_law_sampling, count: 12000, skew: 2}\n",
                        "model: {type: asymmetric, rank: 2}\nstop: {iterations: 1}\n"));
  const auto& op = *lane->setup().problem->op;
  std::set<std::pair<Index, Index>> seen;
  Vec rows(400, arma::fill::zeros), columns(300, arma::fill::zeros);
  for (const MatrixEntry& entry : op.entries()) {
    CHECK(seen.emplace(entry.row, entry.column).second);
    rows[entry.row] += 1;
    columns[entry.column] += 1;
  }
  CHECK(rows.max() == 150);
  // m (√((i+1)/n1) − √(i/n1)) entries in row i, whole ones.
  for (Index i = 20; i < 400; ++i) {
    const Real n = 400, share = std::sqrt(static_cast<Real>(i + 1) / n) - std::sqrt(static_cast<Real>(i) / n);
    CHECK(std::abs(rows[i] - 12000 * share) <= 1);
  }
  const Real head = arma::accu(columns.head(75)), all = arma::accu(columns);
  CHECK(head / all > 0.4);  // ½ but for columns that full rows would take twice
  CHECK(head / all < 0.5);
}

TEST_CASE("biases fit what is a sum over rows and columns without a rank for it; the errors are root mean squares") {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("ratings-{}.csv", getpid());
  const auto rating = [](Index i, Index j) {
    return 3 + std::sin(static_cast<Real>(i)) + std::cos(3.0 * static_cast<Real>(j));
  };
  {
    std::ofstream out(file);
    out << "user,item,rating\n";
    for (Index i = 0; i < 40; ++i)
      for (Index j = 0; j < 30; ++j)
        if ((i * 7 + j * 11) % 10 < 7 && i != 5) out << fmt::format("{},{},{}\n", i + 1, j + 1, rating(i, j));
  }
  const std::string problem = fmt::format(
      "  operator: {{type: entries_file, path: {}}}\n  hold_out: {{fraction: 0.1, rmse: true}}\n", file.string());
  const auto biased = run_one(config_of(problem, "model: {type: biased, rank: 1}\nstop: {iterations: 4000}\n"));
  const auto low_rank = run_one(config_of(problem, "model: {type: asymmetric, rank: 1}\nstop: {iterations: 4000}\n"));
  std::filesystem::remove(file);
  const SensingProblem& of = *biased->setup().problem;
  const Index m = of.op->measurements();
  CHECK(of.shape == Shape{40, 30});
  REQUIRE(biased->setup().warnings.size() == 1);
  CHECK(biased->setup().warnings[0].find("no entry in 1 of 40 rows and in 0 of 30 columns") != std::string::npos);
  // y_i and A(X)_i are those of the entries, over √p.
  const Real factor = std::sqrt(40.0 * 30.0 / static_cast<Real>(m));
  const std::vector<MatrixEntry> entries = of.op->entries();
  const Mat X = biased->iterate().X.dense();
  const HeldOut held_out = held_out_rows(m, 0.1, Stream(1, "problem/hold_out"));
  const std::set<Index> test(held_out->begin(), held_out->end());
  Real squares[2] = {0, 0};
  for (Index i = 0; i < m; ++i) {
    const auto [a, b] = entries[i];
    CHECK(of.data[i] == doctest::Approx(factor * rating(a, b)).epsilon(1e-6));
    squares[test.count(i)] += std::pow(factor * X(a, b) - of.data[i], 2);
  }
  const auto last = [](const Lane& lane, const std::string& column) {
    return lane.trace().last(*lane.trace().find(column));
  };
  const Real in_training = std::sqrt(squares[0] / static_cast<Real>(m - test.size())),
             in_test = std::sqrt(squares[1] / static_cast<Real>(test.size()));
  CHECK(last(*biased, "train_rmse") == doctest::Approx(in_training).epsilon(1e-9));
  CHECK(last(*biased, "test_rmse") == doctest::Approx(in_test).epsilon(1e-9));
  // Two maps of its own for each row of the trace: what is held out, and what is learnt from.
  CHECK(biased->setup().objective->counters().watched == 2 * biased->trace().rows.size());
  CHECK(last(*biased, "test_rmse") < 0.45 * last(*low_rank, "test_rmse"));
}

TEST_CASE("an operator that comes with its data wants no others, and one without wants some") {
  const std::string rest = "model: {type: asymmetric, rank: 1}\nstop: {iterations: 1}\n";
  CHECK(message_of(config_of("  operator: {type: entries_file, path: nowhere.txt}\n", rest), {}).find("nowhere.txt") !=
        std::string::npos);
  CHECK(message_of(config_of("  shape: [6, 5]\n  operator: {type: entry_sampling, count: 9}\n", rest), {})
            .find("problem needs a 'target' (the matrix to recover) or measured 'data'") != std::string::npos);
}

TEST_CASE("batches of entries drawn at random learn, and operators that see no entries have none") {
  const auto config = [](const std::string& op) {
    return config_of("  shape: [60, 50]\n  target: {type: random_low_rank, rank: 1}\n  operator: " + op + "\n",
                     "model: {type: asymmetric, rank: 1}\nstop: {iterations: 3000}\n"
                     "batch: {size: 300, order: shuffled, choice: uniform}\n");
  };
  for (const char* op : {"{type: entry_sampling, count: 1500}", "{type: power_law_sampling, count: 1500, skew: 2}"}) {
    CAPTURE(op);
    const auto lane = run_one(config(op), {"optimizer.step=2e-2", "observers=[relative_error]"});
    const Trace& trace = lane->trace();
    CHECK(trace.last(*trace.find("relative_error")) < 0.05);
    const SensingProblem& problem = *lane->setup().problem;
    Vec z;
    problem.op->forward(problem.truth->X, z);
    CHECK(arma::abs(z - problem.data).max() < 1e-12);
  }
  CHECK(message_of(config("{type: gaussian, measurements: 600}"), {})
            .find("the choice 'uniform' is for operators that see single entries") != std::string::npos);
}
