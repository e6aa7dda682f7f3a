// From numbers to scales and the ticks on them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/report/figures/figure.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();

/// The next round number not below x: 1, 2 or 5 times a power of ten.
Real round_step(Real x) {
  const Real power = std::pow(10, std::floor(std::log10(x)));
  for (const Real factor : {1, 2, 5})
    if (x <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}

Scale linear_scale(Real low, Real high, bool rounded) {
  if (!(high > low) && rounded && low != 0) {  // one value is seen in the middle
    high = low + 0.1 * std::abs(low);
    low -= 0.1 * std::abs(low);
  }
  if (!(high > low)) high = low + std::max<Real>(1e-3 * std::abs(low), low == 0 ? 1 : 0);
  if (!rounded) return {false, low, high};
  const Real step = round_step((high - low) / 6);
  return {false, std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step};
}

/// Whole decades; where there are few, from and to 1, 2 or 5 times a power of ten.
Scale decade_scale(Real low, Real high) {
  const Real first = std::floor(std::log10(low) + 1e-9), last = std::ceil(std::log10(high) - 1e-9);
  Scale scale{true, std::pow(10, first), std::pow(10, std::max(last, first + 1))};
  if (last - first > 2) return scale;
  for (const Real factor : {2, 5}) {
    if (factor * std::pow(10, first) <= low) scale.low = factor * std::pow(10, first);
    if (std::pow(10, last) / factor >= high) scale.high = std::pow(10, last) / factor;
  }
  if (scale.high <= 1.5 * scale.low) return {true, std::pow(10, first), std::pow(10, first + 1)};
  return scale;
}

struct Range {
  Real low = infinity, high = -infinity;
  void add(Real value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool is_empty() const { return low > high; }
};

}  // namespace

Real Scale::place(Real value) const {
  return logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
}

void fit_scales(Plot& plot, bool logarithmic_x, bool logarithmic_y) {
  const bool points = plot.look == Plot::Look::points;
  Range x, y;
  for (const Panel& panel : plot.panels)
    for (const Series& series : panel.series) {
      // What a diverging run does last would leave no room for the others.
      const Real highest = series.is_lost && logarithmic_y && !series.y.empty() ? 1e3 * series.y.front() : infinity;
      for (std::size_t i = 0; i < series.y.size(); ++i) {
        x.add(series.x[i]);
        for (const auto* values : {&series.y, &series.low, &series.high})
          if (!values->empty() && std::isfinite((*values)[i]) && (!logarithmic_y || (*values)[i] > 0))
            y.add(std::min((*values)[i], highest));
      }
    }
  // Levels near the data are shown; one far from it would say more about itself than about the data.
  for (const Panel& panel : plot.panels)
    for (const Overlay& overlay : panel.overlays) {
      if (!overlay.is_level() || y.is_empty() || (logarithmic_y && overlay.y.front() <= 0)) continue;
      const Real level = overlay.y.front(), room = y.high - y.low;
      if (logarithmic_y ? level > y.low / 100 && level < y.high * 100 : level > y.low - room && level < y.high + room)
        y.add(level);
    }
  if (x.is_empty()) x = {0, 1};
  if (y.is_empty()) y = {logarithmic_y ? 1.0 : 0.0, logarithmic_y ? 10.0 : 1.0};
  plot.y = logarithmic_y ? decade_scale(y.low, y.high) : linear_scale(y.low, y.high, true);
  if (points) {
    const Real room = logarithmic_x ? std::pow(x.high / x.low, 0.06) : 0.06 * (x.high - x.low);
    plot.x =
        logarithmic_x ? Scale{true, x.low / room, x.high * room} : linear_scale(x.low - room, x.high + room, false);
  } else {
    plot.x = logarithmic_x ? Scale{true, x.low, std::max(x.high, 2 * x.low)}
                           : linear_scale(std::min<Real>(0, x.low), x.high, false);
  }
}

std::vector<Tick> ticks_of(const Scale& scale) {
  std::vector<Tick> ticks;
  if (!scale.logarithmic) {
    const Real step = round_step((scale.high - scale.low) / 6);
    for (Real k = std::ceil(scale.low / step - 1e-9); k * step <= scale.high + 1e-9 * step; ++k)
      ticks.push_back({k * step, tick_number(k * step)});
    return ticks;
  }
  const int first = static_cast<int>(std::ceil(std::log10(scale.low) - 1e-9)),
            last = static_cast<int>(std::floor(std::log10(scale.high) + 1e-9));
  if (last - first >= 2) {
    const int step = (last - first + 7) / 8;
    for (int k = first; k <= last; k += step) ticks.push_back({std::pow(10, k), power_of_ten(k)});
    return ticks;
  }
  for (int k = first - 1; k <= last; ++k)
    for (const int factor : {1, 2, 5}) {
      const Real value = factor * std::pow(10, k);
      if (value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9))
        ticks.push_back({value, tick_number(value)});
    }
  return ticks;
}

}  // namespace tightrope
