// report.html: one file, no network, readable on a phone, in print and without scripts.
#include <fmt/format.h>

#include "core/base/digest.hpp"
#include "core/report/figures/curves.hpp"
#include "core/report/figures/heat_map.hpp"
#include "core/report/page/assets.hpp"
#include "core/report/report.hpp"
#include "core/report/sections/sections.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

/// How curves over repetitions are to be read.
std::string how_to_read(const Summary& summary) {
  std::size_t most = 0;
  for (const Setting& setting : summary.settings) most = std::max<std::size_t>(most, setting.runs);
  if (most < 2) return "";
  return fmt::format(
      "<p class=\"soft\">Each curve is the median over the repetitions ({} at most), its band lies between the "
      "quartiles. "
      "Between two recorded values a run is interpolated. A run that has ended keeps its last value; one that diverged "
      "or "
      "failed counts from then on as worse than every number, and × marks where so many have that there is no median "
      "any more.</p>\n",
      most);
}

/// What a Content-Security-Policy calls a script that may run: whatever else gets into the page may not.
std::string hash_source(const std::string& script) {
  const std::string digest = sha256(script);
  std::string bytes;
  for (std::size_t i = 0; i < digest.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digest.substr(i, 2), nullptr, 16));
  return "'sha256-" + base64(bytes) + "'";
}

struct Figures {
  std::vector<Figure> curves, along_axes, profiles;
  std::vector<PhaseDiagram> maps;
};

Figures figures_of(const StoredRun& run, const Summary& summary) {
  if (!run.is_study) return {curves_of_run(run), {}, {}, {}};
  return {curves_of_study(run, summary), figures_along_axes(run, summary), profile_figures(summary),
          phase_diagrams_of(summary)};
}

/// The body with a list of its sections behind the summary.
std::string with_contents(const std::string& summary, std::string body) {
  std::string links;
  const std::string open = "<h2>";
  for (std::size_t at = 0; (at = body.find(open, at)) != std::string::npos;) {
    const std::size_t begin = at + open.size();
    const std::string title = body.substr(begin, body.find("</h2>", begin) - begin), id = safe_id(title);
    links += fmt::format("<a href=\"#{}\">{}</a>\n", id, title);
    body.replace(at, open.size(), "<h2 id=\"" + id + "\">");
    at = begin;
  }
  return summary + "<nav aria-label=\"Sections\">\n" + links + "</nav>\n" + body;
}

std::string page_of(const StoredRun& run, const Pictures& pictures, const Summary& summary, const Figures& figures) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; script-src {3} {4}; style-src 'unsafe-inline'; "
      "img-src data:\">\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{0}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n<style>{1}</style>\n<style>{2}</style></head>\n<body><main>\n<h1>{0}</h1>\n",
      escaped(run.name, 200), assets::uPlot_min_css, assets::page_css, hash_source(assets::uPlot_iife_min_js),
      hash_source(assets::page_js));
  // What came out, the pictures, then what to judge them by: tests, truth, what was asked and where it comes from.
  std::string body = remarks_section(run) + claims_section(run);
  if (run.is_study) body += methods_section(summary);
  body += "<h2>Figures</h2>\n" + clock_switch(run);
  body += curves_section(figures.curves, run.is_study ? how_to_read(summary) : "");
  body += drawings_section("Over one axis", figures.along_axes) + phase_section(figures.maps) +
          drawings_section("Over all problems", figures.profiles);
  if (run.is_study) body += comparison_section(summary) + tuned_section(run);
  body += truth_section(run, pictures) + setup_section(run) + runs_section(run, summary) + origin_section(run);
  page += with_contents(paper_section(run) + summary_section(run, summary), std::move(body));
  return page + fmt::format(
                    "</main>\n<script type=\"application/json\" "
                    "id=\"figures\">{}</script>\n<script>{}</script>\n<script>{}</script>\n</body></html>\n",
                    data_of(figures.curves), assets::uPlot_iife_min_js, assets::page_js);
}

}  // namespace

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
  const auto write = [&](const std::string& id, std::size_t clock, const std::vector<std::string>& sheets) {
    for (std::size_t s = 0; s < sheets.size(); ++s) {
      std::string name = id;
      if (clock > 0) name += fmt::format("-{}", clocks()[clock].name);
      if (s > 0) name += fmt::format("-{}", s + 1);
      write_atomically(folder / (name + ".svg"), sheets[s]);
    }
  };
  for (const auto* list : {&figures.curves, &figures.along_axes, &figures.profiles})
    for (const Figure& figure : *list)
      for (std::size_t k = 0; k < figure.plots.size(); ++k) write(figure.id, k, svgs_of(figure, k));
  for (const PhaseDiagram& diagram : figures.maps)
    for (std::size_t k = 0; k < diagram.svgs.size(); ++k) write(diagram.id, k, diagram.svgs[k]);
  write_atomically(run.folder / "report.html", page_of(run, pictures, summary, figures));
}

}  // namespace tightrope
