#include "core/report/summary_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

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

/// Settings that differ in the method alone come next to each other, in the order in which the file has them.
std::vector<const Setting*> ordered_settings(const Summary& summary) {
  std::vector<std::string> method_axes;
  for (const Method& method : summary.methods)
    for (const auto& entry : method.labels) method_axes.push_back(entry.first);
  std::vector<std::pair<Labels, std::vector<const Setting*>>> groups;
  for (const Setting& setting : summary.settings) {
    const Labels rest = without(setting.labels, method_axes);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& known) { return known.first == rest; });
    if (group == groups.end()) group = groups.insert(groups.end(), {rest, {}});
    group->second.push_back(&setting);
  }
  std::vector<const Setting*> ordered;
  for (const auto& [rest, settings] : groups) ordered.insert(ordered.end(), settings.begin(), settings.end());
  return ordered;
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

std::vector<std::string> labels_of(const Setting& setting, const std::vector<std::string>& names) {
  std::vector<std::string> row;
  for (const std::string& name : names) {
    const auto own = setting.labels.find(name);
    row.push_back(own == setting.labels.end() ? "–" : own->second);
  }
  return row;
}

std::string p_value(std::optional<Real> p) {
  if (!p) return "–";
  return *p < 0.001 ? fmt::format("{:.1e}", *p) : fmt::format("{:.3f}", *p);
}

}  // namespace

std::string with_interval(Real value, const Interval& interval, Index count) {
  return count < 2 ? human(value) : fmt::format("{} [{}, {}]", human(value), human(interval.low), human(interval.high));
}

std::string words_of(const Arrival& arrival) {
  if (arrival.times.median) return with_interval(*arrival.times.median, arrival.interval, arrival.times.count);
  return arrival.times.more_than > 0 ? "more than " + human(arrival.times.more_than) : "never";
}

Table table_of_settings(const Summary& summary, const std::string& column) {
  const std::vector<std::string> names = label_columns(summary);
  const bool has_target = has_criterion(summary);
  std::vector<std::string> header = names;
  header.emplace_back("ends");
  if (!column.empty()) header.push_back(column);
  if (has_target) header.insert(header.end(), {"successes", "iterations", "passes", "seconds"});
  Table table(header);
  for (const Setting* setting : ordered_settings(summary)) {
    std::vector<std::string> row = labels_of(*setting, names);
    row.push_back(ends_of(*setting));
    if (!column.empty()) {
      const FinalValues* own = setting->find(column);
      row.push_back(own ? with_interval(own->median.value, own->median.interval, own->count) : "–");
    }
    if (has_target) {
      const auto& success = setting->success;
      row.push_back(success ? fmt::format("{} of {} [{:.2f}, {:.2f}]", success->reached, success->count,
                                          success->share.low, success->share.high)
                            : "–");
      for (const Clock clock : all_clocks) {
        const auto own = setting->arrivals.find(clock);
        row.push_back(own == setting->arrivals.end() ? "–" : words_of(own->second));
      }
    }
    table.add(std::move(row));
  }
  return table;
}

Table numbers_of_settings(const Summary& summary, const std::string& column) {
  const std::vector<std::string> names = label_columns(summary);
  std::vector<std::string> header = names;
  for (const EndClass end : all_ends) header.emplace_back(to_string(end));
  header.emplace_back("not_run");
  const auto add_interval = [&](const std::string& name) {
    header.insert(header.end(), {name, name + "_low", name + "_high"});
  };
  if (!column.empty()) add_interval(column);
  header.insert(header.end(), {"successes", "watched", "success_low", "success_high"});
  for (const Clock clock : all_clocks) add_interval(std::string(to_string(clock)) + "_to_target");
  Table table(header);
  for (const Setting* setting : ordered_settings(summary)) {
    std::vector<std::string> row;
    for (const std::string& name : names) row.push_back(setting->labels.count(name) ? setting->labels.at(name) : "");
    for (const EndClass end : all_ends)
      row.push_back(std::to_string(setting->ends.count(end) ? setting->ends.at(end) : 0));
    row.push_back(std::to_string(setting->cells.size() + setting->missing.size() - setting->runs));
    const auto add = [&](std::initializer_list<Real> values) {
      for (const Real value : values) row.push_back(shortest(value));
    };
    const auto skip = [&](std::size_t count) { row.insert(row.end(), count, ""); };
    if (!column.empty()) {
      if (const FinalValues* own = setting->find(column))
        add({own->median.value, own->median.interval.low, own->median.interval.high});
      else
        skip(3);
    }
    if (setting->success) {
      row.push_back(std::to_string(setting->success->reached));
      row.push_back(std::to_string(setting->success->count));
      add({setting->success->share.low, setting->success->share.high});
    } else {
      skip(4);
    }
    for (const Clock clock : all_clocks) {
      const auto own = setting->arrivals.find(clock);
      if (own == setting->arrivals.end()) {
        skip(3);
        continue;
      }
      const Arrival& arrival = own->second;
      add({arrival.times.median.value_or(std::numeric_limits<Real>::infinity()), arrival.interval.low,
           arrival.interval.high});
    }
    table.add(std::move(row));
  }
  return table;
}

