// From YAML text to a Node tree: the only file that knows yaml-cpp.
//
// The tree is built from yaml-cpp's events, not from its own node graph: only so are positions, duplicate keys and
// cycles seen, and only so can a limit stop the parser in time.
#include "core/tree/yaml/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "core/tree/yaml/yaml_text.hpp"

namespace tightrope {

namespace {

constexpr std::string_view standard_tags = "tag:yaml.org,2002:";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// What yaml-cpp complains about, in words that help.
std::string syntax_message(const YAML::Exception& error, std::string_view text) {
  const auto line_start = static_cast<std::size_t>(std::max(error.mark.pos - error.mark.column, 0));
  const std::string_view line = text.substr(std::min(line_start, text.size()));
  if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
    return "this line is indented with a tab: use spaces";
  using namespace YAML::ErrorMsg;
  const std::map<std::string, std::string> sentences = {
      {END_OF_MAP, "the map is not continued as it began: check indentation, and colons behind keys"},
      {END_OF_SEQ, "the list is not continued as it began: check indentation, and the dash before each entry"},
      {END_OF_MAP_FLOW, "a comma or } is missing before here"},
      {END_OF_SEQ_FLOW, "a comma or ] is missing before here"},
      {FLOW_END, "this bracket closes nothing"},
      {EOF_IN_SCALAR, "a quoted text begins before here and is not closed"},
      {DOC_IN_SCALAR, "a quoted text begins before here and is not closed"},
      {UNKNOWN_ANCHOR, "the alias refers to an anchor that is not defined before it"},
      {MAP_VALUE, "a colon cannot stand here: check the indentation and the line above, or quote the text"},
      {MAP_KEY, "a key cannot stand here"},
      {BLOCK_ENTRY, "an entry of a list cannot stand here: put it on a line of its own"},
      {UNKNOWN_TOKEN, "this character cannot begin a value: quote the text"},
  };
  const auto found = sentences.find(error.msg);
  return found == sentences.end() ? "this is not valid YAML: " + error.msg : found->second;
}

bool is_bracket_missing(const YAML::Exception& error) {
  return error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
}

/// Turns the events of one document into a Node.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& name, int first_column, const YamlLimits& limits)
      : text_(text), name_(name), first_column_(first_column), limits_(limits) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continuation_bytes_.push_back(i);
    root_.position = {name, 1, first_column};
  }

