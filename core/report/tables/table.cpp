#include "core/report/tables/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/text/utf8.hpp"

namespace tightrope {

bool is_numeric(const std::string& cell) {
  bool has_number = cell.empty();
  for (const std::string& letter : characters_of(cell)) {
    if (letter == "–" || letter == "∞" || letter == "≈" || (letter[0] >= '0' && letter[0] <= '9'))
      has_number = true;
    else if (std::string(".,e+-s []()<> ").find(letter) == std::string::npos)
      return false;
  }
  return has_number;
}

namespace {

std::size_t display_width(const std::string& text) { return characters_of(text).size(); }

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

std::string markdown_cell(std::string text) {
  replace_all(text, "\\", "\\\\");
  replace_all(text, "|", "\\|");
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool is_tag =
        text[i] == '<' && (std::isalpha(static_cast<unsigned char>(next)) || next == '/' || next == '!' || next == '?');
    if (is_tag) safe += '\\';
    safe += text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
  }
  return safe;
}

/// A character as LaTeX writes it; "" for what stands for itself or has no name.
std::string in_latex(const std::string& letter) {
  static const std::map<std::string, std::string> texts = {{"\\", "\\textbackslash{}"},
                                                           {"{", "\\{"},
                                                           {"}", "\\}"},
                                                           {"$", "\\$"},
                                                           {"&", "\\&"},
                                                           {"#", "\\#"},
                                                           {"%", "\\%"},
                                                           {"_", "\\_"},
                                                           {"^", "\\textasciicircum{}"},
                                                           {"~", "\\textasciitilde{}"},
                                                           {"<", "\\textless{}"},
                                                           {">", "\\textgreater{}"},
                                                           {"|", "\\textbar{}"},
                                                           {"\"", "''"},  // \textquotedbl is not in every font encoding
                                                           {"\n", " "},
                                                           {"\r", " "},
                                                           {"\t", " "},
                                                           {"–", "--"},
                                                           {"—", "---"},
                                                           {"…", "\\dots{}"},
                                                           {"−", "$-$"},
                                                           {"’", "'"},
                                                           {"‘", "`"},
                                                           {"“", "``"},
                                                           {"”", "''"}};
  // Of mathematics.
  static const std::map<std::string, std::string> commands = {
      {"×", "times"}, {"∞", "infty"}, {"≤", "le"},         {"≈", "approx"}, {"≥", "ge"},     {"·", "cdot"},
      {"‖", "|"},     {"ℓ", "ell"},   {"∇", "nabla"},      {"√", "surd"},   {"α", "alpha"},  {"β", "beta"},
      {"γ", "gamma"}, {"δ", "delta"}, {"ε", "varepsilon"}, {"ζ", "zeta"},   {"η", "eta"},    {"θ", "theta"},
      {"ι", "iota"},  {"κ", "kappa"}, {"λ", "lambda"},     {"μ", "mu"},     {"ν", "nu"},     {"ξ", "xi"},
      {"π", "pi"},    {"ρ", "rho"},   {"σ", "sigma"},      {"τ", "tau"},    {"φ", "varphi"}, {"χ", "chi"},
      {"ψ", "psi"},   {"ω", "omega"}, {"Γ", "Gamma"},      {"Δ", "Delta"},  {"Θ", "Theta"},  {"Λ", "Lambda"},
      {"Ξ", "Xi"},    {"Π", "Pi"},    {"Σ", "Sigma"},      {"Φ", "Phi"},    {"Ψ", "Psi"},    {"Ω", "Omega"}};
  if (const auto text = texts.find(letter); text != texts.end()) return text->second;
  const auto command = commands.find(letter);
  return command == commands.end() ? "" : "$\\" + command->second + "$";
}

/// "⁻" → "-"; "" for what is no superscript.
std::string raised(const std::string& letter) {
  static const std::map<std::string, std::string> letters = {{"⁰", "0"}, {"¹", "1"}, {"²", "2"}, {"³", "3"},
                                                             {"⁴", "4"}, {"⁵", "5"}, {"⁶", "6"}, {"⁷", "7"},
                                                             {"⁸", "8"}, {"⁹", "9"}, {"⁻", "-"}, {"⁺", "+"}};
  const auto known = letters.find(letter);
  return known == letters.end() ? "" : known->second;
}

/// A decimal number in its parts.
struct Decimal {
  bool is_negative = false;
  std::string mantissa, exponent;  // of digits, "" for no exponent; the exponent with its sign and without zeros before
};
std::optional<Decimal> decimal(const std::string& word) {
  const auto digits = [](const std::string& text, const char* allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string::npos &&
           std::isdigit(static_cast<unsigned char>(text[0])) != 0;
  };
  Decimal number;
  number.is_negative = word.starts_with('-');
  const std::size_t e = word.find('e');
  number.mantissa = word.substr(0, e).substr(number.is_negative ? 1 : 0);
  if (!digits(number.mantissa, "0123456789.") || std::count(number.mantissa.begin(), number.mantissa.end(), '.') > 1)
    return std::nullopt;
  if (e == std::string::npos) return number;
  std::string exponent = word.substr(e + 1);
  const std::string sign = exponent.starts_with('-') ? "-" : "";
  if (!exponent.empty() && (exponent[0] == '-' || exponent[0] == '+')) exponent.erase(0, 1);
  if (!digits(exponent, "0123456789")) return std::nullopt;
  exponent.erase(0, std::min(exponent.find_first_not_of('0'), exponent.size() - 1));
  number.exponent = sign + exponent;
  return number;
}

/// "-1.20e-03" as siunitx reads it.
std::string for_siunitx(const Decimal& number) {
  return (number.is_negative ? "-" : "") + number.mantissa + (number.exponent.empty() ? "" : "e" + number.exponent);
}

/// "-1.20e-03" as a formula; "" if the word is no number with an exponent and no negative number.
std::string formula(const std::string& word) {
  const auto number = decimal(word);
  if (!number) return "";
  const std::string sign = number->is_negative ? "-" : "";
  if (number->exponent.empty()) return number->is_negative ? "$-" + number->mantissa + "$" : "";
  const std::string power = "10^{" + number->exponent + "}";
  if (number->mantissa == "1") return fmt::format("${}{}$", sign, power);
  return fmt::format("${}{}\\times{}$", sign, number->mantissa, power);
}

}  // namespace

