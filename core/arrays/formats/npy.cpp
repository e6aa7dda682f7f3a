#include "core/arrays/formats/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/arrays/matrices.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

namespace {

constexpr std::string_view magic("\x93NUMPY", 6);

/// The header of an .npy file: a Python dictionary of three entries, read by its grammar and nothing more.
struct Header {
  std::string type;
  bool by_columns = false;
  std::vector<Index> shape;
};

class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header read() {
    Header header;
    bool type = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !type) {
        if (peek() == '[') refuse_file(name_, "the array has several fields; only plain numbers can be read");
        header.type = quoted();
        type = true;
      } else if (key == "fortran_order" && !order) {
        header.by_columns = truth_value();
        order = true;
      } else if (key == "shape" && !shape) {
        expect('(');
        while (!accept(')')) {
          header.shape.push_back(whole_number());
          if (!accept(',') && peek() != ')') wrong();
        }
        shape = true;
      } else {
        wrong();
      }
      if (!accept(',') && peek() != '}') wrong();
    }
    if (!type || !order || !shape || peek() != '\0') wrong();
    return header;
  }

 private:
  [[noreturn]] void wrong() const { refuse_file(name_, "the header is not that of a NumPy array"); }
  char peek() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) wrong();
  }
  std::string quoted() {
    if (peek() == 'u' || peek() == 'b') ++at_;  // Python 2 marks its kinds of text
    const char quote = peek();
    if (quote != '\'' && quote != '"') wrong();
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) wrong();
    std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  bool truth_value() {
    peek();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    wrong();
  }
  Index whole_number() {
    Index value = 0;
    std::size_t digits = 0;
    for (peek(); at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])); ++at_, ++digits)
      value = 10 * value + static_cast<Index>(text_[at_] - '0');
    if (digits == 0 || digits > 18) wrong();
    accept('L');  // as Python 2 writes long integers
    return value;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

Real half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const Real fraction = bits & 1023;
  const Real size = exponent == 0    ? std::ldexp(fraction, -24)
                    : exponent == 31 ? (fraction != 0 ? arma::datum::nan : arma::datum::inf)
                                     : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

std::string words_of(const NumberType& type) {
  using enum NumberType::Kind;
  const char* word = type.kind == boolean   ? "bool"
                     : type.kind == integer ? "int"
                     : type.kind == natural ? "uint"
                                            : "float";
  return (type.kind == boolean ? word : fmt::format("{}{}", word, 8 * type.size)) +
         (type.big_endian ? ", big-endian" : "");
}

/// "<f8", "|u1", "?", also without the sign of the byte order, and NumPy's names.
NumberType type_of(const std::string& written, const std::string& name) {
  static const std::array<std::pair<std::string_view, std::string_view>, 20> names{
      {{"?", "b1"},       {"bool", "b1"},  {"e", "f2"},     {"f", "f4"},       {"d", "f8"},
       {"b", "i1"},       {"h", "i2"},     {"i", "i4"},     {"q", "i8"},       {"B", "u1"},
       {"H", "u2"},       {"I", "u4"},     {"Q", "u8"},     {"float16", "f2"}, {"float32", "f4"},
       {"float64", "f8"}, {"int32", "i4"}, {"int64", "i8"}, {"uint8", "u1"},   {"l", "i8"}}};
  std::string_view text = written;
  NumberType type;
  if (!text.empty() && std::string_view("<>=|").find(text[0]) != std::string_view::npos) {
    type.big_endian = text[0] == '>';
    text.remove_prefix(1);
  }
  for (const auto& [word, meaning] : names)
    if (text == word) text = meaning;
  const auto cannot = [&](const char* what) {
    refuse_file(
        name, fmt::format("the array holds {} ('{}'); booleans, integers and real numbers of up to 64 bits can be read",
                          what, excerpt(written)));
  };
  const char kind = text.empty() ? '\0' : text[0];
  const std::string_view size = text.substr(std::min<std::size_t>(1, text.size()));
  if (kind == 'c' || written == "F" || written == "D") cannot("complex numbers");
  if (kind == 'O') cannot("Python objects");
  if (kind == 'S' || kind == 'U' || kind == 'a') cannot("text");
  if (kind == 'M' || kind == 'm') cannot("times");
  if (kind == 'V') cannot("raw bytes");
  if (written == "g" || (kind == 'f' && (size == "16" || size == "12"))) cannot("numbers of extended precision");
  const bool known = (kind == 'f' && (size == "2" || size == "4" || size == "8")) || (kind == 'b' && size == "1") ||
                     ((kind == 'i' || kind == 'u') && (size == "1" || size == "2" || size == "4" || size == "8"));
  if (!known) cannot("entries of a kind that is not known");
  type.kind = kind == 'b'   ? NumberType::Kind::boolean
              : kind == 'i' ? NumberType::Kind::integer
              : kind == 'u' ? NumberType::Kind::natural
                            : NumberType::Kind::real;
  type.size = static_cast<std::size_t>(size[0] - '0');
  return type;
}

