// Many entries of a large matrix, in an order that suits caches and threads.
//
// Rows and columns are dealt out to S strips each by a hash, so that the strips are alike even where a few rows have
// most of the entries. The cells (s, s + d mod S) of step d = 0, …, S − 1 have no row and no column in common: threads
// share them and write gradients where they belong, without copies and always in the same order (the strata of Gemulla,
// Nijkamp, Haas & Sismanis, KDD 2011, for a whole gradient instead of stochastic steps). Nobody waits for a whole step:
// what a cell needs are its rows, when the cell of the step before has done with them. Inside a cell entries lie in
// tiles, and there row by row, with 2 bytes each for row and column. S is 8 to 64, such that a strip of the shorter
// side is at most as wide as a tile.
//
// A row that meets few entries in a cell is dear: its record comes from far each time. Where that is so, tiles have few
// rows, and all cells are done for the first tile of each strip of rows, then for the second, and so on; the records of
// these rows stay near until their entries in all columns are done.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/numbers/kernels/entry_kernels.hpp"
#include "core/numbers/tiles.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

class MappedFile;
class Ranks;

/// An entry of a list, wherever it lies in the tiles.
struct ListedEntry {
  std::uint32_t row, column;
  Real value;
};

class EntryTiles {
 public:
  /// Measurements whose losses are asked for in one call, at most: so few that their records are
  /// in the first-level cache when their slopes are known.
  static constexpr Index block = 32;
  static constexpr Index groups = 64;
  /// Which of the groups each of the entries is in. Different groups may be counted, and placed, at the same time.
  static void groups_of(std::span<const ListedEntry> some, std::uint8_t* to);

  /// Counts entries before they are placed: every entry is named twice, to count() and, after allocate(), to place().
  /// `expected`: about how many there will be. One of several ranks counts all of them and keeps what is its own.
  EntryTiles(Shape shape, Index expected, const Ranks* ranks = nullptr);
  /// What begins() and keys() were; the keys are in `file`, which is checked at the end of every pass over them. Throws
  /// std::length_error where they cannot have been.
  EntryTiles(Shape shape, Index expected, std::vector<Index> begins, std::span<const entries::Key> keys,
             std::shared_ptr<const MappedFile> file);
  void count(Index row, Index column);
  void allocate();
  /// Where the entry lies until sort().
  Index place(Index row, Index column);
  /// The same for entries of one group. Between the two calls tile and key stand where row and column were;
  /// `values` may be null.
  void count(std::span<ListedEntry> some);
  void place(std::span<const ListedEntry> some, Real* values);
  /// Brings the tiles into their final order, and `values`, one for each entry, along with them, unless it is null.
  void sort(const Team& team, Real* values);
  /// Gives back the memory of what is kept by other ranks, if it is this object's own.
  void keep_part_of(const Ranks& ranks);

  Shape shape() const { return shape_; }
  Index size() const { return first_.back(); }
  Index expected() const { return expected_; }
  Index strips() const { return plan_->strips; }
  const std::vector<Index>& begins() const { return first_; }  // of the tiles, and size()
  std::span<const entries::Key> keys() const { return keys_; }
  std::uint64_t bytes() const;
  /// work(i, row, column) for all entries in their order, all of which are here.
  template <class Work>
  void for_each(const Work& work) const;
  /// Of the entries with these increasing indices, in this order.
  EntryTiles part(const std::vector<Index>& indices) const;
  /// The same, given their keys.
  EntryTiles part(const std::vector<Index>& indices, const std::vector<entries::Key>& keys) const;

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
  friend class EntryShards;
  static constexpr Index least_strips = 8, most_strips = 64;
  static constexpr Index row_bits = 16, few_row_bits = 10, column_bits = 14;  // of a tile

  /// Where the rows, or the columns, of the matrix have their records.
  struct Side {
    Side(Index size, Index strips);
    std::vector<std::uint32_t> places;
    std::vector<Index> first;  // place of each strip, and their number
    Index longest = 0;
  };
  /// What follows from shape and number of entries alone.
  struct Plan {
    Plan(Shape shape, Index expected);
    Index strips;
    Side rows, columns;
    Index row_bits, row_tiles, column_tiles;  // of a cell
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
    std::vector<char> met_rows, met_columns;
  };
  /// Which records the wanted entries may need, where they are few; null: all.
  struct Met {
    const char *rows = nullptr, *columns = nullptr;
  };
  struct Packed {
    entries::Records left, right;              // of `at`
    entries::Records left_along, right_along;  // and gradients
    Index width = 0, width_along = 0;
  };

