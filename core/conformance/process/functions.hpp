// Names of functions in a library, for whoever has nothing but an address.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tightrope {

/// The function at this offset from where the file is mapped, without namespaces that have no name and without
/// parameters: "Wrong::direction". Empty where the file does not say.
std::string function_at(const std::filesystem::path& file, std::uint64_t offset);

}  // namespace tightrope
