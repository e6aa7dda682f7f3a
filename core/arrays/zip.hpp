// Zip archives: what .npz files are.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/arrays/bytes.hpp"

namespace tightrope {

/// The list of members of a zip archive (PKWARE APPNOTE 6.3: stored or deflated, ZIP64, comments); members are read
/// and unpacked one at a time. Throws Error(config) with the archive's name.
class ZipArchive {
 public:
  explicit ZipArchive(const ByteSource& source);
  /// In the order of the archive, without folders.
  std::vector<std::string> names() const;
  /// The bytes of a member that there is, its checksum compared. `name` is for messages.
  std::unique_ptr<ByteSource> open(const std::string& member, const std::string& name) const;

 private:
  struct Member {
    std::string name;
    std::uint64_t method = 0, flags = 0, crc = 0, packed = 0, size = 0, local = 0;
  };
  Member read_member(std::uint64_t& at) const;

  const ByteSource& source_;
  std::uint64_t shift_ = 0;  // of all places: bytes ahead of the archive
  std::vector<Member> members_;
};

/// An archive with stored members, fixed dates and no ZIP64: equal members give equal bytes.
std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& members);

}  // namespace tightrope
