// Which entry of the matrix each measurement sees, A(X)_i = c X_{a_i b_i}, found by three products with the operator:
// with a matrix of ones, which is c; with the matrix that holds the number of each entry; and with a random matrix
// u vᵀ, whose entries no operator of another kind measures by accident.
#pragma once

#include <string>
#include <vector>

#include "core/plugin/plugin.hpp"

namespace tightrope {

struct SeenEntries {
  std::vector<MatrixEntry> places;  // (a_i, b_i), one for each measurement
  Real factor = 0;                  // c
};

/// Throws Unsuitable where measurements are not single entries.
inline SeenEntries seen_entries(const Context& context) {
  const Index rows = context.shape.rows, cols = context.shape.cols;
  const Vec i = arma::regspace<Vec>(0, static_cast<Real>(rows) - 1), ones_i(rows, arma::fill::ones);
  const Vec j = arma::regspace<Vec>(0, static_cast<Real>(cols) - 1), ones_j(cols, arma::fill::ones);
  const Vec u = context.stream.child("rows").normal_matrix(rows, 1),
            v = context.stream.child("columns").normal_matrix(cols, 1);
  Vec one, number, product;
  context.sensing().forward({ones_i, ones_j}, one);
  context.sensing().forward({arma::join_rows(static_cast<Real>(cols) * i, ones_i), arma::join_rows(ones_j, j)}, number);
  context.sensing().forward({u, v}, product);
  SeenEntries seen{std::vector<MatrixEntry>(one.n_elem), one.is_empty() ? 0 : one[0]};
  for (Index m = 0; m < one.n_elem; ++m) {
    const Real place = std::round(number[m] / seen.factor);
    const bool is_place = place >= 0 && place < static_cast<Real>(context.shape.entries());
    const auto [row, column] = seen.places[m] =
        is_place ? MatrixEntry{static_cast<Index>(place) / cols, static_cast<Index>(place) % cols} : MatrixEntry{};
    const Real expected = seen.factor * u[row] * v[column];
    if (!is_place || std::abs(one[m] - seen.factor) > 1e-9 * std::abs(seen.factor) ||
        std::abs(product[m] - expected) > 1e-9 * std::abs(expected))
      throw Unsuitable("needs an operator whose measurements are single entries of the matrix, but measurement " +
                       std::to_string(m) + " of this one is none");
  }
  return seen;
}

}  // namespace tightrope
