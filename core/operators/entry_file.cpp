#include "core/operators/entry_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/arrays/bytes.hpp"
#include "core/arrays/formats/mtx.hpp"
#include "core/arrays/numerals.hpp"
#include "core/base/limits.hpp"
#include "core/base/words.hpp"
#include "core/numbers/ranks.hpp"
#include "core/operators/entry_pack.hpp"

namespace tightrope {

namespace {

constexpr std::size_t part_bytes = std::size_t{16} << 20U;  // of text that a thread reads at a time

struct Entry {
  std::uint32_t row, column;
  Real value;
};

/// A file as text, without a copy.
class MappedText {
 public:
  explicit MappedText(const std::string& path) : path_(path) {
    const FileBytes checked(path);  // there, regular and readable, or a sentence
    size_ = checked.size();
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (size_ == 0 || descriptor < 0) {
      if (descriptor >= 0) close(descriptor);
      refuse_file(path, size_ == 0 ? "the file is empty" : "the file cannot be opened");
    }
    void* const at = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (at == MAP_FAILED) refuse_file(path, "the file cannot be mapped");
    madvise(at, size_, MADV_SEQUENTIAL);
    data_ = static_cast<const char*>(at);
  }
  ~MappedText() { munmap(const_cast<char*>(data_), size_); }
  MappedText(const MappedText&) = delete;
  MappedText& operator=(const MappedText&) = delete;

  std::string_view text() const { return {data_, size_}; }
  /// What was read is no longer in this process's memory, and comes back if it is asked for.
  void forget(std::size_t begin, std::size_t end) const {
    constexpr std::size_t page = 4096;
    begin = (begin + page - 1) / page * page;
    end = end / page * page;
    if (begin < end) madvise(const_cast<char*>(data_) + begin, end - begin, MADV_DONTNEED);
  }
  [[noreturn]] void refuse(std::size_t at, const std::string& why) const {
    const auto line = 1 + std::count(data_, data_ + std::min(at, size_), '\n');
    refuse_file(fmt::format("{}:{}", path_, line), why);
  }

