#include "core/numbers/kernels/row_store.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/mapped_file.hpp"
#include "core/numbers/kernels/sweeps.hpp"

namespace tightrope {

namespace {

/// Bytes of the data cache of a level that a core sees. The C library knows too, but on some processors it reports the
/// last-level caches of the whole socket together, of which a core reaches only one.
std::uint64_t cache_bytes(unsigned level, int name, std::uint64_t otherwise) {
  for (int index = 0;; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    unsigned found = 0;
    std::string type;
    std::uint64_t kilobytes = 0;
    if (!(std::ifstream(folder + "level") >> found)) break;
    if (found == level && std::ifstream(folder + "type") >> type && type != "Instruction" &&
        std::ifstream(folder + "size") >> kilobytes)
      return kilobytes << 10;
  }
  const long size = sysconf(name);
  return size > 0 ? static_cast<std::uint64_t>(size) : otherwise;
}

/// Bytes of a core's own cache and of the cache that all share, asked for by the first pass and not at the start of
/// every program. They choose how work is cut, never its result.
std::uint64_t core_cache() {
  static const std::uint64_t bytes = cache_bytes(2, _SC_LEVEL2_CACHE_SIZE, 512U << 10);
  return bytes;
}
std::uint64_t shared_cache() {
  static const std::uint64_t bytes = cache_bytes(3, _SC_LEVEL3_CACHE_SIZE, 8U << 20);
  return bytes;
}

/// Bytes of an entry of a PlainStore, whose generated entries are float64 while they are held.
std::uint64_t element_bytes(Storage storage) {
  return storage == Storage::generated ? sizeof(Real) : bits_per_entry(storage) / 8;
}

/// Memory that is not zeroed, so that each page is first touched by the thread that fills it; in huge pages where the
/// system grants them, which makes streaming reads about a tenth faster.
class Buffer {
 public:
  explicit Buffer(std::uint64_t bytes)
      : data_(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{huge_page}))) {
    if (bytes >= huge_page) madvise(data_, bytes, MADV_HUGEPAGE);
  }
  ~Buffer() { ::operator delete (data_, std::align_val_t{huge_page}); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::byte* data() const { return data_; }

 private:
  static constexpr std::size_t huge_page = 2U << 20;
  std::byte* data_;
};

/// Bytes from one row to the next: whole cache lines, and not a multiple of 1 KiB, where the rows of a block would
/// compete for the same places in the cache.
std::uint64_t row_stride(Storage storage, Index columns) {
  const std::uint64_t bytes = (columns * element_bytes(storage) + 63) / 64 * 64;
  return bytes % 1024 == 0 ? bytes + 64 : bytes;
}

/// Gradients of a block that is added from zero.
void clear(const SweepRows& added, Index begin, Index end, const SweepLanes& lanes) {
  if (added.count > 0 && added.starts)
    for (Index g = 0; g < lanes.groups; ++g)
      std::fill(lanes.gradient[g] + begin * lanes.width, lanes.gradient[g] + end * lanes.width, 0.0);
}

/// Those of the last block of a strip, on top of the total.
void add_up(const SweepRows& added, Index begin, Index end, const SweepLanes& lanes) {
  if (added.count > 0 && added.total)
    for (Index g = 0; g < lanes.groups; ++g)
      for (Index j = begin * lanes.width; j < end * lanes.width; ++j) added.total[g][j] += lanes.gradient[g][j];
}

Index sign_row_stride(Index columns) { return (columns + 63) / 64 * 64; }
Index groups_of(Index rows) { return (rows + sign_group - 1) / sign_group; }

class PlainStore final : public RowStore {
 public:
  PlainStore(Storage storage, Index rows, Index columns, const EntrySource& source, const ForEach& for_each)
      : storage_(storage),
        columns_(columns),
        stride_(row_stride(storage, columns)),
        generate_(storage == Storage::generated ? source : EntrySource()),
        bytes_(storage == Storage::generated ? 0 : rows * columns * element_bytes(storage)) {
    if (storage == Storage::generated) return;
    const auto buffer = std::make_shared<const Buffer>(rows * stride_);
    data_ = {buffer, buffer->data()};
    for_each(rows, [&](Index row) {
      std::byte* const kept = buffer->data() + row * stride_;
      if (storage == Storage::float64) {
        auto* entries = reinterpret_cast<Real*>(kept);
        source(row, 0, columns, entries);
        std::fill(entries + columns, entries + stride_ / sizeof(Real), 0.0);
        return;
      }
      std::vector<Real> entries(columns);
      source(row, 0, columns, entries.data());
      std::memset(kept, 0, stride_);
      sweeps::encode(storage, entries.data(), columns, kept);
    });
  }
  /// Behind a row comes the next one, which is no padding of zeros: its entries meet those of x.
  PlainStore(Storage storage, Index rows, Index columns, std::shared_ptr<const MappedFile> file, std::uint64_t begin)
      : storage_(storage),
        columns_(columns),
        stride_(columns * element_bytes(storage)),
        data_(file, file->data() + begin),
        file_(std::move(file)),
        bytes_(rows * stride_) {}

