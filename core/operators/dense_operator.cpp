#include "core/operators/dense_operator.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <new>
#include <utility>
#include <vector>

#include "core/base/limits.hpp"

namespace tightrope {

namespace {

constexpr Index reduction_tile = 4096, most_block_rows = 64;
const Real root_half = std::sqrt(0.5);

std::string bytes_per_entry(Storage storage) {
  const Index bits = bits_per_entry(storage);
  return bits % 8 == 0 ? std::to_string(bits / 8) : std::to_string(bits) + "/8";
}

/// The shape, or a refusal: of symmetric A_i for rectangles, and of more than this machine can hold.
Shape checked(Shape shape, Index measurements, const DenseOperator::Layout& layout) {
  if (layout.symmetric && shape.rows != shape.cols)
    throw Unsuitable(
        fmt::format("has symmetric A_i and needs a square problem, but this one is {} × {}", shape.rows, shape.cols));
  const auto columns =
      static_cast<long double>(shape.rows) * static_cast<long double>(shape.cols) * (layout.symmetric ? 0.5L : 1.0L);
  const long double entry = static_cast<long double>(bits_per_entry(layout.storage)) / 8;
  const long double bytes = static_cast<long double>(measurements) * columns * entry;
  const std::string columns_text = layout.symmetric ? fmt::format("{}·{}/2", shape.rows, shape.cols)
                                                    : fmt::format("{} × {}", shape.rows, shape.cols);
  require_memory(bytes,
                 fmt::format("the operator needs measurements × {} × {} bytes = {} × {} × {}",
                             layout.symmetric ? "rows·columns/2" : "rows × columns", bytes_per_entry(layout.storage),
                             measurements, columns_text, bytes_per_entry(layout.storage)),
                 "take fewer measurements, a smaller problem or a narrower storage");
  if (static_cast<long double>(measurements) * columns >= 0x1p64L)
    throw Unsuitable(
        fmt::format("would have measurements × rows × columns = {} × {} entries, more than can be "
                    "numbered",
                    measurements, columns_text));
  return shape;
}

ForEach over(const std::shared_ptr<const Team>& team) {
  return [team](Index n, const std::function<void(Index)>& work) {
    constexpr Index share = 8;  // rows to a tile
    team->for_each_tile((n + share - 1) / share, [&](Index tile) {
      for (Index i = tile * share; i < std::min(n, (tile + 1) * share); ++i) work(i);
    });
  };
}

/// The signs of the entries of a source, + for 0.
SignSource signs_of(const EntrySource& source, Index measurements) {
  return [source, measurements](Index group, Index begin, Index end, std::uint8_t* bytes) {
    std::vector<Real> entries(end - begin);
    std::fill_n(bytes, end - begin, std::uint8_t{0});
    for (Index r = 0; r < std::min(sign_group, measurements - group * sign_group); ++r) {
      source(group * sign_group + r, begin, end, entries.data());
      for (Index j = 0; j < entries.size(); ++j)
        if (entries[j] >= 0) bytes[j] = static_cast<std::uint8_t>(bytes[j] | 1U << r);
    }
  };
}

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
using Numbers = std::vector<Real, Aligned<Real>>;

template <class Memory>
typename Memory::value_type* grown(Memory& memory, std::size_t size) {
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

/// From one group's matrix to the next: not a multiple of 1 KiB, where the same columns of all of them would compete
/// for the same places in the cache.
Index group_elements(Index columns, Index width) {
  const Index elements = columns * width;
  return elements % 128 == 0 ? elements + 8 : elements;
}

}  // namespace

/// Memory of a pass, kept by the calling thread: nothing is allocated in steady state.
struct DenseOperator::Workspace {
  Numbers x, gradient;
  std::vector<Real> sums, slopes, whole;
  std::vector<std::byte> scratch;
  std::vector<const Real*> x_of;
  std::vector<Real*> gradient_of;
  Mat X;
};

DenseOperator::Workspace& DenseOperator::workspace() {
  static thread_local Workspace work;
  return work;
}

void DenseOperator::EnsembleOptions::declare(Parameters& p, const std::vector<std::string>& storages,
                                             std::string storage_doc) {
  storage = storages.front();
  p.add("measurements", measurements, at_least(1), "number m of measurements").required().example("120");
  p.add("normalization", normalization, {"isotropic", "none"},
        "isotropic: entries of variance 1/m, so that E‖A(X)‖² = ‖X‖_F²; none: variance 1");
  p.add("storage", storage, storages, std::move(storage_doc));
}

Index DenseOperator::row_entries(Shape shape, const Layout& layout) {
  return layout.symmetric ? shape.rows * (shape.rows + 1) / 2 : shape.entries();
}

DenseOperator::DenseOperator(const Context& context, Index measurements, const Layout& layout,
                             const EntrySource& source)
    : MeasurementOperator(checked(context.shape, measurements, layout), measurements),
      layout_(layout),
      entries_(row_entries(context.shape, layout)),
      columns_((entries_ + 7) / 8 * 8),
      together_(layout.storage == Storage::sign ? sign_group : 1),
      team_(context.team),
      store_(layout.storage == Storage::sign
                 ? make_sign_store(false, measurements, entries_, signs_of(source, measurements), over(team_))
                 : make_row_store(layout.storage, measurements, entries_, source, over(team_))) {}

DenseOperator::DenseOperator(const Context& context, Index measurements, const Layout& layout, const SignSource& source)
    : MeasurementOperator(checked(context.shape, measurements, layout), measurements),
      layout_(layout),
      entries_(row_entries(context.shape, layout)),
      columns_((entries_ + 7) / 8 * 8),
      together_(sign_group),
      team_(context.team),
      store_(make_sign_store(layout.storage == Storage::generated, measurements, entries_, source, over(team_))) {}

void DenseOperator::dense_rows(Index first, Index count, Real* rows) const {
  std::vector<Real> packed(entries_);
  for (Index i = 0; i < count; ++i) {
    Real* row = rows + i * shape().entries();
    store_->read(first + i, packed.data());
    if (!layout_.symmetric) {
      for (Index j = 0; j < entries_; ++j) row[j] = layout_.factor * packed[j];
      continue;
    }
    const Index n = shape().rows;
    for (Index b = 0, j = 0; b < n; ++b)
      for (Index a = 0; a <= b; ++a, ++j)
        row[a + b * n] = row[b + a * n] = layout_.factor * (a == b ? 1 : root_half) * packed[j];
  }
}

/// One pass over the entries of some rows, and of those that share bytes with them. block_done(first, count, sums,
/// slopes) turns the inner products of a finished block into its slopes, both as [group][row][lane of the group] and
/// without the factor.
///
/// Rows are cut into strips, each with gradients of its own that are added in order. Threads share the strips, or the
/// chunks of columns of one strip after another; the bits are the same.
template <class Block>
class DenseOperator::Pass {
 public:
  Pass(const DenseOperator& dense, Rows rows, Index lanes, bool dot, bool add, Workspace& work, const Block& block_done)
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
        matrix_(group_elements(dense.columns_, width_)),
        numbers_(block_ * groups_ * width_),
        scratch_((store_.scratch_bytes(lanes) + 63) / 64 * 64),
        strips_(store_.splits_columns() ? 1 : std::bit_floor(std::clamp<Index>((end_ - begin_) / 64, 1, 16))) {
    // Columns are shared where rows are long, and also where there are many lanes, whose matrices and gradients then
    // lie in the shared cache once and not once for each thread; a chunk is a tile then, so that inner products are
    // summed as they are by one thread.
    const Index entries = dense.entries_;
    const bool lanes_by_columns = lanes >= 8 && width_ == 1 && entries >= 4 * tile_columns * team_.threads();
    chunk_ = store_.splits_columns() ? 16 * tile_columns : lanes_by_columns ? tile_columns : entries;
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

  /// Leaves the gradients first in the workspace.
  void run() {
    if (chunks_ == 1)
      share_rows();
    else
      share_columns();
  }

 private:
  void share_rows() {
    const Index size = groups_ * matrix_;
    team_.for_each_tile(strips_, [&](Index strip) {
      if (add_) std::fill_n(gradients_[strip * groups_], size, 0.0);
      run_strip(strip, strip, [&](const SweepRows& last, const SweepRows& next, const SweepLanes& where, Real* sums) {
        std::fill_n(sums, next.count * groups_ * width_, 0.0);
        store_.sweep(last, next, 0, dense_.entries_, where, sums);
      });
    });
    if (add_ && strips_ > 1)
      team_.for_each_tile((size + reduction_tile - 1) / reduction_tile, [&](Index tile) {
        for (Index strip = 1; strip < strips_; ++strip)
          add_up(strip, tile * reduction_tile, std::min(size, (tile + 1) * reduction_tile));
      });
  }

  void share_columns() {
    for (Index strip = 0; strip < strips_; ++strip) {
      const Index place = std::min<Index>(strip, 1);
      if (add_)
        each_chunk_of_gradients([&](Index begin, Index end) {
          std::fill(gradients_[place * groups_] + begin, gradients_[place * groups_] + end, 0.0);
        });
      run_strip(strip, place, [&](const SweepRows& last, const SweepRows& next, const SweepLanes& where, Real* sums) {
        const Index used = next.count * groups_ * width_;
        team_.for_each_tile(chunks_, [&](Index chunk) {
          std::fill_n(sums + chunk * numbers_, used, 0.0);
          store_.sweep(last, next, chunk * chunk_, std::min(dense_.entries_, (chunk + 1) * chunk_), where,
                       sums + chunk * numbers_);
        });
        for (Index chunk = 1; chunk < chunks_; ++chunk)
          for (Index i = 0; i < used; ++i) sums[i] += sums[chunk * numbers_ + i];
      });
      if (add_ && strip > 0) each_chunk_of_gradients([&](Index begin, Index end) { add_up(1, begin, end); });
    }
  }

  /// The rows of a strip, with the gradients and the memory of `place`. sweep(add, dot, lanes, sums) covers all
  /// columns.
  template <class Sweep>
  void run_strip(Index strip, Index place, const Sweep& sweep) {
    Real *const sums = sums_ + place * chunks_ * numbers_, *const slopes = slopes_ + place * numbers_;
    const SweepLanes where{groups_, width_, x_, gradients_ + place * groups_};
    const Index end = first_row(strip + 1);
    SweepRows last;
    for (Index first = first_row(strip), turn = 0; first < end; first += block_, turn ^= 1) {
      const SweepRows next{first, std::min(block_, end - first), held_ + (2 * place + turn) * scratch_, slopes, false};
      if (dot_) {
        sweep(last, next, where, sums);
        block_done_(first, next.count, sums, slopes);
      } else {
        block_done_(first, next.count, sums, slopes);
        sweep(next, SweepRows{}, where, sums);
      }
      if (dot_ && add_) last = {next.first, next.count, next.scratch, slopes, true};
    }
    if (last.count > 0) sweep(last, SweepRows{}, where, sums);
  }

  Index first_row(Index strip) const {
    const Index units = (end_ - begin_ + sign_group - 1) / sign_group;
    return std::min(end_, begin_ + part_begin(units, strips_, strip) * sign_group);
  }

  /// The gradients of the first place += those of another, elements [begin, end) of all groups.
  void add_up(Index place, Index begin, Index end) {
    Real* const total = gradients_[0];
    const Real* const part = gradients_[place * groups_];
    for (Index j = begin; j < end; ++j) total[j] += part[j];
  }

  /// work(begin, end) for the elements of all groups' gradients, by the threads that sweep over their columns.
  template <class Work>
  void each_chunk_of_gradients(const Work& work) {
    team_.for_each_tile(chunks_, [&](Index chunk) {
      const Index begin = chunk * chunk_ * width_, end = std::min(dense_.columns_, (chunk + 1) * chunk_) * width_;
      for (Index g = 0; g < groups_; ++g) work(g * matrix_ + begin, g * matrix_ + end);
    });
  }

  const DenseOperator& dense_;
  const RowStore& store_;
  const Team& team_;
  bool dot_, add_;
  const Block& block_done_;
  Index begin_, end_;              // rows
  Index width_, groups_;           // lanes of a group, groups of the batch
  Index block_, matrix_;           // rows of a block, elements of a group's x
  Index numbers_;                  // inner products of a block
  Index scratch_;                  // bytes
  Index strips_, chunk_, chunks_;  // of rows, of columns
  const Real** x_;
  Real** gradients_;
  Real *sums_, *slopes_;
  std::byte* held_;
};

template <class Block>
void DenseOperator::pass(Rows rows, Index lanes, bool dot, bool add, Workspace& work, const Block& block_done) const {
  Pass<Block>(*this, rows, lanes, dot, add, work, block_done).run();
}

/// Puts X where the sweeps read it: packed, padded, side by side with its neighbours.
void DenseOperator::set_matrix(Index lane, Index lanes, const Mat& X, Workspace& work) const {
  const Index width = store_->lane_width(lanes), groups = (lanes + width - 1) / width;
  Real* const x = grown(work.x, groups * group_elements(columns_, width)) +
                  lane / width * group_elements(columns_, width) + lane % width;
  if (layout_.symmetric) {
    const Index n = X.n_rows;
    for (Index b = 0, j = 0; b < n; ++b)
      for (Index a = 0; a <= b; ++a, ++j) x[j * width] = a == b ? X(a, a) : root_half * (X(a, b) + X(b, a));
  } else {
    for (Index j = 0; j < entries_; ++j) x[j * width] = X[j];
  }
  for (Index j = entries_; j < columns_; ++j) x[j * width] = 0;
}

void DenseOperator::get_gradient(Index lane, Index lanes, const Workspace& work, Mat& G) const {
  const Index width = store_->lane_width(lanes);
  const Real* const g = work.gradient.data() + lane / width * group_elements(columns_, width) + lane % width;
  G.set_size(rows(), cols());
  if (layout_.symmetric) {
    const Index n = rows();
    for (Index b = 0, j = 0; b < n; ++b)
      for (Index a = 0; a <= b; ++a, ++j) G(a, b) = G(b, a) = a == b ? g[j * width] : root_half * g[j * width];
  } else {
    for (Index j = 0; j < entries_; ++j) G[j] = g[j * width];
  }
}

void DenseOperator::do_forward(const Mat& X, Vec& z) const {
  Workspace& work = workspace();
  set_matrix(0, 1, X, work);
  pass(Rows::all().within(measurements()), 1, true, false, work,
       [&](Index first, Index count, const Real* sums, Real*) {
         for (Index i = 0; i < count; ++i) z[first + i] = layout_.factor * sums[i];
       });
}

void DenseOperator::do_forward(const LowRank& X, Rows rows, Vec& z) const {
  Workspace& work = workspace();
  set_matrix(0, 1, X.left * X.right.t(), work);
  pass(rows, 1, true, false, work, [&](Index first, Index count, const Real* sums, Real*) {
    for (Index i = 0; i < count; ++i)
      if (first + i >= rows.first && first + i < rows.end()) z[first + i - rows.first] = layout_.factor * sums[i];
  });
}

void DenseOperator::do_adjoint(const Vec& z, Mat& G) const {
  Workspace& work = workspace();
  pass(Rows::all().within(measurements()), 1, false, true, work,
       [&](Index first, Index count, const Real*, Real* slopes) {
         for (Index i = 0; i < count; ++i) slopes[i] = layout_.factor * z[first + i];
       });
  get_gradient(0, 1, work, G);
}

void DenseOperator::do_evaluate(std::span<Evaluation> lanes, Rows rows) const {
  const auto with_gradient = static_cast<std::size_t>(
      std::count_if(lanes.begin(), lanes.end(), [](const Evaluation& lane) { return lane.gradient != nullptr; }));
  if (with_gradient != 0 && with_gradient != lanes.size()) {
    for (const bool wanted : {true, false}) {
      std::vector<Evaluation> some;
      for (const Evaluation& lane : lanes)
        if ((lane.gradient != nullptr) == wanted) some.push_back(lane);
      do_evaluate(some, rows);
      auto done = some.begin();
      for (Evaluation& lane : lanes)
        if ((lane.gradient != nullptr) == wanted) lane.value = (done++)->value;
    }
    return;
  }
  const Index count = lanes.size(), width = store_->lane_width(count);
  const bool add = with_gradient != 0;
  Workspace& work = workspace();
  grown(work.x, (count + width - 1) / width * group_elements(columns_, width));
  team_->for_each_tile((count + width - 1) / width * width, [&](Index l) {
    const LowRank& at = *lanes[std::min(l, count - 1)].at;  // lanes that fill up a group hold a copy
    Mat& X = workspace().X;
    X = at.left * at.right.t();
    set_matrix(l, count, X, work);
  });
  pass(rows, count, true, add, work, [&](Index first, Index rows_done, const Real* sums, Real* slopes) {
    Real slope[most_block_rows];
    // Of the block, those that are asked for.
    const Index begin = std::clamp(rows.first, first, first + rows_done) - first;
    const Index end = std::clamp(rows.end(), first, first + rows_done) - first;
    for (Index l = 0; l < count; ++l) {
      const Index at = l / width * rows_done * width + l % width;
      const Index asked = first + begin - rows.first;
      Real* const prediction = lanes[l].prediction->memptr() + asked;
      for (Index i = begin; i < end; ++i) prediction[i - begin] = layout_.factor * sums[at + i * width];
      if (!add) continue;
      lanes[l].loss->evaluate(first + begin, {prediction, end - begin}, {lanes[l].data->memptr() + asked, end - begin},
                              {slope, end - begin});
      for (Index i = 0; i < begin; ++i) slopes[at + i * width] = 0;
      for (Index i = begin; i < end; ++i) slopes[at + i * width] = layout_.factor * slope[i - begin];
      for (Index i = end; i < rows_done; ++i) slopes[at + i * width] = 0;
    }
    // Lanes that fill up a group stay at zero.
    for (Index l = count; add && l < (count + width - 1) / width * width; ++l)
      for (Index i = 0; i < rows_done; ++i) slopes[l / width * rows_done * width + l % width + i * width] = 0;
  });
  team_->for_each_tile(count, [&](Index l) {
    Evaluation& lane = lanes[l];
    Workspace& own = workspace();
    // The value is summed over all measurements at once: its bits must not depend on how rows are cut into blocks.
    const Index m = rows.count;
    lane.value = lane.loss->evaluate(rows.first, {lane.prediction->memptr(), m}, {lane.data->memptr(), m},
                                     {grown(own.whole, m), m});
    if (!lane.gradient) return;
    get_gradient(l, count, work, own.X);
    if (lane.wanted.left) lane.gradient->left = own.X * lane.sides().right;
    if (lane.wanted.right) lane.gradient->right = own.X.t() * lane.sides().left;
  });
}

}  // namespace tightrope
