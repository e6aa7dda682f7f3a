#include "core/operators/entry_tiles.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <new>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace tightrope {

namespace {

constexpr Index pack_tile = 4096;   // rows of a factor that a thread packs at a time
constexpr Index few_in_a_cell = 8;  // entries that a row has there, on average: fewer are few

/// The finalizer of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): neighbours come out unrelated.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111eb;
  return x ^ (x >> 31U);
}

Index padded(Index columns) { return (columns + entries::group - 1) / entries::group * entries::group; }

/// Sorts keys, and values with them: by ten bits at a time where there are many, and keeps the order of equal keys.
void sort_tile(std::span<entries::Key> keys, Real* values, Index column_bits) {
  thread_local std::vector<entries::Key> other_keys;
  thread_local std::vector<Real> other_values;
  const std::size_t n = keys.size();
  other_keys.resize(std::max(other_keys.size(), n));
  if (values) other_values.resize(std::max(other_values.size(), n));
  constexpr unsigned bits = 10, buckets = 1U << bits;
  if (n < buckets) {
    // Insertion is what a sort of so few with two arrays comes down to; through places, to move each value once.
    std::vector<std::uint64_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = std::uint64_t{keys[i]} << 32U | i;
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < n; ++i) {
      keys[i] = static_cast<entries::Key>(order[i] >> 32U);
      if (values) other_values[i] = values[order[i] & 0xffffffffU];
    }
    if (values) std::copy_n(other_values.begin(), n, values);
    return;
  }
  // The bits that differ stand together: 16 of the row, and those of the column.
  const entries::Key of_column = (entries::Key{1} << column_bits) - 1;
  const auto digit = [&](entries::Key key, unsigned round) {
    return (((key >> 16U << column_bits) | (key & of_column)) >> (round * bits)) & (buckets - 1);
  };
  constexpr unsigned rounds = 3;
  std::array<std::array<std::uint32_t, buckets>, rounds> places{};
  for (const entries::Key key : keys)
    for (unsigned round = 0; round < rounds; ++round) ++places[round][digit(key, round)];
  entries::Key *from = keys.data(), *to = other_keys.data();
  Real *from_values = values, *to_values = other_values.data();
  for (unsigned round = 0; round < rounds; ++round) {
    std::array<std::uint32_t, buckets>& next = places[round];
    if (next[digit(from[0], round)] == n) continue;  // all alike in these bits
    std::exclusive_scan(next.begin(), next.end(), next.begin(), std::uint32_t{0});
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t place = next[digit(from[i], round)]++;
      to[place] = from[i];
      if (values) to_values[place] = from_values[i];
    }
    std::swap(from, to);
    if (values) std::swap(from_values, to_values);
  }
  if (from == keys.data()) return;
  std::copy_n(from, n, keys.data());
  if (values) std::copy_n(from_values, n, values);
}

}  // namespace

EntryTiles::Records::~Records() { std::free(data_); }

Real* EntryTiles::Records::grown(Index size) {
  if (size <= size_) return data_;
  constexpr std::size_t page = std::size_t{2} << 20U;
  const std::size_t bytes = (size * sizeof(Real) + page - 1) / page * page;
  std::free(std::exchange(data_, nullptr));
  size_ = 0;
  data_ = static_cast<Real*>(std::aligned_alloc(page, bytes));
  if (!data_) throw std::bad_alloc();
  madvise(data_, bytes, MADV_HUGEPAGE);
  size_ = size;
  return data_;
}

EntryTiles::Side::Side(Index size, Index strips) : places(size), first(strips + 1, 0) {
  if (size >> 32U != 0) throw std::length_error("EntryTiles: more than 2^32 rows or columns");
  for (Index i = 0; i < size; ++i) ++first[mixed(i) % strips + 1];
  longest = *std::max_element(first.begin(), first.end());
  for (Index s = 0; s < strips; ++s) first[s + 1] += first[s];
  std::vector<Index> next = first;
  for (Index i = 0; i < size; ++i) places[i] = static_cast<std::uint32_t>(next[mixed(i) % strips]++);
}

std::vector<Index> EntryTiles::inverse(const Side& side) {
  std::vector<Index> of(side.places.size());
  for (Index i = 0; i < of.size(); ++i) of[side.places[i]] = i;
  return of;
}

