// The YAML tree: look-up, conversions of scalars, layering, and writing it down as JSON or YAML.
#include "core/tree/node.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "core/base/utf8.hpp"

namespace tightrope {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool reads_as_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

/// The parts of a decimal number such as -12.5e3.
struct Decimal {
  bool plus = false, minus = false, point = false;
  std::string_view integer, fraction;
  long exponent = 0;  // cut off at ±exponent_cap
};
constexpr long exponent_cap = 100'000;

/// Takes the leading digits off the text.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

/// Null if the text is not a decimal number. Leading zeros are refused: elsewhere they mean octal.
std::optional<Decimal> split_decimal(std::string_view text) {
  Decimal decimal;
  if (text.starts_with('+') || text.starts_with('-')) {
    (text.front() == '+' ? decimal.plus : decimal.minus) = true;
    text.remove_prefix(1);
  }
  decimal.integer = take_digits(text);
  if (decimal.integer.size() > 1 && decimal.integer.front() == '0') return std::nullopt;
  if (text.starts_with('.')) {
    decimal.point = true;
    text.remove_prefix(1);
    decimal.fraction = take_digits(text);
  }
  if (decimal.integer.empty() && decimal.fraction.empty()) return std::nullopt;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return std::nullopt;
    for (const char digit : digits) decimal.exponent = std::min(exponent_cap, 10 * decimal.exponent + (digit - '0'));
    if (negative) decimal.exponent = -decimal.exponent;
  }
  return text.empty() ? std::optional(decimal) : std::nullopt;
}

std::optional<Decimal> plain_decimal(const Node& node) {
  if (!node.is_scalar() || node.quoted) return std::nullopt;
  return split_decimal(node.scalar);
}

/// Whether a scalar can be the name of a type: a text, neither number nor truth value.
bool is_name(const Node& node) { return node.is_scalar() && !plain_decimal(node) && !to_bool(node); }

Node named_type(const Node& name) {
  Node map = Node::make_map(name.position);
  map.entries.push_back({"type", name.position, name});
  return map;
}

bool same_type(const Node& a, const Node& b) { return a.is_scalar() && b.is_scalar() && a.scalar == b.scalar; }

/// The text in double quotes. Every escape of JSON is one of YAML, too.
std::string in_double_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
          append_escape(out, c, "\\u00");
        else
          out += c;
    }
  }
  return out + '"';
}

/// The list in one line, lists and maps inside it only hinted at.
std::string list_in_brief(const Node& list) {
  constexpr std::size_t enough = 60;
  std::string out;
  for (const Node& item : list.items) {
    if (out.size() > enough) break;
    if (!out.empty()) out += ", ";
    switch (item.kind) {
      case Node::Kind::null:
        out += "nothing";
        break;
      case Node::Kind::scalar:
        out += item.scalar;
        break;
      case Node::Kind::sequence:
        out += "[…]";
        break;
      case Node::Kind::map:
        out += "{…}";
        break;
    }
  }
  return '[' + excerpt(out, enough) + ']';
}

std::string json_scalar(const Node& node, bool canonical) {
  if (to_bool(node)) return node.scalar;
  if (const auto value = to_real(node)) {
    const Decimal decimal = *plain_decimal(node);
    const bool is_json = !decimal.plus && !decimal.integer.empty() && decimal.point == !decimal.fraction.empty();
    return is_json && !canonical ? node.scalar : shortest(*value);
  }
  return in_double_quotes(node.scalar);
}

void append_json(std::string& out, const Node& node, bool canonical) {
  switch (node.kind) {
    case Node::Kind::null:
      out += "null";
      return;
    case Node::Kind::scalar:
      out += json_scalar(node, canonical);
      return;
    case Node::Kind::sequence: {
      out += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ',';
        append_json(out, node.items[i], canonical);
      }
      out += ']';
      return;
    }
    case Node::Kind::map: {
      std::vector<const Node::Entry*> order;
      for (const Node::Entry& entry : node.entries) order.push_back(&entry);
      if (canonical)
        std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
      out += '{';
      for (std::size_t i = 0; i < order.size(); ++i) {
        if (i > 0) out += ',';
        out += in_double_quotes(order[i]->key) + ':';
        append_json(out, order[i]->value, canonical);
      }
      out += '}';
    }
  }
}

/// Whether YAML reads the bare text back as it is, wherever it stands. Careful rather than complete.
bool is_plain_in_yaml(std::string_view text) {
  if (reads_as_null(text) || text.back() == ' ') return false;
  const char first = text.front();
  const bool good_start =
      is_letter(first) || is_digit(first) || first == '_' || first == '/' || first == '<' || first == '(' ||
      first == '+' ||
      ((first == '-' || first == '.') && text.size() > 1 && (is_digit(text[1]) || text[1] == '.' || text[1] == '/'));
  if (!good_start || text == "<<" || text.starts_with("..")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view(" _-+./<>()=*^@").find(c) != std::string_view::npos;
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
    switch (node.kind) {
      case Node::Kind::null:
        return "null";
      case Node::Kind::scalar:
        return yaml_text(node.scalar, node.quoted);
      case Node::Kind::map:
        return "{}";
      case Node::Kind::sequence:
        break;
    }
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

std::vector<Diagnostic> in_order(std::vector<Diagnostic> diagnostics) {
  std::map<std::string, std::size_t> rank;  // of a file: order of first appearance
  for (const Diagnostic& diagnostic : diagnostics) rank.emplace(diagnostic.position.file, rank.size());
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    const auto key = [&](const Position& p) {
      return std::array{rank.at(p.file), std::size_t(p.line), std::size_t(p.column)};
    };
    return key(a.position) < key(b.position);
  });
  return diagnostics;
}

