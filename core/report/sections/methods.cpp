// Settings with ends, success, final values and times to the target; where they are many, first the methods with what
// can be counted over all of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/figures/facets.hpp"
#include "core/report/page/figure_html.hpp"
#include "core/report/section.hpp"
#include "core/report/tables/summary_tables.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_settings = 24;  // in the open; beyond, methods are, and settings are folded away
constexpr std::size_t most_columns = 2;    // final values in one table

std::string interval(const Interval& of) {
  if (of.low == of.high) return "";
  return fmt::format("<small><span>{}</span> <span>to {}</span></small>", number(of.low), number(of.high));
}

std::string ends(const std::map<EndClass, Index>& of) {
  std::string text;
  for (const auto& [end, count] : of)
    text += fmt::format("{}{} {}", text.empty() ? "" : "<br>", count,
                        end == EndClass::limit ? "at the limit" : to_string(end));
  return text.empty() ? "not run" : text;
}

std::string arrival(const Setting& setting, Clock clock) {
  const auto own = setting.arrivals.find(clock);
  if (own == setting.arrivals.end()) return cell("–");
  const TimeToTarget& times = own->second.times;
  if (times.reached == 0) return cell("never");
  return cell(times.median ? number(*times.median) + interval(own->second.interval)
                           : "&gt; " + number(times.more_than));
}

/// Why there is no median of final values.
std::string lost(const Setting& setting) {
  const bool diverged = setting.ends.count(EndClass::diverged) > 0, failed = setting.ends.count(EndClass::failed) > 0;
  return diverged && failed ? "diverged or failed" : failed ? "failed" : "diverged";
}

std::string final_value(const Setting& setting, const std::string& column) {
  const FinalValues* own = setting.find(column);
  if (!own || own->count == 0) return cell("–");
  return cell((std::isfinite(own->median.value) ? number(own->median.value) : lost(setting)) +
              interval(own->median.interval));
}

std::string results_of(const Setting& setting, const std::vector<std::string>& columns, bool has_target) {
  std::string html = "<td class=\"ends\">" + ends(setting.ends) + "</td>";
  if (has_target)
    html += setting.success
                ? cell(fmt::format("{} of {}<small>{:.2f} to {:.2f}</small>", setting.success->reached,
                                   setting.success->count, setting.success->share.low, setting.success->share.high))
                : cell("–");
  for (const std::string& column : columns) html += final_value(setting, column);
  if (has_target)
    for (const Clock clock : all_clocks) html += arrival(setting, clock);
  return html;
}

std::string results_header(const std::vector<std::string>& columns, bool has_target) {
  std::string html = head("Ends", false);
  if (has_target) html += head("Success");
  for (const std::string& column : columns) html += head("Final " + escaped(worded(column)));
  if (has_target)
    for (const Clock clock : all_clocks) html += head(capitalised(to_string(clock)) + " to target");
  return html;
}

std::string settings_table(const Summary& summary, const std::vector<std::string>& columns) {
  const bool has_target = summary.criterion.has_value();
  const std::vector<std::string> axes = summary.setting_axes();
  std::string html = "<table><thead><tr>";
  for (const std::string& axis : axes) html += head(escaped(capitalised(axis_title(summary, axis)), 60), false);
  html += results_header(columns, has_target) + "</tr></thead><tbody>\n";
  for (const Setting& setting : summary.settings) {
    html += "<tr>";
    for (const std::string& axis : axes) {
      const auto own = setting.labels.find(axis);
      std::string text = own == setting.labels.end() ? "–" : escaped(own->second, 60);
      if (axis == summary.by)
        for (std::size_t m = 0; m < summary.methods.size(); ++m)
          if (is_of(summary.methods[m], setting)) text = method_html(m, own->second);
      html += cell(text, false);
    }
    html += results_of(setting, columns, has_target) + "</tr>\n";
  }
  return html + "</tbody></table>";
}

