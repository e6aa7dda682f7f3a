#include "core/operators/dense_pass.hpp"

#include <algorithm>

namespace tightrope {

namespace {

constexpr Index reduction_tile = 4096;

}  // namespace

/// Not a multiple of 1 KiB, where the same columns of all groups would compete for the same places in the cache.
Index DenseOperator::Workspace::group_elements(Index columns, Index width) {
  const Index elements = columns * width;
  return elements % 128 == 0 ? elements + 8 : elements;
}

DenseOperator::Pass::Pass(const DenseOperator& dense, Rows rows, Index lanes, bool dot, bool add, Workspace& work,
                          const BlockDone& block_done)
    : dense_(dense),
      store_(*dense.store_),
      team_(*dense.team_),
      dot_(dot),
      add_(add),
      block_done_(block_done),
      begin_(rows.first / dense.together_ * dense.together_),
      end_(std::min(dense.measurements(), (rows.end() + dense.together_ - 1) / dense.together_ * dense.together_)),
      width_(store_.lane_width(lanes)),
      groups_((lanes + width_ - 1) / width_),
      block_(std::min(most_block_rows, store_.block_rows(lanes))),
      matrix_(Workspace::group_elements(dense.columns_, width_)),
      numbers_(block_ * groups_ * width_),
      scratch_((store_.scratch_bytes(lanes) + 63) / 64 * 64),
      cut_(begin_, end_, store_.splits_columns()),
      strips_(cut_.strips) {
  // Columns are shared where rows are long, and also where there are many lanes, whose matrices and gradients then lie
  // in the shared cache once and not once for each thread; a chunk is a tile then, so that inner products are summed as
  // they are by one thread.
  const Index entries = dense.entries_;
  const bool lanes_by_columns = lanes >= 8 && width_ == 1 && entries >= 4 * tile_columns * team_.threads();
  chunk_ = store_.splits_columns() ? long_row_chunk : lanes_by_columns ? tile_columns : entries;
  chunks_ = (entries + chunk_ - 1) / chunk_;
  const Index places = chunks_ > 1 ? std::min<Index>(2, strips_) : strips_;
  x_ = grown(work.x_of, groups_);
  for (Index g = 0; g < groups_; ++g) x_[g] = grown(work.x, groups_ * matrix_) + g * matrix_;
  gradients_ = grown(work.gradient_of, places * groups_);
  if (add) grown(work.gradient, places * groups_ * matrix_);
  for (Index g = 0; g < places * groups_; ++g) gradients_[g] = add ? work.gradient.data() + g * matrix_ : nullptr;
  sums_ = grown(work.sums, places * chunks_ * numbers_);
  slopes_ = grown(work.slopes, places * numbers_);
  held_ = grown(work.scratch, 2 * places * scratch_);
}

void DenseOperator::Pass::run() {
  if (chunks_ == 1)
    share_rows();
  else
    share_columns();
}

void DenseOperator::Pass::share_rows() {
  team_.for_each_tile(strips_, [&](Index strip) {
    run_strips(strip, strip + 1, strip, [&](const SweepRows& add, const SweepRows& dot, Real* sums) {
      std::fill_n(sums, dot.count * groups_ * width_, 0.0);
      store_.sweep(add, dot, 0, dense_.entries_, lanes_at(strip), sums);
    });
  });
  if (!add_ || strips_ == 1) return;
  const Index size = groups_ * matrix_;
  team_.for_each_tile((size + reduction_tile - 1) / reduction_tile, [&](Index tile) {
    Real* const total = gradients_[0];
    for (Index strip = 1; strip < strips_; ++strip) {
      const Real* const part = gradients_[strip * groups_];
      for (Index j = tile * reduction_tile; j < std::min(size, (tile + 1) * reduction_tile); ++j) total[j] += part[j];
    }
  });
}

/// The first strip's gradients are the total, to which those of each other one are added as they are done.
void DenseOperator::Pass::share_columns() {
  const Index rest = cut_.first_row(1);
  run_strips(0, strips_, 0, [&](const SweepRows& add, const SweepRows& dot, Real* sums) {
    const SweepLanes lanes = lanes_at(add.count > 0 && add.first >= rest ? 1 : 0);
    const Index used = dot.count * groups_ * width_;
    team_.for_each_tile(chunks_, [&](Index chunk) {
      std::fill_n(sums + chunk * numbers_, used, 0.0);
      store_.sweep(add, dot, chunk * chunk_, std::min(dense_.entries_, (chunk + 1) * chunk_), lanes,
                   sums + chunk * numbers_);
    });
    for (Index chunk = 1; chunk < chunks_; ++chunk)
      for (Index i = 0; i < used; ++i) sums[i] += sums[chunk * numbers_ + i];
  });
}

/// As many blocks as must be, of the same size as far as can be: the lanes' matrices move once for each of them.
Index DenseOperator::Pass::rows_of_block(Index strip) const {
  const Index rows = cut_.first_row(strip + 1) - cut_.first_row(strip);
  const Index blocks = std::max<Index>(1, (rows + block_ - 1) / block_);
  const Index unit = std::max<Index>(4, dense_.together_);
  return std::min(block_, ((rows + blocks - 1) / blocks + unit - 1) / unit * unit);
}

/// The blocks of some strips, one after another, with the memory of `place`. sweep(add, dot, sums) covers all columns.
template <class Sweep>
void DenseOperator::Pass::run_strips(Index begin, Index end, Index place, const Sweep& sweep) {
  Real *const sums = sums_ + place * chunks_ * numbers_, *const slopes = slopes_ + place * numbers_;
  // Else the first block starts its gradients.
  if (add_ && cut_.first_row(begin) == cut_.first_row(begin + 1))
    for (Index g = 0; g < groups_; ++g) std::fill_n(gradients_[place * groups_ + g], matrix_, 0.0);
  SweepRows last;
  for (Index strip = begin, turn = 0; strip < end; ++strip) {
    const Index start = cut_.first_row(strip), stop = cut_.first_row(strip + 1), block = rows_of_block(strip);
    for (Index first = start; first < stop; first += block, turn ^= 1) {
      SweepRows next{first, std::min(block, stop - first), held_ + (2 * place + turn) * scratch_, slopes};
      next.starts = first == start;
      if (strip > begin && first + next.count == stop) next.total = gradients_;
      if (dot_) {
        sweep(last, next, sums);
        block_done_(first, next.count, sums, slopes);
      } else {
        block_done_(first, next.count, sums, slopes);
        sweep(next, SweepRows{}, sums);
      }
      if (!dot_ || !add_) continue;
      last = next;
      last.made = true;
    }
  }
  if (last.count > 0) sweep(last, SweepRows{}, sums);
}

}  // namespace tightrope
