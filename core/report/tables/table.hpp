// Tables of text, written for people, for papers and for programs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/text/readable.hpp"

namespace tightrope {

/// Rows of text below a header. A column whose cells are all numbers, dashes or intervals stands to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  /// With a header of several rows, for LaTeX.
  static Table below(std::vector<std::vector<std::string>> head) {
    Table table(head.front());
    table.heads_ = head.size();
    table.rows_ = std::move(head);
    return table;
  }
  /// `bold`: places in the row that Markdown and LaTeX print in bold.
  void add(std::vector<std::string> row, const std::vector<std::size_t>& bold = {}) {
    for (const std::size_t i : bold) bold_.insert({rows_.size(), i});
    rows_.push_back(std::move(row));
  }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }  // the header first

  bool is_bold(std::size_t row, std::size_t column) const { return bold_.contains({row, column}); }

  /// table | markdown | csv | latex. In Markdown what could end a cell or begin a tag is escaped, all else may be
  /// markup. In LaTeX everything is text and numbers such as 1.2e-03 become formulas; needs the package booktabs. With
  /// `siunitx` numbers are left to that package, and columns of numbers are of its type S.
  std::string text(const std::string& format, bool siunitx = false) const;
  /// A tabular with several tables below each other, each with its header; all have as many rows in it, and columns.
  static std::string latex(const std::vector<Table>& blocks, bool siunitx);

 private:
  std::string aligned(bool markdown) const;
  std::string csv() const;
  std::vector<bool> numeric() const;  // by column

  std::size_t heads_ = 1;
  std::vector<std::vector<std::string>> rows_;
  std::set<std::pair<std::size_t, std::size_t>> bold_;
};

/// Whether a cell is a number, a dash, or an interval of numbers.
bool is_numeric(const std::string& cell);

/// Text as it is, for LaTeX: characters that mean something to TeX escaped, numbers with an exponent as formulas, Greek
/// letters and the signs of mathematics as commands, what pdfTeX has no letter for as its code point.
/// With `siunitx` every number is a \num.
std::string latex_text(const std::string& text, bool siunitx = false);

}  // namespace tightrope
