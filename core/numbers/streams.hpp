// Named, counter-based random streams: the only source of randomness in the program.
//
// Stream (seed, path) is the sequence of 64-bit words w_0, w_1, … in which words 2b and 2b+1 are the
// output of Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011) for counter b under a key that is the
// SHA-256 digest of seed and path. Element i is therefore a pure function of (seed, path, i): any part
// of a stream can be made by anybody, in any order, and no stream's numbers depend on another's use.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

class Stream {
 public:
  Stream(std::uint64_t seed, std::string_view path);

  /// The stream of the same seed at `path() + "/" + name`.
  Stream child(std::string_view name) const;
  const std::string& path() const { return path_; }

  std::uint64_t word(std::uint64_t i) const;
  Real uniform(std::uint64_t i) const;  ///< in (0, 1), 53 bits
  Real normal(std::uint64_t i) const;   ///< N(0, 1): the inverse distribution function at uniform(i)

  /// Elements first, first + 1, … of the stream of normal (uniform) numbers.
  void fill_normal(std::uint64_t first, std::span<Real> out) const;
  void fill_uniform(std::uint64_t first, std::span<Real> out) const;

  /// Bytes first, first + 1, … of the stream of words, lowest byte first; `first` is a multiple of 8.
  void fill_bytes(std::uint64_t first, std::span<std::uint8_t> out) const;

  /// rows × cols of N(0, 1), element (i, j) = normal(i + j·rows).
  Mat normal_matrix(Index rows, Index cols) const;
  /// `count` different indices out of 0 … size-1, uniformly, in increasing order (Floyd's algorithm). Takes at most 25
  /// bytes for each of them, whatever the size, or a bit for each index of few.
  std::vector<Index> sample(Index size, Index count) const;

 private:
  template <class Work>
  void draw_below(Index first, Index end, const Work& work) const;
  std::vector<Index> sample_by_sorting(Index size, Index count) const;

  std::uint64_t seed_;
  std::string path_;
  std::uint32_t key_[2];
  std::uint32_t salt_[2];  // upper half of the counter: 128 bits name a stream, not 64
};

/// Inverse of the normal distribution function, |relative error| < 1e-15 (Wichura, Applied Statistics 37,
/// 1988, AS 241), computed with +, −, ×, ÷ and √ alone, so that its bits are the same everywhere.
Real inverse_normal_distribution(Real p);

}  // namespace tightrope
