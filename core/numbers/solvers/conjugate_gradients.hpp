// Conjugate gradients in factor space (Hestenes & Stiefel, J. Res. Natl. Bur. Stand. 49, 1952).
#pragma once

#include "core/numbers/memory.hpp"

namespace tightrope {

struct InnerSolution {
  const Factors& d;
  Index products = 0;  // with H
  Real decrease = 0;   // of ½⟨d, Hd⟩ − ⟨b, d⟩, twice
};

/// Solves H d = b for a symmetric positive semidefinite H, from d = 0, so that d stays in the range of M⁻¹H.
/// product(s, Hs); precondition(r, z): z = M⁻¹ r. It ends after `most` products, or when ⟨r, M⁻¹r⟩ is at most
/// goal(products, its first value, d), or when what is left is rounding: out of the range of H, or too short to change
/// d. Vectors are kept in the memory.
template <class Product, class Precondition, class Goal>
InnerSolution conjugate_gradients(const Factors& b, Memory& memory, Index most, const Product& product,
                                  const Precondition& precondition, const Goal& goal) {
  Factors &d = memory.factors("step", b), &r = memory.factors("residual", b), &z = memory.factors("solved", b),
          &search = memory.factors("search", b), &Hs = memory.factors("product", b);
  InnerSolution found{d};
  assign_zeros_like(d, b);
  r = b;
  precondition(r, z);
  search = z;
  Real square = dot(r, z), size = square, first_curvature = 0;  // size: ⟨search, M search⟩
  const Real first_square = square;
  while (found.products < most && square > goal(found.products, first_square, d)) {
    product(search, Hs);
    const Real curvature = dot(search, Hs), length = square / curvature;
    if (++found.products == 1) first_curvature = curvature / size;
    if (!(curvature > 1e-14 * first_curvature * size) || length * square <= 1e-30 * found.decrease) break;
    found.decrease += length * square;
    add_scaled(d, length, search);
    add_scaled(r, -length, Hs);
    precondition(r, z);
    const Real last_square = std::exchange(square, dot(r, z)), ratio = square / last_square;
    scale(search, ratio);
    add_scaled(search, 1, z);
    size = square + ratio * ratio * size;
  }
  return found;
}

}  // namespace tightrope
