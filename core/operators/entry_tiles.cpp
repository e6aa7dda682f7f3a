#include "core/operators/entry_tiles.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <new>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

#include <hwy/cache_control.h>

#include "core/base/mapped_file.hpp"
#include "core/numbers/ranks.hpp"

namespace tightrope {

namespace {

constexpr Index pack_tile = 4096;  // rows of a factor that a thread packs at a time
constexpr Index unpacked_rows = 64;
constexpr Index line = 8;           // numbers of a cache line
constexpr Index few_in_a_cell = 8;  // entries that a row has there, on average: fewer are few
constexpr Index patience = 64;      // looks for a strip of one's own before one takes another's

/// How far a strip of columns has come.
struct alignas(64) Progress {
  std::atomic<Index> step{0};  // the next
  std::atomic<bool> taken{false};
};

/// The finalizer of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): neighbours come out unrelated.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111eb;
  return x ^ (x >> 31U);
}

Index padded(Index columns) { return (columns + entries::group - 1) / entries::group * entries::group; }

// Tiles are counted cell by cell, so that threads that have different cells do not write to the same cache lines;
// entries lie in their order step by step. Plan: EntryTiles::Plan.

template <class Plan>
Index step_by_step(const Plan& plan, Index tile) {
  const Index column = tile % plan.column_tiles, row = tile / plan.column_tiles % plan.row_tiles,
              cell = tile / plan.column_tiles / plan.row_tiles;
  return (row * plan.strips * plan.strips + cell) * plan.column_tiles + column;
}

template <class Plan>
Index cell_by_cell(const Plan& plan, Index tile) {
  const Index cells = plan.strips * plan.strips, column = tile % plan.column_tiles,
              cell = tile / plan.column_tiles % cells, row = tile / plan.column_tiles / cells;
  return (cell * plan.row_tiles + row) * plan.column_tiles + column;
}

/// The tile, cell by cell, and the key of an entry in the strips a and b, whose records are these.
template <Index column_bits, class Plan>
std::pair<Index, entries::Key> spot_in(const Plan& plan, Index a, Index b, Index row, Index column) {
  const Index cell = ((b - a) & (plan.strips - 1)) * plan.strips + a, r = row - plan.rows.first[a],
              c = column - plan.columns.first[b];
  return {(cell * plan.row_tiles + (r >> plan.row_bits)) * plan.column_tiles + (c >> column_bits),
          static_cast<entries::Key>((r & ((Index{1} << plan.row_bits) - 1)) << 16U |
                                    (c & ((Index{1} << column_bits) - 1)))};
}

/// Sorts the keys of tiles, and values with them unless they are null, and keeps the order of equal keys. Files are
/// often in order of rows or of columns already: then the other one alone is left to do.
class Sorting {
 public:
  void sort(entries::Key* keys, Real* values, std::size_t count) {
    constexpr std::size_t few = 32;
    if (count < few) return insert(keys, values, count);
    entries::Key used = keys[0], rows_fall = 0, columns_fall = 0, is_long = 0;  // falls: the highest bit
    for (std::size_t i = 1; i < count; ++i) {
      used |= keys[i];
      rows_fall |= row(keys[i]) - row(keys[i - 1]);
      columns_fall |= column(keys[i]) - column(keys[i - 1]);
    }
    for (std::size_t i = few; i < count; ++i) is_long |= static_cast<entries::Key>(row(keys[i]) == row(keys[i - few]));
    column_bits_ = static_cast<unsigned>(std::bit_width(column(used)));
    const unsigned bits = column_bits_ + static_cast<unsigned>(std::bit_width(row(used)));
    const bool columns_rise = columns_fall >> 31U == 0;
    if (rows_fall >> 31U != 0) return sort_by(columns_rise ? column_bits_ : 0, bits, keys, values, count);
    // Row by row, all at once where every row is short.
    if (is_long == 0) return insert(keys, values, count);
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      while (end < count && row(keys[end]) == row(keys[begin])) ++end;
      if (end - begin < few)
        insert(keys + begin, values ? values + begin : nullptr, end - begin);
      else
        sort_by(0, column_bits_, keys + begin, values ? values + begin : nullptr, end - begin);
    }
  }

 private:
  static entries::Key row(entries::Key key) { return key >> 16U; }
  static entries::Key column(entries::Key key) { return key & 0xffffU; }

