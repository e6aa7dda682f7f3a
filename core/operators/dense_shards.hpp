// The entries of a dense operator, each kept by one of several processes.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/numbers/ranks.hpp"
#include "core/operators/dense_operator.hpp"

namespace tightrope {

/// Rows of a block at the most, and columns of long rows that are summed apart: alike in passes of one process and of
/// several, whose bits depend on them.
inline constexpr Index long_row_chunk = 16 * tile_columns;

/// Scratch memory of at least so many elements.
template <class Memory>
typename Memory::value_type* grown(Memory& memory, std::size_t size) {
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

/// How a pass cuts consecutive rows into strips, whose gradients are made one by one and added in order.
struct RowStrips {
  Index begin, end, strips;
  /// Of rows that are so long that their columns are shared, there is one.
  RowStrips(Index first, Index last, bool long_rows);
  Index first_row(Index strip) const;
};

/// What one rank keeps, and how all of them together do a pass.
///
/// Where rows are short each rank has the rows of some strips of a whole pass; where they are long it has some chunks
/// of the columns. The parts are in the order of the ranks 1, 2, …, P − 1, 0, so that what is added up in that order
/// ends where it is wanted.
///
/// A pass goes in rounds. In each of them every rank measures some rows, few enough that they are still in its cache
/// when they are combined, the leader turns the inner products into weights, and every rank combines these rows with
/// them. So losses are the leader's alone, and each entry is read from memory once.
///
/// All numbers are those of the packed rows, without the operator's factor.
class DenseOperator::Shards final : public Shard {
 public:
  /// Turns the inner products of some rows into their weights, both as [row][lane]; rows are `stride` numbers apart.
  using Weigh = std::function<void(Rows rows, Index stride, const Real* sums, Real* weights)>;
  /// Gets what a lane's weighted rows add up to, as a matrix. Called for several lanes at a time.
  using Take = std::function<void(Index lane, const Mat& G)>;

  /// On all ranks at a time. Throws Error(resources) where the part does not fit.
  Shards(const DenseOperator& whole, Ranks& ranks, const MakeStore& make_store);
  ~Shards() override;

  std::uint64_t bytes() const { return bytes_; }  // that all ranks read in a pass
  /// A pass over the rows, by the leader. X has the matrix of each lane, a pair without right side being a matrix as it
  /// is; without X there are no inner products. Without `take` nothing is combined.
  void pass(Index lanes, std::span<const LowRank* const> X, Rows rows, const Weigh& weigh, const Take& take = {});
  void read(Index row, Real* entries);
  void serve(const Request& request) override;

 private:
  struct Pass {
    Index lanes, width, groups;
    Rows rows;
    Index round_rows;
    bool measures, combines;
    Index of_row() const { return groups * width; }
  };
  struct Round {
    Rows rows = {0, 0};    // of this rank
    bool is_kept = false;  // whether what the store makes of them is there since they were measured
    bool odd = false;      // and where
  };
  struct Piece {  // consecutive rows of a strip that one rank has
    Index begin, end;
    bool begins, ends;  // whether they are the first, the last of the strip
  };

  Pass pass_of(const Request& request) const;
  Index round_rows() const;
  Index block_rows(const Pass& pass) const;
  Index rank_at(Index place) const { return (place + 1) % ranks_.count(); }
  Index part_begin_at(Index place) const;  // of the rows, or of the columns
  Rows rows_at(Index place, Rows rows) const;
  Rows whole_groups(Rows rows) const;
  /// The rows of a pass that a rank computes with.
  Rows held_at(Index place, Rows rows) const;
  Rows round_at(Index place, const Pass& pass, Index round) const;
  std::vector<Piece> pieces_at(Index place, const RowStrips& strips) const;

  void set_matrices(const Pass& pass, std::span<const LowRank* const> X);
  void run(const Pass& pass, const Weigh& weigh);
  void advance(const Pass& pass, const std::vector<Piece>& pieces, const Round& last, const Round& next);
  void exchange(const Pass& pass, Index round, const Weigh& weigh);
  void combine(const Pass& pass, const std::vector<Piece>& pieces, const Round& round);
  SweepRows rows_of_block(const Pass& pass, const Round& round, Index b);
  void sweep(const Pass& pass, const std::vector<Piece>& pieces, const Round& round, Index b, SweepRows dot,
             Index column, Index end, Real* sums);
  void gather_columns(const Pass& pass);
  void read_here(Rows rows, Real* entries);
  Real* sums_of_chunk(const Pass& pass, Rows round, Index part) {
    return sums_.data() + part * round.count * pass.of_row();
  }

  const DenseOperator& whole_;
  Ranks& ranks_;
  Index place_;
  bool by_columns_;
  Rows rows_;                        // that are here
  Index column_, columns_, padded_;  // the first that is here, how many, and with those that fill up registers
  std::unique_ptr<const RowStore> store_;
  std::uint64_t number_ = 0, bytes_ = 0;
  // Of a pass: matrices and gradients as [group][column][lane of the group], gradients for each piece of rows; inner
  // products of a round, for each chunk of columns, and weights of all rows that are held, as [row][group][lane].
  std::vector<Real> x_, gradients_, total_, sums_, weights_;
  std::vector<std::byte> scratch_;
};

}  // namespace tightrope