  Position position(const YAML::Mark& mark) const {
    if (mark.is_null()) return {name_, 1, first_column_};
    return position(static_cast<std::size_t>(mark.pos), mark.line, static_cast<std::size_t>(mark.column));
  }
  void complain(Position position, std::string message) {
    diagnostics_.push_back({std::move(position), std::move(message)});
  }
  /// Where the last event was.
  const Position& last() const { return last_; }
  /// The innermost list or map in brackets that is open: " (the bracket at line 3, column 4 is not closed)".
  std::string open_bracket() const {
    for (auto frame = open_.rbegin(); frame != open_.rend(); ++frame) {
      if (!frame->is_flow) continue;
      const Position& opened = frame->node.position;
      return " (the bracket opened at line " + std::to_string(opened.line) + ", column " +
             std::to_string(opened.column) + " is not closed)";
    }
    return "";
  }
  std::vector<Diagnostic> take_diagnostics() { return std::move(diagnostics_); }
  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (has_document_)
      fail(position(mark), "something follows the end of the document: a file holds one YAML document, without ---");
    has_document_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    last_byte_ = static_cast<std::size_t>(mark.pos);
    Node node;
    node.position = position_of_null(mark);
    take(std::move(node), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    last_byte_ = static_cast<std::size_t>(mark.pos);
    if (!is_closed(text_.substr(last_byte_)))
      complain(position(mark), "the quoted text that begins here is not closed");
    const bool is_text = tag == "!" || tag == std::string(standard_tags) + "str";
    if (!is_text) check_tag(mark, tag);
    if (value.find('\0') != std::string::npos) complain(position(mark), "a text cannot contain the character \\0");
    take(Node::make_scalar(value, position(mark), is_text), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    const Position here = position(mark);
    if (found == anchors_.end())
      fail(here, "alias cycle: " + alias_name(mark) + " stands inside the very value that it refers to");
    const Anchored& anchored = found->second;
    if (depth() + anchored.height > limits_.depth) fail(here, too_deep(limits_));
    count(anchored.nodes, here);
    Node node = anchored.node;
    node.position = here;
    place(std::move(node), anchored.nodes, anchored.height);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Node::make_sequence(position(mark)), mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Node::make_map(position(mark)), mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that has begun but not ended.
  struct Frame {
    Node node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::size_t nodes = 1;
    int height = 1;
    bool is_flow = false;  // written in brackets
    bool has_key = false;  // of a map: whether a value is next
    std::string key;
    Position key_position;
    std::size_t key_byte = 0;
    std::unordered_map<std::string, Position> given;
  };
  struct Anchored {
    Node node;
    std::size_t nodes;
    int height;
  };

  [[noreturn]] void fail(Position position, std::string message) {
    complain(std::move(position), std::move(message));
    throw ConfigError(std::move(diagnostics_));
  }

  int depth() const { return static_cast<int>(open_.size()); }

  /// Columns count characters, yaml-cpp counts bytes.
  Position position(std::size_t byte, int line, std::size_t column) const {
    const auto begin = std::lower_bound(continuation_bytes_.begin(), continuation_bytes_.end(), byte - column);
    const auto end = std::lower_bound(begin, continuation_bytes_.end(), byte);
    const auto characters = static_cast<int>(column) - static_cast<int>(end - begin);
    return {name_, line + 1, characters + (line == 0 ? first_column_ : 1)};
  }

  /// Whether the value at the mark is written out, be it as null.
  bool is_written(std::size_t byte) const {
    const std::string_view rest = text_.substr(byte);
    if (rest.starts_with('&') || rest.starts_with('!')) return true;
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r\n,]}#:"));
    const bool is_key = rest.substr(word.size()).starts_with(':');
    return !is_key && (word == "~" || word == "null" || word == "Null" || word == "NULL");
  }

  /// yaml-cpp puts an omitted value at the token that follows it, be it lines away. We put it at its key, or at the
  /// last character before it.
  Position position_of_null(const YAML::Mark& mark) {
    auto byte = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
    if (is_written(byte)) return position(mark);
    if (!open_.empty() && open_.back().has_key) {
      check_colon(open_.back());
      return open_.back().key_position;
    }
    if (open_.empty() || open_.back().node.is_map()) return position(mark);
    int line = mark.line;
    auto column = static_cast<std::size_t>(mark.column);
    while (is_blank(text_[byte - 1])) {  // what begins the list, or the entry, stands before it
      --byte;
      if (column > 0) {
        --column;
      } else {
        --line;
        const std::size_t line_end = text_.rfind('\n', byte - 1);
        column = line_end == std::string_view::npos ? byte : byte - line_end - 1;
      }
    }
    return position(byte - 1, line, column - 1);
  }

  /// yaml-cpp takes a line without a colon for a key without a value.
  void check_colon(const Frame& frame) {
    if (frame.is_flow || !text_.substr(frame.key_byte).starts_with(frame.key)) return;
    const std::size_t next = text_.find_first_not_of(" \t\r", frame.key_byte + frame.key.size());
    if (next == std::string_view::npos || text_[next] != ':')
      complain(frame.key_position, "a colon is missing behind '" + excerpt(frame.key) + "'");
  }

  std::string alias_name(const YAML::Mark& mark) const {
    const std::string_view rest = text_.substr(static_cast<std::size_t>(mark.pos));
    return "'" + std::string(rest.substr(0, std::min(rest.find_first_of(" \t\r\n,[]{}:"), longest_key))) + "'";
  }

  void check_tag(const YAML::Mark& mark, std::string tag) {
    if (tag == "?" || tag == "!") return;
    if (tag.starts_with(standard_tags)) tag.replace(0, standard_tags.size(), "!!");
    complain(position(mark), "the tag '" + tag + "' is not supported: write the value without a tag");
  }