std::string lines(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += (out.empty() ? "" : "\n") + diagnostic.text();
  return out;
}

}  // namespace

std::string Position::text() const {
  if (file.empty() || line <= 0) return file;
  return file + ':' + std::to_string(line) + ':' + std::to_string(column);
}

Node Node::make_scalar(std::string text, Position position, bool quoted) {
  Node node;
  node.kind = Kind::scalar;
  node.scalar = std::move(text);
  node.quoted = quoted;
  node.position = std::move(position);
  return node;
}

Node Node::make_map(Position position) {
  Node node;
  node.kind = Kind::map;
  node.position = std::move(position);
  return node;
}

Node Node::make_sequence(Position position) {
  Node node;
  node.kind = Kind::sequence;
  node.position = std::move(position);
  return node;
}

const Node* Node::find(std::string_view key) const {
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return entry == entries.end() ? nullptr : &entry->value;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::set(std::string_view key, Node value) {
  if (Node* present = find(key)) return *present = std::move(value);
  Position where = value.position;
  entries.push_back({std::string(key), std::move(where), std::move(value)});
  return entries.back().value;
}

void Node::erase(std::string_view key) {
  std::erase_if(entries, [&](const Entry& entry) { return entry.key == key; });
}

std::string Node::description() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::sequence:
      return items.empty() ? "an empty list" : "the list " + list_in_brief(*this);
    case Kind::map:
      return entries.empty() ? "an empty map" : "a map";
    case Kind::scalar:
      break;
  }
  if (plain_decimal(*this)) return excerpt(scalar) + (to_real(*this) ? "" : ", which is beyond the range of numbers");
  if (to_bool(*this)) return scalar;
  return "the text '" + excerpt(scalar) + "'";
}

std::string Diagnostic::text() const {
  // Messages quote what the user wrote, and some of that could drive the terminal.
  const std::string where = position.text();
  return excerpt(where + (where.empty() ? "" : ": ") + "error: " + message, std::string::npos);
}

ConfigError::ConfigError(std::vector<Diagnostic> diagnostics)
    : Error(Exit::config, lines(in_order(diagnostics))), diagnostics_(in_order(std::move(diagnostics))) {}

std::optional<double> to_real(const Node& node) {
  const auto decimal = plain_decimal(node);
  if (!decimal) return std::nullopt;
  const char* const end = node.scalar.data() + node.scalar.size();
  double value = 0;
  const auto [stop, error] = std::from_chars(node.scalar.data() + (decimal->plus ? 1 : 0), end, value);
  if (error == std::errc() && stop == end) return value;
  // Out of range at one end or the other; what is too small is zero.
  const bool below_one = decimal->integer.empty() || decimal->integer == "0";
  const std::size_t zeros = std::min(decimal->fraction.find_first_not_of('0'), decimal->fraction.size());
  const long magnitude =
      decimal->exponent + (below_one ? -static_cast<long>(zeros) : static_cast<long>(decimal->integer.size()));
  if (magnitude > 0) return std::nullopt;
  return decimal->minus ? -0.0 : 0.0;
}

std::optional<std::uint64_t> to_index(const Node& node) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 53U;
  constexpr std::size_t most_digits = 16;
  const auto decimal = plain_decimal(node);
  if (!decimal) return std::nullopt;
  // Exactly, on the digits: digits · 10^shift.
  std::string digits = std::string(decimal->integer) + std::string(decimal->fraction);
  long shift = decimal->exponent - static_cast<long>(decimal->fraction.size());
  for (; !digits.empty() && digits.back() == '0'; ++shift) digits.pop_back();
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return 0;
  if (decimal->minus || shift < 0 || digits.size() + static_cast<std::size_t>(shift) > most_digits) return std::nullopt;
  digits.append(static_cast<std::size_t>(shift), '0');
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value <= largest ? std::optional(value) : std::nullopt;
}

std::optional<bool> to_bool(const Node& node) {
  if (!node.is_scalar() || node.quoted || (node.scalar != "true" && node.scalar != "false")) return std::nullopt;
  return node.scalar == "true";
}

std::string shortest(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  // The library writes 1e-04 and 1e+20 for 1e-4 and 1e20.
  if (const auto e = text.find('e'); e != std::string::npos) {
    if (text[e + 1] == '+') text.erase(e + 1, 1);
    const std::size_t first_digit = e + (text[e + 1] == '-' ? 2 : 1);
    text.erase(first_digit, text.find_first_not_of('0', first_digit) - first_digit);
  }
  return text;
}

void merge(Node& base, const Node& over) {
  const Node* const base_type = base.find("type");
  if (base_type && is_name(over)) {
    if (same_type(*base_type, over))
      base.set("type", over);
    else
      base = over;
    return;
  }
  if (!over.is_map()) {
    base = over;
    return;
  }
  if (is_name(base)) base = named_type(base);
  const Node* const type_below = base.find("type");
  const Node* const type_above = over.find("type");
  if (!base.is_map() || (type_below && type_above && !same_type(*type_below, *type_above))) {
    base = over;
    return;
  }
  for (const Node::Entry& entry : over.entries) {
    if (Node* const below = base.find(entry.key))
      merge(*below, entry.value);
    else
      base.entries.push_back(entry);
  }
}

std::string to_json(const Node& node, bool canonical) {
  std::string out;
  append_json(out, node, canonical);
  return out;
}

std::string to_yaml(const Node& node, const std::function<std::string(const Node&)>& comment) {
  return YamlWriter(comment).write(node);
}

}  // namespace tightrope