/// How the runs of each method ended and how many succeeded, counted over all settings. Medians are not: a condition
/// number or a noise level more would be another number.
std::string methods_table(const Summary& summary) {
  const bool has_target = summary.criterion.has_value();
  std::string html = "<table><thead><tr>" + head("Method", false) + head("Runs") + head("Ends", false) +
                     (has_target ? head("Success") : "") + "</tr></thead><tbody>\n";
  for (std::size_t m = 0; m < summary.methods.size(); ++m) {
    Index runs = 0, reached = 0, judged = 0;
    std::map<EndClass, Index> all;
    for (const Setting& setting : summary.settings) {
      if (!is_of(summary.methods[m], setting)) continue;
      runs += setting.runs;
      for (const auto& [end, count] : setting.ends) all[end] += count;
      if (!setting.success) continue;
      reached += setting.success->reached;
      judged += setting.success->count;
    }
    html += "<tr>" + cell(method_html(m, summary.methods[m].name), false) + cell(std::to_string(runs)) +
            "<td class=\"ends\">" + ends(all) + "</td>" +
            (has_target ? cell(judged > 0 ? fmt::format("{} of {}", reached, judged) : "–") : "") + "</tr>\n";
  }
  return html + "</tbody></table>";
}

/// Settings as rows, methods as columns, one median each.
std::string medians_table(const Summary& summary, const std::string& column) {
  std::vector<std::string> axes;
  for (const std::string& axis : summary.setting_axes())
    if (std::none_of(summary.methods.begin(), summary.methods.end(),
                     [&](const Method& method) { return method.labels.count(axis) > 0; }))
      axes.push_back(axis);
  std::string html = "<table><thead><tr>";
  for (const std::string& axis : axes) html += head(escaped(capitalised(axis_title(summary, axis)), 60), false);
  for (std::size_t m = 0; m < summary.methods.size(); ++m) html += head(method_html(m, summary.methods[m].name));
  html += "</tr></thead><tbody>\n";
  for (const SettingGroup& group : groups_of_settings(summary)) {
    html += "<tr>";
    for (const std::string& axis : axes) {
      const auto own = group.labels.find(axis);
      html += cell(own == group.labels.end() ? "–" : escaped(own->second, 60), false);
    }
    for (const Method& method : summary.methods) {
      const auto own = std::find_if(group.settings.begin(), group.settings.end(),
                                    [&](const Setting* setting) { return is_of(method, *setting); });
      if (own == group.settings.end())
        html += cell("–");
      else if (column.empty())
        html += arrival(**own, Clock::iterations);
      else
        html += final_value(**own, column);
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table>";
}

std::string tables_of_methods(const Summary& summary) {
  std::vector<std::string> columns = summary.columns;
  if (columns.size() > most_columns) columns.resize(most_columns);
  std::string html;
  if (summary.criterion) html += fmt::format("<p>Success: {}.</p>\n", escaped(worded(summary.criterion->text())));
  const std::string table = scrolling("Settings", settings_table(summary, columns));
  if (summary.settings.size() <= most_settings) {
    html += table;
  } else {
    if (!summary.methods.empty()) {
      html +=
          scrolling("Methods", methods_table(summary)) +
          "<p class=\"soft\">Counted over all settings of a method. Medians follow for each setting by itself.</p>\n";
      const bool is_long = summary.settings.size() > most_settings * summary.methods.size();
      const auto add = [&](const std::string& title, const std::string& table_of_it) {
        const std::string body = scrolling(title, table_of_it);
        html += is_long ? fmt::format("<details><summary>{}</summary>{}</details>\n", title, body)
                        : fmt::format("<p><b>{}</b></p>\n{}", title, body);
      };
      if (summary.criterion) add("Iterations to the target, setting by setting", medians_table(summary, ""));
      if (!summary.columns.empty())
        add("Final " + escaped(worded(summary.columns.front())) + ", setting by setting",
            medians_table(summary, summary.columns.front()));
    }
    html += fmt::format("<details><summary>Each of the {} settings</summary>{}</details>\n", summary.settings.size(),
                        table);
  }
  const bool is_repeated = std::any_of(summary.settings.begin(), summary.settings.end(),
                                       [](const Setting& setting) { return setting.runs > 1; });
  if (is_repeated)
    html +=
        "<p class=\"soft\">Medians over the repetitions of a setting, below them 95 % intervals: bootstrap percentiles "
        "for medians, Wilson's for success. A run that diverged or failed counts as worse than every number.";
  if (is_repeated && summary.criterion)
    html +=
        " Times to the target are Kaplan-Meier medians, which take into account the runs that did not reach it; &gt; "
        "300: by then fewer than half of them had.";
  return html + (is_repeated ? "</p>\n" : "");
}

}  // namespace

ReportSection methods_report_section() {
  return {50, [](const Content& page) { return page.summary.methods.empty() ? "Settings" : "Methods"; },
          [](const Content& page) { return page.run.is_study ? tables_of_methods(page.summary) : ""; }};
}

}  // namespace tightrope
