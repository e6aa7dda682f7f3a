#include "core/report/tables/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/report/text.hpp"

namespace tightrope {

std::vector<std::string> label_columns(const Summary& summary) {
  std::vector<std::string> names = summary.setting_axes();
  std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return std::none_of(summary.methods.begin(), summary.methods.end(),
                        [&](const Method& method) { return method.labels.count(name) > 0; });
  });
  return names;
}

bool has_criterion(const Summary& summary) {
  return std::any_of(summary.settings.begin(), summary.settings.end(),
                     [](const Setting& setting) { return setting.success.has_value(); });
}

const std::string& shown(const TableOptions& options, const std::string& name) {
  const auto own = options.names.find(name);
  return own == options.names.end() ? name : own->second;
}

std::vector<std::string> shown(const TableOptions& options, std::vector<std::string> names) {
  for (std::string& name : names) name = shown(options, name);
  return names;
}

std::vector<std::string> labels_of(const Setting& setting, const std::vector<std::string>& names,
                                   const TableOptions& options, const std::string& nothing) {
  std::vector<std::string> row;
  for (const std::string& name : names) {
    const auto own = setting.labels.find(name);
    row.push_back(own == setting.labels.end() ? nothing : shown(options, own->second));
  }
  return row;
}

namespace {

constexpr EndClass all_ends[] = {EndClass::converged, EndClass::stalled, EndClass::limit, EndClass::diverged,
                                 EndClass::failed};

std::string ends_of(const Setting& setting) {
  std::string text;
  const auto add = [&](Index count, const std::string& word) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  };
  for (const auto& [end, count] : setting.ends) add(count, to_string(end));
  const Index not_run = setting.cells.size() + setting.missing.size() - setting.runs;
  add(not_run, "not run");
  return text.empty() ? "–" : text;
}

Field ends_field() {
  Field field;
  field.name = "ends";
  for (const EndClass end : all_ends) field.numbers_header.emplace_back(to_string(end));
  field.numbers_header.emplace_back("not_run");
  field.text = field.brief = field.number = ends_of;
  field.numbers = [](const Setting& setting) {
    std::vector<std::string> row;
    for (const EndClass end : all_ends)
      row.push_back(std::to_string(setting.ends.count(end) ? setting.ends.at(end) : 0));
    row.push_back(std::to_string(setting.cells.size() + setting.missing.size() - setting.runs));
    return row;
  };
  field.cost = [](const Setting&) { return std::nullopt; };
  return field;
}

/// A median over a setting's repetitions, as people read it with its interval and without.
struct Median {
  Real value;
  Interval interval;
  std::string text, brief;
};

Field median_field(const std::string& name, const std::string& long_name, bool more_is_better,
                   const std::function<std::optional<Median>(const Setting&)>& find) {
  Field field;
  field.name = name;
  field.numbers_header = {long_name, long_name + "_low", long_name + "_high"};
  field.text = [find](const Setting& setting) {
    const std::optional<Median> own = find(setting);
    return own ? own->text : "–";
  };
  field.brief = [find](const Setting& setting) {
    const std::optional<Median> own = find(setting);
    return own ? own->brief : "–";
  };
  field.numbers = [find](const Setting& setting) -> std::vector<std::string> {
    const std::optional<Median> own = find(setting);
    if (!own) return {"", "", ""};
    return {shortest(own->value), shortest(own->interval.low), shortest(own->interval.high)};
  };
  field.number = [find](const Setting& setting) {
    const std::optional<Median> own = find(setting);
    return own ? shortest(own->value) : "";
  };
  field.cost = [find, more_is_better](const Setting& setting) -> std::optional<Real> {
    const std::optional<Median> own = find(setting);
    if (!own || !std::isfinite(own->value)) return std::nullopt;
    return more_is_better ? -own->value : own->value;
  };
  return field;
}

Field final_field(const Summary& summary, const std::string& column) {
  const bool more_is_better =
      summary.criterion && summary.criterion->column == column && summary.criterion->condition.is_above();
  return median_field(column, column, more_is_better, [column](const Setting& setting) -> std::optional<Median> {
    const FinalValues* own = setting.find(column);
    if (!own) return std::nullopt;
    const auto& [value, interval] = own->median;
    return Median{value, interval, with_interval(value, interval, own->count), number(value)};
  });
}

Field success_field() {
  Field field;
  field.name = "successes";
  field.numbers_header = {"successes", "watched", "success_low", "success_high"};
  field.text = [](const Setting& setting) -> std::string {
    const auto& own = setting.success;
    if (!own) return "–";
    return fmt::format("{} of {} [{:.2f}, {:.2f}]", own->reached, own->count, own->share.low, own->share.high);
  };
  field.brief = [](const Setting& setting) -> std::string {
    return setting.success ? fmt::format("{} of {}", setting.success->reached, setting.success->count) : "–";
  };
  field.numbers = [](const Setting& setting) -> std::vector<std::string> {
    const auto& own = setting.success;
    if (!own) return {"", "", "", ""};
    return {std::to_string(own->reached), std::to_string(own->count), shortest(own->share.low),
            shortest(own->share.high)};
  };
  field.cost = [](const Setting& setting) -> std::optional<Real> {
    if (!setting.success || setting.success->reached == 0) return std::nullopt;
    return -static_cast<Real>(setting.success->reached) / static_cast<Real>(setting.success->count);
  };
  field.number = [](const Setting& setting) {
    return setting.success
               ? shortest(static_cast<Real>(setting.success->reached) / static_cast<Real>(setting.success->count))
               : "";
  };
  return field;
}

