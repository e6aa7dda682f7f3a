#include "core/arrays/formats/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "core/arrays/bytes.hpp"
#include "core/arrays/numerals.hpp"
#include "core/base/text/utf8.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// --- Encodings ----------------------------------------------------------------------------------------------------

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | point >> 6U);
    out += static_cast<char>(0x80U | (point & 63U));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | point >> 12U);
    out += static_cast<char>(0x80U | (point >> 6U & 63U));
    out += static_cast<char>(0x80U | (point & 63U));
  } else {
    out += static_cast<char>(0xF0U | point >> 18U);
    out += static_cast<char>(0x80U | (point >> 12U & 63U));
    out += static_cast<char>(0x80U | (point >> 6U & 63U));
    out += static_cast<char>(0x80U | (point & 63U));
  }
}

/// The character at the front of valid UTF-8, taken off.
char32_t take_character(std::string_view& text) {
  const char32_t character = utf8_character(text);
  text.remove_prefix(utf8_length(text));
  return character;
}

bool is_utf8(std::string_view text) {
  for (std::size_t length = 0; !text.empty(); text.remove_prefix(length))
    if (length = utf8_length(text); length == 0) return false;
  return true;
}

/// The text in UTF-8, and which encoding it had if that is worth a word.
struct Decoded {
  std::string text, encoding;
};

std::string from_utf16(std::string_view bytes, bool big_endian, const std::string& name) {
  if (bytes.size() % 2 != 0)
    refuse_file(name, "this looks like UTF-16, but has an odd number of bytes: it is incomplete");
  std::string out;
  out.reserve(bytes.size() / 2);
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return std::uint32_t{big_endian ? a : b} << 8U | (big_endian ? b : a);
  };
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint32_t point = unit(i);
    if (point >= 0xD800 && point < 0xE000) {
      if (point >= 0xDC00 || i + 3 >= bytes.size() || unit(i + 2) < 0xDC00 || unit(i + 2) >= 0xE000)
        refuse_file(name, "this looks like UTF-16, but is damaged; write it as UTF-8");
      point = 0x10000 + ((point - 0xD800) << 10U) + (unit(i + 2) - 0xDC00);
      i += 2;
    }
    append_utf8(out, point);
  }
  return out;
}

/// UTF-16 without a mark: one byte of each pair is zero for nearly all that stands in a table.
std::optional<bool> utf16_is_big_endian(std::string_view bytes) {
  std::array<std::size_t, 2> zeros{};
  const std::size_t size = std::min<std::size_t>(bytes.size(), 4096) / 2 * 2;
  for (std::size_t i = 0; i < size; ++i)
    if (bytes[i] == '\0') ++zeros[i % 2];
  if (size >= 4 && zeros[0] == 0 && zeros[1] >= size / 2 * 9 / 10) return false;
  if (size >= 4 && zeros[1] == 0 && zeros[0] >= size / 2 * 9 / 10) return true;
  return std::nullopt;
}

Decoded decoded(std::string_view bytes, const std::string& name) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv))
    refuse_file(name, "this text is in UTF-32; write it as UTF-8");
  if (bytes.starts_with("\xFF\xFE")) return {from_utf16(bytes.substr(2), false, name), "UTF-16"};
  if (bytes.starts_with("\xFE\xFF")) return {from_utf16(bytes.substr(2), true, name), "UTF-16"};
  if (const auto big_endian = utf16_is_big_endian(bytes))
    return {from_utf16(bytes, *big_endian, name), "UTF-16 without a mark"};
  if (is_utf8(bytes)) return {std::string(bytes), ""};
  std::string text;
  for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
  return {text, "Latin-1"};
}

// --- Names --------------------------------------------------------------------------------------------------------

