// Long lists of entries of a matrix, from files: ratings.
#pragma once

#include <optional>
#include <string>

#include "core/operators/entry_tiles.hpp"

namespace tightrope {

/// Entries in the order of their tiles, and their values in the same order.
struct EntryList {
  EntryTiles tiles;
  Vec values;
  Index empty_rows = 0, empty_columns = 0;  // without an entry
  std::string description;                  // what was read, and what was guessed to read it
  std::optional<Real> factor;               // that packed values were multiplied by
};

/// 1/√p, p = m/(n1 n2).
Real isotropic_factor(const EntryList& list);

/// Reads one entry per line, `row column value`, with anything behind it left out (a time, for instance); separated by
/// blanks, tabs, commas, semicolons or `::`, whichever comes first in the file. The first line may have names, lines
/// that begin with # or % are remarks. Rows and columns are whole numbers from `first_index` on. Or a MatrixMarket file
/// of coordinates, real, integer or pattern (all values 1) and general. Or a packed file (entry_pack.hpp).
///
/// The shape is the one given or, if that is 0 × 0, as large as the file says. Takes 12 bytes an entry in the end, and
/// 20 while it reads. Values are the leader's alone where several ranks read. Throws Error(config) with the file's
/// name, the line and the column; Error(integrity) where the file is cut or changed while it is read; Error(resources)
/// where the largest numbers of a row and a column make a matrix too large for this machine.
EntryList read_entries(const std::string& path, Index first_index, Shape shape, const Team& team);

}  // namespace tightrope