/// Where the entries of an array belong, in the order in which a file has them.
class Places {
 public:
  Places(const std::vector<Index>& shape, bool by_columns, const Mat& values)
      : by_columns_(by_columns), rows_(values.n_rows), cols_(values.n_cols) {
    inner_.assign(shape.begin() + std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(shape.size())), shape.end());
    at_.assign(inner_.size(), 0);
  }
  Index row() const { return row_; }
  Index column() const { return column_; }
  void advance() {
    if (!by_columns_) {
      if (++column_ == cols_) column_ = 0, ++row_;
    } else if (++row_ == rows_) {
      row_ = 0;
      advance_column();
    }
  }

 private:
  /// The next column in the order of the file: the first of the inner indices runs fastest.
  void advance_column() {
    for (std::size_t d = 0; d < inner_.size(); ++d) {
      if (++at_[d] < inner_[d]) break;
      at_[d] = 0;
    }
    column_ = 0;
    for (std::size_t d = 0; d < inner_.size(); ++d) column_ = column_ * inner_[d] + at_[d];
  }

  bool by_columns_;
  Index rows_, cols_, row_ = 0, column_ = 0;
  std::vector<Index> inner_, at_;
};

std::string position_of(Index row, Index column, const Array& array) {
  return array.shape.size() <= 1 ? fmt::format("entry {}", row + 1)
                                 : fmt::format("entry ({}, {})", row + 1, column + 1);
}

void read_entries(const ByteSource& source, std::uint64_t begin, const NumberType& type, bool by_columns,
                  Array& array) {
  constexpr std::size_t chunk = 1 << 17;  // entries
  Places places(array.shape, by_columns, array.values);
  std::string bytes;
  for (Index done = 0; done < array.values.n_elem; done += chunk) {
    const std::size_t count = std::min<std::size_t>(chunk, array.values.n_elem - done);
    bytes.resize(count * type.size);
    source.read(begin + done * type.size, bytes.data(), bytes.size());
    for (std::size_t i = 0; i < count; ++i, places.advance()) {
      const std::optional<Real> value = type.value(bytes.data() + i * type.size);
      if (!value)
        refuse_file(source.name(),
                    fmt::format("{} is an integer beyond 2^53, which float64 cannot hold exactly; store the "
                                "array as float64 if rounding is meant",
                                position_of(places.row(), places.column(), array)));
      array.values(places.row(), places.column()) = *value;
    }
  }
}

/// What comes behind the array is no part of it: NumPy does not look at it.
std::string trailing(const ByteSource& source, std::uint64_t end, std::size_t item) {
  const std::uint64_t extra = source.size() - end;
  if (extra == 0) return "";
  if (extra >= magic.size() && source.text(end, magic.size()) == magic)
    refuse_file(source.name(),
                "several arrays follow each other in this file; one can be read: write an .npz with a name for each");
  if (extra >= item)
    refuse_file(source.name(), fmt::format("{} bytes follow behind the numbers that the header announces", extra));
  return fmt::format(", {} {} behind it left out", extra, extra == 1 ? "byte" : "bytes");
}

}  // namespace

std::optional<Real> NumberType::value(const char* bytes) const {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < size; ++i)
    bits |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * (big_endian ? size - 1 - i : i));
  constexpr std::uint64_t largest = std::uint64_t{1} << 53U;
  switch (kind) {
    case Kind::boolean:
      return bits != 0 ? 1 : 0;
    case Kind::natural:
      return bits > largest ? std::nullopt : std::optional(static_cast<Real>(bits));
    case Kind::integer: {
      const unsigned shift = static_cast<unsigned>(64 - 8 * size);
      const std::int64_t number = static_cast<std::int64_t>(bits << shift) >> shift;
      const auto limit = static_cast<std::int64_t>(largest);
      return number > limit || number < -limit ? std::nullopt : std::optional(static_cast<Real>(number));
    }
    default:
      break;
  }
  if (size == 2) return half(static_cast<std::uint16_t>(bits));
  if (size == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return std::bit_cast<double>(bits);
}

std::size_t only_or_named(const std::vector<std::string>& names, const std::string& wanted, const std::string& file,
                          const std::string& what) {
  if (names.empty()) refuse_file(file, fmt::format("there is no {} in it", what));
  if (wanted.empty() && names.size() > 1)
    refuse_file(file,
                fmt::format("there are several {}s in it; name one, e.g. {}:{} (it has: {})", what,
                            std::filesystem::path(file).filename().string(), names.front(), fmt::join(names, ", ")));
  const auto found = wanted.empty() ? names.begin() : std::ranges::find(names, wanted);
  if (found == names.end())
    refuse_file(file, fmt::format("there is no {} '{}' in it{}; it has: {}", what, excerpt(wanted),
                                  did_you_mean(wanted, names), fmt::join(names, ", ")));
  if (!wanted.empty() && std::ranges::count(names, wanted) > 1)
    refuse_file(file, fmt::format("there are two {}s of the name '{}' in it", what, wanted));
  return static_cast<std::size_t>(found - names.begin());
}