EntryTiles::Plan::Plan(Shape shape, Index expected)
    : strips(std::clamp(std::bit_ceil(std::min(shape.rows, shape.cols) >> EntryTiles::column_bits), least_strips,
                        most_strips)),
      rows(shape.rows, strips),
      columns(shape.cols, strips),
      row_bits(expected / strips < few_in_a_cell * shape.rows ? few_row_bits : EntryTiles::row_bits),
      row_tiles(((rows.longest - 1) >> row_bits) + 1),
      column_tiles(((columns.longest - 1) >> EntryTiles::column_bits) + 1) {}

EntryTiles::EntryTiles(Shape shape, Index expected)
    : shape_(shape),
      expected_(expected),
      plan_(std::make_shared<const Plan>(shape, expected)),
      first_(tasks() * plan_->column_tiles + 1, 0) {
  if (first_.size() > Index{1} << 32U) throw std::length_error("EntryTiles: more than 2^32 tiles");
}

EntryTiles::EntryTiles(Shape shape, Index expected, std::vector<Index> begins, std::span<const entries::Key> keys,
                       std::shared_ptr<const MappedFile> file)
    : EntryTiles(shape, expected) {
  if (begins.size() != first_.size() || begins.front() != 0 || begins.back() != keys.size() ||
      !std::is_sorted(begins.begin(), begins.end()))
    throw std::length_error("EntryTiles: tiles of another shape or number of entries");
  first_ = std::move(begins);
  keys_ = keys;
  file_ = std::move(file);
}

void EntryTiles::groups_of(std::span<const ListedEntry> some, std::uint8_t* to) {
  static_assert(groups == least_strips * least_strips && groups <= 256);
  for (const ListedEntry& entry : some)
    *to++ =
        static_cast<std::uint8_t>(mixed(entry.row) % least_strips * least_strips + mixed(entry.column) % least_strips);
}

inline EntryTiles::Spot EntryTiles::spot_of(Index row, Index column) const {
  const Plan& plan = *plan_;
  const Index a = mixed(row) & (plan.strips - 1), b = mixed(column) & (plan.strips - 1),
              cell = ((b - a) & (plan.strips - 1)) * plan.strips + a, r = plan.rows.places[row] - plan.rows.first[a],
              c = plan.columns.places[column] - plan.columns.first[b];
  return {((r >> plan.row_bits) * cells() + cell) * plan.column_tiles + (c >> column_bits),
          static_cast<entries::Key>((r & ((Index{1} << plan.row_bits) - 1)) << 16U |
                                    (c & ((Index{1} << column_bits) - 1)))};
}

EntryTiles::Tile EntryTiles::tile(Index index) const {
  const Plan& plan = *plan_;
  const Index task = index / plan.column_tiles, row_tile = task / cells(), cell = task % cells(),
              a = cell % plan.strips, b = (a + cell / plan.strips) % plan.strips;
  return {first_[index], first_[index + 1], plan.rows.first[a] + (row_tile << plan.row_bits),
          plan.columns.first[b] + ((index % plan.column_tiles) << column_bits)};
}

/// Not touched before threads fill them.
void EntryTiles::make_keys(Index size) {
  own_keys_ = std::shared_ptr<entries::Key[]>(new entries::Key[size]);
  keys_ = {own_keys_.get(), size};
}

void EntryTiles::allocate() {
  for (Index t = 0; t + 1 < first_.size(); ++t) first_[t + 1] += first_[t];
  next_.assign(first_.begin(), first_.end() - 1);
  make_keys(first_.back());
}

void EntryTiles::count(Index row, Index column) { ++first_[spot_of(row, column).tile + 1]; }

Index EntryTiles::place(Index row, Index column) {
  const auto [tile, key] = spot_of(row, column);
  const Index at = next_[tile]++;
  own_keys_.get()[at] = key;
  return at;
}

void EntryTiles::count(std::span<ListedEntry> some) {
  for (ListedEntry& entry : some) {
    const auto [tile, key] = spot_of(entry.row, entry.column);
    ++first_[tile + 1];
    entry.row = static_cast<std::uint32_t>(tile);
    entry.column = key;
  }
}

void EntryTiles::place(std::span<const ListedEntry> some, Real* values) {
  entries::Key* const keys = own_keys_.get();
  for (const auto& [tile, key, value] : some) {
    const Index at = next_[tile]++;
    keys[at] = key;
    values[at] = value;
  }
}

void EntryTiles::sort(const Team& team, Real* values) {
  next_ = {};
  team.for_each_tile(tasks(), [&](Index task) {
    for (Index t = task * plan_->column_tiles; t < (task + 1) * plan_->column_tiles; ++t)
      sort_tile({own_keys_.get() + first_[t], first_[t + 1] - first_[t]}, values ? values + first_[t] : nullptr,
                column_bits);
  });
}

