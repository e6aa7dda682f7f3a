// Which paper's law the run shows, and whether it was published with these parameters.
#include <fmt/format.h>

#include "core/report/section.hpp"

namespace tightrope {

namespace {

std::string whose_law(const Content& page) {
  if (!page.run.paper) return "";
  const PaperNote& paper = *page.run.paper;
  std::string title = fmt::format("<cite>{}</cite>", escaped(paper.title, 300));
  if (paper.link.starts_with("https://")) title = fmt::format("<a href=\"{}\">{}</a>", escaped(paper.link, 300), title);
  std::string whose;
  for (const std::string& part : {escaped(paper.authors, 300), title, escaped(paper.published, 200)})
    if (!part.empty()) whose += (whose.empty() ? "" : ", ") + part;
  const std::string seen = fmt::format("<p>What is to be seen: {}.</p>\n", escaped(paper.shows, 300));
  if (paper.authors.empty()) return seen;  // an experiment of our own
  return seen + fmt::format("<p class=\"soft\">{} {} of {}.</p>\n",
                            paper.is == "replica" ? "Replica of" : "Derived from", escaped(paper.source, 200), whose);
}

}  // namespace

ReportSection paper_report_section() { return {10, nullptr, whose_law}; }

}  // namespace tightrope