std::string words_of_shape(const std::vector<Index>& shape) {
  if (shape.empty()) return "1";
  return fmt::format("{}", fmt::join(shape, " × "));
}

Index entries_of(const std::vector<Index>& shape, const std::string& name) {
  Index count = 1;
  for (const Index side : shape) {
    if (side != 0 && count > (Index{1} << 48U) / side)
      refuse_file(name, fmt::format("an array of {} numbers is beyond what any memory holds", words_of_shape(shape)));
    count *= side;
  }
  return count;
}

void check_finite(const Array& array, const std::string& name) {
  const auto bad = std::find_if(array.values.begin(), array.values.end(), [](Real x) { return !std::isfinite(x); });
  if (bad == array.values.end()) return;
  const auto at = static_cast<Index>(bad - array.values.begin());
  refuse_file(name, position_of(at % array.values.n_rows, at / array.values.n_rows, array) + " is not a finite number");
}

Index NpyHeader::count() const {
  Index count = 1;
  for (const Index side : shape) count *= side;
  return count;
}

NpyHeader read_npy_header(const ByteSource& source) {
  const std::string& name = source.name();
  if (source.text(0, std::min<std::uint64_t>(magic.size(), source.size())) != magic)
    refuse_file(name, "this is not a NumPy array: it does not start like one");
  const std::uint64_t version = source.field(6, 1), length_size = version == 1 ? 2 : 4;
  if (version < 1 || version > 3)
    refuse_file(name, fmt::format("the array has format version {}; versions 1 to 3 can be read", version));
  const std::uint64_t length = source.field(8, length_size), begin = 8 + length_size + length;
  constexpr std::uint64_t longest_header = 1 << 20;
  if (length > longest_header) refuse_file(name, "the header is not that of a NumPy array");
  const Header header = HeaderReader(source.text(8 + length_size, length), name).read();
  const NumberType type = type_of(header.type, name);
  constexpr std::size_t most_dimensions = 8;
  if (header.shape.size() > most_dimensions)
    refuse_file(name, fmt::format("the array has {} dimensions", header.shape.size()));
  NpyHeader found{header.shape, type, header.by_columns, begin, ""};
  const Index count = entries_of(found.shape, name), available = (source.size() - begin) / type.size;
  if (count > available)
    refuse_file(name, fmt::format("the file is incomplete: {} numbers are announced, {} are there",
                                  words_of_shape(found.shape), available));
  if (count == 0) refuse_file(name, fmt::format("the array is empty: {} numbers", words_of_shape(found.shape)));
  const std::string extra = trailing(source, begin + count * type.size, type.size);
  found.description = fmt::format("{} numbers of type {}{}", words_of_shape(found.shape), words_of(type), extra);
  return found;
}

std::optional<Index> read_npy_numbers(const ByteSource& source, const NpyHeader& header, Index first, Index count,
                                      Real* to) {
  const NumberType& type = header.type;
  const std::uint64_t begin = header.begin + first * type.size;
  if (type.kind == NumberType::Kind::real && type.size == sizeof(Real) && !type.big_endian) {
    source.read(begin, to, count * sizeof(Real));
    return std::nullopt;
  }
  std::string bytes(count * type.size, '\0');
  source.read(begin, bytes.data(), bytes.size());
  for (Index i = 0; i < count; ++i) {
    const std::optional<Real> value = type.value(bytes.data() + i * type.size);
    if (!value) return i;
    to[i] = *value;
  }
  return std::nullopt;
}

Array read_npy(const ByteSource& source) {
  const NpyHeader header = read_npy_header(source);
  Array array;
  array.shape = header.shape;
  array.description = header.description;
  const Index rows = array.shape.empty() ? 1 : array.shape[0];
  array.values.set_size(rows, header.count() / rows);
  read_entries(source, header.begin, header.type, header.by_columns, array);
  return array;
}

std::string npy_bytes(const Mat& values, bool vector) {
  std::string header =
      "{'descr': '<f8', 'fortran_order': True, 'shape': (" +
      (vector ? fmt::format("{},", values.n_elem) : fmt::format("{}, {}", values.n_rows, values.n_cols)) + "), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 255U);
  out += static_cast<char>(header.size() >> 8U);
  out += header;
  out.append(reinterpret_cast<const char*>(values.memptr()), values.n_elem * sizeof(Real));
  return out;
}

}  // namespace tightrope
