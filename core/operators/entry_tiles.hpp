// Many entries of a large matrix, in an order that suits caches and threads.
//
// Rows and columns are dealt out to S strips each by a hash, so that the strips are alike even where a few rows have
// most of the entries. The cells (s, s + d mod S) of step d = 0, …, S − 1 have no row and no column in common: threads
// share them and write gradients where they belong, without copies and always in the same order (the strata of Gemulla,
// Nijkamp, Haas & Sismanis, KDD 2011, for a whole gradient instead of stochastic steps). Inside a cell entries lie in
// tiles of so few columns that their records stay in the second-level cache, and row by row, with 2 bytes each for row
// and column. S comes from the shape alone: 8 to 64, such that a strip of the shorter side is about as wide as a tile.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/numbers/kernels/entry_kernels.hpp"
#include "core/numbers/tiles.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

class EntryTiles {
 public:
  /// Measurements whose losses are asked for in one call, at most: few enough for the first-level cache.
  static constexpr Index block = 256;
  static constexpr Index groups = 64;
  /// One of the groups of entries, of which different ones may be counted, and placed, at the same time.
  static Index group_of(Index row, Index column);

  /// Counts entries before they are placed: every entry is named twice, to count() and, after allocate(), to place().
  explicit EntryTiles(Shape shape);
  void count(Index row, Index column) { ++first_[tile_of(row, column) + 1]; }
  void allocate();
  /// Where the entry lies until sort().
  Index place(Index row, Index column);
  /// Brings the tiles into their final order, and `values`, one for each entry, along with them, unless it is null.
  void sort(const Team& team, Real* values);

  Shape shape() const { return shape_; }
  Index size() const { return keys_.size(); }
  std::uint64_t bytes() const;
  /// work(i, row, column) for all entries in their order.
  template <class Work>
  void for_each(const Work& work) const;
  /// Of the entries with these increasing indices, in this order.
  EntryTiles part(const std::vector<Index>& indices) const;

  /// What one pass computes, with a factor on all of it.
  struct Pass {
    const LowRank* at = nullptr;  // entries of this matrix are predicted; null: none
    const LowRank* along =
        nullptr;  // L and R of the gradient, of which a wanted side needs the other; null: no gradient
    Sides wanted;
    Real factor = 1;
    LowRank* gradient = nullptr;
  };
  /// Goes over the entries of `rows`. block(first, count, z, slopes) has their predictions, if `at` is given, and gives
  /// their slopes, if a gradient is wanted; it returns their value. The sum of the values, in a fixed order.
  template <class Block>
  Real run(const Team& team, const Pass& pass, Rows rows, const Block& block) const;

 private:
  static constexpr Index least_strips = 8, most_strips = 64;
  static constexpr Index row_bits = 16, column_bits = 12;  // of a tile

  /// Where the rows, or the columns, of the matrix have their records.
  struct Side {
    Side(Index size, Index strips);
    std::vector<std::uint32_t> places;
    std::vector<Index> first;  // place of each strip, and their number
    Index longest = 0;
  };
  /// One tile, as far as a pass needs it.
  struct Tile {
    Index first, end;  // entries
    Index row_record, column_record;
  };
  /// Memory on large pages where the system has them: columns of a tile lie on more small ones than the processor
  /// remembers.
  class Records {
   public:
    Records() = default;
    ~Records();
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;
    Real* grown(Index size);

   private:
    Real* data_ = nullptr;
    Index size_ = 0;
  };
  /// Factors as records, and what a pass adds up.
  struct Workspace {
    Records left, right, left_along, right_along;
    std::vector<Real> values;  // of cells
  };
  struct Packed {
    entries::Records left, right;              // of `at`
    entries::Records left_along, right_along;  // and gradients
    Index width = 0, width_along = 0;
  };

  EntryTiles(const EntryTiles& like, std::vector<entries::Key> keys);
  Index tile_of(Index row, Index column) const;
  entries::Key key_of(Index row, Index column) const;
  Tile tile(Index index) const;
  Index tiles_per_cell() const { return row_tiles_ * column_tiles_; }
  static Workspace& workspace();
  Packed pack(const Team& team, const Pass& pass, Workspace& work) const;
  void unpack(const Team& team, const Pass& pass, const Packed& packed) const;
  void pack_side(const Team& team, const Mat* from, const Side& side, Real* records, Index stride) const;
  void unpack_side(const Team& team, const Real* gradient, Index stride, const Side& side, Mat& to) const;
  static std::vector<Index> inverse(const Side& side);

  Shape shape_;
  Index strips_, cells_;
  std::shared_ptr<const Side> rows_, columns_;
  Index row_tiles_, column_tiles_;  // of a cell
  std::vector<Index> first_;        // entry of each tile, and their number
  std::vector<Index> next_;         // while entries are placed
  std::vector<entries::Key> keys_;
};

template <class Work>
void EntryTiles::for_each(const Work& work) const {
  const std::vector<Index> rows = inverse(*rows_), columns = inverse(*columns_);
  for (Index t = 0; t + 1 < first_.size(); ++t) {
    const Tile at = tile(t);
    for (Index i = at.first; i < at.end; ++i)
      work(i, rows[at.row_record + (keys_[i] >> 16U)], columns[at.column_record + (keys_[i] & 0xffffU)]);
  }
}

template <class Block>
Real EntryTiles::run(const Team& team, const Pass& pass, Rows rows, const Block& block_done) const {
  Workspace& work = workspace();
  const Packed packed = pack(team, pass, work);
  work.values.assign(cells_, 0.0);
  Real* const values = work.values.data();
  const auto do_cell = [&](Index cell) {
    thread_local Real z[block], slopes[block];
    for (Index t = cell * tiles_per_cell(); t < (cell + 1) * tiles_per_cell(); ++t) {
      if (first_[t] == first_[t + 1] || first_[t + 1] <= rows.first || first_[t] >= rows.end()) continue;
      const Tile at = tile(t);
      const auto records = [](entries::Records of, Index first) {
        if (of.x) of.x += first * of.stride;
        if (of.gradient) of.gradient += first * of.stride;
        return of;
      };
      const auto left = records(packed.left, at.row_record), right = records(packed.right, at.column_record),
                 left_along = records(packed.left_along, at.row_record),
                 right_along = records(packed.right_along, at.column_record);
      // Blocks begin where the tile does, whatever rows are wanted.
      for (Index begin = at.first; begin < at.end; begin += block) {
        const Index first = std::max(begin, rows.first), end = std::min({begin + block, at.end, rows.end()});
        if (first >= end) continue;
        const entries::Key* const keys = keys_.data() + first;
        if (pass.at) entries::predict(keys, end - first, left, right, packed.width, pass.factor, z);
        values[cell] += block_done(first, end - first, z, slopes);
        if (pass.along)
          entries::add(keys, end - first, slopes, left_along, right_along, packed.width_along, pass.factor);
      }
    }
  };
  for (Index step = 0; step < strips_; ++step)
    team.for_each_tile(strips_, [&](Index strip) { do_cell(step * strips_ + strip); });
  unpack(team, pass, packed);
  Real value = 0;
  for (Index cell = 0; cell < cells_; ++cell) value += values[cell];
  return value;
}

}  // namespace tightrope
