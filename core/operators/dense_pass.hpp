// One pass over the entries of a dense operator.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

#include "core/operators/dense_shards.hpp"

namespace tightrope {

/// Whole cache lines, which registers of 64 bytes read in one go, and huge pages where there is much.
template <class T>
struct Aligned {
  using value_type = T;
  T* allocate(std::size_t count) {
    void* const data = ::operator new(count * sizeof(T), alignment(count));
    if (count * sizeof(T) >= huge_page) madvise(data, count * sizeof(T), MADV_HUGEPAGE);
    return static_cast<T*>(data);
  }
  void deallocate(T* data, std::size_t count) { ::operator delete(data, alignment(count)); }
  bool operator==(const Aligned&) const = default;

 private:
  static constexpr std::size_t huge_page = 2U << 20;
  static std::align_val_t alignment(std::size_t count) {
    return std::align_val_t{count * sizeof(T) >= huge_page ? huge_page : 64};
  }
};

/// Memory of passes, kept by the calling thread: nothing is allocated in steady state.
struct DenseOperator::Workspace {
  std::vector<Real, Aligned<Real>> x, gradient;  // [place][group][column][lane of the group]
  std::vector<Real> sums, slopes, whole;
  std::vector<std::byte> scratch;
  std::vector<const Real*> x_of;
  std::vector<Real*> gradient_of;
  Mat X;

  /// Numbers from one group's matrix to the next.
  static Index group_elements(Index columns, Index width);
};

/// Rows are cut into strips, each with gradients of its own that are added in order. Threads share the strips, or the
/// chunks of columns of one block of rows after another; the bits are the same.
class DenseOperator::Pass {
 public:
  /// Over some rows, and those that share bytes with them.
  Pass(const DenseOperator& dense, Rows rows, Index lanes, bool dot, bool add, Workspace& work,
       const BlockDone& block_done);
  /// Leaves the gradients first in the workspace.
  void run();

 private:
  void share_rows();
  void share_columns();
  Index rows_of_block(Index strip) const;
  template <class Sweep>
  void run_strips(Index begin, Index end, Index place, const Sweep& sweep);
  SweepLanes lanes_at(Index place) const { return {groups_, width_, x_, gradients_ + place * groups_}; }

  const DenseOperator& dense_;
  const RowStore& store_;
  const Team& team_;
  bool dot_, add_;
  const BlockDone& block_done_;
  Index begin_, end_;     // rows
  Index width_, groups_;  // lanes of a group, groups of the batch
  Index block_, matrix_;  // rows of a block at the most, elements of a group's x
  Index numbers_;         // inner products of a block
  Index scratch_;         // bytes
  RowStrips cut_;
  Index strips_, chunk_, chunks_;  // of rows, of columns
  const Real** x_;
  Real** gradients_;
  Real *sums_, *slopes_;
  std::byte* held_;
};

}  // namespace tightrope