std::string latex_text(const std::string& text, bool siunitx) {
  std::string result, word, power;
  const auto end_power = [&] {
    if (!power.empty()) result += power.size() == 1 ? "$^" + power + "$" : "$^{" + power + "}$";
    power.clear();
  };
  const auto end_word = [&] {
    const auto as_decimal = siunitx ? decimal(word) : std::nullopt;
    const std::string number = as_decimal ? "\\num{" + for_siunitx(*as_decimal) + "}" : formula(word);
    if (!number.empty()) {
      result += number;
    } else {
      for (const std::string& letter : characters_of(word)) {
        if (const std::string above = raised(letter); !above.empty()) {
          power += above;
          continue;
        }
        end_power();
        const std::string known = in_latex(letter);
        const char32_t code = utf8_character(letter);
        if (!known.empty())
          result += known;
        else if (code >= 0x20 && (code < 0x7f || (code >= 0xc0 && code < 0x180)))
          result += letter;  // letters that pdfTeX has in every font
        else
          result += fmt::format("\\texttt{{U+{:04X}}}", static_cast<unsigned>(code));
      }
      end_power();
    }
    word.clear();
  };
  for (const char c : text) {
    const bool is_between = std::string(" ,;:[]()<>=\n\r\t").find(c) != std::string::npos;
    if (is_between) end_word();
    word += c;
    if (is_between) end_word();
  }
  end_word();
  return result;
}

std::string Table::text(const std::string& format, bool siunitx) const {
  return format == "csv" ? csv() : format == "latex" ? latex({*this}, siunitx) : aligned(format == "markdown");
}

std::vector<bool> Table::numeric() const {
  std::vector<bool> result(rows_.front().size(), rows_.size() > heads_);
  for (std::size_t r = heads_; r < rows_.size(); ++r)
    for (std::size_t i = 0; i < rows_[r].size(); ++i) result[i] = result[i] && is_numeric(rows_[r][i]);
  return result;
}

std::string Table::csv() const {
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool quote = row[i].find_first_of(",\"\r\n") != std::string::npos;
      std::string cell = row[i];
      if (quote) replace_all(cell, "\"", "\"\"");
      out += (i ? "," : "") + (quote ? "\"" + cell + "\"" : cell);
    }
    out += "\n";
  }
  return out;
}

