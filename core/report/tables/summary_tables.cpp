#include "core/report/tables/summary_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

namespace tightrope {

namespace {

constexpr EndClass all_ends[] = {EndClass::converged, EndClass::stalled, EndClass::limit, EndClass::diverged,
                                 EndClass::failed};

/// The axes of the settings, those that tell methods apart last, so that methods stand below each other.
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

std::string in_full(std::optional<Real> value) { return value ? shortest(*value) : ""; }

/// What a table can say of a setting: one column for people, several for programs.
struct Field {
  std::string name;
  std::vector<std::string> numbers_header;
  std::function<std::string(const Setting&)> text, brief;  // brief: without intervals
  std::function<std::vector<std::string>(const Setting&)> numbers;
  std::function<std::string(const Setting&)> number;        // the one for a pivot
  std::function<std::optional<Real>(const Setting&)> cost;  // the smaller the better; null if that is not known
};

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

Field final_field(const Summary& summary, const std::string& column) {
  Field field;
  field.name = column;
  field.numbers_header = {column, column + "_low", column + "_high"};
  field.text = [column](const Setting& setting) -> std::string {
    const FinalValues* own = setting.find(column);
    return own ? with_interval(own->median.value, own->median.interval, own->count) : "–";
  };
  field.brief = [column](const Setting& setting) -> std::string {
    const FinalValues* own = setting.find(column);
    return own ? number(own->median.value) : "–";
  };
  field.numbers = [column](const Setting& setting) -> std::vector<std::string> {
    const FinalValues* own = setting.find(column);
    if (!own) return {"", "", ""};
    return {shortest(own->median.value), shortest(own->median.interval.low), shortest(own->median.interval.high)};
  };
  field.number = [column](const Setting& setting) {
    const FinalValues* own = setting.find(column);
    return in_full(own ? std::optional(own->median.value) : std::nullopt);
  };
  const bool more_is_better = summary.criterion && summary.criterion->column == column &&
                              (summary.criterion->condition.relation == Condition::Relation::above ||
                               summary.criterion->condition.relation == Condition::Relation::at_least);
  field.cost = [column, more_is_better](const Setting& setting) -> std::optional<Real> {
    const FinalValues* own = setting.find(column);
    if (!own || !std::isfinite(own->median.value)) return std::nullopt;
    return more_is_better ? -own->median.value : own->median.value;
  };
  return field;
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

Field arrival_field(Clock clock) {
  Field field;
  field.name = to_string(clock);
  const std::string long_name = field.name + "_to_target";
  field.numbers_header = {long_name, long_name + "_low", long_name + "_high"};
  const auto find = [clock](const Setting& setting) {
    const auto own = setting.arrivals.find(clock);
    return own == setting.arrivals.end() ? nullptr : &own->second;
  };
  field.text = [find](const Setting& setting) -> std::string {
    const TimeToSuccess* own = find(setting);
    return own ? words_of(*own) : "–";
  };
  field.brief = [find](const Setting& setting) -> std::string {
    const TimeToSuccess* own = find(setting);
    if (!own) return "–";
    return own->times.median ? number(*own->times.median) : words_of(*own);
  };
  const auto median = [find](const Setting& setting) -> std::optional<Real> {
    const TimeToSuccess* own = find(setting);
    if (!own) return std::nullopt;
    return own->times.median.value_or(std::numeric_limits<Real>::infinity());
  };
  field.numbers = [find, median](const Setting& setting) -> std::vector<std::string> {
    const TimeToSuccess* own = find(setting);
    if (!own) return {"", "", ""};
    return {in_full(median(setting)), shortest(own->interval.low), shortest(own->interval.high)};
  };
  field.number = [median](const Setting& setting) { return in_full(median(setting)); };
  field.cost = [median](const Setting& setting) {
    const auto own = median(setting);
    return own && std::isfinite(*own) ? own : std::nullopt;
  };
  return field;
}

/// All fields, or those that the options name, in their order.
std::vector<Field> fields_of(const Summary& summary, const std::string& column,
                             const std::vector<std::string>& wanted) {
  std::vector<Field> fields = {ends_field()};
  if (!column.empty()) fields.push_back(final_field(summary, column));
  if (has_criterion(summary)) {
    fields.push_back(success_field());
    for (const Clock clock : all_clocks) fields.push_back(arrival_field(clock));
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

/// Which of the settings of a group, which differ in the method alone, are the best by a field; none without a choice.
std::vector<const Setting*> best_of(const SettingGroup& group, const Field& field) {
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
  return best.size() < group.settings.size() ? best : std::vector<const Setting*>{};
}

/// "condition 1, scale 0.001"
std::string name_of(const Labels& labels, const std::vector<std::string>& axes, const TableOptions& options) {
  std::string text;
  for (const std::string& axis : axes)
    if (const auto own = labels.find(axis); own != labels.end())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", shown(options, axis), shown(options, own->second));
  return text.empty() ? "all" : text;
}

/// The name of a method with the parts of it that have other names to be shown.
std::string name_of(const Method& method, const Summary& summary, const TableOptions& options) {
  if (options.names.contains(method.name)) return options.names.at(method.name);
  std::string name = shown(options, method.labels.at(summary.by));
  for (const StudyAxis& axis : summary.axes)
    if (axis.label != summary.by && method.labels.count(axis.label))
      name += ", " + shown(options, method.labels.at(axis.label));
  return name;
}

}  // namespace

std::string with_interval(Real value, const Interval& interval, Index count) {
  return count < 2 ? number(value)
                   : fmt::format("{} [{}, {}]", number(value), number(interval.low), number(interval.high));
}

std::string words_of(const TimeToSuccess& arrival) {
  if (arrival.times.median) return with_interval(*arrival.times.median, arrival.interval, arrival.times.count);
  return arrival.times.more_than > 0 ? "more than " + number(arrival.times.more_than) : "never";
}

bool is_of(const Method& method, const Setting& setting) {
  return std::all_of(method.labels.begin(), method.labels.end(), [&](const auto& label) {
    const auto own = setting.labels.find(label.first);
    return own != setting.labels.end() && own->second == label.second;
  });
}

std::string p_of(const PairedRatio& ratio, const Comparison& comparison) {
  const std::string p = std::string(ratio.is_exact ? "" : "≈") + p_value(ratio.p_holm);
  return ratio.ratios.size() == comparison.repetitions ? p : fmt::format("{} ({})", p, ratio.ratios.size());
}

std::vector<SettingGroup> groups_of_settings(const Summary& summary) {
  std::vector<std::string> method_axes;
  for (const Method& method : summary.methods)
    for (const auto& entry : method.labels) method_axes.push_back(entry.first);
  std::vector<SettingGroup> groups;
  std::map<Labels, std::size_t> places;
  for (const Setting& setting : summary.settings) {
    const Labels rest = without(setting.labels, method_axes);
    const auto [place, is_new] = places.emplace(rest, groups.size());
    if (is_new) groups.push_back({rest, {}});
    groups[place->second].settings.push_back(&setting);
  }
  return groups;
}

void check(const TableOptions& options, const Summary& summary, const std::string& column) {
  fields_of(summary, column, options.columns);
  if (!options.pivot.empty()) {
    fields_of(summary, column, {options.pivot});
    if (summary.methods.empty())
      throw Error(Exit::config, "there are no methods for the rows of a pivot; say with --by which axis they are");
  }
  std::set<std::string> known;
  for (const StudyAxis& axis : summary.axes) {
    known.insert(axis.label);
    known.insert(axis.values.begin(), axis.values.end());
  }
  for (const Method& method : summary.methods) known.insert(method.name);
  for (const Field& field : fields_of(summary, column, {})) known.insert(field.name);
  for (const auto& [name, other] : options.names)
    if (!known.contains(name))
      throw Error(Exit::config, fmt::format("the tables have no '{}' that could be renamed{}", name,
                                            did_you_mean(name, {known.begin(), known.end()})));
}

Table table_of_settings(const Summary& summary, const std::string& column, const TableOptions& options) {
  const std::vector<std::string> names = label_columns(summary);
  const std::vector<Field> fields = fields_of(summary, column, options.columns);
  std::vector<std::string> header = shown(options, names);
  for (const Field& field : fields) header.push_back(shown(options, field.name));
  Table table(header);
  for (const SettingGroup& group : groups_of_settings(summary))
    for (const Setting* setting : group.settings) {
      std::vector<std::string> row = labels_of(*setting, names, options, "–");
      std::vector<std::size_t> bold;
      for (const Field& field : fields) {
        const auto best = options.bold ? best_of(group, field) : std::vector<const Setting*>{};
        if (std::find(best.begin(), best.end(), setting) != best.end()) bold.push_back(row.size());
        row.push_back(field.text(*setting));
      }
      table.add(std::move(row), bold);
    }
  return table;
}

Table numbers_of_settings(const Summary& summary, const std::string& column, const TableOptions& options) {
  const std::vector<std::string> names = label_columns(summary);
  const std::vector<Field> fields = fields_of(summary, column, options.columns);
  std::vector<std::string> header = shown(options, names);
  for (const Field& field : fields) {
    const std::vector<std::string> own = shown(options, field.numbers_header);
    header.insert(header.end(), own.begin(), own.end());
  }
  Table table(header);
  for (const SettingGroup& group : groups_of_settings(summary))
    for (const Setting* setting : group.settings) {
      std::vector<std::string> row = labels_of(*setting, names, options, "");
      for (const Field& field : fields) {
        const std::vector<std::string> own = field.numbers(*setting);
        row.insert(row.end(), own.begin(), own.end());
      }
      table.add(std::move(row));
    }
  return table;
}

Table pivot_of_settings(const Summary& summary, const std::string& column, const TableOptions& options, bool in_full) {
  const Field field = fields_of(summary, column, {options.pivot}).front();
  const std::vector<SettingGroup> groups = groups_of_settings(summary);
  const std::vector<std::string> axes = summary.setting_axes();
  std::vector<std::string> header = {shown(options, summary.by)};
  for (const SettingGroup& group : groups) header.push_back(name_of(group.labels, axes, options));
  Table table(header);
  for (const Method& method : summary.methods) {
    std::vector<std::string> row = {name_of(method, summary, options)};
    std::vector<std::size_t> bold;
    for (const SettingGroup& group : groups) {
      const auto own = std::find_if(group.settings.begin(), group.settings.end(),
                                    [&](const Setting* setting) { return is_of(method, *setting); });
      const auto best = options.bold ? best_of(group, field) : std::vector<const Setting*>{};
      if (own != group.settings.end() && std::find(best.begin(), best.end(), *own) != best.end())
        bold.push_back(row.size());
      row.push_back(own == group.settings.end() ? (in_full ? "" : "–")
                    : in_full                   ? field.number(**own)
                                                : field.brief(**own));
    }
    table.add(std::move(row), bold);
  }
  return table;
}

Table table_of_comparisons(const Summary& summary, const TableOptions& options) {
  const std::string column = summary.columns.empty() ? "" : summary.columns.front();
  const std::vector<Field> fields = fields_of(summary, column, options.columns);
  std::vector<std::string> header = {shown(options, summary.by), "against", "pairs", "repetitions"};
  for (const Field& field : fields)
    if (field.name != "ends")
      header.insert(header.end(), {field.name == "successes" ? "succeeds alone" : shown(options, field.name), "p"});
  Table table(header);
  for (const Comparison& comparison : summary.comparisons) {
    std::vector<std::string> row = {name_of(summary.methods[comparison.first], summary, options),
                                    name_of(summary.methods[comparison.second], summary, options),
                                    std::to_string(comparison.pairs), std::to_string(comparison.repetitions)};
    const auto add = [&](const PairedRatio* ratio) {
      row.push_back(ratio && ratio->median ? number(*ratio->median) : "–");
      row.push_back(ratio && ratio->median ? p_of(*ratio, comparison) : "–");
    };
    for (const Field& field : fields) {
      if (field.name == "ends") continue;
      if (field.name == "successes") {
        row.push_back(fmt::format("{} : {}", comparison.first_only, comparison.second_only));
        row.push_back(comparison.p_success_holm ? p_value(*comparison.p_success_holm) : "–");
        continue;
      }
      const PairedRatio* own = field.name == column && comparison.final_values ? &*comparison.final_values : nullptr;
      for (const auto& [clock, ratio] : comparison.times)
        if (field.name == to_string(clock)) own = &ratio;
      add(own);
    }
    table.add(std::move(row));
  }
  return table;
}

std::vector<std::string> notes_on(const Summary& summary, const std::string& column) {
  std::vector<std::string> notes;
  if (!summary.pooled.empty())
    notes.push_back(fmt::format(
        "Settings that differ in {} alone are taken together: medians are of all their runs, intervals from whole "
        "repetitions.",
        fmt::join(summary.pooled, " or ")));
  const bool is_repeated = std::any_of(summary.settings.begin(), summary.settings.end(),
                                       [](const Setting& setting) { return setting.runs > 1; });
  if (!column.empty())
    notes.push_back(fmt::format("{} is the {} at the end of the runs{}; a run that diverged or failed counts as ∞.",
                                column, is_repeated ? "median" : "value",
                                is_repeated ? " of a setting, with a 95 % bootstrap interval" : ""));
  if (summary.criterion && has_criterion(summary))
    notes.push_back(fmt::format(
        "A run succeeds once {}; iterations, passes and seconds are what that takes{}. Runs that never get there are "
        "censored, not dropped: 'more than' says how long they were watched.",
        summary.criterion->text(),
        is_repeated ? " (Kaplan-Meier medians, 95 % bootstrap intervals; successes with Wilson's 95 % interval)" : ""));
  else
    notes.emplace_back(
        "Nothing says what success is in terms of a recorded column, so there are no times to it: give 'success' in "
        "the "
        "study, or a stop rule on such a column.");
  return notes;
}

std::vector<std::string> notes_on_comparisons(const Summary& summary) {
  Index repetitions = 0;
  bool is_exact = true, are_all_decided = true;
  for (const Comparison& comparison : summary.comparisons) {
    repetitions = std::max(repetitions, comparison.repetitions);
    const auto add = [&](const PairedRatio& ratio) {
      is_exact = is_exact && ratio.is_exact;
      are_all_decided = are_all_decided && (!ratio.median || ratio.ratios.size() == comparison.repetitions);
    };
    if (comparison.final_values) add(*comparison.final_values);
    for (const auto& [clock, ratio] : comparison.times) add(ratio);
  }
  const std::size_t rows = summary.comparisons.size();
  std::vector<std::string> notes = {fmt::format(
      "Pairs are runs that differ in {} alone. A repetition gives one number, the median over its settings of the "
      "ratio "
      "of the first to the second; the table has the medians over the repetitions: below 1 the first took less.",
      summary.by)};
  notes.push_back(fmt::format(
      "The p behind them is Wilcoxon's signed-rank test of the repetitions, which alone are independent{}{}; that "
      "behind "
      "the successes of one alone is McNemar's, of the repetitions in which either succeeds in more settings. Each is "
      "Holm-corrected over the {} {} of the table.",
      is_exact ? "" : " (≈: by the normal approximation)",
      are_all_decided ? "" : " (in brackets: how many of them have a decided pair)", rows, rows == 1 ? "row" : "rows"));
  const Real least = std::min(1.0, std::ldexp(2.0, -static_cast<int>(std::min<Index>(repetitions, 1000))));
  const Real corrected = std::min(1.0, least * static_cast<Real>(rows));
  if (corrected >= 0.05)
    notes.push_back(
        fmt::format("{} cannot give a p below {}{}; smaller ones take more repetitions.",
                    repetitions == 1 ? "One repetition" : fmt::format("{} repetitions", repetitions), p_value(least, 3),
                    corrected > least ? fmt::format(", or {} after correction", p_value(corrected, 3)) : ""));
  return notes;
}

std::string tables_of(const Summary& summary, const std::string& format, bool with_notes, const TableOptions& options) {
  const std::string column = summary.columns.empty() ? "" : summary.columns.front();
  const bool is_pivot = !options.pivot.empty();
  if (format == "csv")
    return (is_pivot ? pivot_of_settings(summary, column, options, true)
                     : numbers_of_settings(summary, column, options))
        .text(format);
  std::string text;
  const auto add_note = [&](const std::string& note) {
    if (!with_notes) return;
    if (format == "latex")
      text += "% " + note + "\n";
    else
      text += (text.empty() ? "" : "\n") + note + "\n";
  };
  const auto add_table = [&](const Table& table) {
    text += (text.empty() || format == "latex" ? "" : "\n") + table.text(format, options.siunitx);
  };
  if (format == "latex" && options.siunitx)
    add_note(options.bold ? "Needs \\usepackage{booktabs,siunitx} and, for bold numbers, \\sisetup{detect-weight}."
                          : "Needs \\usepackage{booktabs,siunitx}.");
  add_table(is_pivot ? pivot_of_settings(summary, column, options, false)
                     : table_of_settings(summary, column, options));
  if (is_pivot)
    add_note(fmt::format("{}, a column for each setting.", options.pivot == "final" ? column : options.pivot));
  for (const std::string& note : notes_on(summary, column)) add_note(note);
  if (!summary.has_all_comparisons)
    add_note(fmt::format("There are {} methods, too many to test all pairs of them.", summary.methods.size()));
  if (summary.comparisons.empty() || is_pivot) return text;
  if (format == "latex") text += "\n";
  add_table(table_of_comparisons(summary, options));
  for (const std::string& note : notes_on_comparisons(summary)) add_note(note);
  return text;
}

}  // namespace tightrope
