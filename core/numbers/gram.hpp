// Solves with Gram matrices of factors.
#pragma once

#include "core/numbers/types.hpp"

namespace tightrope {

/// B (FᵀF + damping·I)⁻¹ for a factor F (n × k) and B (j × k). Without damping, and where FᵀF is singular to working
/// precision, B (FᵀF)†, from the singular values of F itself: forming FᵀF would halve the digits. Singular values below
/// max(n, k)·ε·σ_1(F) count as zero.
Mat gram_solve(const Mat& factor, Real damping, const Mat& B);

}  // namespace tightrope
