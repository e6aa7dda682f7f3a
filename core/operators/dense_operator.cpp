#include "core/operators/dense_operator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>
#include <vector>

#include "core/base/limits.hpp"
#include "core/operators/dense_pass.hpp"

namespace tightrope {

namespace {

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

}  // namespace

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

void DenseOperator::pass(Rows rows, Index lanes, bool dot, bool add, Workspace& work,
                         const BlockDone& block_done) const {
  Pass(*this, rows, lanes, dot, add, work, block_done).run();
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
  const Index matrix = Workspace::group_elements(columns_, width);
  pack(X, 0, entries_, width, grown(work.x, groups * matrix) + lane / width * matrix + lane % width);
}

void DenseOperator::get_gradient(Index lane, Index lanes, const Workspace& work, Mat& G) const {
  const Index width = store_->lane_width(lanes);
  unpack(work.gradient.data() + lane / width * Workspace::group_elements(columns_, width) + lane % width, width, G);
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
  const auto keep = [&](Index first, Index count, const Real* sums, Real*) {
    for (Index i = 0; i < count; ++i)
      if (first + i >= rows.first && first + i < rows.end()) z[first + i - rows.first] = layout_.factor * sums[i];
  };
  pass(rows, 1, true, false, work, std::ref(keep));
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
  grown(work.x, (count + width - 1) / width * Workspace::group_elements(columns_, width));
  team_->for_each_tile((count + width - 1) / width * width, [&](Index l) {
    const LowRank& at = *lanes[std::min(l, count - 1)].at;  // lanes that fill up a group hold a copy
    Mat& X = workspace().X;
    X = at.left * at.right.t();
    set_matrix(l, count, X, work);
  });
  const auto weigh = [&](Index first, Index rows_done, const Real* sums, Real* slopes) {
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
  };
  pass(rows, count, true, add, work, std::ref(weigh));
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