 private:
  std::string path_;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// What separates the numbers of a line.
enum class Separator { blanks, comma, semicolon, colons };
constexpr const char* separator_words[] = {"blanks", "commas", "semicolons", "'::'"};

struct Format {
  Separator separator = Separator::blanks;
  std::size_t begin = 0;  // of the first entry
  Index first_index = 1;
  bool has_values = true;       // false: all are 1
  bool has_names = false;       // a line of them was left out
  Shape shape;                  // 0 × 0: not said
  std::optional<Index> listed;  // how many entries there must be
};

constexpr Real powers_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

bool is_remark(std::string_view line) {
  const std::size_t at = line.find_first_not_of(" \t\r");
  return at == std::string_view::npos || line[at] == '#' || line[at] == '%';
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

Format format_of_market(const MappedText& file) {
  const std::string_view text = file.text();
  std::string banner(line_at(text, 0));
  std::transform(banner.begin(), banner.end(), banner.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::vector<std::string_view> words = words_of(banner);
  if (words.size() != 5 || words[1] != "matrix" || words[2] != "coordinate")
    file.refuse(0, "the first line must be %%MatrixMarket matrix coordinate FIELD general: entries by their places");
  if (words[4] != "general")
    file.refuse(0, fmt::format("the matrix is {}, but only the entries of a general one can be read", words[4]));
  if (words[3] != "real" && words[3] != "integer" && words[3] != "double" && words[3] != "pattern")
    file.refuse(0, fmt::format("'{}' is no field that can be read: it is real, integer or pattern", words[3]));
  Format format;
  format.has_values = words[3] != "pattern";
  std::size_t at = 0;
  while (at < text.size() && is_remark(line_at(text, at))) at += line_at(text, at).size() + 1;
  const std::vector<std::string_view> sizes = at < text.size() ? words_of(line_at(text, at)) : words;
  std::array<Index, 3> numbers{};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::optional<Numeral> number =
        sizes.size() == 3 && is_plain_integer(sizes[i]) ? read_numeral(sizes[i]) : std::nullopt;
    if (!number || number->value < 1 || number->value >= 0x1p48)
      file.refuse(at, "here must stand the numbers of rows, columns and entries, each at least 1");
    numbers[i] = static_cast<Index>(number->value);
  }
  format.shape = {numbers[0], numbers[1]};
  format.listed = numbers[2];
  format.begin = at + line_at(text, at).size() + 1;
  return format;
}

Format format_of(const MappedText& file, Index first_index) {
  const std::string_view text = file.text();
  if (text.starts_with(matrix_market_banner)) return format_of_market(file);
  Format format;
  format.first_index = first_index;
  std::size_t at = 0;
  while (at < text.size() && is_remark(line_at(text, at))) at += line_at(text, at).size() + 1;
  if (at >= text.size()) file.refuse(text.size(), "the file has no entries");
  const std::string_view line = line_at(text, at);
  const std::size_t mark = line.find_first_of(",;:\t");
  if (mark != std::string_view::npos && line[mark] == ',') format.separator = Separator::comma;
  if (mark != std::string_view::npos && line[mark] == ';') format.separator = Separator::semicolon;
  if (mark != std::string_view::npos && line.substr(mark).starts_with("::")) format.separator = Separator::colons;
  if (!is_digit(line[line.find_first_not_of(" \t\r")])) {
    format.has_names = true;
    at += line.size() + 1;
  }
  format.begin = at;
  return format;
}

/// Reads the entries of some lines, each with a newline behind it: whoever looks for what is no digit finds it.
class LineReader {
 public:
  /// `offset`: where in the file the text begins, for messages.
  LineReader(const MappedText& file, const Format& format, Shape most, std::string_view text, std::size_t offset)
      : file_(file), format_(format), most_(most), begin_(text.data()), end_(begin_ + text.size()), offset_(offset) {}

  void read(std::vector<Entry>& entries) {
    for (at_ = begin_; at_ < end_;) {
      if (Entry entry; read_plain_line(entry)) {
        entries.push_back(entry);
        continue;
      }
      skip_blanks();
      if (*at_ != '\n' && *at_ != '#' && *at_ != '%') {
        Entry entry{index("row", most_.rows), 0, 1};
        separator("column");
        entry.column = index("column", most_.cols);
        if (format_.has_values) {
          separator("value");
          entry.value = number();
        }
        entries.push_back(entry);
      }
      if (*at_ == '\r') ++at_;
      if (*at_ != '\n') at_ = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
      ++at_;
    }
  }

 private:
  void skip_blanks() {
    while (is_blank(*at_)) ++at_;
  }

  /// The first digits of a text, seven at most; eight bytes of it must be there.
  struct Digits {
    explicit Digits(const char* text) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text, sizeof bytes);
      bytes ^= 0x3030303030303030;
      const std::uint64_t others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;  // what is no digit
      count = others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
      if (count == 0) return;
      // Two digits, four and eight at a time.
      bytes <<= 64 - 8 * count;
      bytes = bytes * 10 + (bytes >> 8U);
      constexpr std::uint64_t pairs = 0x000000ff000000ff;
      value = ((bytes & pairs) * (100 + (std::uint64_t{1000000} << 32U)) +
               ((bytes >> 16U) & pairs) * (1 + (std::uint64_t{10000} << 32U))) >>
              32U;
    }
    bool are_few() const { return count < 8; }
    unsigned count;
    std::uint64_t value = 0;
  };

  bool is_separator(char c) const {
    switch (format_.separator) {
      case Separator::blanks:
        return c == ' ' || c == '\t';
      case Separator::comma:
        return c == ',';
      case Separator::semicolon:
        return c == ';';
      case Separator::colons:
        break;
    }
    return c == ':';
  }