/// Letters of the scripts in which people name columns; no digits, signs or symbols.
bool is_letter(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 20> ranges{
      {{'A', 'Z'},     {'a', 'z'},     {0xAA, 0xAA},     {0xB5, 0xB5},     {0xBA, 0xBA},
       {0xC0, 0xD6},   {0xD8, 0xF6},   {0xF8, 0x2C1},    {0x370, 0x373},   {0x386, 0x386},
       {0x388, 0x3FF}, {0x400, 0x481}, {0x48A, 0x52F},   {0x531, 0x587},   {0x5D0, 0x5EA},
       {0x620, 0x64A}, {0x904, 0x939}, {0x1E00, 0x1FFF}, {0x3041, 0x30FF}, {0xAC00, 0xD7A3}}};
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; }) ||
         (c >= 0x4E00 && c <= 0x9FFF);
}

/// Begins with a letter or an underscore and goes on with letters, digits and what stands in names and units. What
/// often stands for a missing or an infinite value is no name.
bool is_name(std::string_view text) {
  static const std::array<std::string_view, 24> values{
      "na",      "n/a",           "n.a.",    "n.a",    "nan",  "null",     "nil",       "none",
      "missing", "not available", "no data", "nodata", "inf",  "infinity", "undefined", "undef",
      "true",    "false",         "nd",      "n.d.",   "n.v.", "k.a.",     "void",      "na_real_"};
  if (text.empty() || std::find(values.begin(), values.end(), lower(text)) != values.end()) return false;
  for (bool first = true; !text.empty(); first = false) {
    const char32_t c = take_character(text);
    if (is_letter(c) || c == '_') continue;
    const bool inside =
        (c >= '0' && c <= '9') || c == 0xB0 || c == 0xB2 || c == 0xB3 || c == 0x2082 || c == 0x2081 ||
        (c < 0x80 && std::string_view(" .-()[]{}/%^:*&$'<>|~@").find(static_cast<char>(c)) != std::string_view::npos);
    if (first || !inside) return false;
  }
  return true;
}

/// What Fortran writes where a field is too narrow.
bool is_overflow(std::string_view text) { return text == "*" || text.find("**") != std::string_view::npos; }

/// Of what begins with #: "#N/A", "#DIV/0!", "####", which a spreadsheet shows instead of a number, are no remarks.
bool is_spreadsheet_error(std::string_view field) {
  if (field.size() < 2) return false;
  const std::string word = lower(field);
  static const std::array<std::string_view, 8> words{"#n/a",          "#nv", "#n/d", "#i/t",
                                                     "#getting_data", "#na", "#err", "#error"};
  if (std::find(words.begin(), words.end(), word) != words.end()) return true;
  const bool ends = field.back() == '!' || field.back() == '?';
  return ends && field.find(' ') == std::string_view::npos && !is_digit(field[1]);
}

// --- The table ----------------------------------------------------------------------------------------------------

struct Field {
  std::string_view text;
  bool quoted = false;
};

/// A line of the text with its number.
struct Line {
  std::size_t number = 0;
  std::string_view text;
};

class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  /// Lines end with \n, \r\n or \r.
  std::optional<Line> next() {
    if (text_.empty()) return std::nullopt;
    const std::size_t end = std::min(text_.find_first_of("\n\r"), text_.size());
    const Line line{++number_, text_.substr(0, end)};
    const bool pair = text_.substr(end).starts_with("\r\n");
    text_.remove_prefix(std::min(end + (pair ? 2 : 1), text_.size()));
    return line;
  }

 private:
  std::string_view text_;
  std::size_t number_ = 0;
};

class Table {
 public:
  Table(std::string_view bytes, const std::string& name) : name_(name), decoded_(decoded(bytes, name)) {}

  Array read() {
    check_characters();
    guess_separator();
    bool is_first = true;
    Lines lines(decoded_.text);
    while (const std::optional<Line> line = lines.next()) {
      line_ = line->number;
      if (is_empty(line->text)) {
        if (empty_since_row_++ == 0) first_empty_line_ = line_;
        continue;
      }
      if (is_remark(line->text)) {
        read_remark(line->text);
        continue;
      }
      split(line->text);
      if (is_first && is_header()) {
        header_line_ = line_;
        for (const Field& field : fields_) names_.emplace_back(field.text);
      } else {
        add_row();
      }
      is_first = false;
    }
    if (rows_ == 0) refuse(0, "there are no numbers in this file");
    check_labels();
    check_announced();
    Array array;
    array.shape = {rows_, cols_};
    array.values = Mat(values_.data(), cols_, rows_, false, true).t();
    array.description = description();
    return array;
  }

