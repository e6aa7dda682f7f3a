#include "core/operators/entry_file.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
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

constexpr std::size_t part_bytes = std::size_t{4} << 20U;  // of text that a thread reads at a time

/// The entries of one part of the file, by groups, in pages of their own: those of a group go back to the system when
/// they are no longer needed.
class Part {
 public:
  Part() = default;
  explicit Part(std::span<const ListedEntry> entries);
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
  /// The pages that hold nothing else.
  void forget_group(Index group) {
    constexpr std::uintptr_t page = 4096;
    const std::span<ListedEntry> own = of_group(group);
    const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(own.data()) + page - 1) / page * page,
                         end = reinterpret_cast<std::uintptr_t>(own.data() + own.size()) / page * page;
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }

 private:
  std::size_t bytes() const { return entries() * sizeof(ListedEntry); }
  ListedEntry* data_ = nullptr;
  std::array<Index, EntryTiles::groups + 1> begins_{};
  Shape needed_;
};

Part::Part(std::span<const ListedEntry> entries) {
  if (entries.empty()) return;
  std::vector<std::uint8_t> groups(entries.size());
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
  team.for_each_tile(parts.size(), [&](Index p) {
    try {
      const auto entries = std::make_unique_for_overwrite<ListedEntry[]>(most_entries(begins[p + 1] - begins[p]));
      const Index count = read_entry_lines(file, format, most, begins[p], begins[p + 1], entries.get());
      file.forget(begins[p], begins[p + 1]);
      parts[p] = Part({entries.get(), count});
    } catch (...) {
      failures[p] = std::current_exception();
    }
  });
  file.check();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);  // the first in the file
  return parts;
}

/// Which of them occur. Set by several threads.
class Occurring {
 public:
  explicit Occurring(Index size) : are_(size) {}
  void add(Index i) { are_[i].store(true, std::memory_order_relaxed); }
  Index others() const { return static_cast<Index>(std::count(are_.begin(), are_.end(), false)); }

 private:
  std::vector<std::atomic<bool>> are_;
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
  Occurring rows(shape.rows), columns(shape.cols);
  // Groups have their own tiles: threads do not meet.
  team.for_each_tile(EntryTiles::groups, [&](Index group) {
    for (Part& part : parts) {
      for (const ListedEntry& entry : part.of_group(group)) {
        rows.add(entry.row);
        columns.add(entry.column);
      }
      list.tiles.count(part.of_group(group));
    }
  });
  list.empty_rows = rows.others();
  list.empty_columns = columns.others();
  list.tiles.allocate();
  if (!serves) list.values.set_size(entries);
  // A group's entries leave their parts when they have their places, so that both are there but for a moment.
  team.for_each_tile(EntryTiles::groups, [&](Index group) {
    for (Part& part : parts) {
      list.tiles.place(part.of_group(group), serves ? nullptr : list.values.memptr());
      part.forget_group(group);
    }
  });
  list.tiles.sort(team, serves ? nullptr : list.values.memptr());
  return list;
}

}  // namespace tightrope
