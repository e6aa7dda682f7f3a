// A point or a direction in factor space, and the vector-space operations on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

/// One matrix per block of a factorization, e.g. {V, W}.
struct Factors {
  std::vector<Mat> blocks;
  Mat& operator[](Index i) { return blocks[i]; }
  const Mat& operator[](Index i) const { return blocks[i]; }
  Index size() const { return blocks.size(); }
};

/// Name and shape of one block, e.g. {"V", n1, k}.
struct Block {
  std::string name;
  Index rows = 0, cols = 0;
};

/// A set of blocks: which parts of a gradient are asked for.
class Blocks {
 public:
  static Blocks all() { return Blocks(~std::uint64_t{0}); }
  static Blocks only(Index i) { return Blocks(std::uint64_t{1} << i); }
  static Blocks of(std::uint64_t bits) { return Blocks(bits); }
  static Blocks none() { return Blocks(0); }
  bool has(Index i) const { return (bits_ >> i) & 1U; }
  /// Whether one of the first `count` blocks is in the set; whether all of them are.
  bool any_of(Index count) const { return (bits_ & all_of_first(count)) != 0; }
  bool covers(Index count) const { return (bits_ & all_of_first(count)) == all_of_first(count); }
  std::uint64_t bits() const { return bits_; }

 private:
  explicit Blocks(std::uint64_t bits) : bits_(bits) {}
  static std::uint64_t all_of_first(Index count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  }
  std::uint64_t bits_;
};

Factors zeros(const std::vector<Block>& blocks);
void assign_zeros_like(Factors& y, const Factors& like);
void keep_only(Factors& y, Blocks blocks);              // zeroes the other blocks
void scale(Factors& y, Real a);                         // y ← a y
void add_scaled(Factors& y, Real a, const Factors& x);  // y ← y + a x
Real dot(const Factors& x, const Factors& y);           // Σ ⟨x_b, y_b⟩, blocks in order
Real norm(const Factors& x);                            // ‖x‖_F over all blocks; NaN if an entry is NaN
bool is_finite(const Factors& x);

/// In what the shapes of y differ from those that are expected: "block W is 3 × 9 instead of 9 × 3". Empty, and nothing
/// is allocated, where they agree.
std::string wrong_shapes(const Factors& y, const std::vector<Block>& expected);

}  // namespace tightrope
