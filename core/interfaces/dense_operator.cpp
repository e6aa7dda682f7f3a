#include "core/interfaces/dense_operator.hpp"

#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>

namespace tightrope {

namespace {

constexpr Index block_rows = 8;  // rows that stay in cache between the inner products and the accumulation
constexpr Index strips = 8;      // tiles of a pass; their partial gradients are added in strip order
constexpr Index width = 16;      // partial sums of an inner product, added in a fixed tree
constexpr Index reduction_tile = 4096;

/// Σ_j row_j x_j in an order that depends on `entries` alone.
Real inner_product(const Real* row, const Real* x, Index entries) {
  Real sums[width] = {};
  const Index whole = entries - entries % width;
  for (Index j = 0; j < whole; j += width)
    for (Index l = 0; l < width; ++l) sums[l] += row[j + l] * x[j + l];
  for (Index j = whole; j < entries; ++j) sums[j - whole] += row[j] * x[j];
  for (Index half = width / 2; half > 0; half /= 2)
    for (Index l = 0; l < half; ++l) sums[l] += sums[l + half];
  return sums[0];
}

void accumulate(Real factor, const Real* row, Real* sum, Index entries) {
  for (Index j = 0; j < entries; ++j) sum[j] += factor * row[j];
}

Index strip_begin(Index measurements, Index strip) { return part_begin(measurements, strips, strip); }

/// total = partials[0] + partials[1] + … , entry by entry.
void add_in_order(const Team& team, const std::vector<Real>& partials, Index entries, Real* total) {
  const Index tiles = (entries + reduction_tile - 1) / reduction_tile;
  team.for_each_tile(tiles, [&](Index tile) {
    const Index begin = tile * reduction_tile, end = std::min(entries, begin + reduction_tile);
    for (Index j = begin; j < end; ++j) {
      Real sum = partials[j];
      for (Index s = 1; s < strips; ++s) sum += partials[s * entries + j];
      total[j] = sum;
    }
  });
}

std::uint64_t physical_memory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Number of entries of A, or Error(resources) if they cannot fit into this machine's memory.
std::size_t checked_size(Shape shape, Index measurements) {
  const long double bytes = static_cast<long double>(measurements) * static_cast<long double>(shape.rows) *
                            static_cast<long double>(shape.cols) * sizeof(Real);
  const auto memory = static_cast<long double>(physical_memory());
  if (bytes > 0.9L * memory)
    throw Error(
        Exit::resources,
        fmt::format("the operator needs measurements × rows × columns × 8 bytes = {} × {} × {} × 8 = {:.1f} GB, "
                    "but this machine has {:.1f} GB of memory; take fewer measurements or a smaller problem",
                    measurements, shape.rows, shape.cols, static_cast<double>(bytes / 1e9L),
                    static_cast<double>(memory / 1e9L)));
  return measurements * shape.entries();
}

}  // namespace

DenseOperator::DenseOperator(const Context& context, Index measurements, const RowSource& rows)
    : MeasurementOperator(context.shape, measurements),
      team_(context.team),
      a_(checked_size(context.shape, measurements)) {
  const Index entries = shape().entries(), blocks = (measurements + block_rows - 1) / block_rows;
  team_->for_each_tile(blocks, [&](Index block) {
    const Index first = block * block_rows;
    rows(first, std::min(block_rows, measurements - first), a_.data() + first * entries);
  });
}

void DenseOperator::dense_rows(Index first, Index count, Real* rows) const {
  const Index entries = shape().entries();
  std::copy_n(a_.data() + first * entries, count * entries, rows);
}

void DenseOperator::do_forward(const Mat& X, Vec& z) const {
  const Index entries = shape().entries();
  team_->for_each_tile(strips, [&](Index strip) {
    for (Index i = strip_begin(measurements(), strip); i < strip_begin(measurements(), strip + 1); ++i)
      z[i] = inner_product(a_.data() + i * entries, X.memptr(), entries);
  });
}

void DenseOperator::do_adjoint(const Vec& z, Mat& G) const {
  const Index entries = shape().entries();
  std::vector<Real> partials(strips * entries, 0.0);
  team_->for_each_tile(strips, [&](Index strip) {
    Real* partial = partials.data() + strip * entries;
    for (Index i = strip_begin(measurements(), strip); i < strip_begin(measurements(), strip + 1); ++i)
      accumulate(z[i], a_.data() + i * entries, partial, entries);
  });
  add_in_order(*team_, partials, entries, G.memptr());
}

void DenseOperator::do_evaluate(std::span<Evaluation> lanes) const {
  const Index entries = shape().entries(), count = lanes.size();
  struct Work {
    Mat X, G;
    std::vector<Real> partials, values;
  };
  std::vector<Work> work(count);
  for (Index l = 0; l < count; ++l) {
    work[l].X = lanes[l].at->dense();
    work[l].values.assign(strips, 0.0);
    if (lanes[l].gradient) work[l].partials.assign(strips * entries, 0.0);
  }
  team_->for_each_tile(strips, [&](Index strip) {
    const Index end = strip_begin(measurements(), strip + 1);
    Real slope[block_rows];
    for (Index first = strip_begin(measurements(), strip); first < end; first += block_rows) {
      const Index size = std::min(block_rows, end - first);
      for (Index l = 0; l < count; ++l) {
        const Evaluation& lane = lanes[l];
        Real* prediction = lane.prediction->memptr() + first;
        for (Index i = 0; i < size; ++i)
          prediction[i] = inner_product(a_.data() + (first + i) * entries, work[l].X.memptr(), entries);
        work[l].values[strip] +=
            lane.loss->evaluate(first, {prediction, size}, {lane.data->memptr() + first, size}, {slope, size});
        if (!lane.gradient) continue;
        Real* partial = work[l].partials.data() + strip * entries;
        for (Index i = 0; i < size; ++i) accumulate(slope[i], a_.data() + (first + i) * entries, partial, entries);
      }
    }
  });
  for (Index l = 0; l < count; ++l) {
    Evaluation& lane = lanes[l];
    lane.value = 0;
    for (const Real value : work[l].values) lane.value += value;
    if (!lane.gradient) continue;
    work[l].G.set_size(rows(), cols());
    add_in_order(*team_, work[l].partials, entries, work[l].G.memptr());
    if (lane.wanted.left) lane.gradient->left = work[l].G * lane.at->right;
    if (lane.wanted.right) lane.gradient->right = work[l].G.t() * lane.at->left;
  }
}

}  // namespace tightrope
