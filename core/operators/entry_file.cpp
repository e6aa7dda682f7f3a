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
#include <numeric>
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

// Of text that a thread reads at a time: its entries stay in the cache until they are grouped.
constexpr std::size_t part_bytes = std::size_t{1} << 18U;
constexpr std::size_t small_chunk = std::size_t{1} << 16U;

// Entries are kept by groups until they have their places; the memory of `together` groups goes back to the system at
// once, so that an entry is there twice but for a moment.
constexpr Index together = 16, sections = EntryTiles::groups / together;

/// Pages of the system, large ones if they can be had.
class Chunk {
 public:
  explicit Chunk(std::size_t bytes) : bytes_(bytes) {
    const std::size_t mapped = bytes + large_page;
    void* const at = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    const std::size_t before = large_page - reinterpret_cast<std::uintptr_t>(at) % large_page;
    data_ = static_cast<std::byte*>(at) + before;
    munmap(at, before);
    if (before < large_page) munmap(data_ + bytes, large_page - before);
    madvise(data_, bytes, MADV_HUGEPAGE);
  }
  Chunk(Chunk&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
  Chunk& operator=(Chunk&&) = delete;
  ~Chunk() {
    if (data_) munmap(data_, bytes_);
  }
  ListedEntry* begin() const { return reinterpret_cast<ListedEntry*>(data_); }
  ListedEntry* end() const { return begin() + bytes_ / sizeof(ListedEntry); }

  static constexpr std::size_t large_page = std::size_t{2} << 20U;

 private:
  std::byte* data_;
  std::size_t bytes_;
};

/// What one thread has read, apart for each section.
class Store {
 public:
  explicit Store(std::size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}
  /// Room for entries of a section, side by side.
  ListedEntry* room(Index section, std::size_t entries) {
    Section& in = sections_[section];
    if (entries > in.left) {
      constexpr std::size_t page = 4096;
      const std::size_t bytes = std::max(chunk_bytes_, (entries * sizeof(ListedEntry) + page - 1) / page * page);
      in.next = in.chunks.emplace_back(bytes).begin();
      in.left = bytes / sizeof(ListedEntry);
    }
    in.left -= entries;
    return std::exchange(in.next, in.next + entries);
  }
  void forget(Index section) { sections_[section].chunks.clear(); }

 private:
  struct Section {
    std::vector<Chunk> chunks;
    ListedEntry* next = nullptr;
    std::size_t left = 0;
  };
  std::size_t chunk_bytes_;
  std::array<Section, sections> sections_;
};

/// The entries of one part of the file, by groups.
struct Part {
  std::array<std::span<ListedEntry>, EntryTiles::groups> groups;
  Index entries = 0;
  Shape needed;  // the smallest that has them all
};

/// `groups`: memory that is used again.
Part grouped(std::span<const ListedEntry> entries, std::vector<std::uint8_t>& groups, Store& store) {
  Part part{{}, entries.size(), {}};
  groups.resize(std::max(groups.size(), entries.size()));
  EntryTiles::groups_of(entries, groups.data());
  std::array<Index, EntryTiles::groups> counts{};
  std::uint32_t last_row = 0, last_column = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ++counts[groups[i]];
    last_row = std::max(last_row, entries[i].row);
    last_column = std::max(last_column, entries[i].column);
  }
  if (!entries.empty()) part.needed = {last_row + Index{1}, last_column + Index{1}};
  std::array<ListedEntry*, EntryTiles::groups> next;
  for (Index group = 0; group < EntryTiles::groups; ++group) {
    next[group] = store.room(group / together, counts[group]);
    part.groups[group] = {next[group], counts[group]};
  }
  for (std::size_t i = 0; i < entries.size(); ++i) *next[groups[i]]++ = entries[i];
  return part;
}

/// The parts of a file, and where their entries are.
struct Parts {
  std::vector<Part> parts;
  std::vector<Store> stores;
};

