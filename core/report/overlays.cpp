#include "core/report/overlays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/config/yaml.hpp"
#include "core/report/text.hpp"
#include "core/study/verdicts.hpp"

namespace tightrope {

namespace {

using Pick = Quantity::Pick;

constexpr int samples = 32;  // of a fitted curve

std::vector<Overlay> levels(const Condition& condition, const std::string& name) {
  std::vector<Overlay> result = {{name, {}, {condition.bound}, {}}};
  if (condition.relation == Condition::Relation::between) result.push_back({name, {}, {condition.upper}, {}});
  return result;
}

Overlay drawn(const CurveFit& fit, const std::string& name) {
  Overlay overlay{name, {}, {}, fit.line.slope};
  for (int i = 0; i <= samples; ++i) {
    const Real t = static_cast<Real>(i) / samples;
    const Real x = fit.is_power && fit.range.low > 0 ? fit.range.low * std::pow(fit.range.high / fit.range.low, t)
                                                     : fit.range.low + t * (fit.range.high - fit.range.low);
    overlay.x.push_back(x);
    overlay.y.push_back(fit.at(x));
  }
  return overlay;
}

/// "claim: final relative_error < 0.001"
std::string said(const Claim& claim, const Condition& condition) {
  return "claim: " + worded(claim.that.text()) + " " + worded(condition.text());
}

bool is_absolute(const Claim& claim) {
  return !claim.relative_to && claim.compared_with.empty() && claim.fit == Claim::Fit::none;
}

}  // namespace

std::vector<Claim> claims_of(const StoredRun& run) {
  std::vector<Claim> claims;
  for (const StoredClaim& stored : run.claims) {
    if (stored.source.empty()) continue;
    std::vector<Diagnostic> diagnostics;
    claims.push_back(read_claim(parse_yaml(stored.source, "run.json"), diagnostics));
    if (!diagnostics.empty()) claims.pop_back();
  }
  return claims;
}

std::vector<Overlay> overlays_of(const std::vector<Claim>& claims, const std::string& column, Clock clock,
                                 const std::vector<const StoredCell*>& runs) {
  std::vector<Overlay> overlays;
  const auto add = [&](const std::vector<Overlay>& more) { overlays.insert(overlays.end(), more.begin(), more.end()); };
  for (const Claim& claim : claims) {
    std::vector<const StoredCell*> concerned;
    for (const StoredCell* run : runs)
      if (selects(claim.where, run->labels)) concerned.push_back(run);
    if (concerned.empty() || claim.that.column != column) continue;
    const Quantity& that = claim.that;
    if (that.pick == Pick::reach) {
      add(levels(that.target, "target: " + worded(column + " " + that.target.text())));
    } else if (that.pick == Pick::rate || that.pick == Pick::exponent) {
      if (that.over != (clock == Clock::iterations ? "iteration" : to_string(clock)) || !is_absolute(claim)) continue;
      std::vector<CurveFit> fits;
      for (const StoredCell* run : concerned)
        if (CurveFit fit = fit_of(that, run->trace); fit.line.trouble.empty()) fits.push_back(std::move(fit));
      if (fits.empty()) continue;
      const auto middle = fits.begin() + static_cast<long>((fits.size() - 1) / 2);
      std::nth_element(fits.begin(), middle, fits.end(),
                       [](const CurveFit& a, const CurveFit& b) { return a.line.slope < b.line.slope; });
      std::string name = that.pick == Pick::rate ? "fitted rate" : "fitted exponent";
      if (claim.is == Claim::Is::within) name += " (claim: " + worded(claim.bounds.text()) + ")";
      overlays.push_back(drawn(*middle, name));
    } else if (claim.success && is_absolute(claim)) {
      add(levels(*claim.success, said(claim, *claim.success)));
    } else if (claim.is == Claim::Is::within && is_absolute(claim)) {
      add(levels(claim.bounds, said(claim, claim.bounds)));
    }
  }
  return overlays;
}

std::vector<Overlay> overlays_of(const std::optional<SuccessCriterion>& criterion, const std::string& column) {
  if (!criterion || criterion->column != column) return {};
  return levels(criterion->condition, "success: " + worded(criterion->text()));
}

std::vector<Overlay> fits_along_axis(const std::vector<Claim>& claims, const Quantity& quantity,
                                     const std::string& axis, const std::vector<const StoredCell*>& runs) {
  std::vector<Overlay> overlays;
  for (const Claim& claim : claims) {
    if (claim.fit == Claim::Fit::none || claim.axis != axis || claim.relative_to) continue;
    const bool is_same = claim.that.pick == quantity.pick && claim.that.column == quantity.column &&
                         (quantity.pick != Pick::reach ||
                          (claim.that.over == quantity.over && claim.that.target.bound == quantity.target.bound));
    std::vector<ClaimSubject> subjects;
    for (const StoredCell* run : runs)
      subjects.push_back({run->labels, &run->trace, run->end.end_class == EndClass::diverged});
    if (!is_same) continue;
    const CurveFit fit = fit_of(claim, subjects);
    if (fit.line.trouble.empty())
      overlays.push_back(
          drawn(fit, fmt::format("fitted {} (claim: {})", claim.fit == Claim::Fit::rate ? "rate" : "exponent",
                                 worded(claim.bounds.text()))));
  }
  return overlays;
}

void add_overlays(Panel& panel, std::vector<Overlay> overlays) {
  for (Overlay& overlay : overlays) {
    const bool is_known = std::any_of(panel.overlays.begin(), panel.overlays.end(), [&](const Overlay& other) {
      return other.name == overlay.name && other.y == overlay.y;
    });
    if (!is_known) panel.overlays.push_back(std::move(overlay));
  }
}

void tell_slopes(Plot& plot) {
  std::map<std::string, Interval> slopes;
  for (const Panel& panel : plot.panels)
    for (const Overlay& overlay : panel.overlays) {
      if (!overlay.slope) continue;
      const auto [at, is_new] = slopes.emplace(overlay.name, Interval{*overlay.slope, *overlay.slope});
      at->second.low = std::min(at->second.low, *overlay.slope);
      at->second.high = std::max(at->second.high, *overlay.slope);
    }
  for (Panel& panel : plot.panels)
    for (Overlay& overlay : panel.overlays) {
      if (!overlay.slope) continue;
      const Interval& all = slopes.at(overlay.name);
      overlay.name += number(all.low) == number(all.high)
                          ? fmt::format(": {}", number(all.low))
                          : fmt::format(": {} to {}", number(all.low), number(all.high));
    }
}

}  // namespace tightrope
