// Norms, errors and spectra of low-rank matrices without cancellation and, where it pays, without forming them.
//
// ‖L Rᵀ‖_F is computed as ‖T_L T_Rᵀ‖_F from the triangular factors of L and R; a difference stacks the factors,
// X − Y = [L_X, −L_Y] [R_X, R_Y]ᵀ, or is formed entry by entry where that costs less. The usual shortcut through Gram
// matrices, ‖X‖² − 2⟨X, Y⟩ + ‖Y‖², loses half the digits: it answers 0 for a true relative error of 1e-10.
//
// Of what is not finite every number here is NaN or ∞, never a finite one.
#pragma once

#include "core/numbers/types.hpp"

namespace tightrope {

struct Svd {
  Mat left;    // rows × j, orthonormal columns
  Vec values;  // j, in decreasing order
  Mat right;   // cols × j, orthonormal columns
};

/// Norms of matrices and vectors in which a NaN gives NaN, and else an infinite entry ∞. Armadillo's own give 0 for
/// some of these, and are not used.
Real frobenius_norm(const Mat& X);
Real spectral_norm(const Mat& X);  // the largest singular value

Real norm(const LowRank& X);                                  // ‖X‖_F
Real difference_norm(const LowRank& X, const LowRank& Y);     // ‖X − Y‖_F
Real difference_norm(const LowRank& X, const Mat& Y);         // for a Y that is there entry by entry
Real relative_error(const LowRank& X, const LowRank& truth);  // ‖X − X*‖_F / ‖X*‖_F
Vec singular_values(const LowRank& X);                        // all min(rows, cols, k) of them, decreasing
Svd svd(const LowRank& X);                                    // compact: min(rows, cols, k) triples
Svd svd(const Mat& X);                                        // compact: min(rows, cols) triples
/// The first `rank` triples (fewer if there are fewer).
Svd truncated(const Svd& full, Index rank);
LowRank balanced(const Svd& svd);  // left √Σ, right √Σ

/// Orthonormal basis of the columns of X (rows ≥ cols), sign fixed so that the triangular factor's diagonal is ≥ 0.
Mat orthonormal_basis(const Mat& X);
/// Sine of the largest principal angle between the column spaces of two matrices with orthonormal columns and
/// equal column counts: ‖(I − U Uᵀ) Y‖_2, accurate for small angles.
Real sine_of_largest_angle(const Mat& U, const Mat& Y);

}  // namespace tightrope
