#include "core/report/spec_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/report/text.hpp"

namespace tightrope {

constexpr std::size_t most_values = 6;  // of a setting that differs, told one by one

std::string text_of(const Node* node) { return node && node->is_scalar() ? node->scalar : ""; }

std::string listed(const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_left_out = values.size() > most_values && i > 2 && i + 1 < values.size();
    if (is_left_out) {
      if (i == 3) text += ", …";
      continue;
    }
    text += (text.empty() ? "" : ", ") + values[i];
  }
  return values.size() > most_values ? text + fmt::format(" ({} values)", values.size()) : text;
}

std::string in_words(const Node& node) {
  if (node.is_scalar()) return node.scalar;
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const Node& item : node.items) add(in_words(item));
  for (const Node::Entry& entry : node.entries) {
    if (entry.key == "type")
      add(worded(entry.value.scalar));
    else if (!entry.value.is_scalar() && entry.value.items.empty() && entry.value.entries.empty())
      continue;  // an empty list says nothing
    else
      add(worded(entry.key) + " " + (entry.value.is_map() ? "(" + in_words(entry.value) + ")" : in_words(entry.value)));
  }
  return text;
}

void add_new(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

}  // namespace tightrope
