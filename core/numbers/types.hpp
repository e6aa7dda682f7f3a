// The few number types that every other file speaks of.
#pragma once

#include <algorithm>
#include <armadillo>
#include <limits>
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

/// Consecutive measurements first … first + count − 1, such as those of a minibatch.
struct Rows {
  Index first = 0, count = std::numeric_limits<Index>::max();
  static Rows all() { return {}; }
  /// Those of them that exist, where there are m.
  Rows within(Index m) const {
    const Index begin = std::min(first, m);
    return {begin, std::min(count, m - begin)};
  }
  Index end() const { return first + count; }
  bool operator==(const Rows&) const = default;
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
