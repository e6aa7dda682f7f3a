#include "core/claims/clock.hpp"

#include <algorithm>

namespace tightrope {

namespace {

template <class Matches>
const Clock* find(const Matches& matches) {
  const auto at = std::find_if(clocks().begin(), clocks().end(), matches);
  return at == clocks().end() ? nullptr : &*at;
}

}  // namespace

std::vector<Real> Clock::of(const Trace& trace) const {
  if (trace.rows.empty()) return {};
  const auto at = values ? std::nullopt : trace.find(column);
  std::vector<Real> all = values ? values(trace) : at ? trace.column(*at) : std::vector<Real>();
  return all.size() == trace.rows.size() ? all : std::vector<Real>();
}

const std::vector<Clock>& clocks() {
  static const std::vector<Clock> all = [] {
    std::vector<Clock> sorted = clocks_of_all_files();
    std::stable_sort(sorted.begin(), sorted.end(), [](const Clock& a, const Clock& b) {
      return std::pair(!a.is_cost, a.place) < std::pair(!b.is_cost, b.place);
    });
    return sorted;
  }();
  return all;
}

const std::vector<Clock>& costs() {
  static const std::vector<Clock> all = [] {
    std::vector<Clock> kept = clocks();
    std::erase_if(kept, [](const Clock& clock) { return !clock.is_cost; });
    return kept;
  }();
  return all;
}

const Clock* find_cost(const std::string& name) {
  return find([&](const Clock& clock) { return clock.is_cost && clock.name == name; });
}

std::optional<std::vector<Real>> series(const Trace& trace, const std::string& name) {
  if (const auto column = trace.find(name)) return trace.column(*column);
  const Clock* clock = find([&](const Clock& own) { return own.column == name; });
  std::vector<Real> values = clock ? clock->of(trace) : std::vector<Real>();
  return values.empty() ? std::nullopt : std::optional(std::move(values));
}

bool is_beside_columns(const std::string& name) {
  const std::vector<Column> own = Trace::own_columns();
  return find([&](const Clock& clock) { return clock.column == name; }) &&
         std::none_of(own.begin(), own.end(), [&](const Column& column) { return column.name == name; });
}

}  // namespace tightrope
