#include "core/report/tables/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/base/utf8.hpp"

namespace tightrope {

namespace {

std::size_t display_width(const std::string& text) { return characters_of(text).size(); }

/// A number, a dash, or an interval of numbers.
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

const std::map<std::string, std::string>& latex_letters() {
  static const std::map<std::string, std::string> letters = {
      {"\\", "\\textbackslash{}"},
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
      {"×", "$\\times$"},
      {"∞", "$\\infty$"},
      {"≤", "$\\le$"},
      {"≈", "$\\approx$"},
      {"≥", "$\\ge$"},
      {"−", "$-$"},
      {"·", "$\\cdot$"},
      {"‖", "$\\|$"},
      {"ℓ", "$\\ell$"},
      {"∇", "$\\nabla$"},
      {"√", "$\\surd$"},
      {"²", "$^2$"},
      {"³", "$^3$"},
      {"⁰", "$^0$"},
      {"¹", "$^1$"},
      {"⁻", "$^-$"},
      {"’", "'"},
      {"‘", "`"},
      {"“", "``"},
      {"”", "''"},
      {"α", "$\\alpha$"},
      {"β", "$\\beta$"},
      {"γ", "$\\gamma$"},
      {"δ", "$\\delta$"},
      {"ε", "$\\varepsilon$"},
      {"ζ", "$\\zeta$"},
      {"η", "$\\eta$"},
      {"θ", "$\\theta$"},
      {"ι", "$\\iota$"},
      {"κ", "$\\kappa$"},
      {"λ", "$\\lambda$"},
      {"μ", "$\\mu$"},
      {"ν", "$\\nu$"},
      {"ξ", "$\\xi$"},
      {"π", "$\\pi$"},
      {"ρ", "$\\rho$"},
      {"σ", "$\\sigma$"},
      {"τ", "$\\tau$"},
      {"φ", "$\\varphi$"},
      {"χ", "$\\chi$"},
      {"ψ", "$\\psi$"},
      {"ω", "$\\omega$"},
      {"Γ", "$\\Gamma$"},
      {"Δ", "$\\Delta$"},
      {"Θ", "$\\Theta$"},
      {"Λ", "$\\Lambda$"},
      {"Ξ", "$\\Xi$"},
      {"Π", "$\\Pi$"},
      {"Σ", "$\\Sigma$"},
      {"Φ", "$\\Phi$"},
      {"Ψ", "$\\Psi$"},
      {"Ω", "$\\Omega$"}};
  return letters;
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
  std::string result, word;
  const auto end_word = [&] {
    const auto as_decimal = siunitx ? decimal(word) : std::nullopt;
    const std::string number = as_decimal ? "\\num{" + for_siunitx(*as_decimal) + "}" : formula(word);
    if (!number.empty()) {
      result += number;
    } else {
      for (const std::string& letter : characters_of(word)) {
        const auto known = latex_letters().find(letter);
        const char32_t code = utf8_character(letter);
        if (known != latex_letters().end())
          result += known->second;
        else if (code >= 0x20 && (code < 0x7f || (code >= 0xc0 && code < 0x180)))
          result += letter;  // letters that pdfTeX has in every font
        else
          result += fmt::format("\\texttt{{U+{:04X}}}", static_cast<unsigned>(code));
      }
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
  return format == "csv" ? csv() : format == "latex" ? latex(siunitx) : aligned(format == "markdown");
}

std::vector<bool> Table::numeric() const {
  std::vector<bool> result(rows_.front().size(), rows_.size() > 1);
  for (std::size_t r = 1; r < rows_.size(); ++r)
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

std::string Table::latex(bool siunitx) const {
  const std::vector<bool> right = numeric();
  std::vector<bool> is_s(right.size(), siunitx && rows_.size() > 1);  // most cells single numbers; words in braces
  for (std::size_t i = 0; i < is_s.size(); ++i) {
    std::size_t numbers = 0;
    for (std::size_t r = 1; r < rows_.size(); ++r)
      if (decimal(rows_[r][i])) ++numbers;
    is_s[i] = is_s[i] && 2 * numbers > rows_.size() - 1;
  }
  std::string columns;
  for (std::size_t i = 0; i < right.size(); ++i) columns += is_s[i] ? 'S' : right[i] ? 'r' : 'l';
  std::string out = fmt::format("\\begin{{tabular}}{{{}}}\n\\toprule\n", columns);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t i = 0; i < rows_[r].size(); ++i) {
      const auto number = is_s[i] && r > 0 ? decimal(rows_[r][i]) : std::nullopt;
      std::string cell = number ? for_siunitx(*number) : latex_text(rows_[r][i], siunitx && r > 0);
      if (is_bold(r, i)) cell = number ? "\\bfseries " + cell : "\\textbf{\\boldmath " + cell + "}";
      if (is_s[i] && !number) cell = "{" + cell + "}";
      // A bracket at the start of a row would be the optional argument of the \\ before it.
      out += (i ? " & " : "") + (i == 0 && !cell.empty() && cell[0] == '[' ? "{}" + cell : cell);
    }
    out += r == 0 ? " \\\\\n\\midrule\n" : " \\\\\n";
  }
  return out + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace tightrope