 private:
  [[noreturn]] void refuse(std::size_t line, const std::string& why) const {
    refuse_file(line ? fmt::format("{}:{}", name_, line) : name_, why);
  }
  [[noreturn]] void refuse_field(std::size_t i, const std::string& why) const {
    refuse(line_, fmt::format("field {} is '{}', {}", i + 1, excerpt(fields_[i].text), why));
  }

  /// Zero bytes and other control characters stand in no text: the file holds numbers in binary, or something else.
  void check_characters() {
    std::size_t line = 1;
    std::string& text = decoded_.text;
    while (text.ends_with('\x1A')) text.pop_back();  // the end of a file, as DOS wrote it
    for (const char c : text) {
      if (c == '\n') ++line;
      if (static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v')
        refuse(line, fmt::format("there is a byte of value {} here: this file is no text, or is damaged",
                                 static_cast<int>(c)));
    }
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\f' || c == '\v'; }, ' ');
  }

  // --- What separates the numbers

  static bool has_outside_quotes(std::string_view line, char wanted) {
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      if (c == wanted && !quoted) return true;
    }
    return false;
  }

  /// Whether all fields are numbers if this is what separates them.
  bool fits(std::string_view line, char separator, bool decimal_comma) {
    separator_ = separator;
    split_quietly(line);
    return fields_.size() > 1 && std::all_of(fields_.begin(), fields_.end(), [&](const Field& field) {
             const std::size_t star = field.text.find('*');
             return field.quoted || field.text.empty() ||
                    read_numeral(star == std::string_view::npos ? field.text : field.text.substr(star + 1),
                                 decimal_comma);
           });
  }

  char separator_of(std::string_view line) {
    const bool tabs = has_outside_quotes(line, '\t'), commas = has_outside_quotes(line, ',');
    if (has_outside_quotes(line, ';')) return ';';
    if (tabs && !commas) return !fits(line, '\t', false) && fits(line, ' ', false) ? ' ' : '\t';
    if (tabs) return fits(line, '\t', true) || !fits(line, ',', false) ? '\t' : ',';
    if (commas) return !fits(line, ',', false) && fits(line, ' ', true) ? ' ' : ',';
    return ' ';
  }

  /// The second line decides, for the first may hold names; the first one where nothing separates in the second.
  void guess_separator() {
    std::vector<std::string_view> sample;
    separator_ = ',';
    Lines lines(decoded_.text);
    while (sample.size() < 2) {
      const std::optional<Line> line = lines.next();
      if (!line) break;
      if (!without_blanks(line->text).empty() && !is_remark(line->text)) sample.push_back(without_remark(line->text));
    }
    char guess = ' ';
    for (auto line = sample.rbegin(); line != sample.rend() && guess == ' '; ++line) {
      guess = separator_of(*line);
      if (guess == ' ' && without_blanks(*line).find(' ') != std::string_view::npos) break;
    }
    separator_ = guess;
  }

  // --- Lines

  /// A line of tabs alone is a row of empty fields where tabs separate.
  bool is_empty(std::string_view line) const {
    return std::all_of(line.begin(), line.end(), [&](char c) { return c == ' ' || (c == '\t' && separator_ != '\t'); });
  }

  bool is_remark(std::string_view line) {
    line = without_blanks(line);
    if (line.starts_with('%') || line.starts_with("//")) return true;
    if (!line.starts_with('#')) return false;
    split_quietly(line);
    const std::string_view first = fields_.front().text;
    if (is_spreadsheet_error(first)) return false;
    const auto is_number = [](const Field& field) { return read_numeral(field.text).has_value(); };
    if (first.size() > 1 && first.find_first_not_of('#') == std::string_view::npos && fields_.size() > 1 &&
        std::all_of(fields_.begin() + 1, fields_.end(), is_number))
      return false;
    // A word behind the sign and numbers in the other columns: a row of data that something went wrong in.
    const std::string_view word = first.substr(std::min<std::size_t>(1, first.size()));
    const bool is_word = !word.empty() && !is_blank(word[0]) && !read_numeral(word);
    return !(separator_ != ' ' && is_word && fields_.size() > 1 && (rows_ == 0 || fields_.size() == cols_) &&
             std::any_of(fields_.begin() + 1, fields_.end(), is_number));
  }