std::uint64_t EntryTiles::bytes() const {
  return keys_.size_bytes() + first_.size() * sizeof(Index) +
         (plan_->rows.places.size() + plan_->columns.places.size()) * sizeof(std::uint32_t);
}

EntryTiles EntryTiles::part(const std::vector<Index>& indices) const {
  EntryTiles some = *this;
  some.make_keys(indices.size());
  entries::Key* to = some.own_keys_.get();
  auto next = indices.begin();
  for (Index t = 0; t + 1 < first_.size(); ++t) {
    for (; next != indices.end() && *next < first_[t + 1]; ++next) *to++ = keys_[*next];
    some.first_[t + 1] = static_cast<Index>(next - indices.begin());
  }
  check_file();
  return some;
}

EntryTiles::Workspace& EntryTiles::workspace() {
  static thread_local Workspace work;
  return work;
}

/// Eight rows at a time: columns are read a cache line each, and records written one after another. Of nothing, the
/// records are zeros.
void EntryTiles::pack_side(const Team& team, const Mat* from, const Side& side, Real* records, Index stride) const {
  const Index n = side.places.size(), k = from ? from->n_cols : 0;
  team.for_each_tile((n + pack_tile - 1) / pack_tile, [&](Index tile) {
    for (Index i = tile * pack_tile; i < std::min(n, (tile + 1) * pack_tile); i += 8) {
      const Index some = std::min<Index>(8, n - i);
      Real* record[8];
      for (Index r = 0; r < some; ++r) {
        record[r] = records + side.places[i + r] * stride;
        std::fill(record[r] + k, record[r] + stride, 0.0);
      }
      for (Index c = 0; c < k; ++c) {
        const Real* const column = from->colptr(c) + i;
        for (Index r = 0; r < some; ++r) record[r][c] = column[r];
      }
    }
  });
}

void EntryTiles::unpack_side(const Team& team, const Real* gradient, Index stride, const Side& side, Mat& to) const {
  const Index n = to.n_rows, k = to.n_cols;
  team.for_each_tile((n + pack_tile - 1) / pack_tile, [&](Index tile) {
    for (Index i = tile * pack_tile; i < std::min(n, (tile + 1) * pack_tile); i += 8) {
      const Index some = std::min<Index>(8, n - i);
      const Real* record[8];
      for (Index r = 0; r < some; ++r) record[r] = gradient + side.places[i + r] * stride;
      for (Index c = 0; c < k; ++c) {
        Real* const column = to.colptr(c) + i;
        for (Index r = 0; r < some; ++r) column[r] = record[r][c];
      }
    }
  });
}

/// A record has the factor's row and, where a gradient is wanted of that side, as much room for it. Where gradients
/// are those along the point itself, its records serve for both.
EntryTiles::Packed EntryTiles::pack(const Team& team, const Pass& pass, Workspace& work) const {
  Packed packed;
  const auto side = [&](const Mat* from, Index width, const Side& of, Records& memory, bool with_gradient) {
    const Index stride = with_gradient ? 2 * width : width;
    Real* const records = memory.grown(of.places.size() * stride);
    pack_side(team, from, of, records, stride);
    return entries::Records{records, with_gradient ? records + width : nullptr, stride};
  };
  const bool shared = pass.at && pass.at == pass.along;
  if (pass.at) {
    packed.width = padded(pass.at->rank());
    packed.left = side(&pass.at->left, packed.width, plan_->rows, work.left, shared && pass.wanted.left);
    packed.right = side(&pass.at->right, packed.width, plan_->columns, work.right, shared && pass.wanted.right);
  }
  if (shared) {
    packed.width_along = packed.width;
    packed.left_along = packed.left;
    packed.right_along = packed.right;
  } else if (pass.along) {
    const auto [left, right] = pass.wanted;
    packed.width_along = padded(left ? pass.along->right.n_cols : pass.along->left.n_cols);
    packed.left_along =
        side(right ? &pass.along->left : nullptr, packed.width_along, plan_->rows, work.left_along, left);
    packed.right_along =
        side(left ? &pass.along->right : nullptr, packed.width_along, plan_->columns, work.right_along, right);
  }
  return packed;
}

void EntryTiles::unpack(const Team& team, const Pass& pass, const Packed& packed) const {
  if (!pass.along) return;
  if (pass.wanted.left)
    unpack_side(team, packed.left_along.gradient, packed.left_along.stride, plan_->rows, pass.gradient->left);
  if (pass.wanted.right)
    unpack_side(team, packed.right_along.gradient, packed.right_along.stride, plan_->columns, pass.gradient->right);
}

}  // namespace tightrope