  /// A line as most of them are: short numbers, and a separator between them. False, and nothing done, where it is not,
  /// or where it is wrong.
  bool read_plain_line(Entry& entry) {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::ptrdiff_t longest = 64;
    if (end_ - at_ < longest) return false;
    const char* p = at_;
    const std::ptrdiff_t gap = format_.separator == Separator::colons ? 2 : 1;
    const auto passes_separator = [&] {
      const bool is_there = is_separator(p[0]) && is_separator(p[gap - 1]);
      p += gap;
      return is_there;
    };
    const auto reads_index = [&](Index most, std::uint32_t& index) {
      const Digits digits(p);
      p += digits.count;
      index = static_cast<std::uint32_t>(digits.value - format_.first_index);
      return digits.count > 0 && digits.are_few() && digits.value >= format_.first_index && index < most;
    };
    if (!reads_index(most_.rows, entry.row) || !passes_separator() || !reads_index(most_.cols, entry.column))
      return false;
    entry.value = 1;
    if (format_.has_values) {
      if (!passes_separator()) return false;
      const bool is_negative = *p == '-';
      p += is_negative;
      const Digits whole(p);
      p += whole.count;
      std::uint64_t digits = whole.value;
      unsigned decimals = 0;
      if (*p == '.') {
        const Digits fraction(++p);
        static constexpr std::uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
        decimals = fraction.count;
        p += decimals;
        if (!fraction.are_few()) return false;
        digits = digits * powers[decimals] + fraction.value;
      }
      if (whole.count + decimals == 0 || !whole.are_few()) return false;
      const Real size = static_cast<Real>(digits) / powers_of_ten[decimals];
      entry.value = is_negative ? -size : size;
    }
    if (*p != '\n') {
      if (!is_blank(*p) && !is_separator(*p)) return false;
      p = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end_ - p)));
    }
    at_ = p + 1;
    return true;
  }

  std::uint32_t index(const char* what, Index most) {
    const char* const begin = at_;
    Index value = 0;
    for (; is_digit(*at_); ++at_) value = 10 * value + static_cast<Index>(*at_ - '0');
    if (at_ == begin || at_ - begin > 11 || value < format_.first_index || value - format_.first_index >= most)
      refuse(begin, fmt::format("is no {}: these are whole numbers from {} to {}", what, format_.first_index,
                                most - 1 + format_.first_index));
    return static_cast<std::uint32_t>(value - format_.first_index);
  }

  void separator(const char* next) {
    const char* const begin = at_;
    skip_blanks();
    bool is_there = at_ > begin;
    if (format_.separator != Separator::blanks) {
      is_there = *at_ == (format_.separator == Separator::comma       ? ','
                          : format_.separator == Separator::semicolon ? ';'
                                                                      : ':');
      if (is_there) ++at_;
      if (is_there && format_.separator == Separator::colons) {
        is_there = *at_ == ':';
        if (is_there) ++at_;
      }
      skip_blanks();
    }
    if (!is_there)
      refuse(begin, fmt::format("stands where the {} should come, behind {} as in the first line", next,
                                separator_words[static_cast<std::size_t>(format_.separator)]));
  }

  /// Up to 15 digits: one exact division. Whatever else is a number takes longer.
  Real number() {
    const char* const begin = at_;
    const bool is_negative = *at_ == '-';
    if (is_negative) ++at_;
    const char* const first = at_;
    std::uint64_t digits = 0;
    for (; is_digit(*at_); ++at_) digits = 10 * digits + static_cast<std::uint64_t>(*at_ - '0');
    std::ptrdiff_t count = at_ - first, decimals = 0;
    if (*at_ == '.') {
      const char* const point = at_++;
      for (; is_digit(*at_); ++at_) digits = 10 * digits + static_cast<std::uint64_t>(*at_ - '0');
      decimals = at_ - point - 1;
      count += decimals;
    }
    const char c = *at_;
    if (count > 0 && count <= 15 && (c == '\n' || is_blank(c) || c == ',' || c == ';' || c == ':')) {
      const Real size = decimals == 0 ? static_cast<Real>(digits) : static_cast<Real>(digits) / powers_of_ten[decimals];
      return is_negative ? -size : size;
    }
    const std::string_view word = word_at(begin, " \t\r\n,;:");
    const std::optional<Numeral> numeral = read_numeral(word);
    if (!numeral || !std::isfinite(numeral->value)) refuse(begin, "is no finite number");
    at_ = begin + word.size();
    return numeral->value;
  }

  std::string_view word_at(const char* begin, const char* ends) const {
    const std::string_view rest(begin, static_cast<std::size_t>(end_ - begin));
    return rest.substr(0, rest.find_first_of(ends));
  }

  [[noreturn]] void refuse(const char* begin, const std::string& why) const {
    const std::size_t at = offset_ + static_cast<std::size_t>(begin - begin_);
    while (is_blank(*begin)) ++begin;
    const std::string_view word = word_at(begin, " \t\r\n");
    file_.refuse(at, word.empty() ? fmt::format("the line ends too early: its end {}", why)
                                  : fmt::format("'{}' {}", word.substr(0, 40), why));
  }

  const MappedText& file_;
  const Format& format_;
  Shape most_;
  const char *begin_, *end_, *at_ = nullptr;
  std::size_t offset_;
};