  /// Octave says in remarks what follows.
  void read_remark(std::string_view line) {
    ++remarks_;
    const std::string_view text = without_blanks(without_blanks(line).substr(1));
    is_octave_ = is_octave_ || text.starts_with("Created by Octave");
    if (!is_octave_) return;
    const auto value_of = [&](std::string_view key) -> std::optional<std::string_view> {
      if (!text.starts_with(key)) return std::nullopt;
      return without_blanks(text.substr(key.size()));
    };
    if (value_of("name:") && ++octave_names_ > 1)
      refuse(line_, "a second variable of Octave begins here, and one can be read; write each to a file of its own");
    static const std::array<std::string_view, 6> plain{"matrix", "scalar",       "bool matrix",
                                                       "bool",   "float matrix", "float scalar"};
    if (const auto type = value_of("type:"); type && std::find(plain.begin(), plain.end(), *type) == plain.end())
      refuse(line_, fmt::format("this variable of Octave is a {}; save(\"-ascii\", …) writes its numbers alone",
                                excerpt(*type)));
    if (const auto rows = value_of("rows:"); rows) announced_rows_ = read_numeral(*rows);
    if (const auto cols = value_of("columns:"); cols) announced_cols_ = read_numeral(*cols);
    if (value_of("ndims:"))
      refuse(line_, "this variable of Octave has more than two dimensions; save it with -v6 as .mat");
  }

  /// Without what stands behind a sign of remarks between blanks.
  std::string_view without_remark(std::string_view line) const {
    bool quoted = false;
    for (std::size_t i = 1; i + 1 < line.size(); ++i) {
      if (line[i - 1] == '"') quoted = !quoted;
      if (quoted || !is_blank(line[i - 1])) continue;
      const std::size_t size = line[i] == '#' || line[i] == '%' ? 1 : line.substr(i).starts_with("//") ? 2 : 0;
      if (size > 0 && i + size < line.size() && is_blank(line[i + size])) return line.substr(0, i - 1);
    }
    return line;
  }

  // --- Fields

  void split(std::string_view line) {
    const std::string_view text = without_remark(line);
    if (text.size() < line.size()) ++remarks_;
    trouble_.clear();
    split_quietly(text);
    if (!trouble_.empty()) refuse(line_, trouble_);
  }

  /// The fields of a line; what is wrong with them is kept in `trouble_`.
  void split_quietly(std::string_view line) {
    fields_.clear();
    if (separator_ != '\t') line = without_blanks_of(line);
    if (separator_ == ' ') return split_at_blanks(line);
    for (bool more = true; more;) {
      line = leading_spaces_off(line);
      if (line.starts_with('"')) {
        take_quoted(line);
        line = leading_spaces_off(line);
        more = !line.empty();
        if (more && line[0] != separator_) {
          trouble_ = fmt::format("text follows behind the quotation marks of field {}", fields_.size());
          return;
        }
        if (more) line.remove_prefix(1);
        continue;
      }
      const std::size_t end = std::min(line.find(separator_), line.size());
      std::string_view text = line.substr(0, end);
      fields_.push_back({without_blanks(text), false});
      more = end < line.size();
      if (more) line.remove_prefix(end + 1);
    }
  }

