#include "core/arrays/formats/pgm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/arrays/bytes.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads a Netpbm grey map.
class GreyMap {
 public:
  GreyMap(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Mat read() {
    const bool plain = bytes_.starts_with("P2");
    if (!plain && !bytes_.starts_with("P5"))
      refuse(
          fmt::format("a grey map begins with P2 or P5, but this file begins with '{}'", excerpt(bytes_.substr(0, 2))));
    at_ = 2;
    if (at_ >= bytes_.size() || (!is_space(bytes_[at_]) && bytes_[at_] != '#'))
      refuse("P2 or P5 must stand alone at the beginning");
    constexpr Index largest_side = 1'000'000'000;
    const Index cols = header_number("width", largest_side), rows = header_number("height", largest_side);
    maximum_ = header_number("largest value", 65535);
    // One blank character ends the header; in a plain file any amount of them may follow.
    if (at_ < bytes_.size() && is_space(bytes_[at_])) ++at_;
    return plain ? read_plain(rows, cols) : read_binary(rows, cols);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { refuse_file(name_, why); }
  [[noreturn]] void refuse_value(Index row, Index col) const {
    refuse(fmt::format("row {}, column {} is above {}, the largest value that the file announces", row + 1, col + 1,
                       maximum_));
  }

  void skip_space() {
    while (at_ < bytes_.size() && (is_space(bytes_[at_]) || bytes_[at_] == '#'))
      at_ = bytes_[at_] == '#' ? std::min(bytes_.find('\n', at_), bytes_.size()) : at_ + 1;
  }

  /// The digits ahead as a number; null if there are none. Anything above the limit comes back as limit + 1.
  std::optional<Index> digits(Index limit) {
    if (at_ >= bytes_.size() || !is_digit(bytes_[at_])) return std::nullopt;
    Index value = 0;
    for (; at_ < bytes_.size() && is_digit(bytes_[at_]); ++at_)
      value = std::min(10 * value + static_cast<Index>(bytes_[at_] - '0'), limit + 1);
    return value;
  }

  Index header_number(const char* what, Index limit) {
    skip_space();
    const std::optional<Index> value = digits(limit);
    if (!value || (at_ < bytes_.size() && !is_space(bytes_[at_]) && bytes_[at_] != '#'))
      refuse(fmt::format("the {} of the image is missing or is not a whole number", what));
    if (*value < 1 || *value > limit) refuse(fmt::format("the {} of the image must be between 1 and {}", what, limit));
    return *value;
  }

  Mat read_plain(Index rows, Index cols) {
    // Every value but the last takes two characters.
    if (rows * cols > (bytes_.size() - at_ + 1) / 2)
      refuse(fmt::format("an image of {} × {} pixels does not fit in this file; it is cut short", rows, cols));
    Mat result(rows, cols);
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j) {
        skip_space();
        const std::optional<Index> value = digits(maximum_);
        if (!value)
          refuse(at_ < bytes_.size()
                     ? fmt::format("row {}, column {} is not a whole number", i + 1, j + 1)
                     : fmt::format("the file ends before row {}, column {} of {} × {}", i + 1, j + 1, rows, cols));
        if (*value > maximum_) refuse_value(i, j);
        result(i, j) = static_cast<Real>(*value);
      }
    skip_space();
    if (at_ < bytes_.size()) refuse(fmt::format("more follows after the {} × {} pixels", rows, cols));
    return result;
  }

  Mat read_binary(Index rows, Index cols) {
    const Index width = maximum_ > 255 ? 2 : 1, found = bytes_.size() - at_;
    if (found != rows * cols * width)
      refuse(fmt::format("an image of {} × {} pixels of {} bytes needs {} bytes after its header, but {} follow", rows,
                         cols, width, rows * cols * width, found));
    const auto byte = [&](Index i) { return Index{static_cast<unsigned char>(bytes_[at_ + i])}; };
    Mat result(rows, cols);
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j) {
        const Index first = (i * cols + j) * width;
        const Index value = width == 1 ? byte(first) : 256 * byte(first) + byte(first + 1);
        if (value > maximum_) refuse_value(i, j);
        result(i, j) = static_cast<Real>(value);
      }
    return result;
  }

  std::string_view bytes_;
  const std::string& name_;
  std::size_t at_ = 0;
  Index maximum_ = 0;
};

}  // namespace

Array parse_pgm(std::string_view bytes, const std::string& name) {
  Array array;
  array.values = GreyMap(bytes, name).read();
  array.shape = {array.values.n_rows, array.values.n_cols};
  array.description = fmt::format("{} × {} grey values", array.values.n_rows, array.values.n_cols);
  return array;
}

}  // namespace tightrope
