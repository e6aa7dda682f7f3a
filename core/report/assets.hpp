// Third-party files compiled into the program; see core/report/vendor/README.md.
#pragma once

namespace tightrope::assets {

extern const char* const uPlot_iife_min_js;
extern const char* const uPlot_min_css;

}  // namespace tightrope::assets
