#include "core/operators/entry_tiles.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

namespace tightrope {

namespace {

constexpr Index pack_tile = 4096;  // rows of a factor that a thread packs at a time

/// The finalizer of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): neighbours come out unrelated.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111eb;
  return x ^ (x >> 31U);
}

Index padded(Index columns) { return (columns + entries::group - 1) / entries::group * entries::group; }

/// Sorts keys, and values with them: by eleven bits at a time where there are many, and keeps the order of equal keys.
void sort_tile(std::span<entries::Key> keys, Real* values) {
  thread_local std::vector<entries::Key> other_keys;
  thread_local std::vector<Real> other_values;
  const std::size_t n = keys.size();
  other_keys.resize(std::max(other_keys.size(), n));
  if (values) other_values.resize(std::max(other_values.size(), n));
  constexpr unsigned bits = 11, buckets = 1U << bits;
  if (n < buckets / 2) {
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
  entries::Key *from = keys.data(), *to = other_keys.data();
  Real *from_values = values, *to_values = other_values.data();
  for (const unsigned shift : {0U, bits, 2 * bits}) {
    std::array<std::size_t, buckets + 1> next{};
    for (std::size_t i = 0; i < n; ++i) ++next[((from[i] >> shift) & (buckets - 1)) + 1];
    if (std::find(next.begin(), next.end(), n) != next.end()) continue;  // all alike in these bits
    for (std::size_t b = 0; b < buckets; ++b) next[b + 1] += next[b];
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t place = next[(from[i] >> shift) & (buckets - 1)]++;
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

EntryTiles::EntryTiles(Shape shape)
    : shape_(shape),
      strips_(std::clamp(std::bit_ceil(std::min(shape.rows, shape.cols) >> column_bits), least_strips, most_strips)),
      cells_(strips_ * strips_),
      rows_(std::make_shared<const Side>(shape.rows, strips_)),
      columns_(std::make_shared<const Side>(shape.cols, strips_)),
      row_tiles_(((rows_->longest - 1) >> row_bits) + 1),
      column_tiles_(((columns_->longest - 1) >> column_bits) + 1),
      first_(cells_ * tiles_per_cell() + 1, 0) {}

EntryTiles::EntryTiles(const EntryTiles& like, std::vector<entries::Key> keys)
    : shape_(like.shape_),
      strips_(like.strips_),
      cells_(like.cells_),
      rows_(like.rows_),
      columns_(like.columns_),
      row_tiles_(like.row_tiles_),
      column_tiles_(like.column_tiles_),
      first_(like.first_.size(), 0),
      keys_(std::move(keys)) {}

Index EntryTiles::group_of(Index row, Index column) {
  static_assert(groups == least_strips * least_strips);
  return mixed(row) % least_strips * least_strips + mixed(column) % least_strips;
}

Index EntryTiles::tile_of(Index row, Index column) const {
  const Index a = mixed(row) & (strips_ - 1), b = mixed(column) & (strips_ - 1);
  const Index cell = ((b - a) & (strips_ - 1)) * strips_ + a;
  return (cell * row_tiles_ + ((rows_->places[row] - rows_->first[a]) >> row_bits)) * column_tiles_ +
         ((columns_->places[column] - columns_->first[b]) >> column_bits);
}

entries::Key EntryTiles::key_of(Index row, Index column) const {
  const Index r = rows_->places[row] - rows_->first[mixed(row) & (strips_ - 1)],
              c = columns_->places[column] - columns_->first[mixed(column) & (strips_ - 1)];
  return static_cast<entries::Key>((r & ((Index{1} << row_bits) - 1)) << 16U | (c & ((Index{1} << column_bits) - 1)));
}

EntryTiles::Tile EntryTiles::tile(Index index) const {
  const Index cell = index / tiles_per_cell(), inside = index % tiles_per_cell(), a = cell % strips_,
              b = (a + cell / strips_) % strips_;
  return {first_[index], first_[index + 1], rows_->first[a] + ((inside / column_tiles_) << row_bits),
          columns_->first[b] + ((inside % column_tiles_) << column_bits)};
}

void EntryTiles::allocate() {
  for (Index t = 0; t + 1 < first_.size(); ++t) first_[t + 1] += first_[t];
  next_.assign(first_.begin(), first_.end() - 1);
  keys_.resize(first_.back());
}

Index EntryTiles::place(Index row, Index column) {
  const Index at = next_[tile_of(row, column)]++;
  keys_[at] = key_of(row, column);
  return at;
}

void EntryTiles::sort(const Team& team, Real* values) {
  next_ = {};
  team.for_each_tile(cells_, [&](Index cell) {
    for (Index t = cell * tiles_per_cell(); t < (cell + 1) * tiles_per_cell(); ++t)
      sort_tile({keys_.data() + first_[t], first_[t + 1] - first_[t]}, values ? values + first_[t] : nullptr);
  });
}

std::uint64_t EntryTiles::bytes() const {
  return keys_.size() * sizeof(entries::Key) + first_.size() * sizeof(Index) +
         (rows_->places.size() + columns_->places.size()) * sizeof(std::uint32_t);
}

EntryTiles EntryTiles::part(const std::vector<Index>& indices) const {
  EntryTiles some(*this, {});
  some.keys_.reserve(indices.size());
  auto next = indices.begin();
  for (Index t = 0; t + 1 < first_.size(); ++t) {
    for (; next != indices.end() && *next < first_[t + 1]; ++next) some.keys_.push_back(keys_[*next]);
    some.first_[t + 1] = some.keys_.size();
  }
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
    packed.left = side(&pass.at->left, packed.width, *rows_, work.left, shared && pass.wanted.left);
    packed.right = side(&pass.at->right, packed.width, *columns_, work.right, shared && pass.wanted.right);
  }
  if (shared) {
    packed.width_along = packed.width;
    packed.left_along = packed.left;
    packed.right_along = packed.right;
  } else if (pass.along) {
    const auto [left, right] = pass.wanted;
    packed.width_along = padded(left ? pass.along->right.n_cols : pass.along->left.n_cols);
    packed.left_along = side(right ? &pass.along->left : nullptr, packed.width_along, *rows_, work.left_along, left);
    packed.right_along =
        side(left ? &pass.along->right : nullptr, packed.width_along, *columns_, work.right_along, right);
  }
  return packed;
}

void EntryTiles::unpack(const Team& team, const Pass& pass, const Packed& packed) const {
  if (!pass.along) return;
  if (pass.wanted.left)
    unpack_side(team, packed.left_along.gradient, packed.left_along.stride, *rows_, pass.gradient->left);
  if (pass.wanted.right)
    unpack_side(team, packed.right_along.gradient, packed.right_along.stride, *columns_, pass.gradient->right);
}

}  // namespace tightrope
