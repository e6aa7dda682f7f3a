#include "core/operators/entry_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/arrays/bytes.hpp"
#include "core/arrays/formats/mtx.hpp"
#include "core/arrays/numerals.hpp"
#include "core/base/error.hpp"

namespace tightrope {

namespace {

constexpr const char* separator_words[] = {"blanks", "commas", "semicolons", "'::'"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
unsigned digit(char c) { return static_cast<unsigned char>(c - '0'); }  // at least 10: it is none
bool is_digit(char c) { return digit(c) < 10; }

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

bool is_remark(std::string_view line) {
  const std::size_t at = line.find_first_not_of(" \t\r");
  return at == std::string_view::npos || line[at] == '#' || line[at] == '%';
}

/// Where the first line from `at` on begins that is no remark.
std::size_t behind_remarks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_remark(line_at(text, at))) at += line_at(text, at).size() + 1;
  return std::min(at, text.size());
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < line.size();) {
    while (i < line.size() && is_blank(line[i])) ++i;
    const std::size_t begin = i;
    while (i < line.size() && !is_blank(line[i])) ++i;
    if (i > begin) words.push_back(line.substr(begin, i - begin));
  }
  return words;
}

EntryFormat format_of_market(const MappedFile& file) {
  const std::string_view text = file.text();
  const std::string_view banner = line_at(text, 0);
  const auto place = [&](std::string_view word) { return static_cast<std::size_t>(word.data() - text.data()); };
  const std::vector<std::string_view> written = words_of(banner);
  std::vector<std::string> words;
  for (const std::string_view word : written) {
    std::string& lower = words.emplace_back(word);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  }
  if (words.size() != 5 || words[1] != "matrix" || words[2] != "coordinate")
    refuse_at(file, 0,
              "the first line must be %%MatrixMarket matrix coordinate FIELD general: entries by their places");
  if (words[4] != "general")
    refuse_at(file, place(written[4]),
              fmt::format("the matrix is {}, but only the entries of a general one can be read", words[4]));
  if (words[3] != "real" && words[3] != "integer" && words[3] != "double" && words[3] != "pattern")
    refuse_at(file, place(written[3]),
              fmt::format("'{}' is no field that can be read: it is real, integer or pattern", words[3]));
  EntryFormat format;
  format.has_values = words[3] != "pattern";
  const std::size_t at = behind_remarks(text, 0);
  const std::vector<std::string_view> sizes = words_of(line_at(text, at));
  std::array<Index, 3> numbers{};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::optional<Numeral> number =
        sizes.size() == 3 && is_plain_integer(sizes[i]) ? read_numeral(sizes[i]) : std::nullopt;
    if (!number || number->value < 1 || number->value >= 0x1p48)
      refuse_at(file, sizes.size() == 3 ? place(sizes[i]) : at,
                "here must stand the numbers of rows, columns and entries, each at least 1");
    numbers[i] = static_cast<Index>(number->value);
  }
  format.shape = {numbers[0], numbers[1]};
  format.listed = numbers[2];
  format.begin = std::min(at + line_at(text, at).size() + 1, text.size());
  return format;
}

/// The first digits of a text, seven at most; eight bytes of it must be there.
struct Digits {
  explicit Digits(const char* text) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text, sizeof bytes);
    bytes ^= 0x3030303030303030;
    const std::uint64_t others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;  // what is no digit
    // With eight digits nothing is shifted out, and are_few() tells.
    count = others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
    // Two digits, four and eight at a time.
    bytes = count == 0 ? 0 : bytes << (64 - 8 * count);
    bytes = bytes * 10 + (bytes >> 8U);
    constexpr std::uint64_t pairs = 0x000000ff000000ff;
    value = static_cast<std::uint32_t>(((bytes & pairs) * (100 + (std::uint64_t{1000000} << 32U)) +
                                        ((bytes >> 16U) & pairs) * (1 + (std::uint64_t{10000} << 32U))) >>
                                       32U);
  }
  bool are_few() const { return count - 1 < 7; }  // and there are some
  unsigned count;
  std::uint32_t value;
};

/// Reads the entries of some lines, each with a newline behind it. Behind the last one are 64 bytes of zeros, or of
/// other lines: whoever looks for what is no digit finds it, even while somebody changes the file.
class LineReader {
 public:
  /// `offset`: where in the file the text begins, for messages.
  LineReader(const MappedFile& file, const EntryFormat& format, Shape most, std::string_view text, std::size_t offset)
      : file_(file),
        format_(format),
        most_(most),
        begin_(text.data()),
        end_(begin_ + text.size()),
        offset_(offset),
        first_index_(static_cast<std::uint32_t>(format.first_index)),
        separator_(format.separator == Separator::comma       ? ','
                   : format.separator == Separator::semicolon ? ';'
                   : format.separator == Separator::colons    ? ':'
                                                              : ' '),
        tabulator_(format.separator == Separator::blanks ? '\t' : separator_),
        gap_(format.separator == Separator::colons ? 2 : 1) {}

  /// Entries are written from `to` on; where they end.
  ListedEntry* read(ListedEntry* to) const { return read_from(begin_, to); }

