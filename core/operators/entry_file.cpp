#include "core/operators/entry_file.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/arrays/bytes.hpp"
#include "core/base/limits.hpp"
#include "core/numbers/ranks.hpp"
#include "core/operators/entry_lines.hpp"
#include "core/operators/entry_pack.hpp"

namespace tightrope {

namespace {

constexpr std::size_t part_bytes = std::size_t{1}
                                   << 20U;  // of text that a thread reads at a time: entries stay in its cache

/// The entries of one part of the file, by groups, in pages of their own: those of some groups go back to the system
/// when they are no longer needed.
class Part {
 public:
  Part() = default;
  Part(std::span<const ListedEntry> entries, std::vector<std::uint8_t>& groups);
  Part(Part&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), begins_(other.begins_), needed_(other.needed_) {}
  Part& operator=(Part&& other) noexcept {
    std::swap(data_, other.data_);
    begins_ = other.begins_;
    needed_ = other.needed_;
    return *this;
  }
  ~Part() {
    if (data_) munmap(data_, bytes());
  }

  Index entries() const { return begins_.back(); }
  Shape needed() const { return needed_; }  // the smallest that has them all
  std::span<ListedEntry> of_group(Index group) { return {data_ + begins_[group], begins_[group + 1] - begins_[group]}; }
  /// The pages that hold nothing but these groups.
  void forget_groups(Index begin, Index end) {
    constexpr std::uintptr_t page = 4096;
    const std::uintptr_t from = (reinterpret_cast<std::uintptr_t>(data_ + begins_[begin]) + page - 1) / page * page,
                         to = reinterpret_cast<std::uintptr_t>(data_ + begins_[end]) / page * page;
    if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  }

 private:
  std::size_t bytes() const { return entries() * sizeof(ListedEntry); }
  ListedEntry* data_ = nullptr;
  std::array<Index, EntryTiles::groups + 1> begins_{};
  Shape needed_;
};

/// `groups`: memory that is used again.
Part::Part(std::span<const ListedEntry> entries, std::vector<std::uint8_t>& groups) {
  if (entries.empty()) return;
  groups.resize(std::max(groups.size(), entries.size()));
  EntryTiles::groups_of(entries, groups.data());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ++begins_[groups[i] + 1];
    needed_ = {std::max<Index>(needed_.rows, entries[i].row + Index{1}),
               std::max<Index>(needed_.cols, entries[i].column + Index{1})};
  }
  for (Index group = 0; group < EntryTiles::groups; ++group) begins_[group + 1] += begins_[group];
  void* const at = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<ListedEntry*>(at);
  std::array<ListedEntry*, EntryTiles::groups> next;
  for (Index group = 0; group < EntryTiles::groups; ++group) next[group] = data_ + begins_[group];
  for (std::size_t i = 0; i < entries.size(); ++i) *next[groups[i]]++ = entries[i];
}

std::vector<Part> parts_of(const MappedFile& file, const EntryFormat& format, Shape most, const Team& team) {
  const std::string_view text = file.text();
  std::vector<std::size_t> begins{format.begin};
  while (begins.back() < text.size()) {
    const std::size_t aim = begins.back() + part_bytes;
    begins.push_back(aim >= text.size() ? text.size() : std::min(text.find('\n', aim), text.size() - 1) + 1);
  }
  std::vector<Part> parts(begins.size() - 1);
  std::vector<std::exception_ptr> failures(parts.size());
  std::atomic<Index> next{0};
  team.for_each_tile(team.threads(), [&](Index) {
    std::unique_ptr<ListedEntry[]> entries;
    std::vector<std::uint8_t> groups;
    std::size_t room = 0;
    for (Index p; (p = next++) < parts.size();) try {
        const std::size_t most_here = most_entries(begins[p + 1] - begins[p]);
        if (room < most_here) entries = std::make_unique_for_overwrite<ListedEntry[]>(room = most_here);
        const Index count = read_entry_lines(file, format, most, begins[p], begins[p + 1], entries.get());
        file.forget(begins[p], begins[p + 1]);
        parts[p] = Part({entries.get(), count}, groups);
      } catch (...) {
        failures[p] = std::current_exception();
      }
  });
  file.check();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);  // the first in the file
  return parts;
}

