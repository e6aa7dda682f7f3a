// The state of a run as bytes: numbers, matrices and what methods remember, in a form that is the same on every machine
// of the same byte order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/interfaces/objective.hpp"

namespace tightrope {

/// Appends values to a byte string. Numbers are 8 bytes, little-endian; a matrix is rows, columns, entries by columns.
class Encoder {
 public:
  void put(std::uint64_t value);
  void put(Index value) { put(std::uint64_t{value}); }
  void put(Real value);
  void put(bool value) { put(std::uint64_t{value}); }
  void put(std::string_view text);
  void put(const Mat& values);
  void put(const Factors& factors);
  void put(const std::vector<Real>& values);
  void put(const Memory& memory);
  void put(const Iterate& at);
  void put(const Counters& counters);
  std::string take() { return std::move(bytes_); }

 private:
  void append(const void* data, std::size_t size);
  std::string bytes_;
};

/// Reads back what an Encoder wrote, in the same order. Throws Error(integrity) where the bytes end too early or
/// announce more than there is.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t whole();
  Real real();
  bool truth() { return whole() != 0; }
  std::string text();
  Mat matrix();
  Vec vector();
  Factors factors();
  std::vector<Real> reals();
  Memory memory();
  Iterate iterate();
  Counters counters();
  /// Throws Error(integrity) if anything is left.
  void finish() const;

 private:
  std::string_view take(std::size_t size);
  std::size_t count(std::size_t bytes_each);
  std::string_view rest_;
};

}  // namespace tightrope