  /// The lines of both, in turns: while one waits for where its next number begins, the other has work.
  static void read_together(const LineReader& first, const LineReader& second, ListedEntry*& to_first,
                            ListedEntry*& to_second) {
    const char *p = first.begin_, *q = second.begin_;
    ListedEntry *of_first = to_first, *of_second = to_second;
    while (p < first.end_ && q < second.end_) {
      p = first.read_line(p, of_first);
      q = second.read_line(q, of_second);
    }
    to_first = first.read_from(p, of_first);
    to_second = second.read_from(q, of_second);
  }

 private:
  ListedEntry* read_from(const char* p, ListedEntry* to) const {
    while (p < end_) p = read_line(p, to);
    return to;
  }

  /// Where the next line begins.
  [[gnu::always_inline]] const char* read_line(const char* p, ListedEntry*& to) const {
    if (const char* const next = read_plain_line(p, *to)) {
      ++to;
      return next;
    }
    return read_any_line(p, to);
  }

  bool is_separator(char c) const { return c == separator_ || c == tabulator_; }
  bool ends_number(char c) const { return c == '\n' || is_blank(c) || is_separator(c); }

  /// A line as most of them are: short numbers, and a separator between them. Null where it is not, or where it is
  /// wrong.
  [[gnu::always_inline]] const char* read_plain_line(const char* p, ListedEntry& entry) const {
    const Digits row(p);
    p += row.count;
    if (!row.are_few() || !is_separator(p[0]) || !is_separator(p[gap_ - 1])) return nullptr;
    const Digits column(p += gap_);
    p += column.count;
    entry.row = row.value - first_index_;
    entry.column = column.value - first_index_;
    if (!column.are_few() || std::min(row.value, column.value) < first_index_ || entry.row >= most_.rows ||
        entry.column >= most_.cols)
      return nullptr;
    entry.value = 1;
    if (format_.has_values) {
      if (!is_separator(p[0]) || !is_separator(p[gap_ - 1])) return nullptr;
      p += gap_;
      // Stars: what follows is known without waiting for the digits.
      const unsigned ones = digit(p[0]), tenths = digit(p[2]);
      if (ones < 10 && p[1] == '.' && tenths < 10 && p[3] == '\n') {
        entry.value = static_cast<Real>(10 * ones + tenths) / 10;
        return p + 4;
      }
      if (ones < 10 && p[1] == '\n') {
        entry.value = ones;
        return p + 2;
      }
      const bool is_negative = *p == '-';
      const Digits whole(p += is_negative);
      p += whole.count;
      auto digits = static_cast<std::int64_t>(whole.value);
      Real scale = 1;
      if (*p == '.') {
        const Digits fraction(++p);
        static constexpr std::int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
        if (whole.count > 7 || !fraction.are_few()) return nullptr;
        p += fraction.count;
        digits = digits * powers[fraction.count] + fraction.value;
        scale = static_cast<Real>(powers[fraction.count]);
      } else if (!whole.are_few()) {
        return nullptr;
      }
      const Real size = static_cast<Real>(digits) / scale;  // both exact
      entry.value = is_negative ? -size : size;
    }
    if (*p == '\n') return p + 1;
    return ends_number(*p) ? behind_line(p) : nullptr;
  }

  const char* read_any_line(const char* p, ListedEntry*& to) const {
    skip_blanks(p);
    if (*p != '\n' && *p != '#' && *p != '%') {
      to->row = index(p, "row", most_.rows);
      separator(p, "column");
      const char* const column = p;
      to->column = index(p, "column", most_.cols);
      to->value = 1;
      if (format_.has_values) {
        separator(p, "value");
        to->value = number(p);
      } else if (!ends_number(*p)) {
        refuse(column, "is no column");
      }
      ++to;
    }
    return behind_line(p);
  }

  const char* behind_line(const char* p) const {
    if (*p == '\r') ++p;
    if (*p == '\n') return p + 1;
    const void* const end = p < end_ ? std::memchr(p, '\n', static_cast<std::size_t>(end_ - p)) : nullptr;
    return end ? static_cast<const char*>(end) + 1 : end_;
  }

  static void skip_blanks(const char*& p) {
    while (is_blank(*p)) ++p;
  }

  std::uint32_t index(const char*& p, const char* what, Index most) const {
    const char* const begin = p;
    Index value = 0;
    for (; is_digit(*p); ++p) value = 10 * value + static_cast<Index>(*p - '0');
    if (p == begin || p - begin > 11 || value < first_index_ || value - first_index_ >= most)
      refuse(begin, fmt::format("is no {}: these are whole numbers from {} to {}", what, first_index_,
                                most - 1 + first_index_));
    return static_cast<std::uint32_t>(value - first_index_);
  }

  void separator(const char*& p, const char* next) const {
    const char* const begin = p;
    skip_blanks(p);
    bool is_there = p > begin;
    if (format_.separator != Separator::blanks) {
      is_there = p[0] == separator_ && p[gap_ - 1] == separator_;
      if (is_there) p += gap_;
      skip_blanks(p);
    }
    if (!is_there)
      refuse(begin, fmt::format("stands where the {} should come, behind {} as in the first line", next,
                                separator_words[static_cast<std::size_t>(format_.separator)]));
  }

