// What was asked, and where the results come from.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/report/page/html.hpp"
#include "core/report/sections/sections.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_values = 6;  // of a setting that differs, told one by one
constexpr std::size_t most_differences = 60;

std::string text_of(const Node* node) { return node && node->is_scalar() ? node->scalar : ""; }

/// "1, 10, 100", "1, 2, 5, …, 1000 (10 values)"
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

/// A section of a spec on one line: "gaussian, measurements 1500, symmetric false".
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

/// One node for several of one kind: where scalars differ, their values one after the other.
Node united(const std::vector<const Node*>& nodes) {
  Node result = *nodes.front();
  if (result.is_map()) {
    for (Node::Entry& entry : result.entries) {
      std::vector<const Node*> parts;
      for (const Node* node : nodes)
        if (const Node* part = node->find(entry.key)) parts.push_back(part);
      entry.value = united(parts);
    }
    return result;
  }
  std::vector<std::string> values;
  for (const Node* node : nodes) add_new(values, in_words(*node));
  return values.size() == 1 ? result : Node::make_scalar(listed(values), {});
}

/// Texts of one section, each with the methods that have it; no methods if all have the same.
/// Whether a problem is made of target, operator and data; older specs do not say so.
bool is_sensing(const Node& problem) {
  const std::string type = problem.is_map() ? text_of(problem.find("type")) : "";
  return type.empty() || type == "sensing";
}

/// Of `problem` only those that are no sensing: what these consist of has rows of its own.
std::vector<std::pair<std::string, std::string>> told(const StoredRun& run, const char* outer, const char* inner) {
  std::vector<std::string> methods;
  std::map<std::string, std::vector<const Node*>> by_type;  // by method and type
  std::vector<std::string> order;
  for (const StoredCell& cell : run.cells) {
    const Node* node = cell.spec.find(outer);
    if (node && *inner) node = node->is_map() ? node->find(inner) : nullptr;
    if (!node || (!*inner && std::string(outer) == "problem" && is_sensing(*node))) continue;
    const auto method = cell.labels.find("method");
    const std::string name = method == cell.labels.end() ? "" : method->second;
    const std::string type = node->is_map() ? text_of(node->find("type")) : "";
    const std::string key = name + '\n' + type;
    add_new(order, key);
    by_type[key].push_back(node);
  }
  std::vector<std::pair<std::string, std::string>> texts;  // methods, text
  for (const std::string& key : order) {
    std::string text = in_words(united(by_type[key]));
    if (std::string(inner) == "shape")
      if (const auto comma = text.find(", "); comma != std::string::npos) text.replace(comma, 2, " × ");
    const std::string method = key.substr(0, key.find('\n'));
    const auto known =
        std::find_if(texts.begin(), texts.end(), [&](const auto& entry) { return entry.second == text; });
    if (known == texts.end())
      texts.emplace_back(method, text);
    else if (!method.empty() && known->first != method)
      known->first += ", " + method;
  }
  if (texts.size() == 1) texts.front().first.clear();
  return texts;
}

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

}  // namespace

std::string setup_section(const StoredRun& run) {
  static constexpr std::array<std::array<const char*, 2>, 15> sections = {{{"problem", ""},
                                                                           {"problem", "shape"},
                                                                           {"problem", "target"},
                                                                           {"problem", "operator"},
                                                                           {"problem", "noise"},
                                                                           {"problem", "hold_out"},
                                                                           {"model", ""},
                                                                           {"loss", ""},
                                                                           {"initialization", ""},
                                                                           {"perturbation", ""},
                                                                           {"projection", ""},
                                                                           {"batch", ""},
                                                                           {"optimizer", ""},
                                                                           {"keep", ""},
                                                                           {"seed", ""}}};
  std::string html = "<table><tbody>\n";
  for (const auto& [outer, inner] : sections) {
    const auto texts = told(run, outer, inner);
    if (texts.empty() || (texts.size() == 1 && texts.front().second.empty())) continue;
    html += fmt::format("<tr><th scope=\"row\">{}</th><td>", worded(*inner ? inner : outer));
    for (std::size_t i = 0; i < texts.size(); ++i)
      html += (i ? "<br>" : "") + (texts[i].first.empty() ? "" : "<b>" + escaped(texts[i].first, 120) + "</b>: ") +
              escaped(texts[i].second.empty() ? "none" : texts[i].second, 400);
    html += "</td></tr>\n";
  }
  return "<h2>The experiment</h2>\n" + scrolling("The experiment", html + "</tbody></table>");
}

std::string origin_section(const StoredRun& run) {
  std::vector<const Node*> specs;
  for (const StoredCell& cell : run.cells) specs.push_back(&cell.spec);
  std::vector<std::pair<std::string, std::vector<std::string>>> differences;
  const Node shared = common(specs, "", differences);
  std::string html = "<h2>What was asked, in full</h2>\n";
  if (run.cells.size() > 1) html += "<p>What all runs have in common:</p>\n";
  html += fmt::format("<pre tabindex=\"0\">{}</pre>\n", escaped(to_yaml(shared), 200000));
  if (!differences.empty()) {
    std::string rows;
    for (std::size_t i = 0; i < std::min(differences.size(), most_differences); ++i)
      rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(differences[i].first, 200),
                          escaped(listed(differences[i].second), 600));
    html += "<p>What differs:</p>\n" + scrolling("What differs", "<table><tbody>\n" + rows + "</tbody></table>");
  }

  const StoredCell& first = run.cells.front();
  std::string rows;
  const auto row = [&](const std::string& name, const std::string& value) {
    if (!value.empty())
      rows +=
          fmt::format("<tr><th scope=\"row\">{}</th><td class=\"key\">{}</td></tr>\n", escaped(name), escaped(value));
  };
  row("version", text_of(first.record.find("tightrope")));
  if (const Node* build = first.record.find("build"))
    for (const Node::Entry& entry : build->entries) row(worded(entry.key), text_of(&entry.value));
  for (const char* key : {"finished", "processor", "threads"}) {
    std::vector<std::string> values;
    for (const StoredCell& cell : run.cells) add_new(values, text_of(cell.provenance.find(key)));
    std::sort(values.begin(), values.end());
    const bool is_span = std::string(key) == "finished" && values.size() > 1;
    row(key, is_span ? values.front() + " to " + values.back() : listed(values));
  }
  if (run.cells.size() == 1) row("key", first.key);
  html += "<h2>Where it comes from</h2>\n" +
          scrolling("Where it comes from", "<table><tbody>\n" + std::exchange(rows, "") + "</tbody></table>");
  std::vector<std::string> known;
  for (const StoredCell& cell : run.cells)
    for (const char* list : {"plugins", "data"})
      if (const Node* entries = cell.record.find(list))
        for (const Node& entry : entries->items) {
          const std::string name =
              text_of(entry.find("kind")) + " " + text_of(entry.find("name")) + text_of(entry.find("file"));
          const std::string digest = text_of(entry.find("sha256"));
          if (std::find(known.begin(), known.end(), name + digest) != known.end()) continue;
          known.push_back(name + digest);
          row(name, digest);
        }
  return html + "<details><summary>Plugins and data with their SHA-256</summary>" +
         scrolling("Plugins and data", "<table><tbody>\n" + rows + "</tbody></table>") + "</details>\n";
}

}  // namespace tightrope
