// The entries of a large matrix, each kept by one of several processes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/numbers/ranks.hpp"
#include "core/operators/entry_tiles.hpp"

namespace tightrope {

/// What one rank keeps of the entries, and how all of them together do a pass.
///
/// A rank has consecutive strips of rows, their rows of L and of its gradient. In step d of a pass it works with as
/// many strips of columns, d further on. So the gradient of a strip of columns goes from each rank to the one before
/// it, in the order in which one process meets its cells: what is added up is one sum from left to right, whatever the
/// number of ranks. All of them have all of R.
///
/// In each step every rank predicts its entries, the leader turns these into slopes, and every rank adds what they give
/// to the gradients. So data and losses are the leader's alone.
class EntryShards final : public Shard {
 public:
  /// Of a block of entries, as in EntryTiles::run.
  using Block = std::function<Real(Index first, Index count, const Real* z, Real* slopes)>;

  /// On all ranks at a time, with the same tiles, of which each needs its part. Both outlive this.
  EntryShards(const EntryTiles& tiles, Real factor, const Team& team);
  ~EntryShards() override;

  /// As EntryTiles::run, by the leader.
  Real run(const EntryTiles::Pass& pass, Rows rows, const Block& block);
  /// The entries with these increasing indices, at the leader.
  EntryTiles part(const std::vector<Index>& indices);
  void serve(const Request& request) override;

 private:
  struct Pass {
    Rows rows;
    Index width, width_along;
    bool predicts, is_along_itself, to_left, to_right;
    bool adds() const { return to_left || to_right; }
  };

  static Request request_of(const Pass& pass, std::uint64_t shard);
  static Pass pass_of(const Request& request);
  Index first_strip(Index rank) const { return tiles_.first_strip(rank, ranks_.count()); }
  Rows entries_of(Index step, Index rank) const {
    return tiles_.entries_of(step, first_strip(rank), first_strip(rank + 1));
  }
  Rows rows_of(Index rank) const;
  Rows columns_of(Index strip) const;
  /// The rank that works, in the step after this one, with the strip of columns that `rank` hands on.
  Index before(Index rank) const { return (rank + sharing_ - 1) % sharing_; }
  Index after(Index rank) const { return (rank + 1) % sharing_; }

  void spread_left(const Mat* left, Index width, EntryTiles::Records& to);
  void spread_right(const Mat* right, Index width, EntryTiles::Records& to);
  Real go(const Pass& pass, const Block& block);
  template <class Work>
  void for_each_block(Index task, Rows rows, const Work& work) const;
  void predict(const Pass& pass, Index step);
  void weigh(const Pass& pass, Index step, const Block& block);
  void add(const Pass& pass, Index step);
  void hand_on(const Pass& pass, Index step);
  void collect(const Pass& pass, Index last_step);
  std::vector<entries::Key> own_keys(const std::vector<Index>& indices) const;

  const EntryTiles& tiles_;
  Real factor_;
  const Team& team_;
  Ranks& ranks_;
  Index me_, sharing_;  // ranks that have strips are the first ones
  Index first_row_;     // whose records are here first: the leader has room for all
  std::uint64_t number_;
  // Of a pass: the sides as records, gradients of their own, predictions and then slopes of a step.
  EntryTiles::Records left_, right_, left_along_, right_along_, to_left_, to_right_;
  std::vector<Real> z_, slopes_, values_;
};

}  // namespace tightrope