  /// Up to 15 digits: one exact division. Whatever else is a number takes longer.
  Real number(const char*& p) const {
    static constexpr Real powers_of_ten[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                             1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char* const begin = p;
    const bool is_negative = *p == '-';
    if (is_negative) ++p;
    const char* const first = p;
    std::uint64_t digits = 0;
    for (; is_digit(*p); ++p) digits = 10 * digits + static_cast<std::uint64_t>(*p - '0');
    std::ptrdiff_t count = p - first, decimals = 0;
    if (*p == '.') {
      const char* const point = p++;
      for (; is_digit(*p); ++p) digits = 10 * digits + static_cast<std::uint64_t>(*p - '0');
      decimals = p - point - 1;
      count += decimals;
    }
    if (count > 0 && count <= 15 && ends_number(*p)) {
      const Real size = static_cast<Real>(digits) / powers_of_ten[decimals];
      return is_negative ? -size : size;
    }
    const std::string_view word = word_at(begin);
    const std::optional<Numeral> numeral = read_numeral(word);
    if (!numeral || !std::isfinite(numeral->value)) refuse(begin, "is no finite number");
    p = begin + word.size();
    return numeral->value;
  }

  std::string_view word_at(const char* begin) const {
    const char* end = begin;
    while (end < end_ && !ends_number(*end)) ++end;
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  [[noreturn]] void refuse(const char* begin, const std::string& why) const {
    skip_blanks(begin);
    const std::string_view rest(begin, begin < end_ ? static_cast<std::size_t>(end_ - begin) : 0),
        word = rest.substr(0, rest.find_first_of(" \t\r\n"));
    refuse_at(file_, offset_ + static_cast<std::size_t>(begin - begin_),
              word.empty() ? fmt::format("the line ends too early: its end {}", why)
                           : fmt::format("'{}' {}", word.substr(0, 40), why));
  }

  const MappedFile& file_;
  const EntryFormat& format_;
  Shape most_;
  const char *begin_, *end_;
  std::size_t offset_;
  std::uint32_t first_index_;
  char separator_, tabulator_;
  std::ptrdiff_t gap_;
};

}  // namespace

std::string EntryFormat::text() const {
  if (listed) return "by coordinates";
  return fmt::format("separated by {}{}", separator_words[static_cast<std::size_t>(separator)],
                     has_names ? ", a line of names left out" : "");
}

void refuse_at(const MappedFile& file, std::size_t at, const std::string& why) {
  const std::string_view before = file.text().substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = before.size() - (before.rfind('\n') + 1);  // npos + 1 = 0
  file.check();
  refuse_file(fmt::format("{}:{}:{}", file.path(), line, column + 1), why);
}

EntryFormat entry_format(const MappedFile& file, Index first_index) {
  const std::string_view text = file.text();
  if (text.starts_with(matrix_market_banner)) return format_of_market(file);
  EntryFormat format;
  format.first_index = first_index;
  const std::size_t at = behind_remarks(text, 0);
  if (at == text.size()) refuse_at(file, at, "the file has no entries");
  const std::string_view line = line_at(text, at);
  const std::size_t mark = line.find_first_of(",;:\t");
  if (mark != std::string_view::npos && line[mark] == ',') format.separator = Separator::comma;
  if (mark != std::string_view::npos && line[mark] == ';') format.separator = Separator::semicolon;
  if (mark != std::string_view::npos && line.substr(mark).starts_with("::")) format.separator = Separator::colons;
  format.has_names = !is_digit(line[line.find_first_not_of(" \t\r")]);
  format.begin = format.has_names ? std::min(at + line.size() + 1, text.size()) : at;
  return format;
}

Index read_entry_lines(const MappedFile& file, const EntryFormat& format, Shape most, std::size_t begin,
                       std::size_t end, ListedEntry* to) {
  const std::string_view text = file.text().substr(begin, end - begin);
  const std::size_t whole = text.rfind('\n') + 1, half = text.substr(0, whole).find('\n', whole / 2) + 1;  // 0: none
  const auto reader = [&](std::size_t from, std::size_t count) {
    return LineReader(file, format, most, text.substr(from, count), begin + from);
  };
  ListedEntry* to_end = to;
  if (whole > 0) {
    ListedEntry* const middle = to + most_entries(half) - 2;
    ListedEntry* second_end = middle;
    try {
      LineReader::read_together(reader(0, half), reader(half, whole - half), to_end, second_end);
    } catch (const Error&) {
      reader(0, whole).read(to);  // which finds the first line that is wrong
      throw;
    }
    to_end = std::copy(middle, second_end, to_end);
  }
  if (whole < text.size()) {
    std::string last(text.substr(whole));
    last += '\n';
    last.append(64, '\0');
    const std::string_view line(last.data(), text.size() - whole + 1);
    to_end = LineReader(file, format, most, line, begin + whole).read(to_end);
  }
  return static_cast<Index>(to_end - to);
}

}  // namespace tightrope
