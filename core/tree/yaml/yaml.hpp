// From YAML text to a Node tree, guarded against hostile input.
#pragma once

#include <filesystem>

#include "core/tree/node.hpp"

namespace tightrope {

/// Limits of what is read; beyond them a file is refused with a sentence that names the limit.
struct YamlLimits {
  std::size_t bytes = 1 << 20;
  int depth = 32;
  std::size_t nodes = 100'000;  // after expansion of aliases
};

constexpr std::size_t longest_key = 200;  // in bytes

/// What standard input is called in positions.
inline constexpr const char* standard_input = "<stdin>";
/// What a file is called in messages.
inline std::string input_name(const std::string& file) { return file == "-" ? standard_input : file; }

/// Reads a file, or standard input (once) for "-". Throws ConfigError: missing, a directory, too large, not UTF-8,
/// syntax, duplicate key, alias cycle, alias bomb, depth, several documents.
Node read_yaml(const std::filesystem::path& file, const YamlLimits& limits = {});
/// Parses text; `name` stands for the file in positions.
Node parse_yaml(const std::string& text, const std::string& name, const YamlLimits& limits = {});
/// Parses a value that begins in the given column of what `name` stands for.
Node parse_value(std::string text, const std::string& name, int first_column, const YamlLimits& limits = {});
/// The column of a byte of a line, counted in characters.
int column_of(std::string_view text, std::size_t byte);

/// The node that a path, parts separated by dots, leads to. Missing maps on the way are made, a bare name on the way
/// becomes {type: name}, and a number picks an entry of a list (from 0). `position` is asked for the place of the part
/// that begins at the given byte. Throws ConfigError, the tree then half changed.
Node& node_at_path(Node& tree, const std::string& path, const std::function<Position(std::size_t)>& position);
/// Applies one `path.to.key=value` assignment to the tree: the value, any YAML, replaces what is there. Positions refer
/// to the assignment. name: "--set" or "TIGHTROPE_SET". Throws ConfigError, the tree unchanged.
void apply_assignment(Node& tree, const std::string& assignment, const std::string& name);

}  // namespace tightrope