  std::unique_ptr<RowStore> some(const std::vector<Index>& rows) const override {
    auto part = std::make_unique<PlainStore>(*this);
    part->chosen_ = rows;
    for (Index& row : *part->chosen_) row = chosen(row);
    part->bytes_ = generate_ ? 0 : rows.size() * columns_ * element_bytes(storage_);
    return part;
  }
  void check() const override {
    if (file_) file_->check();
  }

  std::uint64_t bytes() const override { return bytes_; }
  Index lane_width(Index) const override { return 1; }
  bool splits_columns() const override { return has_long_rows(columns_); }
  Index block_rows(Index lanes) const override {
    if (splits_columns()) {
      // Two blocks, the lanes' matrices and their gradients in two thirds of the shared cache, beyond which they push
      // each other out; where that cannot be, a block so large that the matrices and gradients are read and written
      // seldom, and A twice.
      const std::uint64_t matrices = 2 * lanes * columns_ * sizeof(Real), budget = shared_cache() / 3 * 2;
      const std::uint64_t fit = budget > matrices ? (budget - matrices) / (2 * stride_) : 0;
      return fit >= 1 ? std::min<Index>(fit, 8) : generate_ ? 4 : 64;
    }
    // Multiples of what registers hold. The lanes' matrices and gradients move once for each block, 24 bytes a lane and
    // column; with four rows to a lane that is less than the eight bytes of an entry, read once more.
    if (lanes > 1) return std::max<Index>(24 * stride_ <= core_cache() / 2 ? 24 : 12, std::min<Index>(64, 4 * lanes));
    if (stride_ <= 8192) return std::clamp<Index>(core_cache() / 8 / stride_ / 4 * 4, 4, 16);
    // Four rows to add and four to come, where the core's own cache holds them with room to spare.
    return 8 * stride_ <= core_cache() / 4 * 3 ? 4 : 2;
  }
  std::uint64_t scratch_bytes(Index lanes) const override { return generate_ ? block_rows(lanes) * stride() : 0; }
  void sweep(const SweepRows& add, const SweepRows& dot, Index begin, Index end, const SweepLanes& lanes,
             Real* sums) const override {
    if (lanes.groups == 1) clear(add, begin, (end + 7) / 8 * 8, lanes);
    if (generate_)
      for (const SweepRows* rows : {&add, &dot})
        for (Index i = 0; i < rows->count && !rows->made; ++i)
          make(rows->first + i, begin, end, static_cast<std::byte*>(rows->scratch) + i * stride());
    Places places[2];
    const sweeps::Block added = block_of(add, places[0]), measured = block_of(dot, places[1]);
    if (lanes.groups == 1)
      sweeps::one_lane(added, add.slopes, measured, begin, end, kept_as(), lanes.x[0], lanes.gradient[0], sums);
    else
      sweeps::many_lanes(added, add, measured, begin, end, kept_as(), lanes, sums);
    if (lanes.groups == 1) add_up(add, begin, end, lanes);
    if (file_ && !chosen_ && end >= columns_) {
      const std::uint64_t at = static_cast<std::uint64_t>(data_.get() - file_->data()) + add.first * stride_;
      file_->go_on(at, at + add.count * stride_);
    }
  }
  void read(Index row, Real* entries) const override {
    if (generate_)
      generate_(chosen(row), 0, columns_, entries);
    else
      sweeps::decode(storage_, data_.get() + chosen(row) * stride_, columns_, entries);
  }

