// The entries of a dense measurement operator, and the one inner loop of the program that is worth tuning.
//
// Row i holds the numbers q_ij of A_i = factor · q_i. A sweep runs over a range of columns and does two things at
// once: it adds s_i q_ij of one block of rows to the lanes' gradients, and it adds q_ij x_j of the next block to that
// block's inner products. The first block is then in cache and the second one streams by, so that memory never waits
// for arithmetic and each entry is read from memory once.
//
// Bits: an inner product is a sum over tiles of `tile_columns` columns, in order; within a tile there are eight partial
// sums (column j goes to sum j mod 8, fused multiply-add), added in a fixed tree. A gradient entry is a chain of fused
// multiply-adds over the rows, in order. Neither depends on the instruction set, the number of lanes or the blocking.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

class MappedFile;

/// How the entries of a random dense ensemble are kept. The entries are the rounded numbers themselves: arithmetic and
/// results are float64 for each of them.
enum class Storage { float64, float32, float16, int8, sign, generated };

/// Their names, in the order of the enumeration, and back; throws std::logic_error for another name.
const std::vector<std::string>& storage_names();
Storage storage_of(const std::string& name);
Index bits_per_entry(Storage storage);  // 0 for generated

inline constexpr Index tile_columns = 1024;
inline constexpr Index most_block_rows = 64;  // of a sweep
inline constexpr Index sign_group = 8;        // rows that share a byte per column in Storage::sign
/// Of so long rows, the columns are shared.
inline bool has_long_rows(Index columns) { return columns > Index{1} << 17; }

/// Lanes of a sweep. Columns are stored lane_group() by lane_group(): element j of lane l of group g is
/// x[g][j·width + l].
struct SweepLanes {
  Index groups = 1, width = 1;
  const Real* const* x = nullptr;  // per group: columns × width
  Real* const* gradient = nullptr;
};

/// A block of consecutive rows, with what the store keeps of it between two sweeps.
struct SweepRows {
  Index first = 0, count = 0;
  void* scratch = nullptr;       // scratch_bytes() of the store, private to this block
  const Real* slopes = nullptr;  // [group][row][lane of the group]; for the block whose gradient is added
  bool made = false;             // whether the scratch holds what the sweep of its inner products put there
  // The lanes' gradients start at zero with the first block of a strip of rows, whatever lies there, and go to a total
  // with its last one, after which what lies there is of no use.
  bool starts = false;
  Real* const* total = nullptr;  // per group, as SweepLanes::gradient has them
};

class RowStore {
 public:
  virtual ~RowStore() = default;

  virtual std::uint64_t bytes() const = 0;  // that a pass reads from memory
  /// Rows of a block, for so many lanes.
  virtual Index block_rows(Index lanes) const = 0;
  /// Whether a block's range of columns may be split over threads.
  virtual bool splits_columns() const = 0;
  /// Lanes that a sweep keeps side by side, for a batch of so many lanes.
  virtual Index lane_width(Index lanes) const = 0;
  /// Memory that goes along with a block from the sweep that takes its inner products to the one that adds it.
  virtual std::uint64_t scratch_bytes(Index lanes) const = 0;
  /// gradient[j] += Σ_i slopes_i q_ij for the rows of `add`, sums[group][row][lane] += Σ_j q_ij x_j for those of
  /// `dot`, j in [begin, end); begin is a multiple of tile_columns. A block may be empty. With a total,
  /// total[j] += gradient[j] then.
  virtual void sweep(const SweepRows& add, const SweepRows& dot, Index begin, Index end, const SweepLanes& lanes,
                     Real* sums) const = 0;
  /// The entries of a row, as float64.
  virtual void read(Index row, Real* entries) const = 0;
  /// Throws Error(integrity) where entries that were read may not be those that the store was made of: of a file.
  virtual void check() const {}
  /// Some of the rows, in increasing order; shares the memory where it can. A pass costs what its rows do.
  virtual std::unique_ptr<RowStore> some(const std::vector<Index>& rows) const = 0;
};

/// Writes entries begin … end − 1 of a row.
using EntrySource = std::function<void(Index row, Index begin, Index end, Real* entries)>;
/// Writes bytes begin … end − 1 of a group of sign_group rows: bit r of byte j tells whether entry (r, j) is +1 or −1.
using SignSource = std::function<void(Index group, Index begin, Index end, std::uint8_t* bytes)>;
/// Calls work(0) … work(n − 1), in any order, perhaps at once.
using ForEach = std::function<void(Index n, const std::function<void(Index)>& work)>;

/// Any storage but sign. For int8 the source writes multiples of the quantum, which are rounded to whole numbers in
/// [−127, 127]. The source of a generated store is kept and must be a pure function.
std::unique_ptr<RowStore> make_row_store(Storage storage, Index rows, Index columns, const EntrySource& source,
                                         const ForEach& for_each);
/// Rows of a file as they lie there, float64 or float32, one behind the other from byte `begin` on. A pass reads them
/// in the order of its strips, and the system keeps of them what memory is left for.
std::unique_ptr<RowStore> make_file_store(Storage storage, Index rows, Index columns,
                                          std::shared_ptr<const MappedFile> file, std::uint64_t begin);
/// Entries ±1, stored as bits or generated.
std::unique_ptr<RowStore> make_sign_store(bool generated, Index rows, Index columns, const SignSource& source,
                                          const ForEach& for_each);

/// Name of the instruction set that the sweeps use here, for the record ("AVX2").
const char* sweep_instruction_set();

}  // namespace tightrope