  void count(std::size_t nodes, const Position& where) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes)
      fail(where, "the file holds more than " + std::to_string(limits_.nodes) +
                      " values, every alias counted as what it stands for");
  }

  void open(Node node, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool is_flow) {
    last_ = node.position;
    check_tag(mark, tag);
    if (depth() >= limits_.depth) fail(node.position, too_deep(limits_));
    count(1, node.position);
    Frame frame;
    frame.node = std::move(node);
    frame.anchor = anchor;
    frame.is_flow = is_flow;
    open_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    remember(frame.node, frame.anchor, frame.nodes, frame.height);
    place(std::move(frame.node), frame.nodes, frame.height);
  }

  /// A scalar or nothing.
  void take(Node node, YAML::anchor_t anchor) {
    last_ = node.position;
    count(1, node.position);
    remember(node, anchor, 1, 0);
    place(std::move(node), 1, 0);
  }

  /// The copy counts against the limit, too: it takes memory.
  void remember(const Node& node, YAML::anchor_t anchor, std::size_t nodes, int height) {
    if (anchor == YAML::NullAnchor) return;
    count(nodes, node.position);
    anchors_.insert_or_assign(anchor, Anchored{node, nodes, height});
  }

  /// Puts a finished node of so many nodes and levels where it belongs.
  void place(Node node, std::size_t nodes, int height) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    frame.nodes += nodes;
    frame.height = std::max(frame.height, height + 1);
    if (frame.node.is_sequence()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      begin_entry(frame, node);
    } else {
      frame.has_key = false;
      frame.node.entries.push_back({std::move(frame.key), std::move(frame.key_position), std::move(node)});
    }
  }

  void begin_entry(Frame& frame, Node& key) {
    frame.has_key = true;
    frame.key = key.scalar;
    frame.key_position = key.position;
    frame.key_byte = last_byte_;
    if (!key.is_scalar()) {
      complain(key.position, "a key must be a plain word, but this one is " + key.description());
      return;
    }
    if (key.scalar == "<<" && !key.quoted) {
      complain(key.position,
               "merge keys (<<) are not supported: use an alias for the whole map, or layer two files with -c");
      return;
    }
    if (const auto complaint = complaint_about_key(key.scalar)) {
      complain(key.position, *complaint);
      return;
    }
    const auto [first, is_new] = frame.given.emplace(key.scalar, key.position);
    if (is_new) return;
    const Position& given = first->second;
    complain(key.position, "key '" + key.scalar + "' was already given at line " + std::to_string(given.line) +
                               (given.line == key.position.line ? ", column " + std::to_string(given.column) : ""));
  }

  std::string_view text_;
  const std::string& name_;
  int first_column_;
  YamlLimits limits_;
  std::vector<std::size_t> continuation_bytes_;  // offsets, in order

  Node root_;
  Position last_;
  std::size_t last_byte_ = 0;  // of a scalar
  bool has_document_ = false;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;  // of finished nodes
  std::size_t nodes_ = 0;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace

Node parse_value(std::string text, const std::string& name, int first_column, const YamlLimits& limits) {
  if (text.size() > limits.bytes) refuse({name, 1, 1}, too_large(text.size(), limits));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  check_characters(text, name, first_column);
  TreeBuilder builder(text, name, first_column, limits);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::BAD_FILE)  // yaml-cpp's own limit of depth, somewhere behind the last event
      builder.complain(builder.last(), "lists and maps are nested too deeply here");
    else
      builder.complain(builder.position(error.mark),
                       syntax_message(error, text) + (is_bracket_missing(error) ? builder.open_bracket() : ""));
  }
  if (auto diagnostics = builder.take_diagnostics(); !diagnostics.empty()) throw ConfigError(std::move(diagnostics));
  return builder.take_root();
}

Node parse_yaml(const std::string& text, const std::string& name, const YamlLimits& limits) {
  return parse_value(text, name, 1, limits);
}

}  // namespace tightrope
