// From YAML text to a Node tree, guarded against hostile input.
#pragma once

#include <filesystem>

#include "core/config/node.hpp"

namespace tightrope {

/// Limits of what is read; beyond them a file is refused with a sentence that names the limit.
struct YamlLimits {
  std::size_t bytes = 1 << 20;
  int depth = 32;
  std::size_t nodes = 100'000;  // after expansion of aliases
};

/// Reads a file. Throws ConfigError: missing, a directory, too large, not UTF-8, syntax, duplicate key, alias
/// cycle, alias bomb, depth, several documents.
Node read_yaml(const std::filesystem::path& file, const YamlLimits& limits = {});
/// Parses text; `name` stands for the file in positions.
Node parse_yaml(const std::string& text, const std::string& name, const YamlLimits& limits = {});
/// One `path.to.key=value` assignment as a tree {path: {to: {key: value}}}. Positions refer to the assignment.
/// name: "--set" or "TIGHTROPE_SET".
void apply_assignment(Node& tree, const std::string& assignment, const std::string& name);

}  // namespace tightrope