  /// By these bits of row and column, which stand together here.
  void sort_by(unsigned begin, unsigned end, entries::Key* keys, Real* values, std::size_t count) {
    constexpr std::size_t many = 4096;
    const unsigned most = count < many ? 8 : 11, rounds = (end - begin + most - 1) / most;
    if (rounds == 0) return;
    const unsigned width = (end - begin + rounds - 1) / rounds, buckets = 1U << width;
    const auto digit = [&](entries::Key key, unsigned round) {
      return ((row(key) << column_bits_ | column(key)) >> (begin + round * width)) & (buckets - 1);
    };
    places_.assign(std::size_t{rounds} * buckets, 0);
    for (std::size_t i = 0; i < count; ++i)
      for (unsigned round = 0; round < rounds; ++round) ++places_[round * buckets + digit(keys[i], round)];
    keys_.resize(std::max(keys_.size(), count));
    if (values) values_.resize(std::max(values_.size(), count));
    entries::Key *from = keys, *to = keys_.data();
    Real *from_values = values, *to_values = values_.data();
    for (unsigned round = 0; round < rounds; ++round) {
      std::uint32_t* const next = places_.data() + round * buckets;
      std::exclusive_scan(next, next + buckets, next, std::uint32_t{0});
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t place = next[digit(from[i], round)]++;
        to[place] = from[i];
        if (values) to_values[place] = from_values[i];
      }
      std::swap(from, to);
      std::swap(from_values, to_values);
    }
    if (from == keys) return;
    std::copy_n(from, count, keys);
    if (values) std::copy_n(from_values, count, values);
  }

  static void insert(entries::Key* keys, Real* values, std::size_t count) {
    for (std::size_t i = 1; i < count; ++i) {
      const entries::Key key = keys[i];
      const Real value = values ? values[i] : 0;
      std::size_t at = i;
      for (; at > 0 && keys[at - 1] > key; --at) {
        keys[at] = keys[at - 1];
        if (values) values[at] = values[at - 1];
      }
      keys[at] = key;
      if (values) values[at] = value;
    }
  }

  unsigned column_bits_ = 0;
  std::vector<std::uint32_t> places_;
  std::vector<entries::Key> keys_;
  std::vector<Real> values_;
};

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
  std::vector<std::uint8_t> strip(size);
  for (Index i = 0; i < size; ++i) {
    strip[i] = static_cast<std::uint8_t>(mixed(i) & (strips - 1));
    places[i] = static_cast<std::uint32_t>(first[strip[i] + 1]++);
  }
  longest = *std::max_element(first.begin(), first.end());
  for (Index s = 0; s < strips; ++s) first[s + 1] += first[s];
  for (Index i = 0; i < size; ++i) places[i] += static_cast<std::uint32_t>(first[strip[i]]);
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

