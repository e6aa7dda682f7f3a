// Paired comparisons of methods.
#include <fmt/format.h>

#include <algorithm>

#include "core/report/page/figure_html.hpp"
#include "core/report/section.hpp"
#include "core/report/tables/summary_tables.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_comparisons = 28;

std::string p_cell(const std::string& text) { return "<td class=\"number p\">" + text + "</td>"; }

std::string ratio(const PairedRatio* of, const Comparison& in) {
  if (!of || !of->median) return cell("–") + cell("–");
  return cell(number(*of->median) +
              (of->decided == in.pairs ? "" : fmt::format("<small>{} decided</small>", counted(of->decided, "pair")))) +
         p_cell(p_of(*of, in));
}

std::string table_of_pairs(const Summary& summary) {
  const bool has_pairs = std::any_of(summary.comparisons.begin(), summary.comparisons.end(),
                                     [](const Comparison& own) { return own.pairs > 1; });
  if (summary.methods.size() < 2 || (summary.has_all_comparisons && !has_pairs)) return "";
  if (!summary.has_all_comparisons) return "<p>There are too many methods to compare each with each.</p>\n";
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
            cell(method_html(own.first, summary.methods[own.first].name) + "<span class=\"soft\"> against </span>" +
                     method_html(own.second, summary.methods[own.second].name),
                 false) +
            cell(std::to_string(own.pairs)) + cell(std::to_string(own.repetitions));
    if (!summary.columns.empty()) html += ratio(own.final_values ? &*own.final_values : nullptr, own);
    if (has_target)
      html += ratio(times(own, Clock::iterations), own) + ratio(times(own, Clock::passes), own) +
              cell(fmt::format("{}, {}, {}, {}", own.both, own.first_only, own.second_only, own.neither)) +
              (own.p_success_holm ? p_cell(p_value(*own.p_success_holm)) : cell("–"));
    html += "</tr>\n";
  }
  std::string note;
  if (summary.comparisons.size() > most_comparisons)
    note = fmt::format(" The first {} of {} comparisons are shown.", most_comparisons, summary.comparisons.size());
  return scrolling("Methods against each other", html + "</tbody></table>") + "<p class=\"soft\">" +
         escaped(fmt::format("{}", fmt::join(notes_on_comparisons(summary), " "))) +
         " A ratio is 0 or ∞ where one of the two never arrives. A pair is undecided if neither arrived, or if it is "
         "not known who was first." +
         note + "</p>\n";
}

}  // namespace

ReportSection comparisons_report_section() {
  return {70, [](const Content&) { return "Methods against each other"; },
          [](const Content& page) { return table_of_pairs(page.summary); }};
}

}  // namespace tightrope
