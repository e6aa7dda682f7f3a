// What had to come out, and whether it has.
#include <fmt/format.h>

#include "core/report/section.hpp"

namespace tightrope {

namespace {

std::string verdicts(const Content& page) {
  if (page.run.claims.empty()) return "";
  std::string html = "<table class=\"claims\"><thead><tr>" + head("Verdict", false) + head("Claim", false) +
                     head("Measured", false) + "</tr></thead><tbody>\n";
  for (const StoredClaim& claim : page.run.claims)
    html += fmt::format("<tr><td class=\"{}\">{}</td><td>{}</td><td>{}</td></tr>\n", claim.holds ? "holds" : "fails",
                        claim.holds ? "✓ holds" : "✗ is false", escaped(claim.text), escaped(claim.measured));
  return scrolling("Claims", html + "</tbody></table>");
}

}  // namespace

ReportSection claims_report_section() {
  return {40, [](const Content&) { return "Claims"; }, verdicts};
}

}  // namespace tightrope
