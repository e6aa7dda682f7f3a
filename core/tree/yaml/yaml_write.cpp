// A tree as YAML.
#include <algorithm>

#include "core/tree/scalars/scalar.hpp"

namespace tightrope {

namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// Whether YAML reads the bare text back as it is, wherever it stands. Careful rather than complete.
bool is_plain_in_yaml(std::string_view text) {
  if (reads_as_null(text) || text.back() == ' ') return false;
  const char first = text.front();
  const bool good_start = is_letter_or_digit(first) ||
                          std::string_view("_/<(+").find(first) != std::string_view::npos ||
                          ((first == '-' || first == '.') && text.size() > 1 &&
                           std::string_view("0123456789./").find(text[1]) != std::string_view::npos);
  if (!good_start || text == "<<" || text.starts_with("..")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view(" _-+./<>()=*^@").find(c) != std::string_view::npos;
  });
}

std::string yaml_text(std::string_view text, bool quoted) {
  return quoted || !is_plain_in_yaml(text) ? in_double_quotes(text) : std::string(text);
}

class YamlWriter {
 public:
  explicit YamlWriter(const std::function<std::string(const Node&)>& comment) : comment_(comment) {}

  std::string write(const Node& root) {
    if (is_one_line(root))
      write_line(root);
    else
      write_block(root, 0, false);
    return std::move(out_);
  }

 private:
  /// What is written behind its key: scalars and lists of scalars.
  static bool is_one_line(const Node& node) {
    if (node.is_map()) return node.entries.empty();
    return std::all_of(node.items.begin(), node.items.end(),
                       [](const Node& item) { return item.is_null() || item.is_scalar(); });
  }

  static std::string one_line(const Node& node) {
    if (node.is_null()) return "null";
    if (node.is_map()) return "{}";
    if (node.is_scalar()) return yaml_text(node.scalar, node.quoted);
    std::string out;
    for (const Node& item : node.items) out += (out.empty() ? "" : ", ") + one_line(item);
    return '[' + out + ']';
  }

  void write_line(const Node& node) {
    out_ += one_line(node);
    std::string remark = comment_ ? comment_(node) : "";
    for (char& c : remark)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    if (!remark.empty()) out_ += "  # " + remark;
    out_ += '\n';
  }

  /// Each entry on lines of its own; the first one goes on in the current line if it has been begun.
  void write_block(const Node& node, std::size_t indent, bool line_begun) {
    const auto begin_line = [&] {
      if (!line_begun) out_.append(indent, ' ');
      line_begun = false;
    };
    for (const Node::Entry& entry : node.entries) {
      begin_line();
      out_ += yaml_text(entry.key, false) + ':';
      if (is_one_line(entry.value)) {
        out_ += ' ';
        write_line(entry.value);
      } else {
        out_ += '\n';
        write_block(entry.value, indent + 2, false);
      }
    }
    for (const Node& item : node.items) {
      begin_line();
      out_ += "- ";
      if (is_one_line(item))
        write_line(item);
      else
        write_block(item, indent + 2, true);
    }
  }

  const std::function<std::string(const Node&)>& comment_;
  std::string out_;
};

}  // namespace

std::string to_yaml(const Node& node, const std::function<std::string(const Node&)>& comment) {
  return YamlWriter(comment).write(node);
}

}  // namespace tightrope
