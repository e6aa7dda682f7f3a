// A section of the page, and what all of them are made of.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/report/figures/figures.hpp"
#include "core/report/page/html.hpp"
#include "core/report/report.hpp"
#include "core/report/text.hpp"
#include "core/study/findings/summary.hpp"

namespace tightrope {

/// What a page shows.
struct Content {
  const StoredRun& run;
  const Summary& summary;
  const Figures& figures;
  const Pictures& pictures;
};

struct ReportSection {
  int order = 0;  // the lower, the nearer to the top of the page; no two have the same
  std::function<std::string(const Content&)> heading;  // HTML; none for what stands above the list of sections
  std::function<std::string(const Content&)> html;     // what stands below it; "" where the section is left out
};

/// All sections, in the order of the page: those of the files of core/report/sections. NAME.cpp defines
/// `ReportSection NAME_report_section()`.
const std::vector<ReportSection>& report_sections();

}  // namespace tightrope