Table table_of_comparisons(const Summary& summary) {
  const bool has_target = has_criterion(summary);
  std::vector<std::string> header = {summary.by, "against", "pairs"};
  if (has_target)
    header.insert(header.end(), {"succeeds alone", "p", "iterations", "p", "passes", "p", "seconds", "p"});
  const std::string column = summary.columns.empty() ? "" : summary.columns.front();
  if (!column.empty()) header.insert(header.end(), {column, "p"});
  Table table(header);
  for (const Comparison& comparison : summary.comparisons) {
    std::vector<std::string> row = {summary.methods[comparison.first].name, summary.methods[comparison.second].name,
                                    std::to_string(comparison.pairs)};
    const auto add = [&](const PairedRatio* ratio) {
      row.push_back(ratio && ratio->median ? human(*ratio->median) : "–");
      row.push_back(ratio && ratio->median ? p_value(ratio->p_holm) : "–");
    };
    if (has_target) {
      row.push_back(fmt::format("{} : {}", comparison.first_only, comparison.second_only));
      row.push_back(p_value(comparison.p_success_holm));
      for (const Clock clock : all_clocks) {
        const auto own = comparison.times.find(clock);
        add(own == comparison.times.end() ? nullptr : &own->second);
      }
    }
    if (!column.empty()) add(comparison.final_values ? &*comparison.final_values : nullptr);
    table.add(std::move(row));
  }
  return table;
}

std::vector<std::string> notes_on(const Summary& summary, const std::string& column) {
  std::vector<std::string> notes;
  const bool is_repeated = std::any_of(summary.settings.begin(), summary.settings.end(),
                                       [](const Setting& setting) { return setting.runs > 1; });
  if (!column.empty())
    notes.push_back(fmt::format("{} is the {} at the end of the runs{}; a run that diverged or failed counts as ∞.",
                                column, is_repeated ? "median" : "value",
                                is_repeated ? ", with a 95 % bootstrap interval" : ""));
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

std::string tables_of(const Summary& summary, const std::string& format, bool with_notes) {
  const std::string column = summary.columns.empty() ? "" : summary.columns.front();
  if (format == "csv") return numbers_of_settings(summary, column).text(format);
  std::string text;
  const auto add_note = [&](const std::string& note) {
    if (!with_notes) return;
    if (format == "latex")
      text += "% " + note + "\n";
    else
      text += (text.empty() ? "" : "\n") + note + "\n";
  };
  const auto add_table = [&](const Table& table) {
    text += (text.empty() || format == "latex" ? "" : "\n") + table.text(format);
  };
  add_table(table_of_settings(summary, column));
  for (const std::string& note : notes_on(summary, column)) add_note(note);
  if (!summary.has_all_comparisons)
    add_note(fmt::format("There are {} methods, too many to test all pairs of them.", summary.methods.size()));
  if (summary.comparisons.empty()) return text;
  if (format == "latex") text += "\n";
  add_table(table_of_comparisons(summary));
  add_note(fmt::format(
      "Pairs are runs that differ in {} alone. Numbers are medians of the ratio of the first to the second: below 1 "
      "the "
      "first took less. The p behind them is Wilcoxon's signed-rank test, that behind the successes of one alone is "
      "McNemar's; each is Holm-corrected over the {} {} of the table.",
      summary.by, summary.comparisons.size(), summary.comparisons.size() == 1 ? "row" : "rows"));
  return text;
}

}  // namespace tightrope
