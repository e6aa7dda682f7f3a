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
#include "core/numbers/ranks.hpp"

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
  explicit NpyRows(const std::string& path) : path_(path), bytes_(path), header_(read_npy_header(bytes_)) {}

  const NpyHeader& header() const { return header_; }

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

  /// Some rows of so many columns, which stay in the file.
  std::unique_ptr<RowStore> in_file(Rows rows, Index columns, const Team& team) const {
    const auto file = std::make_shared<const MappedFile>(path_);
    const Index row_bytes = columns * bits_per_entry(storage()) / 8;
    auto store = make_file_store(storage(), rows.count, columns, file, header_.begin + rows.first * row_bytes);
    by(team)(rows.count, [&](Index row) {
      std::vector<Real> entries(columns);
      store->read(row, entries.data());
      const auto bad = std::find_if(entries.begin(), entries.end(), [](Real x) { return !std::isfinite(x); });
      if (bad != entries.end())
        refuse_file(path_, fmt::format("entry ({}, {}) is not a finite number", rows.first + row + 1,
                                       bad - entries.begin() + 1));
    });
    file->check();
    return store;
  }

 private:
  std::string path_;
  FileBytes bytes_;
  NpyHeader header_;
};

/// Bytes that this machine holds of so many entries.
long double bytes_here(Index rows, Index columns, Storage storage, const Team& team) {
  const Ranks* const ranks = team.ranks();
  return static_cast<long double>(rows) * static_cast<long double>(columns) *
         static_cast<long double>(bits_per_entry(storage) / 8) *
         (ranks ? static_cast<long double>(ranks->on_this_machine()) / static_cast<long double>(ranks->count()) : 1);
}

void require_rows(Index rows, Index columns, Storage storage, const Team& team, const char* advice) {
  const Index entry = bits_per_entry(storage) / 8;
  require_memory(
      bytes_here(rows, columns, storage, team),
      fmt::format("the operator needs measurements × rows·columns × {} bytes{} = {} × {} × {}{}", entry,
                  team.ranks() ? " × ranks here / ranks" : "", rows, columns, entry,
                  team.ranks() ? fmt::format(" × {}/{}", team.ranks()->on_this_machine(), team.ranks()->count()) : ""),
      advice);
}

/// Rows that `read` gives whole, of which a store may want some columns.
DenseOperator::MakeStore held(Storage storage, Index all_columns, const Team& team,
                              std::function<void(Index row, Real* entries)> read) {
  return [=, &team, read = std::move(read)](Rows rows, Index first, Index columns) {
    return make_row_store(
        storage, rows.count, columns,
        [&](Index row, Index, Index, Real* entries) {
          if (columns == all_columns) return read(rows.first + row, entries);
          std::vector<Real> whole(all_columns);
          read(rows.first + row, whole.data());
          std::copy_n(whole.data() + first, columns, entries);
        },
        by(team));
  };
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
    const auto rows = std::make_shared<const NpyRows>(path);
    const NpyHeader& header = rows->header();
    if (!header.by_columns || header.shape.size() < 2) {
      file.measurements = checked_rows(header.shape, header.count(), shape, by_rows);
      const Storage storage = file.layout.storage = rows->storage();
      const bool can_stay = rows->storage_in_file().has_value();
      if (where == RowsIn::file && !can_stay) cannot_stay("this one holds other numbers");
      const bool stays = where == RowsIn::file || (where == RowsIn::automatic && can_stay &&
                                                   bytes_here(file.measurements, columns, storage, team) >
                                                       static_cast<long double>(memory_limit().left()));
      note_array(path, header.description + (stays ? ", read from the file in every pass" : ""));
      if (stays) {
        file.make_store = [rows, columns, &team](Rows some, Index, Index wanted) {
          if (wanted != columns)
            throw Unsuitable(
                fmt::format("has rows of {} numbers, of which each rank takes some columns, and these "
                            "cannot stay in the file: let 'storage' be memory",
                            columns));
          return rows->in_file(some, columns, team);
        };
        return file;
      }
      require_rows(file.measurements, columns, storage, team,
                   can_stay ? "leave out 'storage', and passes read them from the file"
                            : "store it as float64 or float32 in C order, and passes can read the file");
      file.make_store = held(storage, columns, team,
                             [rows, columns](Index row, Real* entries) { rows->read(row, columns, entries); });
      return file;
    }
    if (where == RowsIn::file) cannot_stay("this one is in Fortran order");
  } else if (where == RowsIn::file) {
    cannot_stay("this is another file");
  }
  const auto array = std::make_shared<const Array>(read_array(path));
  file.measurements = checked_rows(array->shape, array->values.n_elem, shape, by_rows);
  require_rows(file.measurements, columns, Storage::float64, team,
               "store it as an .npy file of float64 or float32 in C order, which passes can read");
  file.make_store = held(Storage::float64, columns, team, [=](Index row, Real* entries) {
    for (Index j = 0; j < columns; ++j) entries[j] = array->values(row, j);
  });
  return file;
}

}  // namespace tightrope
