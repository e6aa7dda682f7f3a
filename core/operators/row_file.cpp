#include "core/operators/row_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/arrays/arrays.hpp"
#include "core/arrays/formats/npy.hpp"
#include "core/base/limits.hpp"
#include "core/base/mapped_file.hpp"

namespace tightrope {

namespace {

/// The number m of rows, if the sides fit.
Index checked_rows(const std::vector<Index>& sides, Index entries, Shape shape, bool by_rows) {
  if (sides.size() > 2 && (sides.size() > 3 || sides[1] != shape.rows || sides[2] != shape.cols))
    throw Unsuitable(fmt::format("needs an array of m × {} × {} numbers, but that of the file is {}", shape.rows,
                                 shape.cols, words_of_shape(sides)));
  if (sides.size() == 3 && !by_rows)
    throw Unsuitable("has an array of three dimensions, whose entries are in their places: leave out 'order'");
  const Index rows = sides.empty() ? 1 : sides[0];
  if (entries / rows != shape.entries())
    throw Unsuitable(fmt::format("needs rows of n1·n2 = {} · {} numbers, but those of the file have {}", shape.rows,
                                 shape.cols, entries / rows));
  return rows;
}

ForEach by(const Team& team) {
  return [&team](Index n, const std::function<void(Index)>& work) {
    constexpr Index share = 8;  // rows to a tile: a cache line of an array by columns
    team.for_each_tile((n + share - 1) / share, [&](Index tile) {
      for (Index i = tile * share; i < std::min(n, (tile + 1) * share); ++i) work(i);
    });
  };
}

/// Of an .npy file in C order.
class NpyRows {
 public:
  NpyRows(const std::string& path, const ByteSource& bytes, NpyHeader header)
      : path_(path), bytes_(bytes), header_(std::move(header)) {}

  /// How passes can read the file itself, if they can.
  std::optional<Storage> storage_in_file() const {
    const NumberType& type = header_.type;
    if (type.kind != NumberType::Kind::real || type.big_endian || header_.begin % type.size != 0) return std::nullopt;
    return type.size == 8   ? std::optional(Storage::float64)
           : type.size == 4 ? std::optional(Storage::float32)
                            : std::nullopt;
  }
  Storage storage() const { return storage_in_file().value_or(Storage::float64); }

  void read(Index row, Index columns, Real* entries) const {
    const auto refuse = [&](Index column, const char* why) {
      refuse_file(path_, fmt::format("entry ({}, {}) is {}", row + 1, column + 1, why));
    };
    if (const auto bad = read_npy_numbers(bytes_, header_, row * columns, columns, entries))
      refuse(*bad, "an integer beyond 2^53, which float64 cannot hold exactly");
    const Real* const bad = std::find_if(entries, entries + columns, [](Real x) { return !std::isfinite(x); });
    if (bad != entries + columns) refuse(static_cast<Index>(bad - entries), "not a finite number");
  }

 private:
  const std::string& path_;
  const ByteSource& bytes_;
  NpyHeader header_;
};

std::unique_ptr<const RowStore> rows_in_file(const std::string& path, const NpyHeader& header, Storage storage,
                                             Index rows, Index columns, const Team& team) {
  const auto file = std::make_shared<const MappedFile>(path);
  auto store = make_file_store(storage, rows, columns, file, header.begin);
  by(team)(rows, [&](Index row) {
    std::vector<Real> entries(columns);
    store->read(row, entries.data());
    const auto bad = std::find_if(entries.begin(), entries.end(), [](Real x) { return !std::isfinite(x); });
    if (bad != entries.end())
      refuse_file(path, fmt::format("entry ({}, {}) is not a finite number", row + 1, bad - entries.begin() + 1));
  });
  file->check();
  return store;
}

void require_rows(Index rows, Index columns, Storage storage, const char* advice) {
  const Index entry = bits_per_entry(storage) / 8;
  require_memory(static_cast<long double>(rows) * static_cast<long double>(columns) * static_cast<long double>(entry),
                 fmt::format("the operator needs measurements × rows·columns × {} bytes = {} × {} × {}", entry, rows,
                             columns, entry),
                 advice);
}

}  // namespace

RowFile read_rows(const std::string& path, Shape shape, bool by_rows, RowsIn where, const Team& team) {
  const Index columns = shape.entries();
  const auto cannot_stay = [&](const char* what) {
    throw Unsuitable(
        fmt::format("can read the rows during passes from an .npy file of float64 or float32 in C order, "
                    "but {}: store numpy.ascontiguousarray(A, dtype=float) with numpy.save, or leave out "
                    "'storage'",
                    what));
  };
  RowFile file;
  file.layout.by_rows = by_rows;
  if (path.ends_with(".npy")) {
    const FileBytes bytes{std::filesystem::path(path)};
    const NpyHeader header = read_npy_header(bytes);
    if (!header.by_columns || header.shape.size() < 2) {
      const NpyRows rows(path, bytes, header);
      file.measurements = checked_rows(header.shape, header.count(), shape, by_rows);
      file.layout.storage = rows.storage();
      const auto needed = static_cast<long double>(file.measurements) * static_cast<long double>(columns) *
                          static_cast<long double>(bits_per_entry(rows.storage()) / 8);
      if (where == RowsIn::file && !rows.storage_in_file()) cannot_stay("this one holds other numbers");
      const bool stays = where == RowsIn::file || (where == RowsIn::automatic && rows.storage_in_file() &&
                                                   needed > static_cast<long double>(memory_limit().left()));
      note_array(path, header.description + (stays ? ", read from the file in every pass" : ""));
      if (stays) {
        file.store = rows_in_file(path, header, *rows.storage_in_file(), file.measurements, columns, team);
        return file;
      }
      require_rows(file.measurements, columns, rows.storage(),
                   rows.storage_in_file() ? "leave out 'storage', and passes read them from the file"
                                          : "store it as float64 or float32 in C order, and passes can read the file");
      file.store = make_row_store(
          rows.storage(), file.measurements, columns,
          [&](Index row, Index, Index, Real* entries) { rows.read(row, columns, entries); }, by(team));
      return file;
    }
    if (where == RowsIn::file) cannot_stay("this one is in Fortran order");
  } else if (where == RowsIn::file) {
    cannot_stay("this is another file");
  }
  const Array array = read_array(path);
  file.measurements = checked_rows(array.shape, array.values.n_elem, shape, by_rows);
  require_rows(file.measurements, columns, Storage::float64,
               "store it as an .npy file of float64 or float32 in C order, which passes can read");
  file.store = make_row_store(
      Storage::float64, file.measurements, columns,
      [&](Index row, Index, Index, Real* entries) {
        for (Index j = 0; j < columns; ++j) entries[j] = array.values(row, j);
      },
      by(team));
  return file;
}

}  // namespace tightrope