std::string Table::aligned(bool markdown) const {
  std::vector<std::vector<std::string>> cells = rows_;
  std::vector<std::size_t> widths(rows_.front().size(), markdown ? 3 : 0);
  for (std::size_t r = 0; r < cells.size(); ++r)
    for (std::size_t i = 0; i < cells[r].size(); ++i) {
      if (markdown) cells[r][i] = markdown_cell(cells[r][i]);
      if (markdown && is_bold(r, i)) cells[r][i] = "**" + cells[r][i] + "**";
      widths[i] = std::max(widths[i], display_width(cells[r][i]));
    }
  const std::vector<bool> right = numeric();
  std::string out;
  for (std::size_t r = 0; r < cells.size(); ++r) {
    std::string line = markdown ? "| " : "";
    for (std::size_t i = 0; i < cells[r].size(); ++i) {
      const std::string blanks(widths[i] - display_width(cells[r][i]), ' ');
      line += (i ? (markdown ? " | " : "  ") : "") + (right[i] ? blanks + cells[r][i] : cells[r][i] + blanks);
    }
    if (markdown) line += " |";
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
    if (r > 0 || !markdown) continue;
    for (std::size_t i = 0; i < widths.size(); ++i)
      out += "| " + std::string(widths[i] - (right[i] ? 1 : 0), '-') + (right[i] ? ": " : " ");
    out += "|\n";
  }
  return out;
}

namespace {

/// "S[table-format=1.2e-2]" for the numbers of a column.
std::string number_column(const std::vector<Decimal>& numbers) {
  std::size_t whole = 1, fraction = 0, exponent = 0;
  bool is_negative = false, has_negative_exponent = false;
  for (const Decimal& number : numbers) {
    const std::size_t point = std::min(number.mantissa.find('.'), number.mantissa.size());
    whole = std::max(whole, point);
    fraction = std::max(fraction, number.mantissa.size() - std::min(point + 1, number.mantissa.size()));
    const bool is_below = number.exponent.starts_with('-');
    exponent = std::max(exponent, number.exponent.size() - (is_below ? 1 : 0));
    is_negative = is_negative || number.is_negative;
    has_negative_exponent = has_negative_exponent || is_below;
  }
  return fmt::format("S[table-format={}{}{}{}]", is_negative ? "-" : "", whole,
                     fraction > 0 ? fmt::format(".{}", fraction) : "",
                     exponent > 0 ? fmt::format("e{}{}", has_negative_exponent ? "-" : "", exponent) : "");
}

}  // namespace

std::string Table::latex(const std::vector<Table>& blocks, bool siunitx) {
  const std::size_t width = blocks.front().rows_.front().size();
  std::vector<bool> is_s(width);  // a third of the cells or more are single numbers; words stand in braces
  std::string columns;
  for (std::size_t i = 0; i < width; ++i) {
    bool is_right = true;
    std::size_t cells = 0;
    std::vector<Decimal> numbers;
    for (const Table& block : blocks) {
      is_right = is_right && block.numeric()[i];
      for (std::size_t r = block.heads_; r < block.rows_.size(); ++r) {
        if (!block.rows_[r][i].empty()) ++cells;
        if (const auto number = decimal(block.rows_[r][i])) numbers.push_back(*number);
      }
    }
    is_s[i] = siunitx && 3 * numbers.size() > cells;
    columns += is_s[i] ? number_column(numbers) : is_right ? "r" : "l";
  }
  std::string out = fmt::format("\\begin{{tabular}}{{{}}}\n\\toprule\n", columns);
  for (const Table& block : blocks) {
    if (&block != &blocks.front()) out += "\\midrule\n";
    for (std::size_t r = 0; r < block.rows_.size(); ++r) {
      const bool is_body = r >= block.heads_;
      for (std::size_t i = 0; i < width; ++i) {
        const std::string& text = block.rows_[r][i];
        const auto number = is_s[i] && is_body ? decimal(text) : std::nullopt;
        // \num does not see that it is to be bold.
        std::string cell = number ? for_siunitx(*number) : latex_text(text, siunitx && is_body && !block.is_bold(r, i));
        if (block.is_bold(r, i)) cell = number ? "\\bfseries " + cell : "\\textbf{\\boldmath " + cell + "}";
        if (is_s[i] && !number) cell = "{" + cell + "}";
        // A bracket at the start of a row would be the optional argument of the \\ before it.
        out += (i ? " & " : "") + (i == 0 && !cell.empty() && cell[0] == '[' ? "{}" + cell : cell);
      }
      out += r + 1 == block.heads_ ? " \\\\\n\\midrule\n" : " \\\\\n";
    }
  }
  return out + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace tightrope
