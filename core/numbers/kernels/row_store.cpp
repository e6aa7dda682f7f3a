#include "core/numbers/kernels/row_store.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

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

Index sign_row_stride(Index columns) { return (columns + 63) / 64 * 64; }
Index groups_of(Index rows) { return (rows + sign_group - 1) / sign_group; }

class PlainStore final : public RowStore {
 public:
  PlainStore(Storage storage, Index rows, Index columns, const EntrySource& source, const ForEach& for_each)
      : storage_(storage),
        columns_(columns),
        stride_(row_stride(storage, columns)),
        generate_(storage == Storage::generated ? source : EntrySource()),
        buffer_(storage == Storage::generated ? 0 : rows * stride_),
        bytes_(storage == Storage::generated ? 0 : rows * columns * element_bytes(storage)) {
    if (storage == Storage::generated) return;
    for_each(rows, [&](Index row) {
      if (storage == Storage::float64) {
        auto* entries = reinterpret_cast<Real*>(buffer_.data() + row * stride_);
        source(row, 0, columns, entries);
        std::fill(entries + columns, entries + stride_ / sizeof(Real), 0.0);
        return;
      }
      std::vector<Real> entries(columns);
      source(row, 0, columns, entries.data());
      std::memset(buffer_.data() + row * stride_, 0, stride_);
      sweeps::encode(storage, entries.data(), columns, buffer_.data() + row * stride_);
    });
  }

  std::uint64_t bytes() const override { return bytes_; }
  Index lane_width(Index) const override { return 1; }
  bool splits_columns() const override { return columns_ > split_columns; }
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
    // column; with three rows to a lane that is no more than the eight bytes of an entry, read once more.
    if (lanes > 1)
      return std::max<Index>(24 * stride_ <= core_cache() / 2 ? 24 : 12, std::min<Index>(48, 3 * lanes / 12 * 12));
    if (stride_ <= 8192) return std::clamp<Index>(core_cache() / 8 / stride_ / 4 * 4, 4, 16);
    // Four rows to add and four to come, where the core's own cache holds them with room to spare.
    return 8 * stride_ <= core_cache() / 4 * 3 ? 4 : 2;
  }
  std::uint64_t scratch_bytes(Index lanes) const override {
    return generate_ ? block_rows(lanes) * padded() * sizeof(Real) : 0;
  }
  void sweep(const SweepRows& add, const SweepRows& dot, Index begin, Index end, const SweepLanes& lanes,
             Real* sums) const override {
    if (generate_)
      for (const SweepRows* rows : {&add, &dot})
        for (Index i = 0; i < rows->count && !rows->made; ++i)
          generate(rows->first + i, begin, end, static_cast<Real*>(rows->scratch) + i * padded());
    sweeps::plain({at(add), add.count, stride()}, add.slopes, {at(dot), dot.count, stride()}, begin, end, kept_as(),
                  lanes, sums);
  }
  void read(Index row, Real* entries) const override {
    if (generate_)
      generate_(row, 0, columns_, entries);
    else
      sweeps::decode(storage_, buffer_.data() + row * stride_, columns_, entries);
  }

 private:
  static constexpr Index split_columns = Index{1} << 17;

  Index padded() const { return (columns_ + 7) / 8 * 8; }
  Storage kept_as() const { return generate_ ? Storage::float64 : storage_; }
  std::uint64_t stride() const { return generate_ ? padded() * sizeof(Real) : stride_; }
  const std::byte* at(const SweepRows& rows) const {
    return generate_ ? static_cast<const std::byte*>(rows.scratch) : buffer_.data() + rows.first * stride_;
  }
  void generate(Index row, Index begin, Index end, Real* entries) const {
    const Index last = std::min(end, columns_);
    generate_(row, begin, last, entries + begin);
    std::fill(entries + last, entries + std::max(last, std::min(end, padded())), 0.0);
  }

  Storage storage_;
  Index columns_;
  std::uint64_t stride_;
  EntrySource generate_;
  Buffer buffer_;
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
  Index lane_width(Index lanes) const override { return lanes == 1 ? 1 : sweeps::sign_lanes; }
  bool splits_columns() const override { return columns_ > (Index{1} << 17); }
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
    if (add.count > 0) sweeps::sign_add(at(add), stride_, add.count, add.slopes, begin, last, lanes);
    if (dot.count > 0) sweeps::sign_dot(at(dot), stride_, dot.count, begin, last, lanes, sums);
  }
  void read(Index row, Real* entries) const override {
    std::vector<std::uint8_t> made;
    const std::uint8_t* bytes = reinterpret_cast<const std::uint8_t*>(buffer_.data()) + row / sign_group * stride_;
    if (generate_) {
      made.resize(columns_);
      generate_(row / sign_group, 0, columns_, made.data());
      bytes = made.data();
    }
    for (Index j = 0; j < columns_; ++j) entries[j] = (bytes[j] >> row % sign_group) & 1U ? 1 : -1;
  }

 private:
  static constexpr Index groups = 4;  // of a block

  const std::uint8_t* at(const SweepRows& rows) const {
    return generate_ ? static_cast<const std::uint8_t*>(rows.scratch)
                     : reinterpret_cast<const std::uint8_t*>(buffer_.data()) + rows.first / sign_group * stride_;
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

std::unique_ptr<RowStore> make_sign_store(bool generated, Index rows, Index columns, const SignSource& source,
                                          const ForEach& for_each) {
  return std::make_unique<SignStore>(generated, rows, columns, source, for_each);
}

const char* sweep_instruction_set() { return sweeps::instruction_set(); }

}  // namespace tightrope