Field arrival_field(const std::string& clock) {
  return median_field(clock, clock + "_to_target", false, [clock](const Setting& setting) -> std::optional<Median> {
    const auto own = setting.arrivals.find(clock);
    if (own == setting.arrivals.end()) return std::nullopt;
    const std::optional<Real>& median = own->second.times.median;
    const std::string text = words_of(own->second);
    return Median{median.value_or(std::numeric_limits<Real>::infinity()), own->second.interval, text,
                  median ? number(*median) : text};
  });
}

}  // namespace

std::vector<Field> fields_of(const Summary& summary, const std::string& column,
                             const std::vector<std::string>& wanted) {
  std::vector<Field> fields = {ends_field()};
  if (!column.empty()) fields.push_back(final_field(summary, column));
  if (has_criterion(summary)) {
    fields.push_back(success_field());
    for (const Clock& clock : costs()) fields.push_back(arrival_field(clock.name));
  }
  if (wanted.empty()) return fields;
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  std::vector<Field> chosen;
  for (const std::string& name : wanted) {
    const std::string& own = name == "final" && !column.empty() ? column : name;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == own; });
    if (field == fields.end()) {
      const std::string hint = did_you_mean(name, names);
      throw Error(Exit::config, fmt::format("the table has no column '{}'{}", name,
                                            hint.empty() ? fmt::format("; it has {}", fmt::join(names, ", ")) : hint));
    }
    chosen.push_back(*field);
  }
  return chosen;
}

const PairedRatio* ratio_of(const Comparison& comparison, const std::string& field, const std::string& column) {
  if (field == column) return comparison.final_values ? &*comparison.final_values : nullptr;
  for (const auto& [clock, ratio] : comparison.times)
    if (field == clock) return &ratio;
  return nullptr;
}

namespace {

constexpr Real level = 0.05;  // of the tests

/// Whether the test of the two methods leaves open which of them is better.
bool is_tied(const Summary& tests, const Setting& a, const Setting& b, const Field& field) {
  for (const Comparison& own : tests.comparisons) {
    const Method &first = tests.methods[own.first], &second = tests.methods[own.second];
    if (!(is_of(first, a) && is_of(second, b)) && !(is_of(first, b) && is_of(second, a))) continue;
    if (field.name == "successes") return own.p_success_holm && *own.p_success_holm >= level;
    const PairedRatio* const ratio = ratio_of(own, field.name, tests.columns.empty() ? "" : tests.columns.front());
    return ratio && ratio->median && ratio->p_holm >= level;
  }
  return false;
}

}  // namespace

bool can_tell_apart(const TableOptions& options) {
  return std::any_of(options.tests.begin(), options.tests.end(), [](const auto& entry) {
    const Summary& tests = entry.second;
    return std::any_of(tests.comparisons.begin(), tests.comparisons.end(), [&](const Comparison& own) {
      const Real least = std::ldexp(2.0, -static_cast<int>(std::min<Index>(own.repetitions, 1000)));
      return least * static_cast<Real>(tests.comparisons.size()) < level;
    });
  });
}

std::vector<const Setting*> best_of(const SettingGroup& group, const Field& field, const TableOptions& options) {
  std::vector<const Setting*> best;
  if (group.settings.size() < 2) return best;
  std::optional<Real> least;
  for (const Setting* setting : group.settings) {
    const auto cost = field.cost(*setting);
    if (!cost || (least && *cost > *least)) continue;
    if (!least || *cost < *least) best.clear();
    least = cost;
    best.push_back(setting);
  }
  const auto tests = options.tests.find(group.labels);
  if (!best.empty() && tests != options.tests.end() && can_tell_apart(options)) {
    const Setting* const first = best.front();
    for (const Setting* setting : group.settings)
      if (std::find(best.begin(), best.end(), setting) == best.end() && field.cost(*setting) &&
          is_tied(tests->second, *first, *setting, field))
        best.push_back(setting);
  }
  return best.size() < group.settings.size() ? best : std::vector<const Setting*>{};
}

std::string name_of(const Labels& labels, const std::vector<std::string>& axes, const TableOptions& options) {
  std::string text;
  for (const std::string& axis : axes)
    if (const auto own = labels.find(axis); own != labels.end())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", shown(options, axis), shown(options, own->second));
  return text.empty() ? "all" : text;
}

std::string name_of(const Method& method, const Summary& summary, const TableOptions& options) {
  if (options.names.contains(method.name)) return options.names.at(method.name);
  std::string name = shown(options, method.labels.at(summary.by));
  for (const StudyAxis& axis : summary.axes)
    if (axis.label != summary.by && method.labels.count(axis.label))
      name += ", " + shown(options, method.labels.at(axis.label));
  return name;
}

}  // namespace tightrope
