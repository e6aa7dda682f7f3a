#include "core/arrays/formats/mtx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/arrays/bytes.hpp"
#include "core/arrays/formats/npy.hpp"
#include "core/arrays/listed.hpp"
#include "core/arrays/numerals.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

class MatrixMarket {
 public:
  MatrixMarket(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Array read() {
    read_banner();
    const std::vector<Index> sizes = read_sizes();
    Array array;
    array.shape = {sizes[0], sizes[1]};
    if (entries_of(array.shape, name_) == 0) refuse("the matrix is empty");
    if (symmetry_ != "general" && sizes[0] != sizes[1])
      refuse(fmt::format("a {} matrix must be square, but this one is {} × {}", symmetry_, sizes[0], sizes[1]));
    if (is_sparse_)
      read_coordinates(array, sizes[2]);
    else
      read_dense(array);
    if (next_line()) refuse("more follows behind the last entry");
    array.description =
        fmt::format("{} × {} numbers of a {} matrix, {}", sizes[0], sizes[1], symmetry_,
                    is_sparse_ ? fmt::format("{} entries listed and the others 0", sizes[2]) : "all listed");
    if (field_ == "pattern") array.description += ", listed entries taken as 1";
    return array;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { refuse_file(fmt::format("{}:{}", name_, line_), why); }

  std::string_view take_line() {
    const std::size_t end = std::min(text_.find('\n'), text_.size());
    const std::string_view line = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    ++line_;
    return line;
  }

  void split(std::string_view line) {
    words_.clear();
    for (std::size_t i = 0; i < line.size();) {
      while (i < line.size() && is_space(line[i])) ++i;
      const std::size_t begin = i;
      while (i < line.size() && !is_space(line[i])) ++i;
      if (i > begin) words_.push_back(line.substr(begin, i - begin));
    }
  }

  /// The next line that is neither empty nor a remark, in words.
  bool next_line() {
    while (!text_.empty()) {
      const std::string_view line = take_line();
      if (line.starts_with('%')) continue;
      split(line);
      if (!words_.empty()) return true;
    }
    ++line_;
    return false;
  }

  void read_banner() {
    split(take_line());
    if (words_.empty() || words_[0] != matrix_market_banner)
      refuse("a MatrixMarket file begins with %%MatrixMarket matrix, but this one does not");
    std::vector<std::string> words;
    for (const std::string_view word : words_) {
      std::string& lower = words.emplace_back(word);
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    if (words.size() != 5 || words[1] != "matrix")
      refuse("the first line must be %%MatrixMarket matrix FORMAT FIELD SYMMETRY");
    const auto is = [&](std::size_t i, std::initializer_list<const char*> known) {
      return std::any_of(known.begin(), known.end(), [&](const char* word) { return words[i] == word; });
    };
    if (!is(2, {"array", "coordinate"}))
      refuse(fmt::format("'{}' is no format: it is array or coordinate", excerpt(words[2])));
    if (words[3] == "complex" || words[4] == "hermitian") refuse("the matrix is complex; real matrices can be read");
    if (!is(3, {"real", "double", "integer", "unsigned-integer", "pattern"}))
      refuse(fmt::format("'{}' is no field: it is real, integer or pattern", excerpt(words[3])));
    if (!is(4, {"general", "symmetric", "skew-symmetric"}))
      refuse(fmt::format("'{}' is no symmetry: it is general, symmetric or skew-symmetric", excerpt(words[4])));
    is_sparse_ = words[2] == "coordinate";
    field_ = words[3];
    symmetry_ = words[4];
    if (field_ == "pattern" && !is_sparse_) refuse("a pattern lists coordinates; it cannot be an array");
  }

  std::vector<Index> read_sizes() {
    const std::size_t count = is_sparse_ ? 3 : 2;
    if (!next_line() || words_.size() != count)
      refuse(is_sparse_ ? "here must stand the numbers of rows, columns and entries"
                        : "here must stand the numbers of rows and columns");
    std::vector<Index> sizes;
    for (const std::string_view word : words_) sizes.push_back(whole(word, 0, Index{1} << 48U));
    return sizes;
  }

  Index whole(std::string_view word, Index least, Index most) const {
    const std::optional<Numeral> number = is_plain_integer(word) ? read_numeral(word) : std::nullopt;
    if (!number || number->value < static_cast<Real>(least) || number->value > static_cast<Real>(most))
      refuse(fmt::format("'{}' must be a whole number between {} and {}", excerpt(word), least, most));
    return static_cast<Index>(number->value);
  }

  Real value(std::string_view word) const {
    const std::optional<Numeral> number = read_numeral(word);
    if (!number) refuse(fmt::format("'{}' is not a number", excerpt(word)));
    if (!std::isfinite(number->value))
      refuse(fmt::format("'{}' cannot be used: only finite numbers within the range of float64 can", excerpt(word)));
    if (!number->is_exact)
      refuse(fmt::format("'{}' is a whole number that float64 cannot hold exactly", excerpt(word)));
    return number->value;
  }

  bool is_skew() const { return symmetry_ == "skew-symmetric"; }

  void put(Array& array, Index i, Index j, Real number) const {
    array.values(i, j) = number;
    if (symmetry_ != "general" && i != j) array.values(j, i) = is_skew() && number != 0 ? -number : number;
  }

  /// Column by column; of a symmetric matrix the lower triangle, of a skew-symmetric one without its diagonal.
  void read_dense(Array& array) {
    const Index rows = array.shape[0], cols = array.shape[1];
    const Index listed = symmetry_ == "general" ? rows * cols
                         : is_skew()            ? rows * (rows - 1) / 2
                                                : rows * (rows + 1) / 2;
    // Every number but the last takes two characters.
    if (listed > (text_.size() + 1) / 2)
      refuse(fmt::format("{} entries must follow, which do not fit in this file; it is cut short", listed));
    array.values.zeros(rows, cols);
    words_.clear();
    std::size_t word = 0;
    for (Index j = 0; j < cols; ++j)
      for (Index i = symmetry_ == "general" ? 0 : is_skew() ? j + 1 : j; i < rows; ++i) {
        if (word == words_.size()) {
          if (!next_line()) refuse(fmt::format("the file ends before entry ({}, {})", i + 1, j + 1));
          word = 0;
        }
        put(array, i, j, value(words_[word++]));
      }
    if (word != words_.size()) refuse("more follows behind the last entry");
  }

  void read_coordinates(Array& array, Index count) {
    if (count > (text_.size() + 1) / 4)
      refuse(fmt::format("{} entries must follow, which do not fit in this file; it is cut short", count));
    require_density(array.shape[0], array.shape[1], count, name_);
    require_room(8.0L * static_cast<long double>(array.shape[0]) * static_cast<long double>(array.shape[1]), name_);
    array.values.zeros(array.shape[0], array.shape[1]);
    const Index rows = array.shape[0], cols = array.shape[1];
    std::vector<bool> seen(rows * cols);
    const std::size_t words = field_ == "pattern" ? 2 : 3;
    for (Index k = 0; k < count; ++k) {
      if (!next_line()) refuse(fmt::format("the file ends before entry {} of {}", k + 1, count));
      if (words_.size() != words)
        refuse(fmt::format("an entry is {}, but this line has {} {}",
                           words == 2 ? "row and column" : "row, column and number", words_.size(),
                           words_.size() == 1 ? "word" : "words"));
      const Index i = whole(words_[0], 1, rows) - 1, j = whole(words_[1], 1, cols) - 1;
      if (symmetry_ != "general" && (i < j || (is_skew() && i == j)))
        refuse(fmt::format("entry ({}, {}) does not lie in the lower triangle, which a {} matrix lists", i + 1, j + 1,
                           symmetry_));
      if (seen[i + j * rows]) refuse(fmt::format("entry ({}, {}) is listed twice", i + 1, j + 1));
      seen[i + j * rows] = true;
      put(array, i, j, words == 2 ? 1 : value(words_[2]));
    }
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t line_ = 0;
  std::vector<std::string_view> words_;
  bool is_sparse_ = false;
  std::string field_, symmetry_;
};

}  // namespace

Array parse_mtx(std::string_view text, const std::string& name) { return MatrixMarket(text, name).read(); }

}  // namespace tightrope
