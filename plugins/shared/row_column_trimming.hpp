// What is large both in its row and in its column: the sparsification T_α of robust principal component analysis, which
// keeps an entry if it is among the ⌊αn⌋ of largest modulus of its row and of its column (Yi, Park, Chen & Caramanis,
// NeurIPS 2016; Tong, Ma & Chi, JMLR 22, 2021).
#pragma once

#include "plugins/shared/seen_entries.hpp"

namespace tightrope {

struct TrimmingOptions {
  Real fraction = 0;
  std::vector<Index> table;
  void declare(Parameters& p, std::string fraction_doc, std::string fraction_example) {
    p.add("fraction", fraction, at_least_below(0, 1), std::move(fraction_doc)).required().example(fraction_example);
    p.add("table", table, at_least(1),
          "rows and columns of the table that measurements are, row by row; by default they are entries of the matrix")
        .example("[12, 10]");
  }
  /// The place in the table of each measurement, of which there are rows times columns.
  static std::vector<MatrixEntry> places(Shape table) {
    std::vector<MatrixEntry> all(table.entries());
    for (Index i = 0; i < all.size(); ++i) all[i] = {i / table.cols, i % table.cols};
    return all;
  }
  Shape shape(Shape otherwise) const {
    if (table.empty()) return otherwise;
    if (table.size() != 2) throw Unsuitable("needs two numbers as 'table', its rows and columns");
    return {table[0], table[1]};
  }
};

/// Of a row, or a column, with c measurements the ⌊αc⌋ of largest modulus are large; of equal ones those that come
/// first. Costs O(m).
class RowColumnTrimming {
 public:
  /// places: where in a table of that shape each measurement is.
  RowColumnTrimming(const std::vector<MatrixEntry>& places, Shape shape, Real fraction) : fraction_(fraction) {
    std::vector<Index> line(places.size());
    for (Index m = 0; m < line.size(); ++m) line[m] = places[m].row;
    rows_ = Lines(line, shape.rows);
    for (Index m = 0; m < line.size(); ++m) line[m] = places[m].column;
    columns_ = Lines(line, shape.cols);
  }
  /// Of the measurements of a problem.
  RowColumnTrimming(const TrimmingOptions& options, const Context& context)
      : RowColumnTrimming(
            options.table.empty() ? seen_entries(context).places : TrimmingOptions::places(options.shape({})),
            options.shape(context.shape), options.fraction) {
    if (const Index m = context.sensing().measurements(); m != measurements())
      throw Unsuitable("needs as many measurements as its table has places, " + std::to_string(measurements()) +
                       ", but there are " + std::to_string(m));
  }

  Index measurements() const { return rows_.members.size(); }
  /// values: one for each measurement. The answer is 1 for those that are large in both lines, and else 0.
  std::vector<char> large(std::span<const Real> values) const {
    std::vector<char> in_row = large_in(rows_, values);
    const std::vector<char> in_column = large_in(columns_, values);
    for (Index m = 0; m < in_row.size(); ++m) in_row[m] &= in_column[m];
    return in_row;
  }

 private:
  /// The measurements of line l are members[starts[l]] … members[starts[l + 1] − 1].
  struct Lines {
    std::vector<Index> members, starts;
    Lines() = default;
    Lines(const std::vector<Index>& line, Index count) : members(line.size()), starts(count + 1, 0) {
      for (const Index l : line) ++starts[l + 1];
      for (Index l = 0; l < count; ++l) starts[l + 1] += starts[l];
      std::vector<Index> next = starts;
      for (Index m = 0; m < line.size(); ++m) members[next[line[m]]++] = m;
    }
  };

  std::vector<char> large_in(const Lines& lines, std::span<const Real> values) const {
    using Sized = std::pair<Real, Index>;
    std::vector<char> result(values.size(), 0);
    std::vector<Sized> line;
    for (Index l = 0; l + 1 < lines.starts.size(); ++l) {
      line.clear();
      for (Index at = lines.starts[l]; at < lines.starts[l + 1]; ++at) {
        const Index m = lines.members[at];
        line.emplace_back(std::isnan(values[m]) ? arma::datum::inf : std::abs(values[m]), m);
      }
      const auto count = static_cast<std::ptrdiff_t>(fraction_ * static_cast<Real>(line.size()) + 1e-9);
      std::nth_element(line.begin(), line.begin() + count, line.end(), [](const Sized& a, const Sized& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
      });
      for (auto one = line.begin(); one != line.begin() + count; ++one) result[one->second] = 1;
    }
    return result;
  }

  Real fraction_;
  Lines rows_, columns_;
};

}  // namespace tightrope