void read_lines(const MappedText& file, const Format& format, Shape most, std::size_t begin, std::size_t end,
                std::vector<Entry>& entries) {
  const std::string_view text = file.text().substr(begin, end - begin);
  const std::size_t whole = text.ends_with('\n') ? text.size() : text.rfind('\n') + 1;  // 0 where there is none
  LineReader(file, format, most, text.substr(0, whole), begin).read(entries);
  if (whole == text.size()) return;
  const std::string last = std::string(text.substr(whole)) + '\n';
  LineReader(file, format, most, last, begin + whole).read(entries);
}

/// Entries in pages of their own: what is no longer needed goes back to the system at once.
class EntryPages {
 public:
  EntryPages() = default;
  explicit EntryPages(std::size_t count) : size_(count) {
    if (count == 0) return;
    void* const at = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<Entry*>(at);
  }
  EntryPages(EntryPages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  EntryPages& operator=(EntryPages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~EntryPages() {
    if (data_) munmap(data_, bytes());
  }
  Entry* data() { return data_; }
  const Entry* begin() const { return data_; }
  const Entry* end() const { return data_ + size_; }

 private:
  std::size_t bytes() const { return size_ * sizeof(Entry); }
  Entry* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Entries of one part of the file, by groups.
struct Part {
  std::vector<EntryPages> of_group;
  Shape needed;
  Index entries = 0;
};

Part by_groups(const std::vector<Entry>& entries) {
  Part part;
  part.entries = entries.size();
  std::vector<std::uint8_t> groups(entries.size());
  static_assert(EntryTiles::groups <= 256);
  std::array<std::size_t, EntryTiles::groups> counts{}, next{};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto [row, column, value] = entries[i];
    groups[i] = static_cast<std::uint8_t>(EntryTiles::group_of(row, column));
    ++counts[groups[i]];
    part.needed = {std::max<Index>(part.needed.rows, row + Index{1}),
                   std::max<Index>(part.needed.cols, column + Index{1})};
  }
  for (const std::size_t count : counts) part.of_group.emplace_back(count);
  for (std::size_t i = 0; i < entries.size(); ++i) part.of_group[groups[i]].data()[next[groups[i]]++] = entries[i];
  return part;
}

std::vector<Part> parts_of(const MappedText& file, const Format& format, Shape most, const Team& team) {
  const std::string_view text = file.text();
  std::vector<std::size_t> begins{format.begin};
  while (begins.back() < text.size()) {
    const std::size_t aim = begins.back() + part_bytes;
    begins.push_back(aim >= text.size() ? text.size() : std::min(text.find('\n', aim), text.size() - 1) + 1);
  }
  std::vector<Part> parts(begins.size() - 1);
  std::vector<std::exception_ptr> failures(parts.size());
  team.for_each_tile(parts.size(), [&](Index p) {
    try {
      std::vector<Entry> entries;
      entries.reserve((begins[p + 1] - begins[p]) / 12);
      read_lines(file, format, most, begins[p], begins[p + 1], entries);
      file.forget(begins[p], begins[p + 1]);
      parts[p] = by_groups(entries);
    } catch (...) {
      failures[p] = std::current_exception();
    }
  });
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);  // the first in the file
  return parts;
}

std::string description_of(const Format& format, Shape shape, Index entries) {
  return fmt::format("{} entries of a {} × {} matrix, {}", entries, shape.rows, shape.cols,
                     format.listed
                         ? std::string("by coordinates")
                         : fmt::format("separated by {}{}", separator_words[static_cast<std::size_t>(format.separator)],
                                       format.has_names ? ", a line of names left out" : ""));
}

}  // namespace

