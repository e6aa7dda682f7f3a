// The state of a run as bytes: numbers, matrices and what methods remember, in a form that is the same on every machine
// of the same byte order.
//
// A value made of others says once which they are, by an overload of `stored_parts`; both directions follow it.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/interfaces/end.hpp"
#include "core/interfaces/objective.hpp"

namespace tightrope {

/// T, const or not.
template <class Value, class T>
concept Either = std::same_as<std::remove_const_t<Value>, T>;

/// What is not here is evaluated again.
void stored_parts(auto& archive, Either<Iterate> auto& at) {
  archive(at.iteration, at.phase, at.time, at.step, at.rows.first, at.rows.count, at.known, at.point);
}
void stored_parts(auto& archive, Either<Counters> auto& counters) {
  archive(counters.fused, counters.forwards, counters.adjoints, counters.rows, counters.bytes, counters.measurements,
          counters.watched);
}
void stored_parts(auto& archive, Either<Factors> auto& factors) { archive(factors.blocks); }
void stored_parts(auto& archive, Either<LowRank> auto& pair) { archive(pair.left, pair.right); }
void stored_parts(auto& archive, Either<End> auto& end) { archive(end.end_class, end.reason, end.iteration); }

/// Appends values to a byte string. Numbers are 8 bytes, little-endian; a matrix is rows, columns, entries by columns;
/// a list is its size and its entries.
class Encoder {
 public:
  void operator()(const auto&... values) { (put(values), ...); }
  std::string take() { return std::move(bytes_); }

 private:
  void put(std::unsigned_integral auto value) { put_whole(value); }  // bool too
  void put(EndClass value) { put_whole(static_cast<std::uint64_t>(value)); }
  void put(const Blocks& blocks) { put_whole(blocks.bits()); }
  void put(Real value);
  void put(const std::string& text);
  void put(const Mat& values);
  void put(const std::vector<Real>& values);
  void put(const Memory& memory);
  template <class T>
  void put(const std::vector<T>& values) {
    put_whole(values.size());
    for (const T& value : values) put(value);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put_whole(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  void put(const T& value) requires requires {
    stored_parts(*this, value);
  }
  { stored_parts(*this, value); }
  void put_whole(std::uint64_t value);
  void append(const void* data, std::size_t size);
  std::string bytes_;
};

/// Reads back what an Encoder wrote, in the same order. Throws Error(integrity) where the bytes end too early or
/// announce more than there is.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}
  void operator()(auto&... values) { (get(values), ...); }
  /// Throws Error(integrity) if anything is left.
  void finish() const;

 private:
  template <std::unsigned_integral T>
  void get(T& value) {
    value = static_cast<T>(whole());
  }
  void get(EndClass& value);
  void get(Blocks& blocks) { blocks = Blocks::of(whole()); }
  void get(Real& value);
  void get(std::string& text);
  void get(Mat& values);
  void get(Vec& values);
  void get(std::vector<Real>& values);
  void get(Memory& memory);
  template <class T>
  void get(std::vector<T>& values) {
    values.clear();
    for (std::size_t left = count(sizeof(std::uint64_t)); left > 0; --left) get(values.emplace_back());
  }
  template <class T>
  void get(std::optional<T>& value) {
    value.reset();
    if (whole() != 0) get(value.emplace());
  }
  template <class T>
  void get(T& value) requires requires {
    stored_parts(*this, value);
  }
  { stored_parts(*this, value); }
  std::uint64_t whole();
  std::string_view take(std::size_t size);
  std::size_t count(std::size_t bytes_each);
  std::string_view rest_;
};

/// The bytes of a state do not add up.
[[noreturn]] void throw_damaged_state();

}  // namespace tightrope
