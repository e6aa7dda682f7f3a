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

/// One profile per method out of the places of its solved problems.
template <typename Place>
std::vector<Profile> profiles(const std::vector<std::vector<Real>>& costs, Place place) {
  std::vector<Profile> result;
  const std::size_t methods = costs.empty() ? 0 : costs.front().size();
  for (std::size_t method = 0; method < methods; ++method) {
    std::vector<Real> places;
    for (std::size_t problem = 0; problem < costs.size(); ++problem) {
      const Real at = place(problem, method);
      if (std::isfinite(at)) places.push_back(at);
    }
    result.push_back(profile_of(std::move(places), costs.size()));
  }
  return result;
}

}  // namespace

Real Profile::at(Real where) const {
  const auto next = std::upper_bound(steps.begin(), steps.end(), where, [](Real x, const Step& s) { return x < s.at; });
  return next == steps.begin() ? 0 : std::prev(next)->share;
}

std::vector<Profile> performance_profiles(const std::vector<std::vector<Real>>& costs) {
  return profiles(costs, [&](std::size_t problem, std::size_t method) {
    const Real best = *std::min_element(costs[problem].begin(), costs[problem].end());
    const Real cost = costs[problem][method];
    if (std::isinf(cost)) return cost;
    return cost == best ? 1.0 : cost / best;  // a best of 0 gives infinity
  });
}

std::vector<Profile> data_profiles(const std::vector<std::vector<Real>>& costs, std::span<const Real> units) {
  return profiles(costs,
                  [&](std::size_t problem, std::size_t method) { return costs[problem][method] / units[problem]; });
}

}  // namespace tightrope
