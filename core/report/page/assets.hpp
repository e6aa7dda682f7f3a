// Files compiled into the program: the page's style and script, and those of others
// (core/report/page/vendor/README.md).
#pragma once

namespace tightrope::assets {

extern const char* const uPlot_iife_min_js;
extern const char* const uPlot_min_css;
extern const char* const page_js;
extern const char* const page_css;

}  // namespace tightrope::assets
