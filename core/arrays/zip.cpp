#include "core/arrays/zip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <optional>

#include "core/arrays/inflate.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

namespace {

constexpr std::uint64_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50,
                        end64_signature = 0x06064b50, locator_signature = 0x07064b50;
constexpr std::uint64_t end_size = 22, locator_size = 20, central_size = 46, local_size = 30;
constexpr std::uint64_t in_extra_field = 0xffffffff;  // where ZIP64 has the value

std::uint64_t checksum(const ByteSource& source) {
  uLong crc = crc32(0, nullptr, 0);
  std::string buffer;
  for (std::uint64_t at = 0; at < source.size(); at += buffer.size()) {
    buffer = source.text(at, std::min<std::uint64_t>(1 << 20, source.size() - at));
    crc = crc32(crc, reinterpret_cast<const Bytef*>(buffer.data()), static_cast<uInt>(buffer.size()));
  }
  return crc;
}

std::string packing(std::uint64_t method) {
  return method == 9    ? "deflate64"
         : method == 12 ? "bzip2"
         : method == 14 ? "LZMA"
         : method == 93 ? "Zstandard"
         : method == 95 ? "XZ"
                        : fmt::format("method {}", method);
}

/// The end record: the last one from which an archive can be read, for comments and other bytes may follow it.
std::optional<std::uint64_t> end_of(const ByteSource& source) {
  const std::uint64_t size = source.size(), window = std::min<std::uint64_t>(size, end_size + 0xffff);
  if (window < end_size) return std::nullopt;
  const std::size_t at = source.text(size - window, window).rfind("PK\x05\x06", window - end_size);
  return at == std::string::npos ? std::nullopt : std::optional(size - window + at);
}

void put(std::string& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
}

}  // namespace

ZipArchive::ZipArchive(const ByteSource& source) : source_(source) {
  const std::string& name = source.name();
  const std::optional<std::uint64_t> end = end_of(source);
  if (!end) {
    const std::string start = source.text(0, std::min<std::uint64_t>(4, source.size()));
    refuse_file(name, start == "PK\x03\x04" ? "the archive is incomplete: its list of members is missing"
                                            : "this is not an .npz file: it is no zip archive");
  }
  std::uint64_t count = source.field(*end + 10, 2), bytes = source.field(*end + 12, 4),
                begin = source.field(*end + 16, 4), list_end = *end;
  if (*end >= locator_size && source.field(*end - locator_size, 4) == locator_signature) {
    // ZIP64: the record that the locator names or, where bytes precede the archive, the one right before it.
    std::uint64_t at = source.field(*end - locator_size + 8, 8);
    constexpr std::uint64_t end64_size = 56;
    if ((at > source.size() || source.size() - at < end64_size || source.field(at, 4) != end64_signature) &&
        *end >= locator_size + end64_size)
      at = *end - locator_size - end64_size;
    if (at > *end || source.field(at, 4) != end64_signature)
      refuse_file(name, "the archive's list of members is damaged");
    count = source.field(at + 32, 8);
    bytes = source.field(at + 40, 8);
    begin = source.field(at + 48, 8);
    list_end = at;
  }
  if (bytes > list_end || begin > list_end - bytes)
    refuse_file(name, "the archive is incomplete, or its list of members is damaged");
  shift_ = list_end - bytes - begin;
  if (count > bytes / central_size) refuse_file(name, "the archive's list of members is damaged");
  std::uint64_t at = begin + shift_;
  for (std::uint64_t i = 0; i < count; ++i)
    if (Member member = read_member(at); !member.name.ends_with('/')) members_.push_back(std::move(member));
}

ZipArchive::Member ZipArchive::read_member(std::uint64_t& at) const {
  if (source_.field(at, 4) != central_signature)
    refuse_file(source_.name(), "the archive's list of members is damaged");
  Member member;
  member.flags = source_.field(at + 8, 2);
  member.method = source_.field(at + 10, 2);
  member.crc = source_.field(at + 16, 4);
  member.packed = source_.field(at + 20, 4);
  member.size = source_.field(at + 24, 4);
  member.local = source_.field(at + 42, 4);
  const std::uint64_t name_size = source_.field(at + 28, 2), extra_size = source_.field(at + 30, 2),
                      extra_end = at + central_size + name_size + extra_size;
  member.name = source_.text(at + central_size, name_size);
  std::uint64_t field = at + central_size + name_size;
  while (field + 4 <= extra_end) {
    const std::uint64_t kind = source_.field(field, 2), size = source_.field(field + 2, 2),
                        field_end = field + 4 + size;
    std::uint64_t value = field + 4;
    if (kind == 1)
      for (std::uint64_t* number : {&member.size, &member.packed, &member.local})
        if (*number == in_extra_field && value + 8 <= field_end) {
          *number = source_.field(value, 8);
          value += 8;
        }
    field = field_end;
  }
  at = extra_end + source_.field(at + 32, 2);
  return member;
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  for (const Member& member : members_) names.push_back(member.name);
  return names;
}

std::unique_ptr<ByteSource> ZipArchive::open(const std::string& wanted, const std::string& name) const {
  const Member& member =
      *std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.name == wanted; });
  if ((member.flags & 1U) != 0) refuse_file(name, "the member is encrypted");
  if (member.method != 0 && member.method != 8)
    refuse_file(name, fmt::format("the member is packed with {}; stored and deflated ones can be read",
                                  packing(member.method)));
  const std::uint64_t local = member.local + shift_;
  if (local < shift_ || source_.field(local, 4) != local_signature)
    refuse_file(name, "the archive's list of members is damaged");
  const std::uint64_t begin = local + local_size + source_.field(local + 26, 2) + source_.field(local + 28, 2);
  if (begin > source_.size() || member.packed > source_.size() - begin) refuse_file(name, "the archive is incomplete");
  auto packed = std::make_unique<PartOfBytes>(source_, begin, member.packed, name);
  std::unique_ptr<ByteSource> bytes;
  if (member.method == 8)
    bytes = std::make_unique<MemoryBytes>(inflated(*packed, member.size, Deflated::raw), name);
  else
    bytes = std::move(packed);
  if (bytes->size() != member.size || checksum(*bytes) != member.crc)
    refuse_file(name, "the member is damaged: its checksum is wrong");
  return bytes;
}

std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out, directory;
  for (const auto& [name, bytes] : members) {
    if (out.size() + bytes.size() > 0xf0000000)
      throw Error(Exit::resources, "the arrays need more than 4 GB, which an .npz file without ZIP64 cannot hold");
    std::string common;
    put(common, 20, 2);          // version needed
    put(common, 0, 4);           // no flags, stored
    put(common, 0x00210000, 4);  // 1980-01-01 00:00, always
    put(common, crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())), 4);
    put(common, bytes.size(), 4);
    put(common, bytes.size(), 4);
    put(common, name.size(), 2);
    put(common, 0, 2);  // no extra field
    put(directory, central_signature, 4);
    put(directory, 20, 2);
    directory += common;
    put(directory, 0, 8);  // comment, disk, attributes
    put(directory, 0, 2);
    put(directory, out.size(), 4);
    directory += name;
    put(out, local_signature, 4);
    out += common + name + bytes;
  }
  const std::size_t begin = out.size();
  out += directory;
  put(out, end_signature, 4);
  put(out, 0, 4);
  put(out, members.size(), 2);
  put(out, members.size(), 2);
  put(out, directory.size(), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace tightrope