Parts parts_of(const MappedFile& file, const EntryFormat& format, Shape most, const Team& team) {
  const std::string_view text = file.text();
  std::vector<std::size_t> begins{format.begin};
  while (begins.back() < text.size()) {
    const std::size_t aim = begins.back() + part_bytes;
    begins.push_back(aim >= text.size() ? text.size() : std::min(text.find('\n', aim), text.size() - 1) + 1);
  }
  // Large pages where they are filled for the most part.
  const bool is_large = text.size() / team.threads() >= sections * Chunk::large_page;
  Parts found{std::vector<Part>(begins.size() - 1), {}};
  for (Index worker = 0; worker < team.threads(); ++worker)
    found.stores.emplace_back(is_large ? Chunk::large_page : small_chunk);
  std::vector<Part>& parts = found.parts;
  std::vector<std::exception_ptr> failures(parts.size());
  std::atomic<Index> next{0};
  team.for_each_tile(found.stores.size(), [&](Index worker) {
    std::unique_ptr<ListedEntry[]> entries;
    std::vector<std::uint8_t> groups;
    std::size_t room = 0;
    for (Index p; (p = next++) < parts.size();) try {
        const std::size_t most_here = most_entries(begins[p + 1] - begins[p]);
        if (room < most_here) entries = std::make_unique_for_overwrite<ListedEntry[]>(room = most_here);
        const Index count = read_entry_lines(file, format, most, begins[p], begins[p + 1], entries.get());
        file.forget(begins[p], begins[p + 1]);
        parts[p] = grouped({entries.get(), count}, groups, found.stores[worker]);
      } catch (...) {
        failures[p] = std::current_exception();
      }
  });
  file.check();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);  // the first in the file
  return found;
}

/// Which of them occur. Threads have bytes of their own, up to `sets` of them: they would wait for each other's lines.
class Occurring {
 public:
  Occurring(Index size, Index workers) : size_(size), of_worker_(std::min(workers, sets)) {
    for (std::vector<std::uint8_t>& bytes : of_worker_) bytes.resize(size);
  }
  std::uint8_t* of(Index worker) { return of_worker_[worker % of_worker_.size()].data(); }
  static void note(std::uint8_t& byte) { std::atomic_ref(byte).store(1, std::memory_order_relaxed); }
  Index others() {
    std::vector<std::uint8_t>& all = of_worker_.front();
    for (const std::vector<std::uint8_t>& some : of_worker_)
      for (Index i = 0; i < size_; ++i) all[i] |= some[i];
    return size_ - std::accumulate(all.begin(), all.end(), Index{0});
  }

 private:
  static constexpr Index sets = 8;
  Index size_;
  std::vector<std::vector<std::uint8_t>> of_worker_;
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
  auto [parts, stores] = parts_of(file, format, most, team);
  Index entries = 0;
  Shape needed;
  for (const Part& part : parts) {
    entries += part.entries;
    needed = {std::max(needed.rows, part.needed.rows), std::max(needed.cols, part.needed.cols)};
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
  Occurring rows(shape.rows, team.threads()), columns(shape.cols, team.threads());
  // Groups have their own tiles: threads do not meet.
  std::atomic<Index> next{0};
  team.for_each_tile(team.threads(), [&, &parts = parts](Index worker) {
    std::uint8_t *const occurring_rows = rows.of(worker), *const occurring_columns = columns.of(worker);
    for (Index group; (group = next++) < EntryTiles::groups;)
      for (const Part& part : parts) {
        for (const ListedEntry& entry : part.groups[group]) {
          Occurring::note(occurring_rows[entry.row]);
          Occurring::note(occurring_columns[entry.column]);
        }
        list.tiles.count(part.groups[group]);
      }
  });
  list.empty_rows = rows.others();
  list.empty_columns = columns.others();
  list.tiles.allocate();
  if (!serves) list.values.set_size(entries);
  std::array<std::atomic<Index>, sections> placed{};
  team.for_each_tile(EntryTiles::groups, [&, &parts = parts, &stores = stores](Index group) {
    for (const Part& part : parts) list.tiles.place(part.groups[group], serves ? nullptr : list.values.memptr());
    if (++placed[group / together] == together)
      for (Store& store : stores) store.forget(group / together);
  });
  list.tiles.sort(team, serves ? nullptr : list.values.memptr());
  return list;
}

}  // namespace tightrope
