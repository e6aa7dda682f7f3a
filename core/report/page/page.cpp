// report.html: one file, no network, readable on a phone, in print and without scripts.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/digest.hpp"
#include "core/report/page/assets.hpp"
#include "core/report/page/figure_html.hpp"
#include "core/report/section.hpp"
#include "core/report/text.hpp"

namespace tightrope {

std::vector<ReportSection> report_sections_of_all_files();  // in the order of their names

namespace {

/// What a Content-Security-Policy calls a script that may run: whatever else gets into the page may not.
std::string hash_source(const std::string& script) {
  const std::string digest = sha256(script);
  std::string bytes;
  for (std::size_t i = 0; i < digest.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digest.substr(i, 2), nullptr, 16));
  return "'sha256-" + base64(bytes) + "'";
}

/// The sections that are present, with a list of those that have a heading before the first of these.
std::string body_of(const Content& content) {
  std::string above, links, below;
  for (const ReportSection& section : report_sections()) {
    const std::string html = section.html(content);
    if (html.empty()) continue;
    if (!section.heading) {
      (links.empty() ? above : below) += html;
      continue;
    }
    const std::string heading = section.heading(content), id = safe_id(heading);
    links += fmt::format("<a href=\"#{}\">{}</a>\n", id, heading);
    below += fmt::format("<h2 id=\"{}\">{}</h2>\n{}", id, heading, html);
  }
  return above + "<nav aria-label=\"Sections\">\n" + links + "</nav>\n" + below;
}

std::string page_of(const Content& content) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; script-src {3} {4}; style-src 'unsafe-inline'; "
      "img-src data:\">\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{0}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n<style>{1}</style>\n<style>{2}</style></head>\n<body><main>\n<h1>{0}</h1>\n",
      escaped(content.run.name, 200), assets::uPlot_min_css, assets::page_css, hash_source(assets::uPlot_iife_min_js),
      hash_source(assets::page_js));
  return page + body_of(content) +
         fmt::format(
             "</main>\n<script type=\"application/json\" "
             "id=\"figures\">{}</script>\n<script>{}</script>\n<script>{}</script>\n</body></html>\n",
             data_of(content.figures.curves), assets::uPlot_iife_min_js, assets::page_js);
}

}  // namespace

const std::vector<ReportSection>& report_sections() {
  static const std::vector<ReportSection> sorted = [] {
    std::vector<ReportSection> all = report_sections_of_all_files();
    std::sort(all.begin(), all.end(), [](const ReportSection& a, const ReportSection& b) { return a.order < b.order; });
    return all;
  }();
  return sorted;
}

void write_report(const StoredRun& run, const Pictures& pictures) {
  if (run.cells.empty())
    throw Error(Exit::config,
                fmt::format("{} holds no finished run, so there is nothing to report", run.folder.string()));
  const Summary summary = summarize(run);
  const Figures figures = figures_of(run, summary);
  const std::filesystem::path folder = run.folder / "figures";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(Exit::resources, fmt::format("{} cannot be created: {}", folder.string(), error.message()));
  write_files(figures, folder);
  write_atomically(run.folder / "report.html", page_of({run, summary, figures, pictures}));
}

}  // namespace tightrope