  struct Spot {
    Index tile;
    entries::Key key;
  };
  Spot spot_of(Index row, Index column) const;
  Tile tile(Index index) const;
  Index cells() const { return plan_->strips * plan_->strips; }
  /// Tiles of different tasks of a step have nothing in common; those of one follow each other.
  Index tasks() const { return plan_->row_tiles * cells(); }
  Index tiles_of_step() const { return plan_->strips * plan_->column_tiles; }
  /// The first of the consecutive strips of rows whose entries a rank keeps; of rank P, the number of strips.
  Index first_strip(Index rank, Index ranks) const;
  /// The entries of consecutive strips of rows in a step.
  Rows entries_of(Index step, Index first_strip, Index end_strip) const;
  bool keeps(Index tile) const;
  /// Its keys, of a tile that is kept.
  const entries::Key* keys_of(Index tile) const { return keys_.data() + (first_[tile] - elsewhere_before(tile)); }
  Index elsewhere_before(Index tile) const { return elsewhere_.empty() ? 0 : elsewhere_[tile / tiles_of_step()]; }
  void keep_strips(const Ranks& ranks);
  /// With their own keys, which are still to come.
  EntryTiles begun_part(const std::vector<Index>& indices) const;
  void make_keys(Index size);
  void check_file() const;
  static Workspace& workspace();
  Met met(Rows rows, Workspace& work) const;
  Packed pack(const Team& team, const Pass& pass, const Met& met, Workspace& work) const;
  void unpack(const Team& team, const Pass& pass, const Packed& packed, const Met& met) const;
  void pack_side(const Team& team, const Mat* from, const Side& side, Real* records, Index stride,
                 const char* met = nullptr) const;
  void unpack_side(const Team& team, const Real* gradient, Index stride, const Side& side, Mat& to,
                   const char* met = nullptr) const;
  /// work(task) for the tasks of the steps from `begin` to before `end`.
  void go_through(const Team& team, Index begin, Index end, const std::function<void(Index)>& work) const;
  static std::vector<Index> inverse(const Side& side);

  Shape shape_;
  Index expected_;
  std::shared_ptr<const Plan> plan_;
  std::vector<Index> first_;  // entry of each tile, and their number
  std::vector<Index> next_;   // while entries are placed
  std::shared_ptr<entries::Key[]> own_keys_;
  std::shared_ptr<const MappedFile> file_;  // of the keys, or of what they were taken from
  std::span<const entries::Key> keys_;
  // Of a rank that keeps some strips of rows: which, and how many entries of others come before its own of each step.
  Index kept_strip_ = 0, kept_end_ = 0;
  std::vector<Index> elsewhere_;
};

template <class Work>
void EntryTiles::for_each(const Work& work) const {
  const std::vector<Index> rows = inverse(plan_->rows), columns = inverse(plan_->columns);
  for (Index t = 0; t + 1 < first_.size(); ++t) {
    const Tile at = tile(t);
    for (Index i = at.first; i < at.end; ++i)
      work(i, rows[at.row_record + (keys_[i] >> 16U)], columns[at.column_record + (keys_[i] & 0xffffU)]);
  }
  check_file();
}

template <class Block>
Real EntryTiles::run(const Team& team, const Pass& pass, Rows rows, const Block& block_done) const {
  Workspace& work = workspace();
  const Met few = met(rows, work);
  const Packed packed = pack(team, pass, few, work);
  const Index tiles_of_task = plan_->column_tiles;
  work.values.assign(cells(), 0.0);
  Real* const values = work.values.data();
  const auto do_task = [&](Index task) {
    thread_local Real z[block], slopes[block];
    Real& value = values[task % cells()];
    for (Index t = task * tiles_of_task; t < (task + 1) * tiles_of_task; ++t) {
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
        value += block_done(first, end - first, z, slopes);
        if (pass.along)
          entries::add(keys, end - first, slopes, left_along, right_along, packed.width_along, pass.factor);
      }
    }
  };
  const auto first_of = [&](Index step) { return first_[step * plan_->strips * tiles_of_task]; };
  Index begin = 0, end = tasks() / plan_->strips;
  while (begin < end && first_of(begin + 1) <= rows.first) ++begin;
  while (begin < end && first_of(end - 1) >= rows.end()) --end;
  go_through(team, begin, end, [&do_task](Index task) { do_task(task); });  // small enough to allocate nothing
  unpack(team, pass, packed, few);
  Real value = 0;
  for (Index cell = 0; cell < cells(); ++cell) value += values[cell];
  check_file();
  return value;
}

}  // namespace tightrope