 private:
  Index chosen(Index row) const { return chosen_ ? (*chosen_)[row] : row; }
  Index padded() const { return (columns_ + 7) / 8 * 8; }
  Storage kept_as() const { return generate_ ? Storage::float64 : storage_; }
  /// From row to row of what a sweep sees.
  std::uint64_t stride() const { return generate_ ? row_stride(kept_as(), columns_) : stride_; }
  using Places = std::array<const std::byte*, most_block_rows>;
  /// Where the rows of a block are; one by one in `places` if they are chosen ones.
  sweeps::Block block_of(const SweepRows& rows, Places& places) const {
    if (generate_) return {static_cast<const std::byte*>(rows.scratch), rows.count, stride()};
    if (!chosen_) return {data_.get() + rows.first * stride_, rows.count, stride_};
    for (Index i = 0; i < rows.count; ++i) places[i] = data_.get() + chosen(rows.first + i) * stride_;
    return {nullptr, rows.count, 0, places.data()};
  }
  void make(Index row, Index begin, Index end, std::byte* to) const {
    auto* const entries = reinterpret_cast<Real*>(to);
    const Index last = std::min(end, columns_);
    generate_(chosen(row), begin, last, entries + begin);
    if (last == columns_) std::fill(entries + last, entries + padded(), 0.0);
  }

  Storage storage_;
  Index columns_;
  std::uint64_t stride_;
  EntrySource generate_;
  std::shared_ptr<const std::byte> data_;  // with what owns it
  std::shared_ptr<const MappedFile> file_;
  std::optional<std::vector<Index>> chosen_;
  std::uint64_t bytes_;
};

/// Eight rows to a byte. Inner products add x_j to bucket b_j, one of 256, and combine the buckets at the end; a
/// gradient adds entry b_j of a table of the 256 signed sums of eight slopes. (The method of the Four Russians:
/// Arlazarov, Dinic, Kronrod & Faradžev, Dokl. Akad. Nauk SSSR 194, 1970.) One addition serves eight entries.
class SignStore final : public RowStore {
 public:
  SignStore(bool generated, Index rows, Index columns, const SignSource& source, const ForEach& for_each)
      : columns_(columns),
        stride_(sign_row_stride(columns)),
        generate_(generated ? source : SignSource()),
        buffer_(generated ? 0 : groups_of(rows) * stride_),
        bytes_(generated ? 0 : groups_of(rows) * columns) {
    if (generated) return;
    for_each(groups_of(rows), [&](Index group) {
      auto* bytes = reinterpret_cast<std::uint8_t*>(buffer_.data()) + group * stride_;
      source(group, 0, columns, bytes);
      std::fill(bytes + columns, bytes + stride_, std::uint8_t{0});
    });
  }

