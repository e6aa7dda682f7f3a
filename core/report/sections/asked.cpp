// The resolved spec: what all runs have in common, and what differs.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/section.hpp"
#include "core/report/spec_words.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_differences = 60;

/// What all specs have in common; the paths at which they differ go to `differences`, with the values.
Node common(const std::vector<const Node*>& nodes, const std::string& path,
            std::vector<std::pair<std::string, std::vector<std::string>>>& differences) {
  Node result = *nodes.front();
  if (!result.is_map()) return result;
  std::vector<std::string> keys;
  for (const Node* node : nodes)
    for (const Node::Entry& entry : node->entries)
      if (keys.size() < 200) add_new(keys, entry.key);
  for (const std::string& key : keys) {
    std::vector<const Node*> parts;
    std::vector<std::string> values;
    bool are_maps = true;
    for (const Node* node : nodes) {
      const Node* part = node->find(key);
      parts.push_back(part);
      are_maps = are_maps && part && part->is_map();
      add_new(values, part ? in_words(*part) : "none");
    }
    const bool has_all = std::find(parts.begin(), parts.end(), nullptr) == parts.end();
    if (has_all && values.size() == 1) continue;
    const std::string at = path.empty() ? key : path + "." + key;
    if (are_maps) {
      Node inner = common(parts, at, differences);
      if (inner.entries.empty())
        result.erase(key);
      else
        result.set(key, inner);
    } else {
      result.erase(key);
      differences.emplace_back(at, values);
    }
  }
  return result;
}

std::string specs_of(const StoredRun& run) {
  std::vector<const Node*> specs;
  for (const StoredCell& cell : run.cells) specs.push_back(&cell.spec);
  std::vector<std::pair<std::string, std::vector<std::string>>> differences;
  const Node shared = common(specs, "", differences);
  std::string html;
  if (run.cells.size() > 1) html += "<p>What all runs have in common:</p>\n";
  html += fmt::format("<pre tabindex=\"0\">{}</pre>\n", escaped(to_yaml(shared), 200000));
  if (!differences.empty()) {
    std::string rows;
    for (std::size_t i = 0; i < std::min(differences.size(), most_differences); ++i)
      rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(differences[i].first, 200),
                          escaped(listed(differences[i].second), 600));
    html += "<p>What differs:</p>\n" + scrolling("What differs", "<table><tbody>\n" + rows + "</tbody></table>");
  }
  return html;
}

}  // namespace

ReportSection asked_report_section() {
  return {120, [](const Content&) { return "What was asked, in full"; },
          [](const Content& page) { return specs_of(page.run); }};
}

}  // namespace tightrope
