// Version, machine, keys and digests.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/report/section.hpp"
#include "core/report/spec_words.hpp"

namespace tightrope {

namespace {

std::string sources_of(const StoredRun& run) {
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
  std::string html =
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

}  // namespace

ReportSection origin_report_section() {
  return {130, [](const Content&) { return "Where it comes from"; },
          [](const Content& page) { return sources_of(page.run); }};
}

}  // namespace tightrope
