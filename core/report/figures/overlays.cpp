#include "core/report/figures/overlays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/claims/judging/judge.hpp"
#include "core/report/text.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

namespace {

constexpr int samples = 32;  // of a fitted curve

std::vector<Overlay> levels(const Condition& condition, const std::string& role, const std::string& text) {
  std::vector<Overlay> result;
  for (const Real bound : condition.ends()) {
    Overlay& level = result.emplace_back();
    level.role = role;
    level.text = worded(text);
    level.y = {bound};
  }
  return result;
}

Overlay curve_of(const CurveFit& fit, const std::string& role) {
  Overlay overlay;
  overlay.role = role;
  overlay.slope = fit.line.slope;
  for (int i = 0; i <= samples; ++i) {
    const Real t = static_cast<Real>(i) / samples;
    // An axis of many decades is logarithmic, and all but exponential laws bend there: samples at each decade.
    const bool by_decades = (fit.law->straight_x || !fit.law->has_log_y) && fit.range.low > 0;
    const Real x = by_decades ? fit.range.low * std::pow(fit.range.high / fit.range.low, t)
                              : fit.range.low + t * (fit.range.high - fit.range.low);
    overlay.x.push_back(x);
    overlay.y.push_back(fit.at(x));
  }
  return overlay;
}

std::vector<Overlay> levels(const Claim& claim, const Condition& condition) {
  return levels(condition, "claim", claim.that.text() + " " + condition.text());
}

bool is_absolute(const Claim& claim) { return !claim.relative_to && claim.compared_with.empty() && !claim.fit; }

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

std::vector<Overlay> overlays_of(const std::vector<Claim>& claims, const std::string& column, const Clock& clock,
                                 const std::vector<const StoredCell*>& runs) {
  std::vector<Overlay> overlays;
  const auto add = [&](const std::vector<Overlay>& more) { overlays.insert(overlays.end(), more.begin(), more.end()); };
  for (const Claim& claim : claims) {
    std::vector<const StoredCell*> concerned;
    for (const StoredCell* run : runs)
      if (selects(claim.where, run->labels)) concerned.push_back(run);
    const Quantity& that = claim.that;
    // A deviation of the column has levels of its own, where none of its values are.
    if (concerned.empty() || that.column != column || !that.reference.empty()) continue;
    if (that.form->has_target()) {
      add(levels(that.target, "target", column + " " + that.target.text()));
    } else if (that.form->law) {
      if (that.over != clock.column || !is_absolute(claim)) continue;
      std::vector<CurveFit> fits;
      for (const StoredCell* run : concerned)
        if (CurveFit fit = fit_of(that, run->trace); fit.line.trouble.empty()) fits.push_back(std::move(fit));
      if (fits.empty()) continue;
      const auto middle = fits.begin() + static_cast<long>((fits.size() - 1) / 2);
      std::nth_element(fits.begin(), middle, fits.end(),
                       [](const CurveFit& a, const CurveFit& b) { return a.line.slope < b.line.slope; });
      std::string name = that.form->law->name;
      if (!claim.form) name += " (claim: " + worded(claim.bounds.text()) + ")";
      overlays.push_back(curve_of(*middle, name));
    } else if (that.form->is_value && is_absolute(claim) && !claim.form) {
      add(levels(claim, claim.success.value_or(claim.bounds)));
    }
  }
  return overlays;
}

std::vector<Overlay> overlays_of(const std::optional<SuccessCriterion>& criterion, const std::string& column) {
  if (!criterion || criterion->column != column) return {};
  return levels(criterion->condition, "success", criterion->text());
}

std::vector<Overlay> fits_along_axis(const std::vector<Claim>& claims, const Quantity& quantity,
                                     const std::string& axis, const std::vector<const StoredCell*>& runs) {
  struct ClaimedFit {
    Overlay curve;
    std::string name, conditions;
  };
  std::vector<ClaimedFit> all;  // a fit of which several things are claimed is one curve
  std::vector<ClaimSubject> subjects;
  for (const StoredCell* run : runs)
    subjects.push_back({run->labels, &run->trace, run->end.end_class == EndClass::diverged});
  for (const Claim& claim : claims) {
    if (!claim.fit || claim.axis != axis || claim.relative_to) continue;
    const bool is_same = claim.that.form == quantity.form && claim.that.column == quantity.column &&
                         claim.that.over == quantity.over && claim.that.reference == quantity.reference &&
                         claim.that.target.bound == quantity.target.bound;
    if (!is_same) continue;
    const CurveFit fit = fit_of(claim, subjects);
    if (!fit.line.trouble.empty()) continue;
    ClaimedFit own{curve_of(fit, ""), claim.fit->name, worded(claim.condition())};
    const auto known = std::find_if(all.begin(), all.end(), [&](const ClaimedFit& other) {
      return other.name == own.name && other.curve.x == own.curve.x && other.curve.y == own.curve.y;
    });
    if (known == all.end())
      all.push_back(std::move(own));
    else
      known->conditions += "; " + own.conditions;
  }
  std::vector<Overlay> overlays;
  for (ClaimedFit& fit : all) {
    fit.curve.role = fmt::format("{} (claim: {})", fit.name, fit.conditions);
    overlays.push_back(std::move(fit.curve));
  }
  return overlays;
}

void add_overlays(Panel& panel, std::vector<Overlay> overlays) {
  for (Overlay& overlay : overlays) {
    const bool is_known = std::any_of(panel.overlays.begin(), panel.overlays.end(), [&](const Overlay& other) {
      return other.role == overlay.role && other.text == overlay.text && other.y == overlay.y;
    });
    if (!is_known) panel.overlays.push_back(std::move(overlay));
  }
}

namespace {

template <class Visit>
void for_each_overlay(Plot& plot, const Visit& visit) {
  for (Panel& panel : plot.panels)
    for (Overlay& overlay : panel.overlays) visit(overlay);
}

/// What is said of one level: its texts, each with the roles in which it is said.
using LevelTexts = std::vector<std::pair<std::string, std::vector<std::string>>>;

void add(LevelTexts& texts, const Overlay& level) {
  auto at = std::find_if(texts.begin(), texts.end(), [&](const auto& entry) { return entry.first == level.text; });
  if (at == texts.end()) at = texts.insert(texts.end(), {level.text, {}});
  if (std::find(at->second.begin(), at->second.end(), level.role) == at->second.end()) at->second.push_back(level.role);
}

}  // namespace

void name_overlays(Plot& plot) {
  std::map<Real, LevelTexts> levels;
  std::map<std::string, Interval> slopes;
  for_each_overlay(plot, [&](const Overlay& overlay) {
    if (overlay.is_level()) add(levels[overlay.y.front()], overlay);
    if (!overlay.slope) return;
    const auto [at, is_new] = slopes.emplace(overlay.role, Interval{*overlay.slope, *overlay.slope});
    at->second.low = std::min(at->second.low, *overlay.slope);
    at->second.high = std::max(at->second.high, *overlay.slope);
  });
  for (Panel& panel : plot.panels) {
    std::vector<Overlay> kept;
    for (Overlay& overlay : panel.overlays) {
      const bool is_drawn = overlay.is_level() && std::any_of(kept.begin(), kept.end(), [&](const Overlay& other) {
                              return other.is_level() && other.y == overlay.y;
                            });
      if (!is_drawn) kept.push_back(std::move(overlay));
    }
    panel.overlays = std::move(kept);
  }
  std::vector<std::string> names;
  for_each_overlay(plot, [&](Overlay& overlay) {
    if (overlay.is_level()) {
      for (const auto& [text, roles] : levels[overlay.y.front()])
        overlay.name += fmt::format("{}{}: {}", overlay.name.empty() ? "" : "; ", fmt::join(roles, ", "), text);
    } else {
      const Interval& all = slopes.at(overlay.role);
      overlay.name = overlay.role + ": " + number(all.low);
      if (number(all.low) != number(all.high)) overlay.name += " to " + number(all.high);
    }
    const auto at = std::find(names.begin(), names.end(), overlay.name);
    overlay.dash = static_cast<std::size_t>(at - names.begin());
    if (at == names.end()) names.push_back(overlay.name);
  });
}

}  // namespace tightrope
