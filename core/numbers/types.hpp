// The few number types that every other file speaks of.
#pragma once

#include <armadillo>
#include <string>

namespace tightrope {

using Real = double;
using Mat = arma::Mat<Real>;
using Vec = arma::Col<Real>;
using Index = arma::uword;

struct Shape {
  Index rows = 0, cols = 0;
  Index entries() const { return rows * cols; }
  bool operator==(const Shape&) const = default;
};

/// X = left · rightᵀ without forming X. left: rows × k, right: cols × k.
struct LowRank {
  Mat left, right;
  Index rows() const { return left.n_rows; }
  Index cols() const { return right.n_rows; }
  Index rank() const { return left.n_cols; }
  Shape shape() const { return {rows(), cols()}; }
  Mat dense() const;  ///< entry by entry; at the price of a copy where one side is the identity
};

/// Which of the two sides of a low-rank pair somebody asks for.
struct Sides {
  bool left = true, right = true;
};

}  // namespace tightrope
