// Files compiled into the program: the page's style and script, those of others (core/report/page/vendor/README.md),
// and the papers that plugins cite (docs/references.bib).
#pragma once

namespace tightrope::assets {

extern const char* const uPlot_iife_min_js;
extern const char* const uPlot_min_css;
extern const char* const page_js;
extern const char* const page_css;
extern const char* const references_bib;

}  // namespace tightrope::assets