  std::string_view without_blanks_of(std::string_view line) {
    if (separator_ == ' ' && (line.starts_with('\t') || line.ends_with('\t')) &&
        line.find(' ') == std::string_view::npos)
      trouble_ = "there is nothing before the first tab or behind the last one; every entry needs a number";
    return without_blanks(line);
  }
  static std::string_view leading_spaces_off(std::string_view line) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    return line;
  }

  void split_at_blanks(std::string_view line) {
    while (!line.empty()) {
      if (line.starts_with('"')) {
        take_quoted(line);
        if (!line.empty() && !is_blank(line[0])) {
          trouble_ = fmt::format("text follows behind the quotation marks of field {}", fields_.size());
          return;
        }
      } else {
        const auto end = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_blank) - line.begin());
        fields_.push_back({line.substr(0, end), false});
        line.remove_prefix(end);
      }
      std::size_t tabs = 0;
      while (!line.empty() && is_blank(line[0])) {
        if (line[0] == '\t') ++tabs;
        line.remove_prefix(1);
      }
      if (tabs > 1)
        trouble_ = fmt::format("there is nothing between the tabs behind field {}; every entry needs a number",
                               fields_.size());
    }
  }

  void take_quoted(std::string_view& line) {
    std::size_t end = 1;
    while (end < line.size() && (line[end] != '"' || line.substr(end + 1).starts_with('"')))
      end += std::size_t{line[end] == '"' ? 2U : 1U};
    if (end >= line.size())
      trouble_ = fmt::format("the quotation mark of field {} is not closed in this line", fields_.size() + 1);
    fields_.push_back({without_blanks(line.substr(1, std::min(end, line.size()) - 1)), true});
    line.remove_prefix(std::min(end + 1, line.size()));
  }

  // --- Rows

  /// Names, each once.
  bool is_header() const {
    std::set<std::string_view> seen;
    return std::all_of(fields_.begin(), fields_.end(), [&](const Field& field) {
      return is_name(field.text) && !read_numeral(field.text) && seen.insert(field.text).second;
    });
  }

  void add_row() {
    expand_repeats();
    if (rows_ == 0 && header_line_ && fields_.size() != names_.size())
      refuse(header_line_, fmt::format("line {} has {} {}, but the rows have {} {}{}", header_line_, names_.size(),
                                       names_.size() == 1 ? "name" : "names", fields_.size(),
                                       fields_.size() == 1 ? "number" : "numbers",
                                       fields_.size() == names_.size() + 1 ? " (row names?)" : ""));
    for (std::size_t i = 0; i < fields_.size(); ++i)
      if (is_overflow(fields_[i].text)) refuse_field(i, "not a number" + hint(fields_[i].text));
    if (rows_ > 0 && fields_.size() != cols_)
      refuse(line_, fmt::format("this row has {} {}, but the first one has {}", fields_.size(),
                                fields_.size() == 1 ? "number" : "numbers", cols_));
    if (rows_ > 0 && empty_since_row_ > 0) {
      if (cols_ == 1) refuse(first_empty_line_, "the line is empty; every entry needs a number");
      empty_lines_ += empty_since_row_;
    }
    empty_since_row_ = 0;
    for (std::size_t i = 0; i < fields_.size(); ++i) values_.push_back(value_of(i));
    look_for_labels();
    if (rows_ == 0) first_line_ = line_;
    cols_ = fields_.size();
    ++rows_;
  }

  Real value_of(std::size_t i) {
    const Field& field = fields_[i];
    if (field.text.empty())
      refuse(line_, fmt::format("field {} is empty; every entry needs a number{}", i + 1,
                                rows_ == 0 && i == 0 ? " (a table with row names? write it without them)" : ""));
    const std::optional<Numeral> numeral = read_numeral(field.text, separator_ != ',');
    if (!numeral) refuse_field(i, "not a number" + hint(field.text));
    if (!std::isfinite(numeral->value))
      refuse_field(i, "but only finite numbers within the range of float64 can be used");
    if (!numeral->is_exact)
      refuse_field(i,
                   "a whole number that float64 cannot hold exactly; write it with an exponent if rounding is meant");
    if (numeral->has_comma && comma_line_ == 0) comma_line_ = line_;
    if (numeral->has_point && point_line_ == 0) point_line_ = line_;
    if (comma_line_ && point_line_)
      refuse_field(
          i, fmt::format("but line {} has a number with a decimal {}", comma_line_ == line_ ? point_line_ : comma_line_,
                         numeral->has_comma ? "point" : "comma"));
    has_fortran_ = has_fortran_ || numeral->fortran;
    has_quoted_ = has_quoted_ || field.quoted;
    return numeral->value;
  }

  std::string hint(std::string_view text) const {
    if (text.find("\xE2\x88\x92") != std::string_view::npos) return " (its minus is U+2212; write '-')";
    if (text.find("\xC2\xA0") != std::string_view::npos || text.find("\xE2\x80\xAF") != std::string_view::npos)
      return " (it has a no-break space)";
    if (is_overflow(text)) return " (asterisks: a Fortran field that was too narrow)";
    if (separator_ == ',' && text.find(',') != std::string_view::npos)
      return " (a comma that groups digits, or a decimal one? write decimals with a point)";
    if (header_line_ && rows_ == 0) return "; only one line of names may come first";
    return "";
  }

  /// Fortran writes equal numbers that follow each other as COUNT*NUMBER.
  void expand_repeats() {
    if (std::none_of(fields_.begin(), fields_.end(), [](const Field& f) {
          return f.text.size() > 2 && is_digit(f.text[0]) && f.text.find('*') != std::string_view::npos;
        }))
      return;
    std::vector<Field> spelt;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const std::size_t star = fields_[i].text.find('*');
      const std::string_view count = fields_[i].text.substr(0, std::min(star, fields_[i].text.size()));
      constexpr std::size_t longest = 7;
      if (star == std::string_view::npos || fields_[i].quoted || !is_plain_integer(count) || count.size() > longest) {
        spelt.push_back(fields_[i]);
        continue;
      }
      const std::string_view number = fields_[i].text.substr(star + 1);
      const auto times = static_cast<std::size_t>(read_numeral(count)->value);
      constexpr std::size_t most = 1'000'000;
      if (number.empty() || times == 0)
        refuse_field(i, "not a number: a repeat count stands for one or more equal numbers");
      repeated_ += times;
      if (repeated_ > most)
        refuse_field(i, fmt::format("but repeat counts may stand for at most {} numbers in a file", most));
      spelt.insert(spelt.end(), times, {number, false});
    }
    fields_ = std::move(spelt);
  }

  // --- Labels that look like numbers

  /// Keeps what tells row and column numbers from data.
  void look_for_labels() {
    const auto counts = [&](std::size_t i, Index value) {
      return !fields_[i].quoted && is_plain_integer(fields_[i].text) && fields_[i].text == std::to_string(value);
    };
    const auto is_plain = [](const Field& field) { return !field.quoted && is_plain_integer(field.text); };
    bool quoted_first = fields_.size() > 1 && fields_[0].quoted, all_quoted = true;
    for (std::size_t i = 1; i < fields_.size(); ++i) quoted_first = quoted_first && !fields_[i].quoted;
    for (const Field& field : fields_) all_quoted = all_quoted && field.quoted;
    if (rows_ == 0) {
      first_row_counts_ = fields_.size() > 1;
      for (std::size_t i = 0; i < fields_.size(); ++i) first_row_counts_ = first_row_counts_ && counts(i, i);
      first_row_quoted_ = all_quoted;
    } else {
      others_plain_ = others_plain_ || std::any_of(fields_.begin(), fields_.end(), is_plain);
      others_quoted_ =
          others_quoted_ || std::any_of(fields_.begin(), fields_.end(), [](const Field& f) { return f.quoted; });
    }
    column_counts_from_0_ = column_counts_from_0_ && counts(0, rows_);
    column_counts_from_1_ = column_counts_from_1_ && counts(0, rows_ + 1);
    column_quoted_ = column_quoted_ && quoted_first;
    inner_plain_ = inner_plain_ || std::any_of(fields_.begin() + 1, fields_.end(), is_plain);
  }

  void check_labels() const {
    if (column_quoted_)
      refuse(first_line_,
             "the first number of each row stands in quotation marks and the others do not, as row names do; write the "
             "table without row names");
    if (rows_ > 1 && first_row_quoted_ && !others_quoted_)
      refuse(first_line_,
             "the numbers of this line stand in quotation marks and those of the others do not, as column names do; "
             "write the table without them");
    if (rows_ > 1 && first_row_counts_ && !others_plain_)
      refuse(first_line_,
             "this line counts 0, 1, 2, …, as column names do, and all other numbers have a fraction; write the table "
             "without column names, or these numbers as 0.0, 1.0, …");
    if (rows_ > 1 && cols_ > 1 && column_counts_from_0_ && !inner_plain_)
      refuse(first_line_,
             "the first numbers of the rows count 0, 1, 2, …, as row names do, and all others have a fraction; write "
             "the table without row names, or these numbers as 0.0, 1.0, …");
  }

  void check_announced() const {
    if ((announced_rows_ && announced_rows_->value != static_cast<Real>(rows_)) ||
        (announced_cols_ && announced_cols_->value != static_cast<Real>(cols_)))
      refuse(first_line_, fmt::format("the remarks of Octave announce {} × {} numbers, but {} × {} follow",
                                      announced_rows_ ? announced_rows_->value : 1,
                                      announced_cols_ ? announced_cols_->value : 1, rows_, cols_));
  }

  std::string description() const {
    std::string text = fmt::format("{} × {} numbers", rows_, cols_);
    if (cols_ > 1)
      text += fmt::format(" separated by {}", separator_ == ';'    ? "semicolons"
                                              : separator_ == ','  ? "commas"
                                              : separator_ == '\t' ? "tabs"
                                                                   : "blanks");
    if (header_line_) {
      constexpr std::size_t most_names = 4;
      std::string list;
      for (std::size_t i = 0; i < std::min(most_names, names_.size()); ++i)
        list += (i ? ", " : "") + excerpt(names_[i], 24);
      text +=
          fmt::format(", line {} taken as names ({}{})", header_line_, list, names_.size() > most_names ? ", …" : "");
    }
    if (comma_line_) text += ", decimal commas";
    if (has_fortran_) text += ", exponents as Fortran writes them";
    if (repeated_) text += ", repeat counts spelt out";
    if (has_quoted_) text += ", numbers in quotation marks";
    if (rows_ > 2 && cols_ > 1 && column_counts_from_1_ && !inner_plain_)
      text += ", column 1 counts the rows (row names?)";
    if (remarks_) text += fmt::format(", {} {} passed over", remarks_, remarks_ == 1 ? "remark" : "remarks");
    if (empty_lines_)
      text += fmt::format(", {} empty {} between rows passed over", empty_lines_, empty_lines_ == 1 ? "line" : "lines");
    if (!decoded_.encoding.empty()) text += ", text in " + decoded_.encoding;
    return text;
  }

  const std::string& name_;
  Decoded decoded_;
  char separator_ = ',';
  std::size_t line_ = 0, header_line_ = 0, first_line_ = 0, first_empty_line_ = 0;
  Index rows_ = 0, cols_ = 0;
  std::vector<std::string> names_;
  std::vector<Field> fields_;
  std::vector<Real> values_;
  std::string trouble_;
  // what the description tells
  std::size_t remarks_ = 0, empty_lines_ = 0, empty_since_row_ = 0, repeated_ = 0, comma_line_ = 0, point_line_ = 0;
  bool has_fortran_ = false, has_quoted_ = false;
  // what tells labels from data
  bool first_row_counts_ = false, first_row_quoted_ = false, others_plain_ = false, others_quoted_ = false;
  bool column_counts_from_0_ = true, column_counts_from_1_ = true, column_quoted_ = true, inner_plain_ = false;
  bool is_octave_ = false;
  std::size_t octave_names_ = 0;
  std::optional<Numeral> announced_rows_, announced_cols_;
};

}  // namespace

Array parse_csv(std::string_view bytes, const std::string& name) { return Table(bytes, name).read(); }

}  // namespace tightrope
