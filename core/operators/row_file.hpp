// The entries of dense A_i, from a file with one row per measurement.
#pragma once

#include <string>

#include "core/operators/dense_operator.hpp"

namespace tightrope {

/// Where the rows of a file are during passes. automatic: in memory if they fit there, else in the file.
enum class RowsIn { automatic, memory, file };

struct RowFile {
  Index measurements = 0;
  DenseOperator::Layout layout;
  DenseOperator::MakeStore make_store;  // while the team is there
};

/// Reads m rows of n1·n2 numbers, row by row of A_i or column by column, or m × n1 × n2, from a file of any format that
/// read_array() knows. Numbers that are not finite are refused.
///
/// An .npy file in C order is read row by row into where its entries stay, float32 as such: memory holds them once. Of
/// float64 or float32 in the byte order of this machine it can also stay a file, of which passes read the rows; it is
/// read once for the check. All other files are held twice while they are read.
///
/// Throws Unsuitable for other shapes, and for a file that cannot be read during passes but is to be; Error(config) for
/// damaged files; Error(resources) where there is no room.
RowFile read_rows(const std::string& path, Shape shape, bool by_rows, RowsIn where, const Team& team);

}  // namespace tightrope