EntryTiles::EntryTiles(Shape shape, Index expected, const Ranks* ranks)
    : shape_(shape),
      expected_(expected),
      plan_(std::make_shared<const Plan>(shape, expected)),
      first_(tasks() * plan_->column_tiles + 1, 0),
      next_(first_.size() - 1, 0) {
  if (first_.size() > Index{1} << 32U) throw std::length_error("EntryTiles: more than 2^32 tiles");
  if (ranks) keep_strips(*ranks);
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

inline EntryTiles::Spot EntryTiles::spot_of(Index row, Index column) const {
  const Plan& plan = *plan_;
  const Index a = mixed(row) & (plan.strips - 1), b = mixed(column) & (plan.strips - 1);
  const auto [tile, key] = spot_in<column_bits>(plan, a, b, plan.rows.places[row], plan.columns.places[column]);
  return {tile, key};
}

EntryTiles::Tile EntryTiles::tile(Index index) const {
  const Plan& plan = *plan_;
  const Index task = index / plan.column_tiles, row_tile = task / cells(), cell = task % cells(),
              a = cell % plan.strips, b = (a + cell / plan.strips) % plan.strips;
  return {first_[index], first_[index + 1], plan.rows.first[a] + (row_tile << plan.row_bits),
          plan.columns.first[b] + ((index % plan.column_tiles) << column_bits)};
}

Index EntryTiles::first_strip(Index rank, Index ranks) const {
  return rank == ranks ? plan_->strips : part_begin(plan_->strips, ranks, rank);
}

Rows EntryTiles::entries_of(Index step, Index first_strip, Index end_strip) const {
  const Index* const first = first_.data() + step * tiles_of_step();
  const Index begin = first[first_strip * plan_->column_tiles];
  return {begin, first[end_strip * plan_->column_tiles] - begin};
}

void EntryTiles::keep_strips(const Ranks& ranks) {
  kept_strip_ = first_strip(ranks.rank(), ranks.count());
  kept_end_ = first_strip(ranks.rank() + 1, ranks.count());
  elsewhere_.assign((first_.size() - 1) / tiles_of_step(), 0);
}

bool EntryTiles::keeps(Index tile) const {
  if (elsewhere_.empty()) return true;
  const Index strip = tile / plan_->column_tiles % plan_->strips;
  return strip >= kept_strip_ && strip < kept_end_;
}

/// Not touched before threads fill them.
void EntryTiles::make_keys(Index size) {
  own_keys_ = std::shared_ptr<entries::Key[]>(new entries::Key[size]);
  keys_ = {own_keys_.get(), size};
}

void EntryTiles::allocate() {
  for (Index t = 0; t + 1 < first_.size(); ++t)
    first_[t + 1] = first_[t] + std::exchange(next_[cell_by_cell(*plan_, t)], first_[t]);
  Index kept = elsewhere_.empty() ? size() : 0;
  for (Index step = 0; step < elsewhere_.size(); ++step) {
    const Rows own = entries_of(step, kept_strip_, kept_end_);
    elsewhere_[step] = own.first - kept;
    kept += own.count;
  }
  make_keys(kept);
}

void EntryTiles::count(Index row, Index column) { ++next_[spot_of(row, column).tile]; }

Index EntryTiles::place(Index row, Index column) {
  const auto [place, key] = spot_of(row, column);
  const Index at = next_[place]++, tile = elsewhere_.empty() ? 0 : step_by_step(*plan_, place);
  if (keeps(tile)) own_keys_.get()[at - elsewhere_before(tile)] = key;
  return at;
}

void EntryTiles::keep_part_of(const Ranks& ranks) {
  if (!own_keys_ || !elsewhere_.empty()) return;
  keep_strips(ranks);
  Index kept = 0;
  for (Index step = 0; step < elsewhere_.size(); ++step) kept += entries_of(step, kept_strip_, kept_end_).count;
  const std::shared_ptr<entries::Key[]> all = own_keys_;
  make_keys(kept);
  kept = 0;
  for (Index step = 0; step < elsewhere_.size(); ++step) {
    const Rows own = entries_of(step, kept_strip_, kept_end_);
    elsewhere_[step] = own.first - kept;
    std::copy_n(all.get() + own.first, own.count, own_keys_.get() + kept);
    kept += own.count;
  }
}

void EntryTiles::count(std::span<ListedEntry> some) {
  if (some.empty()) return;
  const Plan& plan = *plan_;
  Index* const counts = next_.data();
  const auto count_in = [&](const auto& strips_of) {
    for (ListedEntry& entry : some) {
      const auto [a, b] = strips_of(entry);
      const auto [tile, key] =
          spot_in<column_bits>(plan, a, b, plan.rows.places[entry.row], plan.columns.places[entry.column]);
      ++counts[tile];
      entry.row = static_cast<std::uint32_t>(tile);
      entry.column = key;
    }
  };
  const auto strips_of = [&](const ListedEntry& entry) {
    return std::pair{mixed(entry.row) & (plan.strips - 1), mixed(entry.column) & (plan.strips - 1)};
  };
  if (const auto of_all = strips_of(some.front()); plan.strips == least_strips)
    count_in([&](const ListedEntry&) { return of_all; });
  else
    count_in(strips_of);
}

void EntryTiles::place(std::span<const ListedEntry> some, Real* values) {
  entries::Key* const keys = own_keys_.get();
  Index* const next = next_.data();
  const bool keeps_all = elsewhere_.empty();
  for (const auto& [place, key, value] : some) {
    const Index at = next[place]++;
    if (keeps_all)
      keys[at] = key;
    else if (const Index tile = step_by_step(*plan_, place); keeps(tile))
      keys[at - elsewhere_before(tile)] = key;
    if (values) values[at] = value;
  }
}

void EntryTiles::sort(const Team& team, Real* values) {
  next_ = {};
  std::atomic<Index> next{0};
  team.for_each_tile(team.threads(), [&](Index) {
    Sorting sorting;
    for (Index task; (task = next++) < tasks();)
      for (Index t = task * plan_->column_tiles; t < (task + 1) * plan_->column_tiles; ++t)
        if (keeps(t))
          sorting.sort(own_keys_.get() + (first_[t] - elsewhere_before(t)), values ? values + first_[t] : nullptr,
                       first_[t + 1] - first_[t]);
  });
}

std::uint64_t EntryTiles::bytes() const {
  return size() * sizeof(entries::Key) + first_.size() * sizeof(Index) +
         (plan_->rows.places.size() + plan_->columns.places.size()) * sizeof(std::uint32_t);
}

void EntryTiles::check_file() const {
  if (file_) file_->check();
}

EntryTiles EntryTiles::begun_part(const std::vector<Index>& indices) const {
  EntryTiles some = *this;
  some.make_keys(indices.size());
  some.elsewhere_.clear();
  auto next = indices.begin();
  for (Index t = 0; t + 1 < first_.size(); ++t) {
    next = std::lower_bound(next, indices.end(), first_[t + 1]);
    some.first_[t + 1] = static_cast<Index>(next - indices.begin());
  }
  return some;
}

EntryTiles EntryTiles::part(const std::vector<Index>& indices) const {
  EntryTiles some = begun_part(indices);
  std::ranges::transform(indices, some.own_keys_.get(), [&](Index i) { return keys_[i]; });
  check_file();
  return some;
}

EntryTiles EntryTiles::part(const std::vector<Index>& indices, const std::vector<entries::Key>& keys) const {
  EntryTiles some = begun_part(indices);
  std::ranges::copy(keys, some.own_keys_.get());
  return some;
}

/// Strips of columns go round a ring: strip c may do step d as soon as strip c − 1 has done step d − 1, the last that
/// had the same rows. Threads keep to strips of their own as long as these can go on: columns come back with each tile
/// of rows, and their records are in the cache of whoever had them. Somebody always can go on: whoever is furthest
/// back. So nobody waits for a thread that has not come.
void EntryTiles::go_through(const Team& team, Index begin, Index end, const std::function<void(Index)>& work) const {
  const Index strips = plan_->strips, workers = team.threads();
  std::array<Progress, most_strips> progress;
  for (Progress& strip : progress) strip.step = begin;
  std::atomic<bool> failed{false};
  const auto try_step = [&](Index c) {
    Progress& strip = progress[c];
    const auto can_go = [&] {
      const Index step = strip.step.load(std::memory_order_acquire);
      return step < end && progress[(c + strips - 1) % strips].step.load(std::memory_order_acquire) >= step;
    };
    if (!can_go() || strip.taken.exchange(true, std::memory_order_acquire)) return false;
    const bool goes = can_go();  // another may have done the step in between
    if (goes) {
      const Index step = strip.step.load(std::memory_order_relaxed);
      work(step * strips + (c + strips - step % strips) % strips);
      strip.step.store(step + 1, std::memory_order_release);
    }
    strip.taken.store(false, std::memory_order_release);
    return goes;
  };
  team.for_each_tile(workers, [&](Index worker) {
    const Index own = part_begin(strips, workers, worker), others = part_begin(strips, workers, worker + 1);
    const auto all_done = [&] {
      return std::all_of(progress.begin(), progress.begin() + strips, [&](const Progress& s) { return s.step == end; });
    };
    try {
      for (Index looks = 0; !all_done() && !failed; ++looks) {
        bool worked = false;
        for (Index c = own; c < others; ++c) worked |= try_step(c);
        for (Index i = 0; looks >= patience && !worked && i < strips; ++i) worked = try_step((others + i) % strips);
        if (worked)
          looks = 0;
        else if (looks >= patience)
          std::this_thread::yield();
      }
    } catch (...) {
      failed = true;
      throw;
    }
  });
}

EntryTiles::Workspace& EntryTiles::workspace() {
  static thread_local Workspace work;
  return work;
}

/// Eight rows at a time: columns are read a cache line each. Of nothing, the records are zeros.
void EntryTiles::pack_side(const Team& team, const Mat* from, const Side& side, Real* records, Index stride,
                           const char* met) const {
  const Index n = side.places.size(), k = from ? from->n_cols : 0;
  const auto copy = copy_of(n * stride);
  team.for_each_tile((n + pack_tile - 1) / pack_tile, [&](Index tile) {
    thread_local std::vector<Real> eight;
    eight.assign(8 * stride, 0.0);
    for (Index i = tile * pack_tile; i < std::min(n, (tile + 1) * pack_tile); i += 8) {
      const Index some = std::min<Index>(8, n - i);
      const std::uint32_t* const places = side.places.data() + i;
      if (met && std::none_of(places, places + some, [&](std::uint32_t place) { return met[place]; })) continue;
      for (Index c = 0; c < k; ++c) {
        const Real* const column = from->colptr(c) + i;
        for (Index r = 0; r < some; ++r) eight[r * stride + c] = column[r];
      }
      for (Index r = 0; r < some; ++r) copy(eight.data() + r * stride, stride, records + places[r] * stride);
    }
    hwy::FlushStream();
  });
}

/// Rows that were not met get zeros: their records are not there.
void EntryTiles::unpack_side(const Team& team, const Real* gradient, Index stride, const Side& side, Mat& to,
                             const char* met) const {
  const Index n = to.n_rows, k = to.n_cols;
  const auto copy = copy_of(to.n_elem);
  team.for_each_tile((n + pack_tile - 1) / pack_tile, [&](Index tile) {
    thread_local std::vector<Real> columns, zeros;
    columns.resize(k * unpacked_rows);
    zeros.assign(k, 0.0);
    const Index end = std::min(n, (tile + 1) * pack_tile);
    const auto record_of = [&](Index row) {
      const Index place = side.places[row];
      return met && !met[place] ? zeros.data() : gradient + place * stride;
    };
    for (Index i = tile * pack_tile; i < end; i += unpacked_rows) {
      const Index some = std::min(unpacked_rows, end - i);
      for (Index r = 0; r < some; ++r) {
        // Neighbours have their records in different strips: the processor does not guess where.
        const Real* const later = record_of(std::min(i + r + unpacked_rows, end - 1));
        for (Index c = 0; c < k; c += line) hwy::Prefetch(later + c);
        const Real* const record = record_of(i + r);
        for (Index c = 0; c < k; ++c) columns[c * unpacked_rows + r] = record[c];
      }
      for (Index c = 0; c < k; ++c) copy(columns.data() + c * unpacked_rows, some, to.colptr(c) + i);
    }
    hwy::FlushStream();
  });
}

EntryTiles::Met EntryTiles::met(Rows rows, Workspace& work) const {
  const Index wanted = std::min(rows.end(), size()) - std::min(rows.first, size());
  if (2 * wanted >= expected_) return {};
  work.met_rows.assign(plan_->rows.places.size(), 0);
  work.met_columns.assign(plan_->columns.places.size(), 0);
  const auto mark = [](std::vector<char>& met, const Side& side, Index record, Index width) {
    const Index strip_end = *std::upper_bound(side.first.begin(), side.first.end(), record);
    std::fill(met.data() + record, met.data() + std::min(record + width, strip_end), char{1});
  };
  for (Index t = 0; t + 1 < first_.size(); ++t) {
    const Tile at = tile(t);
    if (at.first == at.end || at.first >= rows.end() || at.end <= rows.first) continue;
    mark(work.met_rows, plan_->rows, at.row_record, Index{1} << plan_->row_bits);
    mark(work.met_columns, plan_->columns, at.column_record, Index{1} << column_bits);
  }
  return {work.met_rows.data(), work.met_columns.data()};
}

/// A record has the factor's row and, where a gradient is wanted of that side, as much room for it. Where gradients
/// are those along the point itself, its records serve for both.
EntryTiles::Packed EntryTiles::pack(const Team& team, const Pass& pass, const Met& met, Workspace& work) const {
  Packed packed;
  const auto side = [&](const Mat* from, Index width, const Side& of, Records& memory, bool with_gradient) {
    const char* const met_here = &of == &plan_->rows ? met.rows : met.columns;
    const Index stride = with_gradient ? 2 * width : width;
    Real* const records = memory.grown(of.places.size() * stride);
    pack_side(team, from, of, records, stride, met_here);
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

void EntryTiles::unpack(const Team& team, const Pass& pass, const Packed& packed, const Met& met) const {
  if (!pass.along) return;
  if (pass.wanted.left)
    unpack_side(team, packed.left_along.gradient, packed.left_along.stride, plan_->rows, pass.gradient->left, met.rows);
  if (pass.wanted.right)
    unpack_side(team, packed.right_along.gradient, packed.right_along.stride, plan_->columns, pass.gradient->right,
                met.columns);
}

}  // namespace tightrope
