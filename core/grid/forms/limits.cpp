// limits: {time: 60 s, memory: 500 MB}
#include <fmt/format.h>
#include <algorithm>

#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"
#include "core/tree/scalars/quantity.hpp"

namespace tightrope {

namespace {

void read_limits(StudyReader& reader, const Node& limits) {
  if (!reader.is_map(limits, "limits must be a map such as {time: 60 s, memory: 500 MB}")) return;
  StudyRules& rules = reader.plan.rules;
  for (const Node::Entry& entry : limits.entries) {
    const bool is_time = entry.key == "time";
    if (!is_time && entry.key != "memory") {
      reader.complain(entry.position, fmt::format("a run has no limit '{}'{}; there are time and memory",
                                                  excerpt(entry.key), did_you_mean(entry.key, {"time", "memory"})));
      continue;
    }
    const Units& units = is_time ? times : sizes;
    const auto value = entry.value.is_scalar() ? to_quantity(entry.value.scalar, units) : std::nullopt;
    if (!value)
      reader.complain(entry.value.position,
                      fmt::format("the limit '{}' {}", entry.key,
                                  entry.value.is_scalar()
                                      ? must_be_quantity(entry.value.scalar, units)
                                      : "must be a number with a unit, but it is " + entry.value.description()));
    else if (is_time)
      rules.cell_seconds = *value;
    else
      rules.memory = static_cast<std::uint64_t>(std::min(*value, 1e18));
  }
}

}  // namespace

StudyForm limits_study_form() {
  return {
      "limits",
      140,
      "map",
      "{time: 60 s, memory: 500 MB}: a run that takes more has failed; ms, s, min, h, d, and B, kB, MB, GB, TB, KiB, "
      "MiB, GiB, TiB",
      "{grid: {model.rank: [3, 5]}, limits: {time: 60 s, memory: 500 MB}}",
      2,
      StudyForm::What::how,
      read_limits,
      fmt::format("{{type: object, minProperties: 1, additionalProperties: false, properties: {{"
                  "time: {{type: [number, string], exclusiveMinimum: 0, pattern: '{}'}}, "
                  "memory: {{type: [number, string], exclusiveMinimum: 0, pattern: '{}'}}}}}}",
                  quantity_pattern(times), quantity_pattern(sizes))};
}

}  // namespace tightrope
