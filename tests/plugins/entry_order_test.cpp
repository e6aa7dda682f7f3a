// Measurements of entries go row by row.
#include <doctest/doctest.h>

#include "tests/support/experiment.hpp"

using namespace tightrope;

TEST_CASE("measured entries are in order row by row, in every form of the operator") {
  for (const char* op : {"identity", "{type: entry_sampling, fraction: 1}", "{type: entry_sampling, count: 17}"}) {
    CAPTURE(op);
    const auto lane = run_one(
        std::string("problem:\n  shape: [5, 7]\n  target: {type: random_low_rank, rank: 2}\n  operator: ") + op +
            "\nmodel: {type: asymmetric, rank: 2}\ninitialization: spectral\noptimizer: {type: gradient_descent, "
            "step: 0.1}\nstop: {iterations: 0}\n",
        {});
    const MeasurementOperator& A = *lane->setup().problem->op;
    const Mat counted = arma::reshape(arma::regspace<Vec>(1, 35), 7, 5).t();  // 1, 2, …, row by row
    Vec z, low;
    A.forward(counted, z);
    for (Index i = 1; i < z.n_elem; ++i) CHECK(z[i] > z[i - 1]);
    if (z.n_elem == 35) CHECK(arma::abs(z - arma::regspace<Vec>(1, 35)).max() < 1e-13);
    A.forward(LowRank{counted, arma::eye(7, 7)}, low);
    CHECK(arma::abs(z - low).max() < 1e-13);
    // What a measurement is scattered to is what it was taken from.
    Vec only(z.n_elem, arma::fill::zeros);
    only[3] = 1;
    Mat G;
    A.adjoint(only, G);
    const Real scale = G.max();
    CHECK(arma::accu(G != 0) == 1);
    CHECK(counted[G.index_max()] * scale == doctest::Approx(z[3]));
  }
}
