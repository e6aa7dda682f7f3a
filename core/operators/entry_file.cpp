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
constexpr std::size_t part_bytes = std::size_t{1} << 20U;

// Entries are kept by groups until they have their places; the memory of `together` groups goes back to the system at
// once, so that an entry is there twice but for a moment.
constexpr Index together = 16, sections = EntryTiles::groups / together;

std::size_t whole_pages(std::size_t bytes) {
  constexpr std::size_t page = 4096;
  return (bytes + page - 1) / page * page;
}

/// Memory that goes back to the system as a whole: one large page, if it can be had, or some small ones.
class Chunk {
 public:
  explicit Chunk(std::size_t bytes) : bytes_(bytes) {
    const bool is_large = bytes == large_page;
    void* const at = mmap(nullptr, is_large ? 2 * bytes : bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | (is_large ? 0 : MAP_POPULATE), -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::byte*>(at);
    if (!is_large) return;
    const std::size_t before = (bytes - reinterpret_cast<std::uintptr_t>(at) % bytes) % bytes;
    if (before > 0) munmap(data_, before);
    data_ += before;
    munmap(data_ + bytes, bytes - before);
    madvise(data_, bytes, MADV_HUGEPAGE);
  }
  Chunk(Chunk&& other) noexcept : data_(other.data_), bytes_(std::exchange(other.bytes_, 0)) {}
  Chunk& operator=(Chunk&&) = delete;
  ~Chunk() {
    if (bytes_ > 0) munmap(data_, bytes_);
  }
  ListedEntry* begin() const { return reinterpret_cast<ListedEntry*>(data_); }
  /// Gives back the pages from there on.
  void shorten(const ListedEntry* end) {
    const std::size_t left = whole_pages(static_cast<std::size_t>(end - begin()) * sizeof(ListedEntry));
    if (left < bytes_) munmap(data_ + left, bytes_ - left);
    bytes_ = left;
  }

  static constexpr std::size_t large_page = std::size_t{2} << 20U;

 private:
  std::byte* data_;
  std::size_t bytes_;
};

/// Where the entries that one thread has read wait, those of a section apart from others.
class Store {
 public:
  /// `text`: bytes that the thread will read, about. Of large pages some are filled by half.
  explicit Store(std::size_t text)
      : chunk_bytes_(text >= 2 * sections * Chunk::large_page ? Chunk::large_page
                                                              : whole_pages(least_chunk + text / (16 * sections))) {}
  /// Room for entries of a section, side by side.
  ListedEntry* room(Index section, std::size_t entries) {
    Section& in = sections_[section];
    if (entries > in.left) {
      const std::size_t bytes = std::max(chunk_bytes_, whole_pages(entries * sizeof(ListedEntry)));
      in.next = in.chunks.emplace_back(bytes).begin();
      in.left = bytes / sizeof(ListedEntry);
    }
    in.left -= entries;
    return std::exchange(in.next, in.next + entries);
  }
  /// Gives back what has not been taken.
  void end() {
    for (Section& in : sections_)
      if (!in.chunks.empty()) in.chunks.back().shorten(in.next);
  }
  void forget(Index section) { sections_[section].chunks.clear(); }

 private:
  static constexpr std::size_t least_chunk = std::size_t{1} << 16U;
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

/// Reads parts of a file, one after the other, by one thread.
class Reader {
 public:
  Reader(const MappedFile& file, const EntryFormat& format, Shape most, Store& store)
      : file_(file), format_(format), most_(most), store_(store) {}
  Part part(std::size_t begin, std::size_t end) {
    if (const std::size_t most = most_entries(end - begin); most > size_) {
      entries_ = std::make_unique_for_overwrite<ListedEntry[]>(most);
      groups_ = std::make_unique_for_overwrite<std::uint8_t[]>(most);
      size_ = most;
    }
    const Index count = read_entry_lines(file_, format_, most_, begin, end, entries_.get());
    file_.forget(begin, end);
    return grouped({entries_.get(), count});
  }

 private:
  Part grouped(std::span<const ListedEntry> entries) {
    Part part{{}, entries.size(), {}};
    std::uint8_t* const groups = groups_.get();
    EntryTiles::groups_of(entries, groups);
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
      next[group] = store_.room(group / together, counts[group]);
      part.groups[group] = {next[group], counts[group]};
    }
    for (std::size_t i = 0; i < entries.size(); ++i) *next[groups[i]]++ = entries[i];
    return part;
  }

  const MappedFile& file_;
  const EntryFormat& format_;
  Shape most_;
  Store& store_;
  std::size_t size_ = 0;
  std::unique_ptr<ListedEntry[]> entries_;  // memory that is used again
  std::unique_ptr<std::uint8_t[]> groups_;
};

std::vector<Part> parts_of(const MappedFile& file, const EntryFormat& format, Shape most, std::vector<Store>& stores,
                           const Team& team) {
  const std::string_view text = file.text();
  std::vector<std::size_t> begins{format.begin};
  while (begins.back() < text.size()) {
    const std::size_t aim = begins.back() + part_bytes;
    begins.push_back(aim >= text.size() ? text.size() : std::min(text.find('\n', aim), text.size() - 1) + 1);
  }
  std::vector<Part> parts(begins.size() - 1);
  std::vector<std::exception_ptr> failures(parts.size());
  std::atomic<Index> next{0};
  team.for_each_tile(stores.size(), [&](Index worker) {
    Reader reader(file, format, most, stores[worker]);
    for (Index p; (p = next++) < parts.size();) try {
        parts[p] = reader.part(begins[p], begins[p + 1]);
      } catch (...) {
        failures[p] = std::current_exception();
      }
    stores[worker].end();
  });
  file.check();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);  // the first in the file
  return parts;
}

/// Which of them occur. Threads have bytes of their own, where they are few: they would wait for each other's lines.
class Occurring {
 public:
  static Index sets(Index workers) { return std::min<Index>(workers, 8); }
  Occurring(Index size, Index workers) : size_(size), of_worker_(sets(workers)) {
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
  std::vector<Store> stores;
  for (unsigned worker = 0; worker < team.threads(); ++worker) stores.emplace_back(file.size() / team.threads());
  const std::vector<Part> parts = parts_of(file, format, most, stores, team);
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
  const Index for_each = 4 + Occurring::sets(team.threads());
  require_memory(12.0L * static_cast<long double>(entries) +
                     static_cast<long double>(for_each) *
                         (static_cast<long double>(shape.rows) + static_cast<long double>(shape.cols)),
                 fmt::format("{}: {} entries need 12 bytes each, {} rows and {} columns {}", path, entries, shape.rows,
                             shape.cols, for_each));
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
  team.for_each_tile(team.threads(), [&](Index worker) {
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
  team.for_each_tile(EntryTiles::groups, [&](Index group) {
    for (const Part& part : parts) list.tiles.place(part.groups[group], serves ? nullptr : list.values.memptr());
    if (++placed[group / together] == together)
      for (Store& store : stores) store.forget(group / together);
  });
  list.tiles.sort(team, serves ? nullptr : list.values.memptr());
  return list;
}

}  // namespace tightrope
