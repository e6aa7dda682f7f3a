#include "core/statistics/profiles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tightrope {

namespace {

Profile profile_of(std::vector<Real> places, std::size_t problems) {
  std::sort(places.begin(), places.end());
  Profile profile;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Real share = static_cast<Real>(i + 1) / static_cast<Real>(problems);
    if (!profile.steps.empty() && profile.steps.back().at == places[i])
      profile.steps.back().share = share;
    else
      profile.steps.push_back({places[i], share});
  }
  return profile;
}

}  // namespace

Real Profile::at(Real where) const {
  const auto next = std::upper_bound(steps.begin(), steps.end(), where, [](Real x, const Step& s) { return x < s.at; });
  return next == steps.begin() ? 0 : std::prev(next)->share;
}

std::vector<Profile> performance_profiles(const std::vector<std::vector<Real>>& costs) {
  std::vector<Profile> result;
  const std::size_t methods = costs.empty() ? 0 : costs.front().size();
  for (std::size_t method = 0; method < methods; ++method) {
    std::vector<Real> ratios;
    for (const std::vector<Real>& own : costs) {
      const Real best = *std::min_element(own.begin(), own.end());
      const Real ratio = own[method] == best ? 1 : own[method] / best;  // a best of 0 gives infinity
      if (std::isfinite(own[method]) && std::isfinite(ratio)) ratios.push_back(ratio);
    }
    result.push_back(profile_of(std::move(ratios), costs.size()));
  }
  return result;
}

}  // namespace tightrope
