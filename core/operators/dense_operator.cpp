#include "core/operators/dense_operator.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <exception>
#include <new>
#include <utility>
#include <vector>

#include "core/base/limits.hpp"
#include "core/operators/dense_shards.hpp"

namespace tightrope {

namespace {

constexpr Index reduction_tile = 4096;
const Real root_half = std::sqrt(0.5);

std::string bytes_per_entry(Storage storage) {
  const Index bits = bits_per_entry(storage);
  return bits % 8 == 0 ? std::to_string(bits / 8) : std::to_string(bits) + "/8";
}

/// The shape, or a refusal: of symmetric A_i for rectangles, and of more than this machine can hold.
Shape checked(const Context& context, Index measurements, const DenseOperator::Layout& layout) {
  const Shape shape = context.shape;
  if (layout.symmetric && shape.rows != shape.cols)
    throw Unsuitable(
        fmt::format("has symmetric A_i and needs a square problem, but this one is {} × {}", shape.rows, shape.cols));
  const auto columns =
      static_cast<long double>(shape.rows) * static_cast<long double>(shape.cols) * (layout.symmetric ? 0.5L : 1.0L);
  const long double entry = static_cast<long double>(bits_per_entry(layout.storage)) / 8;
  const long double bytes = static_cast<long double>(measurements) * columns * entry;
  const std::string columns_text = layout.symmetric ? fmt::format("{}·{}/2", shape.rows, shape.cols)
                                                    : fmt::format("{} × {}", shape.rows, shape.cols);
  const Ranks* const ranks = context.team->ranks();
  const auto share =
      ranks ? static_cast<long double>(ranks->on_this_machine()) / static_cast<long double>(ranks->count()) : 1;
  require_memory(
      bytes * share,
      fmt::format("the operator needs measurements × {} × {} bytes{} = {} × {} × {}{}",
                  layout.symmetric ? "rows·columns/2" : "rows × columns", bytes_per_entry(layout.storage),
                  ranks ? " × ranks here / ranks" : "", measurements, columns_text, bytes_per_entry(layout.storage),
                  ranks ? fmt::format(" × {}/{}", ranks->on_this_machine(), ranks->count()) : ""),
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

/// The rows, and the columns from one on, of a source.
EntrySource part_of(const EntrySource& source, Rows rows, Index column) {
  if (rows.first == 0 && column == 0) return source;
  return [source, first = rows.first, column](Index row, Index begin, Index end, Real* entries) {
    source(first + row, column + begin, column + end, entries);
  };
}
SignSource part_of(const SignSource& source, Rows rows, Index column) {
  if (rows.first == 0 && column == 0) return source;
  return [source, group = rows.first / sign_group, column](Index g, Index begin, Index end, std::uint8_t* bytes) {
    source(group + g, column + begin, column + end, bytes);
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
    : MeasurementOperator(checked(context, measurements, layout), measurements),
      layout_(layout),
      entries_(row_entries(context.shape, layout)),
      columns_((entries_ + 7) / 8 * 8),
      together_(layout.storage == Storage::sign ? sign_group : 1),
      team_(context.team) {
  const bool as_signs = layout.storage == Storage::sign;
  const SignSource signs = as_signs ? signs_of(source, measurements) : SignSource();
  keep([&](Rows rows, Index column, Index columns) {
    if (as_signs) return make_sign_store(false, rows.count, columns, part_of(signs, rows, column), over(team_));
    return make_row_store(layout.storage, rows.count, columns, part_of(source, rows, column), over(team_));
  });
}

DenseOperator::DenseOperator(const Context& context, Index measurements, const Layout& layout, const SignSource& source)
    : MeasurementOperator(checked(context, measurements, layout), measurements),
      layout_(layout),
      entries_(row_entries(context.shape, layout)),
      columns_((entries_ + 7) / 8 * 8),
      together_(sign_group),
      team_(context.team) {
  keep([&](Rows rows, Index column, Index columns) {
    return make_sign_store(layout.storage == Storage::generated, rows.count, columns, part_of(source, rows, column),
                           over(team_));
  });
}

void DenseOperator::keep(const MakeStore& make_store) {
  if (Ranks* const ranks = team_->ranks())
    shards_ = std::make_shared<Shards>(*this, *ranks, make_store);
  else
    store_ = make_store(Rows::all().within(measurements()), 0, entries_);
}

std::uint64_t DenseOperator::bytes() const { return shards_ ? shards_->bytes() : store_->bytes(); }

DenseOperator::DenseOperator(const Context& context, Index measurements, const Layout& layout,
                             const MakeStore& make_store)
    : MeasurementOperator(context.shape, measurements),
      layout_(layout),
      entries_(row_entries(context.shape, layout)),
      columns_((entries_ + 7) / 8 * 8),
      together_(1),
      team_(context.team) {
  keep(make_store);
}

DenseOperator::DenseOperator(const DenseOperator& whole, Index measurements, std::unique_ptr<const RowStore> store)
    : MeasurementOperator(whole.shape(), measurements),
      layout_(whole.layout_),
      entries_(whole.entries_),
      columns_(whole.columns_),
      together_(whole.together_),
      team_(whole.team_),
      store_(std::move(store)) {}

class DenseOperator::Part final : public DenseOperator {
 public:
  Part(const DenseOperator& whole, Index measurements, std::unique_ptr<const RowStore> store)
      : DenseOperator(whole, measurements, std::move(store)) {}
};

std::shared_ptr<const MeasurementOperator> DenseOperator::do_restricted(const std::vector<Index>& indices) const {
  if (shards_) return MeasurementOperator::do_restricted(indices);
  return std::make_shared<const Part>(*this, indices.size(), store_->some(indices));
}

void DenseOperator::dense_rows(Index first, Index count, Real* rows) const {
  std::vector<Real> packed(entries_);
  for (Index i = 0; i < count; ++i) {
    Real* row = rows + i * shape().entries();
    if (shards_)
      shards_->read(first + i, packed.data());
    else
      store_->read(first + i, packed.data());
    if (layout_.by_rows) {
      for (Index a = 0, j = 0; a < this->rows(); ++a)
        for (Index b = 0; b < cols(); ++b, ++j) row[a + b * this->rows()] = layout_.factor * packed[j];
      continue;
    }
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
        cut_(begin_, end_, store_.splits_columns()),
        strips_(cut_.strips) {
    // Columns are shared where rows are long, and also where there are many lanes, whose matrices and gradients then
    // lie in the shared cache once and not once for each thread; a chunk is a tile then, so that inner products are
    // summed as they are by one thread.
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
    const Index end = cut_.first_row(strip + 1);
    SweepRows last;
    for (Index first = cut_.first_row(strip), turn = 0; first < end; first += block_, turn ^= 1) {
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
  Index begin_, end_;     // rows
  Index width_, groups_;  // lanes of a group, groups of the batch
  Index block_, matrix_;  // rows of a block, elements of a group's x
  Index numbers_;         // inner products of a block
  Index scratch_;         // bytes
  RowStrips cut_;
  Index strips_, chunk_, chunks_;  // of rows, of columns
  const Real** x_;
  Real** gradients_;
  Real *sums_, *slopes_;
  std::byte* held_;
};

template <class Block>
void DenseOperator::pass(Rows rows, Index lanes, bool dot, bool add, Workspace& work, const Block& block_done) const {
  Pass<Block>(*this, rows, lanes, dot, add, work, block_done).run();
  store_->check();
}

void DenseOperator::pack(const Mat& X, Index begin, Index end, Index width, Real* x) const {
  if (layout_.symmetric) {
    const Index n = X.n_rows;
    for (Index b = 0, j = 0; b < n; ++b)
      for (Index a = 0; a <= b; ++a, ++j)
        if (j >= begin && j < end) x[(j - begin) * width] = a == b ? X(a, a) : root_half * (X(a, b) + X(b, a));
  } else if (layout_.by_rows) {
    for (Index j = begin; j < end; ++j) x[(j - begin) * width] = X(j / cols(), j % cols());
  } else {
    for (Index j = begin; j < end; ++j) x[(j - begin) * width] = X[j];
  }
  for (Index j = end - begin; j % 8 != 0; ++j) x[j * width] = 0;
}

void DenseOperator::unpack(const Real* g, Index width, Mat& G) const {
  G.set_size(rows(), cols());
  if (layout_.symmetric) {
    const Index n = rows();
    for (Index b = 0, j = 0; b < n; ++b)
      for (Index a = 0; a <= b; ++a, ++j) G(a, b) = G(b, a) = a == b ? g[j * width] : root_half * g[j * width];
  } else if (layout_.by_rows) {
    for (Index a = 0, j = 0; a < rows(); ++a)
      for (Index b = 0; b < cols(); ++b, ++j) G(a, b) = g[j * width];
  } else {
    for (Index j = 0; j < entries_; ++j) G[j] = g[j * width];
  }
}

/// Puts X where the sweeps read it: packed, padded, side by side with its neighbours.
void DenseOperator::set_matrix(Index lane, Index lanes, const Mat& X, Workspace& work) const {
  const Index width = store_->lane_width(lanes), groups = (lanes + width - 1) / width;
  pack(X, 0, entries_, width,
       grown(work.x, groups * group_elements(columns_, width)) + lane / width * group_elements(columns_, width) +
           lane % width);
}

void DenseOperator::get_gradient(Index lane, Index lanes, const Workspace& work, Mat& G) const {
  const Index width = store_->lane_width(lanes);
  unpack(work.gradient.data() + lane / width * group_elements(columns_, width) + lane % width, width, G);
}

void DenseOperator::do_forward(const Mat& X, Vec& z) const {
  if (shards_) {
    measure_shards({Mat(X), Mat()}, Rows::all().within(measurements()), z);
    return;
  }
  Workspace& work = workspace();
  set_matrix(0, 1, X, work);
  pass(Rows::all().within(measurements()), 1, true, false, work,
       [&](Index first, Index count, const Real* sums, Real*) {
         for (Index i = 0; i < count; ++i) z[first + i] = layout_.factor * sums[i];
       });
}

void DenseOperator::do_forward(const LowRank& X, Rows rows, Vec& z) const {
  if (shards_) {
    measure_shards(X, rows, z);
    return;
  }
  Workspace& work = workspace();
  set_matrix(0, 1, X.left * X.right.t(), work);
  pass(rows, 1, true, false, work, [&](Index first, Index count, const Real* sums, Real*) {
    for (Index i = 0; i < count; ++i)
      if (first + i >= rows.first && first + i < rows.end()) z[first + i - rows.first] = layout_.factor * sums[i];
  });
}

void DenseOperator::measure_shards(const LowRank& X, Rows rows, Vec& z) const {
  const LowRank* const pair = &X;
  shards_->pass(1, {&pair, 1}, rows, [&](Rows done, Index stride, const Real* sums, Real*) {
    for (Index i = std::max(done.first, rows.first); i < std::min(done.end(), rows.end()); ++i)
      z[i - rows.first] = layout_.factor * sums[(i - done.first) * stride];
  });
}

void DenseOperator::do_adjoint(const Vec& z, Mat& G) const {
  if (shards_) {
    shards_->pass(
        1, {}, Rows::all().within(measurements()),
        [&](Rows done, Index stride, const Real*, Real* weights) {
          for (Index i = 0; i < done.count; ++i) weights[i * stride] = layout_.factor * z[done.first + i];
        },
        [&](Index, const Mat& sum) { G = sum; });
    return;
  }
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
  const bool add = with_gradient != 0;
  if (shards_) return evaluate_shards(lanes, rows, add);
  const Index count = lanes.size(), width = store_->lane_width(count);
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

void DenseOperator::evaluate_shards(std::span<Evaluation> lanes, Rows rows, bool add) const {
  std::vector<const LowRank*> X;
  for (const Evaluation& lane : lanes) X.push_back(lane.at);
  std::exception_ptr error;  // of a loss: thrown when the others have had their answers
  const auto weigh = [&](Rows done, Index stride, const Real* sums, Real* weights) {
    const Index begin = std::max(done.first, rows.first), count = std::min(done.end(), rows.end()) - begin;
    const Index skipped = begin - done.first, asked = begin - rows.first;
    const auto weigh_lane = [&](Index l) {
      const Evaluation& lane = lanes[l];
      Real *const prediction = lane.prediction->memptr() + asked, *const slope = grown(workspace().whole, count);
      for (Index i = 0; i < count; ++i) prediction[i] = layout_.factor * sums[(skipped + i) * stride + l];
      if (!add) return;
      lane.loss->evaluate(begin, {prediction, count}, {lane.data->memptr() + asked, count}, {slope, count});
      for (Index i = 0; i < count; ++i) weights[(skipped + i) * stride + l] = layout_.factor * slope[i];
    };
    try {
      team_->for_each_tile(lanes.size(), weigh_lane);
    } catch (...) {
      error = std::current_exception();
    }
  };
  shards_->pass(lanes.size(), X, rows, weigh,
                add ? Shards::Take([&](Index l, const Mat& G) {
                  Evaluation& lane = lanes[l];
                  if (lane.wanted.left) lane.gradient->left = G * lane.sides().right;
                  if (lane.wanted.right) lane.gradient->right = G.t() * lane.sides().left;
                })
                    : Shards::Take());
  if (error) std::rethrow_exception(error);
  // As in a process alone, over all measurements at once.
  team_->for_each_tile(lanes.size(), [&](Index l) {
    Evaluation& lane = lanes[l];
    lane.value =
        lane.loss->evaluate(rows.first, {lane.prediction->memptr(), rows.count}, {lane.data->memptr(), rows.count},
                            {grown(workspace().whole, rows.count), rows.count});
  });
}

}  // namespace tightrope
