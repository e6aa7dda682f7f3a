// The experiment at a glance: one row a component.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/section.hpp"
#include "core/report/spec_words.hpp"

namespace tightrope {

namespace {

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

/// Whether a problem is made of target, operator and data; older specs do not say so.
bool is_sensing(const Node& problem) {
  const std::string type = problem.is_map() ? text_of(problem.find("type")) : "";
  return type.empty() || type == "sensing";
}

/// Texts of one section, each with the methods that have it; no methods if all have the same.
/// Of `problem` only those that are no sensing: what these consist of has rows of its own.
std::vector<std::pair<std::string, std::string>> texts_of(const StoredRun& run, const char* outer, const char* inner) {
  std::vector<std::string> methods, of_run;                 // that have the section, and all
  std::map<std::string, std::vector<const Node*>> by_type;  // by method and type
  std::vector<std::string> order;
  for (const StoredCell& cell : run.cells) {
    const auto method = cell.labels.find("method");
    const std::string name = method == cell.labels.end() ? "" : method->second;
    add_new(of_run, name);
    const Node* node = cell.spec.find(outer);
    if (node && *inner) node = node->is_map() ? node->find(inner) : nullptr;
    if (!node || (!*inner && std::string(outer) == "problem" && is_sensing(*node))) continue;
    add_new(methods, name);
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
  if (texts.size() == 1 && methods.size() == of_run.size()) texts.front().first.clear();
  return texts;
}

std::string components_of(const StoredRun& run) {
  static constexpr std::pair<const char*, const char*> sections[] = {
      {"problem", ""},         {"problem", "shape"}, {"problem", "target"},
      {"problem", "operator"}, {"problem", "noise"}, {"problem", "hold_out"},
      {"model", ""},           {"loss", ""},         {"initialization", ""},
      {"perturbation", ""},    {"projection", ""},   {"batch", ""},
      {"optimizer", ""},       {"keep", ""},         {"seed", ""}};
  std::string html = "<table><tbody>\n";
  for (const auto& [outer, inner] : sections) {
    const auto texts = texts_of(run, outer, inner);
    if (texts.empty() || (texts.size() == 1 && texts.front().second.empty())) continue;
    html += fmt::format("<tr><th scope=\"row\">{}</th><td>", worded(*inner ? inner : outer));
    for (std::size_t i = 0; i < texts.size(); ++i)
      html += (i ? "<br>" : "") + (texts[i].first.empty() ? "" : "<b>" + escaped(texts[i].first, 120) + "</b>: ") +
              escaped(texts[i].second.empty() ? "none" : texts[i].second, 400);
    html += "</td></tr>\n";
  }
  return scrolling("The experiment", html + "</tbody></table>");
}

}  // namespace

ReportSection setup_report_section() {
  return {100, [](const Content&) { return "The experiment"; },
          [](const Content& page) { return components_of(page.run); }};
}

}  // namespace tightrope