/// Which rows, or columns, one thread has met.
class Occurring {
 public:
  explicit Occurring(Index size) : words_(size / 64 + 1, 0) {}
  void add(Index i) {
    std::uint64_t& word = words_[i / 64];
    if (const std::uint64_t bit = std::uint64_t{1} << i % 64; (word & bit) == 0) word |= bit;
  }
  static Index in_none(const std::vector<Occurring>& some, Index size) {
    Index left = size;
    for (std::size_t i = 0; i <= size / 64; ++i) {
      std::uint64_t word = 0;
      for (const Occurring& one : some) word |= one.words_[i];
      left -= static_cast<Index>(std::popcount(word));
    }
    return left;
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace

Real isotropic_factor(const EntryList& list) {
  return std::sqrt(static_cast<Real>(list.tiles.shape().entries()) / static_cast<Real>(list.tiles.size()));
}

EntryList read_entries(const std::string& path, Index first_index, Shape shape, const Team& team) {
  if (FileBytes(path).size() == 0) refuse_file(path, "the file is empty");  // or another sentence
  const auto mapped = std::make_shared<const MappedFile>(path);
  const MappedFile& file = *mapped;
  if (file.text().starts_with(entry_pack_name)) return read_pack(mapped, shape, team);
  const EntryFormat format = entry_format(file, first_index);
  if (format.listed && shape != Shape{} && shape != format.shape)
    refuse_at(file, 0,
              fmt::format("the matrix is {} × {}, but the problem is {} × {}", format.shape.rows, format.shape.cols,
                          shape.rows, shape.cols));
  if (format.listed) shape = format.shape;
  constexpr Index limit = Index{1} << 32U;
  const bool is_known = shape != Shape{};
  const Shape most = is_known ? Shape{std::min(shape.rows, limit), std::min(shape.cols, limit)} : Shape{limit, limit};
  std::vector<Part> parts = parts_of(file, format, most, team);
  Index entries = 0;
  Shape needed;
  for (const Part& part : parts) {
    entries += part.entries();
    needed = {std::max(needed.rows, part.needed().rows), std::max(needed.cols, part.needed().cols)};
  }
  if (entries == 0) refuse_at(file, file.size(), "the file has no entries");
  if (format.listed && entries != *format.listed)
    refuse_at(file, file.size(), fmt::format("there are {} entries, but {} are announced", entries, *format.listed));
  if (!is_known) shape = needed;
  require_memory(12.0L * static_cast<long double>(entries) +
                     5.0L * (static_cast<long double>(shape.rows) + static_cast<long double>(shape.cols)),
                 fmt::format("{}: {} entries need 12 bytes each, {} rows and {} columns 5", path, entries, shape.rows,
                             shape.cols));
  const Ranks* const serves = team.ranks() && !team.ranks()->leads() ? team.ranks() : nullptr;
  EntryList list{EntryTiles(shape, entries, serves),
                 Vec(),
                 0,
                 0,
                 fmt::format("{} entries of a {} × {} matrix, {}", entries, shape.rows, shape.cols, format.text()),
                 {}};
  std::vector<Occurring> rows(std::min<Index>(team.threads(), EntryTiles::groups), Occurring(shape.rows)),
      columns(rows.size(), Occurring(shape.cols));
  // Groups have their own tiles: threads do not meet.
  std::atomic<Index> next{0};
  team.for_each_tile(rows.size(), [&](Index worker) {
    for (Index group; (group = next++) < EntryTiles::groups;)
      for (Part& part : parts) {
        for (const ListedEntry& entry : part.of_group(group)) {
          rows[worker].add(entry.row);
          columns[worker].add(entry.column);
        }
        list.tiles.count(part.of_group(group));
      }
  });
  list.empty_rows = Occurring::in_none(rows, shape.rows);
  list.empty_columns = Occurring::in_none(columns, shape.cols);
  list.tiles.allocate();
  if (!serves) list.values.set_size(entries);
  // Entries leave their parts when those of some groups have their places, so that both are there but for a moment.
  constexpr Index together = 8;
  std::array<std::atomic<Index>, EntryTiles::groups / together> placed{};
  team.for_each_tile(EntryTiles::groups, [&](Index group) {
    for (Part& part : parts) list.tiles.place(part.of_group(group), serves ? nullptr : list.values.memptr());
    if (const Index first = group / together * together; ++placed[group / together] == together)
      for (Part& part : parts) part.forget_groups(first, first + together);
  });
  list.tiles.sort(team, serves ? nullptr : list.values.memptr());
  return list;
}

}  // namespace tightrope
