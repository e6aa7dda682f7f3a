// A YAML tree of our own: every value with its position and its origin. Nothing here knows yaml-cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/words.hpp"

namespace tightrope {

/// Where a value was written. `file` is a path, "--set problem.seed=3", "TIGHTROPE_SET" or "" for a built-in default.
struct Position {
  std::string file;
  int line = 0, column = 0;  // from 1; 0 = no position
  std::string text() const;  // "quickstart.yaml:12:7"
};

/// A scalar, a sequence, a map or nothing, with its position. Maps keep the order of the file.
class Node {
 public:
  enum class Kind { null, scalar, sequence, map };
  struct Entry;

  Kind kind = Kind::null;
  std::string scalar;   // text of a scalar
  bool quoted = false;  // a quoted scalar is a string, never a number
  Position position;
  std::vector<Node> items;     // of a sequence
  std::vector<Entry> entries;  // of a map

  static Node make_scalar(std::string text, Position position, bool quoted = false);
  static Node make_map(Position position);
  static Node make_sequence(Position position);

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_map() const { return kind == Kind::map; }

  const Node* find(std::string_view key) const;  // of a map; null if absent
  Node* find(std::string_view key);
  Node& set(std::string_view key, Node value);  // replaces or appends
  void erase(std::string_view key);

  /// What the value is, in words for messages: "the list [1, 2]", "the text 'abc'", "a map", "nothing".
  std::string description() const;
};

struct Node::Entry {
  std::string key;
  Position position;  // of the key
  Node value;
};

/// One complaint about a config.
struct Diagnostic {
  Position position;
  std::string message;
  std::string text() const;  // "file:line:column: error: message"
};

/// All complaints about a config, thrown together. what() is one line each, in the order of the files.
class ConfigError : public Error {
 public:
  explicit ConfigError(std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

// Conversions of scalars. Null if the text is no such thing. Numbers are decimal, as in JSON, with .inf and .nan
// refused; an index may be written 1e5; true and false are the only truth values.
std::optional<double> to_real(const Node& node);
std::optional<std::uint64_t> to_index(const Node& node);
std::optional<bool> to_bool(const Node& node);

/// Shortest decimal text that reads back as the same double.
std::string shortest(double value);

/// Lays `over` on `base`: maps merge key by key, everything else is replaced; a map whose `type` differs from that
/// of the map below replaces it whole, and a bare name stands for {type: name}.
void merge(Node& base, const Node& over);

/// Compact JSON with keys in order of the tree (canonical = sorted). Unquoted numbers and truth values stay such.
std::string to_json(const Node& node, bool canonical = false);
/// Block-style YAML of the tree, `comment(node)` (if given and not empty) behind each scalar as "# …".
std::string to_yaml(const Node& node, const std::function<std::string(const Node&)>& comment = {});

}  // namespace tightrope