  std::uint64_t bytes() const override { return bytes_; }
  /// Bits in bytes of their own, which is an eighth of a byte for each entry. Where they are generated, a group of rows
  /// asks for all groups that its rows come from.
  std::unique_ptr<RowStore> some(const std::vector<Index>& rows) const override {
    const auto source = [generate = generate_, kept = generate_ ? nullptr : bits(), stride = stride_, rows](
                            Index group, Index begin, Index end, std::uint8_t* bytes) {
      std::fill_n(bytes, end - begin, std::uint8_t{0});
      std::vector<std::uint8_t> made(generate ? end - begin : 0);
      for (Index r = 0, last = rows.size(); r < std::min(sign_group, rows.size() - group * sign_group); ++r) {
        const Index row = rows[group * sign_group + r], of = row / sign_group;
        if (generate && of != last) generate(of, begin, end, made.data());
        last = of;
        const std::uint8_t* const from = generate ? made.data() : kept + of * stride + begin;
        for (Index j = 0; j < end - begin; ++j)
          bytes[j] = static_cast<std::uint8_t>(bytes[j] | ((from[j] >> row % sign_group) & 1U) << r);
      }
    };
    return std::make_unique<SignStore>(generate_ != nullptr, rows.size(), columns_, source,
                                       [](Index n, const std::function<void(Index)>& work) {
                                         for (Index i = 0; i < n; ++i) work(i);
                                       });
  }
  Index lane_width(Index lanes) const override { return lanes == 1 ? 1 : sweeps::sign_lanes; }
  bool splits_columns() const override { return has_long_rows(columns_); }
  Index block_rows(Index) const override { return groups * sign_group; }
  std::uint64_t scratch_bytes(Index) const override { return generate_ ? groups * stride_ : 0; }
  void sweep(const SweepRows& add, const SweepRows& dot, Index begin, Index end, const SweepLanes& lanes,
             Real* sums) const override {
    const Index last = std::min(end, columns_);
    if (generate_)
      for (const SweepRows* rows : {&add, &dot})
        for (Index g = 0; g < groups_of(rows->count) && !rows->made; ++g)
          generate_(rows->first / sign_group + g, begin, last,
                    static_cast<std::uint8_t*>(rows->scratch) + g * stride_ + begin);
    clear(add, begin, last, lanes);
    if (add.count > 0) sweeps::sign_add(at(add), stride_, add.count, add.slopes, begin, last, lanes);
    add_up(add, begin, last, lanes);
    if (dot.count > 0) sweeps::sign_dot(at(dot), stride_, dot.count, begin, last, lanes, sums);
  }
  void read(Index row, Real* entries) const override {
    std::vector<std::uint8_t> made;
    const std::uint8_t* bytes = bits() + row / sign_group * stride_;
    if (generate_) {
      made.resize(columns_);
      generate_(row / sign_group, 0, columns_, made.data());
      bytes = made.data();
    }
    for (Index j = 0; j < columns_; ++j) entries[j] = (bytes[j] >> row % sign_group) & 1U ? 1 : -1;
  }

 private:
  static constexpr Index groups = 4;  // of a block

  const std::uint8_t* bits() const { return reinterpret_cast<const std::uint8_t*>(buffer_.data()); }
  const std::uint8_t* at(const SweepRows& rows) const {
    return generate_ ? static_cast<const std::uint8_t*>(rows.scratch) : bits() + rows.first / sign_group * stride_;
  }

  Index columns_;
  std::uint64_t stride_;
  SignSource generate_;
  Buffer buffer_;
  std::uint64_t bytes_;
};

}  // namespace

const std::vector<std::string>& storage_names() {
  static const std::vector<std::string> names = {"float64", "float32", "float16", "int8", "sign", "generated"};
  return names;
}

Storage storage_of(const std::string& name) {
  const auto& names = storage_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw std::logic_error("storage_of: there is no storage '" + name + "'");
  return static_cast<Storage>(found - names.begin());
}

Index bits_per_entry(Storage storage) {
  switch (storage) {
    case Storage::float64:
      return 64;
    case Storage::float32:
      return 32;
    case Storage::float16:
      return 16;
    case Storage::int8:
      return 8;
    case Storage::sign:
      return 1;
    default:
      return 0;
  }
}

std::unique_ptr<RowStore> make_row_store(Storage storage, Index rows, Index columns, const EntrySource& source,
                                         const ForEach& for_each) {
  return std::make_unique<PlainStore>(storage, rows, columns, source, for_each);
}

std::unique_ptr<RowStore> make_file_store(Storage storage, Index rows, Index columns,
                                          std::shared_ptr<const MappedFile> file, std::uint64_t begin) {
  return std::make_unique<PlainStore>(storage, rows, columns, std::move(file), begin);
}

std::unique_ptr<RowStore> make_sign_store(bool generated, Index rows, Index columns, const SignSource& source,
                                          const ForEach& for_each) {
  return std::make_unique<SignStore>(generated, rows, columns, source, for_each);
}

const char* sweep_instruction_set() { return sweeps::instruction_set(); }

}  // namespace tightrope
