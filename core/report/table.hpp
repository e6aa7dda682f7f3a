// Tables of text, written for people, for papers and for programs; and numbers as people read them.
#pragma once

#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Rows of text below a header. A column whose cells are all numbers, dashes or intervals stands to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }  // the header first

  /// table | markdown | csv | latex. In Markdown what could end a cell or begin a tag is escaped, all else may be
  /// markup. In LaTeX everything is text and numbers such as 1.2e-03 become formulas; needs the package booktabs.
  std::string text(const std::string& format) const;

 private:
  std::string aligned(bool markdown) const;
  std::string csv() const;
  std::string latex() const;
  std::vector<bool> numeric() const;  // by column

  std::vector<std::vector<std::string>> rows_;
};

/// Text as it is, for LaTeX: characters that mean something to TeX escaped, numbers with an exponent as formulas, Greek
/// letters and the signs of mathematics as commands, what pdfTeX has no letter for as its code point.
std::string latex_text(const std::string& text);

std::size_t display_width(const std::string& text);

/// A number for people: 3 or 4 significant digits, whole numbers in full, ∞, and – for NaN.
std::string human(Real value);
std::string human_seconds(Real seconds);
std::string grouped(Index value);  // 12,345

}  // namespace tightrope
