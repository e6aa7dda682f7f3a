// Tables of what a study found.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/figures/facets.hpp"
#include "core/report/page/html.hpp"
#include "core/report/sections/sections.hpp"
#include "core/report/tables/summary_tables.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_settings = 24;  // in the open; beyond, methods are, and settings are folded away
constexpr std::size_t most_columns = 2;    // final values in one table
constexpr std::size_t most_comparisons = 28;

/// A method by its name, behind the line that it has in figures.
std::string method_cell(std::size_t style, const std::string& name) {
  const bool is_short = text_width(name, 15) <= 210;
  return fmt::format(
      "<span class=\"method\"><svg width=\"30\" height=\"10\" aria-hidden=\"true\"><g transform=\"translate(2 "
      "5)\">{}</g></svg><span{}>{}</span></span>",
      sample_svg(style, is_marked(style)), is_short ? " class=\"short\"" : "", escaped(name, 80));
}

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
          if (is_of(summary.methods[m], setting)) text = method_cell(m, own->second);
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
    html += "<tr>" + cell(method_cell(m, summary.methods[m].name), false) + cell(std::to_string(runs)) +
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
  for (std::size_t m = 0; m < summary.methods.size(); ++m) html += head(method_cell(m, summary.methods[m].name));
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

std::string p_value(const std::string& text) { return "<td class=\"number p\">" + text + "</td>"; }

std::string ratio(const PairedRatio* of, const Comparison& in) {
  if (!of || !of->median) return cell("–") + cell("–");
  return cell(number(*of->median) +
              (of->decided == in.pairs ? "" : fmt::format("<small>{} decided</small>", counted(of->decided, "pair")))) +
         p_value(p_of(*of, in));
}

}  // namespace

std::string methods_section(const Summary& summary) {
  std::vector<std::string> columns = summary.columns;
  if (columns.size() > most_columns) columns.resize(most_columns);
  std::string html = fmt::format("<h2>{}</h2>\n", summary.methods.empty() ? "Settings" : "Methods");
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
        "for medians, "
        "Wilson's for success. A run that diverged or failed counts as worse than every number.";
  if (is_repeated && summary.criterion)
    html +=
        " Times to the target are Kaplan-Meier medians, which take into account the runs that did not reach it; &gt; "
        "300: "
        "by then fewer than half of them had.";
  return html + (is_repeated ? "</p>\n" : "");
}

std::string comparison_section(const Summary& summary) {
  const bool has_pairs = std::any_of(summary.comparisons.begin(), summary.comparisons.end(),
                                     [](const Comparison& own) { return own.pairs > 1; });
  if (summary.methods.size() < 2 || (summary.has_all_comparisons && !has_pairs)) return "";
  if (!summary.has_all_comparisons)
    return "<h2>Methods against each other</h2>\n<p>There are too many methods to compare each with each.</p>\n";
  const bool has_target = summary.criterion.has_value();
  std::string html = "<table><thead><tr>" + head("Methods", false) + head("Pairs") + head("Repetitions");
  if (!summary.columns.empty()) html += head("Final " + escaped(worded(summary.columns.front()))) + head("p");
  if (has_target)
    html += head("Iterations") + head("p") + head("Passes") + head("p") +
            head("Success of both, one, the other, none") + head("p");
  html += "</tr></thead><tbody>\n";
  const auto times = [](const Comparison& own, Clock clock) {
    const auto at = own.times.find(clock);
    return at == own.times.end() ? nullptr : &at->second;
  };
  for (std::size_t i = 0; i < std::min(summary.comparisons.size(), most_comparisons); ++i) {
    const Comparison& own = summary.comparisons[i];
    html += "<tr>" +
            cell(method_cell(own.first, summary.methods[own.first].name) + "<span class=\"soft\"> against </span>" +
                     method_cell(own.second, summary.methods[own.second].name),
                 false) +
            cell(std::to_string(own.pairs)) + cell(std::to_string(own.repetitions));
    if (!summary.columns.empty()) html += ratio(own.final_values ? &*own.final_values : nullptr, own);
    if (has_target)
      html += ratio(times(own, Clock::iterations), own) + ratio(times(own, Clock::passes), own) +
              cell(fmt::format("{}, {}, {}, {}", own.both, own.first_only, own.second_only, own.neither)) +
              (own.p_success_holm ? p_value(human_p(*own.p_success_holm)) : cell("–"));
    html += "</tr>\n";
  }
  std::string note;
  if (summary.comparisons.size() > most_comparisons)
    note = fmt::format(" The first {} of {} comparisons are shown.", most_comparisons, summary.comparisons.size());
  return "<h2>Methods against each other</h2>\n" + scrolling("Methods against each other", html + "</tbody></table>") +
         "<p class=\"soft\">" + escaped(fmt::format("{}", fmt::join(notes_on_comparisons(summary), " "))) +
         " A ratio is 0 or ∞ where one of the two never arrives. A pair is undecided if neither arrived, or if it is "
         "not "
         "known who was first." +
         note + "</p>\n";
}

std::string tuned_section(const StoredRun& run) {
  if (run.tuned.empty()) return "";
  const auto same = [&](auto member) {
    return std::all_of(run.tuned.begin(), run.tuned.end(),
                       [&](const Tuned& own) { return own.*member == run.tuned.front().*member; });
  };
  const std::string trials = counted(run.tuned.front().trials, "trial");
  const std::string budget =
      !same(&Tuned::trials) ? "What each setting was given is in the table."
      : same(&Tuned::iterations)
          ? fmt::format("Each setting was given the same: {}, {} in all.", trials,
                        counted(run.tuned.front().iterations, "iteration"))
          : fmt::format("Each setting was given the same: {}; those that end early need fewer iterations.", trials);
  std::string html = "<table><thead><tr>" + head("Setting", false) + head("Parameter", false) + head("Value") +
                     head("Chosen for", false) + head("Median there") + head("Values tried") + head("Trials") +
                     head("Iterations") + head("Passes") + head("Remark", false) + "</tr></thead><tbody>\n";
  for (const Tuned& own : run.tuned)
    html += "<tr>" + cell(own.labels.empty() ? "all runs" : escaped(name_of(own.labels), 200), false) +
            cell(escaped(own.path, 80), false) + cell(escaped(own.value_text(), 80)) +
            cell(escaped(worded(own.goal), 120), false) + cell(own.merit ? number(*own.merit) : "–") +
            cell(std::to_string(own.values)) + cell(std::to_string(own.trials)) + cell(std::to_string(own.iterations)) +
            cell(std::to_string(own.passes)) + cell(own.note.empty() ? "" : escaped(sentence(own.note), 200), false) +
            "</tr>\n";
  html = scrolling("Tuned values", html + "</tbody></table>");
  if (run.tuned.size() > most_settings)
    html = fmt::format("<details><summary>Each of the {} settings</summary>{}</details>\n", run.tuned.size(), html);
  return fmt::format(
      "<h2>Tuned values</h2>\n<p>Chosen by trials on seeds that the study itself does not use. {}</p>\n{}", budget,
      html);
}

}  // namespace tightrope
