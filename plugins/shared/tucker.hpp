// Third-order tensors in Tucker form, T = S ×₁ U₁ ×₂ U₂ ×₃ U₃, through their mode-1 unfoldings (De Lathauwer, De Moor &
// Vandewalle, SIAM J. Matrix Anal. Appl. 21, 2000). A tensor n1 × n2 × n3 is the matrix n1 × n2n3 with entry (i, j, k)
// in column j + n2 k; the unfolding of T is the low-rank pair U₁ ((U₃ ⊗ U₂) S₍₁₎ᵀ)ᵀ. Kronecker products are never
// formed: row a of S₍₁₎ is the r2 × r3 matrix S_a, and row a of the product U₂ S_a U₃ᵀ.
#pragma once

#include <string>
#include <vector>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// Sides and ranks of a tensor whose first side is the number of rows of the problem.
struct TensorOptions {
  std::vector<Index> sides, ranks;
  void declare(Parameters& p) {
    p.add("sides", sides, at_least(1), "n2, n3: the matrix is the unfolding of an n1 × n2 × n3 tensor, n1 × n2 n3")
        .required()
        .example("[7, 1]");
    p.add("ranks", ranks, at_least(1), "r1, r2, r3: multilinear rank").required().example("[3, 3, 1]");
  }
  /// n1, n2, n3, with which the ranks must agree.
  std::vector<Index> checked_sides(Shape shape) const {
    if (sides.size() != 2 || ranks.size() != 3) throw Unsuitable("needs two numbers as 'sides' and three as 'ranks'");
    if (sides[0] * sides[1] != shape.cols)
      throw Unsuitable("needs as many columns as entries in a slice, " + std::to_string(sides[0]) + " × " +
                       std::to_string(sides[1]) + ", but the matrix has " + std::to_string(shape.cols));
    const std::vector<Index> n{shape.rows, sides[0], sides[1]};
    for (Index k = 0; k < 3; ++k)
      if (ranks[k] > n[k] || ranks[k] > ranks[(k + 1) % 3] * ranks[(k + 2) % 3])
        throw Unsuitable(
            "needs ranks that are at most the sides, and at most the product of the other two ranks, but " +
            std::to_string(ranks[k]) + " is not");
    return n;
  }
};

/// S_a: row a of a mode-1 unfolding as a matrix with the given number of rows.
inline Mat slice(const Mat& S, Index a, Index rows) { return arma::reshape(S.row(a), rows, S.n_cols / rows); }

/// S ×₂ B ×₃ C of the tensor with unfolding S: r1 × r2r3, B: p × r2, C: q × r3. Row a is B S_a Cᵀ.
inline Mat times_modes(const Mat& S, const Mat& B, const Mat& C) {
  Mat result(S.n_rows, B.n_rows * C.n_rows);
  for (Index a = 0; a < S.n_rows; ++a) result.row(a) = arma::vectorise(B * slice(S, a, B.n_cols) * C.t()).t();
  return result;
}

/// S_0 … S_{r1−1}, or their transposes, side by side: the unfoldings in modes 2 and 3, with columns in another order.
inline Mat slices_side_by_side(const Mat& S, Index rows, bool transposed) {
  const Index columns = S.n_cols / rows, height = transposed ? columns : rows, width = transposed ? rows : columns;
  Mat result(height, width * S.n_rows);
  for (Index a = 0; a < S.n_rows; ++a) {
    const Mat one = slice(S, a, rows);
    result.cols(a * width, (a + 1) * width - 1) = transposed ? Mat(one.t()) : one;
  }
  return result;
}

}  // namespace tightrope
