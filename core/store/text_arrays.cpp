#include "core/store/text_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "core/config/node.hpp"

namespace tightrope {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// A decimal number, the whole of the text. Null if it is none; infinite if it is beyond the range of numbers.
std::optional<Real> number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  Real value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return arma::datum::inf;
  return value;
}

/// Reads a table line by line.
class Table {
 public:
  Table(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  Mat read() {
    bool header_allowed = true;
    while (!text_.empty()) {
      const std::string_view line = next_line();
      if (line.empty() || line.front() == '#') continue;
      split(line);
      if (header_allowed && is_header()) {
        header_line_ = line_;
        header_allowed = false;
        continue;
      }
      header_allowed = false;
      add_row();
    }
    if (rows_ == 0) refuse(0, "there are no numbers in this file");
    Mat result(cols_, rows_);
    std::copy(values_.begin(), values_.end(), result.begin());
    return result.t();
  }

 private:
  [[noreturn]] void refuse(std::size_t line, const std::string& why) const {
    throw Error(Exit::config, fmt::format("{}{}: {}", name_, line ? fmt::format(":{}", line) : "", why));
  }

  std::string_view next_line() {
    const std::size_t end = std::min(text_.find('\n'), text_.size());
    const std::string_view line = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    ++line_;
    return trimmed(line);
  }

  void split(std::string_view line) {
    fields_.clear();
    const bool commas = line.find(',') != std::string_view::npos, semicolons = line.find(';') != std::string_view::npos;
    if (commas && semicolons)
      refuse(
          line_,
          "the line has both commas and semicolons; separate numbers by one of them and write decimals with a point");
    const char separator = commas ? ',' : semicolons ? ';' : ' ';
    while (separator == ' ' && !line.empty()) {
      const auto end = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_blank) - line.begin());
      fields_.push_back(line.substr(0, end));
      line = trimmed(line.substr(end));
    }
    for (bool more = separator != ' '; more;) {
      const std::size_t end = line.find(separator);
      more = end != std::string_view::npos;
      fields_.push_back(trimmed(line.substr(0, end)));
      if (more) line.remove_prefix(end + 1);
    }
  }

  /// Names only. What often stands for a missing value is no name: such a line is data, and is refused as such.
  bool is_header() const {
    constexpr std::array<std::string_view, 8> missing{"", "-", "?", "NA", "N/A", "null", "None", "missing"};
    return std::none_of(fields_.begin(), fields_.end(), [&](std::string_view field) {
      return number(field) || std::find(missing.begin(), missing.end(), field) != missing.end();
    });
  }

  void add_row() {
    const std::size_t expected = rows_ ? cols_ : fields_.size();
    if (fields_.size() != expected)
      refuse(line_, fmt::format("this row has {} numbers, but the first one has {}", fields_.size(), expected));
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const std::optional<Real> value = number(fields_[i]);
      const auto field = [&] { return fmt::format("field {} is '{}'", i + 1, excerpt(fields_[i])); };
      if (fields_[i].empty()) refuse(line_, fmt::format("field {} is empty; every entry needs a number", i + 1));
      if (!value)
        refuse(line_, field() + ", not a number" +
                          (header_line_ && rows_ == 0 ? "; only one line of names may come first" : ""));
      if (!std::isfinite(*value))
        refuse(line_, field() + ", but only finite numbers within the range of float64 can be used");
      values_.push_back(*value);
    }
    cols_ = expected;
    ++rows_;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t line_ = 0, header_line_ = 0, rows_ = 0, cols_ = 0;
  std::vector<std::string_view> fields_;
  std::vector<Real> values_;
};

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
  [[noreturn]] void refuse(const std::string& why) const { throw Error(Exit::config, name_ + ": " + why); }
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

Mat parse_csv(std::string_view text, const std::string& name) { return Table(text, name).read(); }
Mat parse_pgm(std::string_view bytes, const std::string& name) { return GreyMap(bytes, name).read(); }

}  // namespace tightrope