Real isotropic_factor(const EntryList& list) {
  return std::sqrt(static_cast<Real>(list.tiles.shape().entries()) / static_cast<Real>(list.tiles.size()));
}

EntryList read_entries(const std::string& path, Index first_index, Shape shape, const Team& team) {
  const MappedText file(path);
  if (file.text().starts_with(entry_pack_banner)) return read_pack(path, shape, team);
  const Format format = format_of(file, first_index);
  if (format.listed && shape != Shape{} && shape != format.shape)
    file.refuse(0, fmt::format("the matrix is {} × {}, but the problem is {} × {}", format.shape.rows,
                               format.shape.cols, shape.rows, shape.cols));
  if (format.listed) shape = format.shape;
  constexpr Index limit = Index{1} << 32U;
  const bool is_known = shape != Shape{};
  const Shape most = is_known ? Shape{std::min(shape.rows, limit), std::min(shape.cols, limit)} : Shape{limit, limit};
  std::vector<Part> parts = parts_of(file, format, most, team);
  Index entries = 0;
  Shape needed;
  for (const Part& part : parts) {
    entries += part.entries;
    needed = {std::max(needed.rows, part.needed.rows), std::max(needed.cols, part.needed.cols)};
  }
  if (entries == 0) file.refuse(file.text().size(), "the file has no entries");
  if (format.listed && entries != *format.listed)
    file.refuse(file.text().size(), fmt::format("there are {} entries, but {} are announced", entries, *format.listed));
  if (!is_known) shape = needed;
  const Ranks* const serves = team.ranks() && !team.ranks()->leads() ? team.ranks() : nullptr;
  EntryList list{EntryTiles(shape, entries, serves), Vec(), 0, 0, description_of(format, shape, entries), {}};
  std::vector<char> has_row(shape.rows, 0), has_column(shape.cols, 0);
  // Groups have their own tiles: threads do not meet.
  team.for_each_tile(EntryTiles::groups, [&](Index group) {
    for (const Part& part : parts)
      for (const Entry& entry : part.of_group[group]) list.tiles.count(entry.row, entry.column);
  });
  list.tiles.allocate();
  if (!serves) list.values.set_size(entries);
  // A group's entries leave their parts when they have their places, so that both are there but for a moment.
  team.for_each_tile(EntryTiles::groups, [&](Index group) {
    for (Part& part : parts) {
      for (const Entry& entry : part.of_group[group]) {
        const Index at = list.tiles.place(entry.row, entry.column);
        if (!serves) list.values[at] = entry.value;
      }
      part.of_group[group] = EntryPages();
    }
  });
  list.tiles.sort(team, serves ? nullptr : list.values.memptr());
  if (serves) return list;
  list.tiles.for_each([&](Index, Index row, Index column) { has_row[row] = has_column[column] = 1; });
  list.empty_rows = static_cast<Index>(std::count(has_row.begin(), has_row.end(), 0));
  list.empty_columns = static_cast<Index>(std::count(has_column.begin(), has_column.end(), 0));
  return list;
}

}  // namespace tightrope
