#include "core/operators/entry_pack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/arrays/bytes.hpp"
#include "core/base/error.hpp"
#include "core/base/limits.hpp"
#include "core/base/mapped_file.hpp"

namespace tightrope {

namespace {

static_assert(std::endian::native == std::endian::little, "packed files hold numbers as memory does");

/// Behind it the begins of the tiles, the keys and the values, each from a multiple of 64 bytes on.
struct Header {
  std::array<char, 32> banner{};
  std::uint64_t rows = 0, columns = 0, expected = 0, entries = 0, begins = 0, empty_rows = 0, empty_columns = 0;
  Real factor = 1;
  std::uint64_t checksum = 0;  // of this header with 0 here, and of all that is behind it
};

constexpr std::size_t chunk = std::size_t{1} << 20U;  // bytes that a checksum is taken of at a time

std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

struct Places {
  std::size_t begins, keys, values, end;
  explicit Places(const Header& header)
      : begins(aligned(sizeof(Header))),
        keys(begins + aligned(header.begins * sizeof(Index))),
        values(keys + aligned(header.entries * sizeof(entries::Key))),
        end(values + aligned(header.entries * sizeof(Real))) {}
};

/// Of a multiple of 64 bytes: four sums, each of which a changed word changes for good.
std::uint64_t checksum_of(const char* bytes, std::size_t size) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  std::array<std::uint64_t, 4> sums{1, 2, 3, 4};
  for (std::size_t i = 0; i < size; i += 32) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), bytes + i, sizeof words);
    for (std::size_t j = 0; j < 4; ++j) sums[j] = std::rotl((sums[j] ^ words[j]) * odd, 29);
  }
  std::uint64_t sum = size;
  for (const std::uint64_t part : sums) sum = std::rotl((sum ^ part) * odd, 29);
  return sum;
}

/// The checksum of the checksums of pieces, which threads share.
std::uint64_t checksum_of(std::span<const char> bytes, const Team& team) {
  std::vector<std::uint64_t> sums(aligned((bytes.size() + chunk - 1) / chunk * 8) / 8, 0);
  team.for_each_tile((bytes.size() + chunk - 1) / chunk, [&](Index i) {
    sums[i] = checksum_of(bytes.data() + i * chunk, std::min<std::size_t>(chunk, bytes.size() - i * chunk));
  });
  return checksum_of(reinterpret_cast<const char*>(sums.data()), sums.size() * 8);
}

/// `of_rest`: the checksum of what is behind the header.
std::uint64_t checksum_of(Header header, std::uint64_t of_rest) {
  header.checksum = of_rest;
  std::array<char, (sizeof header + 63) / 64 * 64> bytes{};
  std::memcpy(bytes.data(), &header, sizeof header);
  return checksum_of(bytes.data(), bytes.size());
}

[[noreturn]] void refuse_damaged(const MappedFile& file, const std::string& why) {
  file.check();
  throw Error(Exit::integrity,
              fmt::format("{}: the packed file is damaged: {}; pack the entries again", file.path(), why));
}

}  // namespace

void write_pack(const std::string& path, const EntryList& list, Real factor) {
  Header header;
  std::copy(entry_pack_banner.begin(), entry_pack_banner.end(), header.banner.begin());
  const std::vector<Index>& begins = list.tiles.begins();
  const auto keys = list.tiles.keys();
  header.rows = list.tiles.shape().rows;
  header.columns = list.tiles.shape().cols;
  header.expected = list.tiles.expected();
  header.entries = keys.size();
  header.begins = begins.size();
  header.empty_rows = list.empty_rows;
  header.empty_columns = list.empty_columns;
  header.factor = factor;
  const Places places(header);
  const std::string part = path + ".part";
  const int descriptor = open(part.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) refuse_shortage(errno, part + ": the file cannot be written");
  if (descriptor < 0) throw Error(Exit::config, part + ": the file cannot be written: check the folder's permissions");
  // Room first: writing to mapped memory without it would end the process.
  const int no_room = posix_fallocate(descriptor, 0, static_cast<off_t>(places.end));
  void* const at = no_room ? MAP_FAILED : mmap(nullptr, places.end, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (at == MAP_FAILED) {
    std::filesystem::remove(part);
    throw Error(Exit::resources, fmt::format("{}: there is no room for a file of {} bytes", path, places.end));
  }
  char* const bytes = static_cast<char*>(at);
  std::memcpy(bytes + places.begins, begins.data(), begins.size() * sizeof(Index));
  std::memcpy(bytes + places.keys, keys.data(), keys.size_bytes());
  std::memcpy(bytes + places.values, list.values.memptr(), list.values.n_elem * sizeof(Real));
  header.checksum = checksum_of(header, checksum_of({bytes + places.begins, places.end - places.begins}, Team(1)));
  std::memcpy(bytes, &header, sizeof header);
  const bool is_written = msync(at, places.end, MS_SYNC) == 0;
  munmap(at, places.end);
  if (!is_written) throw Error(Exit::resources, path + ": the file could not be written to the disk");
  std::filesystem::rename(part, path);
}

EntryList read_pack(std::shared_ptr<const MappedFile> file, Shape shape, const Team& team) {
  const std::string_view bytes = file->text();
  if (!bytes.starts_with(entry_pack_banner))
    refuse_file(file->path(), "the entries were packed by another version of this program: pack them again");
  Header header;
  if (bytes.size() < sizeof header) refuse_damaged(*file, "it ends within its header");
  std::memcpy(&header, bytes.data(), sizeof header);
  constexpr std::uint64_t most = std::uint64_t{1} << 48U;
  if (std::max({header.rows, header.columns, header.entries, header.begins}) > most || header.entries == 0 ||
      Places(header).end != bytes.size())
    refuse_damaged(*file, fmt::format("it has {} bytes, but not those that its header announces", bytes.size()));
  const Shape own{header.rows, header.columns};
  if (shape != Shape{} && shape != own)
    refuse_file(file->path(), fmt::format("the matrix is {} × {}, but the problem is {} × {}", own.rows, own.cols,
                                          shape.rows, shape.cols));
  const Places places(header);
  if (checksum_of(header, checksum_of(bytes.substr(places.begins), team)) != header.checksum)
    refuse_damaged(*file, "its checksum is another one");
  require_memory(4.0L * static_cast<long double>(own.rows + own.cols),
                 fmt::format("{}: {} rows and {} columns need 4 bytes each", file->path(), own.rows, own.cols));
  const auto* const begins = reinterpret_cast<const Index*>(bytes.data() + places.begins);
  const auto* const keys = reinterpret_cast<const entries::Key*>(bytes.data() + places.keys);
  auto* const values = reinterpret_cast<Real*>(const_cast<char*>(bytes.data() + places.values));
  try {
    EntryTiles tiles(own, header.expected, {begins, begins + header.begins}, {keys, header.entries}, file);
    file->check();
    return {std::move(tiles),
            Vec(values, header.entries, false, true),
            header.empty_rows,
            header.empty_columns,
            fmt::format("{} packed entries of a {} × {} matrix", header.entries, own.rows, own.cols),
            header.factor};
  } catch (const std::length_error&) {
    refuse_damaged(*file, "its tiles are not those of its shape");
  }
}

}  // namespace tightrope
