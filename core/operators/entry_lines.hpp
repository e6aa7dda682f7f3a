// Lines of text with one entry of a matrix each: ratings.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/base/mapped_file.hpp"
#include "core/operators/entry_tiles.hpp"

namespace tightrope {

/// What separates the numbers of a line.
enum class Separator { blanks, comma, semicolon, colons };

/// How a file writes its entries.
struct EntryFormat {
  Separator separator = Separator::blanks;
  std::size_t begin = 0;  // of the first entry
  Index first_index = 1;
  bool has_values = true;       // false: all are 1
  bool has_names = false;       // a line of them was left out
  Shape shape;                  // 0 × 0: not said
  std::optional<Index> listed;  // how many entries there must be

  /// "by coordinates", "separated by commas"
  std::string text() const;
};

/// Throws Error(config) "FILE:LINE:COLUMN: why" with the place of a byte; Error(integrity) if the file is no longer
/// what was mapped, which then is the reason.
[[noreturn]] void refuse_at(const MappedFile& file, std::size_t at, const std::string& why);

/// The format of the first lines.
EntryFormat entry_format(const MappedFile& file, Index first_index);

/// As many entries as some text can have, at most.
constexpr std::size_t most_entries(std::size_t bytes) { return bytes / 4 + 3; }

/// Reads the entries of the lines from byte `begin` to byte `end` of the file: whole lines, but for the end of the last
/// one of the file. Rows and columns are less than those of `most`. `to` has room for most_entries(). How many there
/// are.
Index read_entry_lines(const MappedFile& file, const EntryFormat& format, Shape most, std::size_t begin,
                       std::size_t end, ListedEntry* to);

}  // namespace tightrope
