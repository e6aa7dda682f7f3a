// Work that is cut into a fixed number of tiles, spread over threads.
//
// The cut never depends on the number of threads, a tile is computed by one thread alone, and results are
// combined in tile order by the caller: one thread or many give the same bits.
#pragma once

#include <memory>
#include <type_traits>

#include "core/numbers/types.hpp"

namespace tightrope {

class Ranks;

class Team {
 public:
  explicit Team(unsigned threads);
  /// Of a process that is one of several; these outlive it.
  Team(unsigned threads, Ranks& ranks);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  unsigned threads() const;
  Ranks* ranks() const;  ///< null where this process computes alone
  /// Calls work(0) … work(tiles − 1), each exactly once, and returns when all are done. May be called from
  /// several threads at once: only one call gets the helpers, the others do their tiles themselves.
  /// An exception from a tile is rethrown here, after all tiles have ended. Allocates nothing.
  template <class Work>
  void for_each_tile(Index tiles, Work&& work) const {
    using Plain = std::remove_reference_t<Work>;
    run(
        tiles, [](void* target, Index tile) { (*static_cast<Plain*>(target))(tile); },
        const_cast<void*>(static_cast<const void*>(&work)));
  }

 private:
  void run(Index tiles, void (*call)(void*, Index), void* target) const;

  struct State;
  std::unique_ptr<State> state_;
};

/// First element of part `part` when `size` elements are cut into `parts` nearly equal consecutive parts.
inline Index part_begin(Index size, Index parts, Index part) {
  return size / parts * part + std::min(part, size % parts);
}

/// How to copy numbers (from, count, to) that are a part of `all`: past the caches where all of them do not fit there,
/// so that their lines are not read from memory before they are written. Other threads may read them after
/// hwy::FlushStream().
using Copy = void (*)(const Real* from, Index count, Real* to);
Copy copy_of(Index all);
/// to = from, with the threads of the team where that is sooner.
void assign(const Team& team, const Mat& from, Mat& to);

/// BLAS works with one thread inside a tile: its bits depend on its thread count, ours must not.
void use_one_blas_thread();

}  // namespace tightrope
