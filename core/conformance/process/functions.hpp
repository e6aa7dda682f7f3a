// Names of functions in a library, for whoever has nothing but an address.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tightrope {

/// The function at this offset from where the file is mapped, without namespaces that have no name and without
/// parameters: "Wrong::direction". Empty where the file does not say.
std::string function_at(const std::filesystem::path& file, std::uint64_t offset);

/// What a plugin takes from elsewhere that no seed decides, each in words: "it reads the clock (clock_gettime)". Of a
/// library it is read off its symbols, of a script off its text; nothing runs.
std::vector<std::string> undetermined_sources(const std::filesystem::path& file);

}  // namespace tightrope
