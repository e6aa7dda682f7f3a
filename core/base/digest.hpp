// SHA-256 in hexadecimal.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tightrope {

/// Of a file; Error(config) names it if it cannot be read. Of bytes.
std::string sha256_file(const std::filesystem::path& file);
std::string sha256(std::string_view bytes);

}  // namespace tightrope
