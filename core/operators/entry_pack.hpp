// Entries in the order of their tiles in a file that all processes map: nothing is parsed, sorted or copied.
#pragma once

#include <string>
#include <string_view>

#include "core/operators/entry_file.hpp"

namespace tightrope {

/// The first bytes of such a file. Its numbers are little-endian; another layout, of the file or of tiles, has another
/// number.
inline constexpr std::string_view entry_pack_banner = "tightrope entries 3\n";
/// What all layouts begin with.
inline constexpr std::string_view entry_pack_name = "tightrope entries ";

/// Writes the list, whose values are those of the file times `factor`, under another name first. Throws
/// Error(resources).
void write_pack(const std::string& path, const EntryList& list, Real factor);

/// What was written; keys and values stay in the file, which passes check. The shape must be the one given unless that
/// is 0 × 0 (Error(config)). Throws Error(integrity) where the file is cut off or its checksum is not that of its
/// bytes.
EntryList read_pack(std::shared_ptr<const MappedFile> file, Shape shape, const Team& team);

}  // namespace tightrope
