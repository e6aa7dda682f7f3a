#include "core/grid/labels.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace tightrope {

std::string text_of(const Node& node) {
  if (node.is_scalar()) return node.scalar;
  std::vector<std::string> parts;
  if (node.is_sequence()) {
    for (const Node& item : node.items) parts.push_back(text_of(item));
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
  if (const Node* type = node.find("type"); type && type->is_scalar()) return type->scalar;
  for (const Node::Entry& entry : node.entries) parts.push_back(entry.key + "=" + text_of(entry.value));
  return fmt::format("{}", fmt::join(parts, " "));
}

std::vector<std::string> distinct_texts(const std::vector<const Node*>& nodes) {
  std::vector<std::string> texts;
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    texts.push_back(text_of(*nodes[i]));
    groups[texts.back()].push_back(i);
  }
  for (const auto& [text, group] : groups) {
    if (group.size() == 1) continue;
    std::map<std::string, std::set<std::string>> found;
    std::map<std::string, std::size_t> times;
    for (const std::size_t i : group)
      for (const Node::Entry& entry : nodes[i]->entries) {
        found[entry.key].insert(to_json(entry.value, true));
        ++times[entry.key];
      }
    for (const std::size_t i : group)
      for (const Node::Entry& entry : nodes[i]->entries)
        if (entry.key != "type" && (found[entry.key].size() > 1 || times[entry.key] < group.size()))
          texts[i] += " " + entry.key + "=" + text_of(entry.value);
  }
  std::map<std::string, std::size_t> uses;
  for (const std::string& text : texts) ++uses[text];
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (uses[texts[i]] > 1) texts[i] += " " + to_json(*nodes[i], true);
  return texts;
}

std::vector<std::string> distinct_ends(const std::vector<std::string>& paths) {
  std::vector<std::string> ends(paths.size());
  std::vector<std::size_t> begins(paths.size());
  const auto lengthen = [&](std::size_t i, std::size_t begin) {
    const std::size_t dot = begin < 2 ? std::string::npos : paths[i].rfind('.', begin - 2);
    begins[i] = dot == std::string::npos ? 0 : dot + 1;
    ends[i] = paths[i].substr(begins[i]);
  };
  for (std::size_t i = 0; i < paths.size(); ++i) lengthen(i, paths[i].size() + 1);
  for (bool changed = true; changed;) {
    changed = false;
    std::map<std::string, std::size_t> uses;
    for (const std::string& end : ends) ++uses[end];
    for (std::size_t i = 0; i < paths.size(); ++i)
      if (uses[ends[i]] > 1 && begins[i] > 0) {
        lengthen(i, begins[i]);
        changed = true;
      }
  }
  return ends;
}

}  // namespace tightrope
