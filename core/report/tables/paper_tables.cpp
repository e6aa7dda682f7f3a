#include "core/report/tables/paper_tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/report/tables/fields.hpp"
#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr Real points_per_mm = 72.27 / 25.4, font = 8, column_gap = 6;

/// About, in points.
Real width_of(const std::vector<Table>& blocks) {
  Real width = 0;
  for (std::size_t i = 0; i < blocks.front().rows().front().size(); ++i) {
    Real widest = 0;
    for (const Table& block : blocks)
      for (const auto& row : block.rows()) {
        const auto powers = static_cast<Real>(std::count(row[i].begin(), row[i].end(), 'e'));  // 1e-5 is 10⁻⁵
        widest = std::max(widest, 0.85 * text_width(row[i], font) + (is_numeric(row[i]) ? 9 * powers : 0));
      }
    width += widest + column_gap;
  }
  return width;
}

bool has_field(const std::vector<Field>& fields, const std::string& name) {
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
}

bool is_clock(const Field& field) { return find_cost(field.name) != nullptr; }

/// "10 repetitions", "8 to 10 repetitions"
std::string repetitions_of(const Summary& summary) {
  Index least = 0, most = 0;
  for (const Setting& setting : summary.settings) {
    if (setting.repetitions == 0) continue;
    least = least == 0 ? setting.repetitions : std::min(least, setting.repetitions);
    most = std::max(most, setting.repetitions);
  }
  return least == most ? counted(most, "repetition") : fmt::format("{} to {}", least, counted(most, "repetition"));
}

std::string bold_note(const TableOptions& options, const std::string& repetitions, bool has_successes) {
  if (options.tests.empty()) return " Bold: the best of each setting.";
  if (!can_tell_apart(options))
    return fmt::format(" Bold: the best of each setting; {} are too few for a test of single settings.", repetitions);
  return fmt::format(
      " Bold: the best of each setting, and those from which Wilcoxon's signed-rank test of its repetitions{}, "
      "Holm-corrected over the pairs of methods, does not tell it (p ≥ 0.05).",
      has_successes ? " (of successes McNemar's test)" : "");
}

/// What the numbers are.
std::string caption_of(const Summary& summary, const std::string& column, const TableOptions& options,
                       const std::vector<Field>& fields) {
  const std::string repetitions = repetitions_of(summary);
  const bool is_repeated = repetitions != "1 repetition", has_intervals = options.intervals && options.pivot.empty();
  std::vector<std::string> times;
  for (const Field& field : fields)
    if (is_clock(field)) times.push_back(shown(options, field.name));
  std::string text = is_repeated ? fmt::format("Medians over {} of each setting{}.", repetitions,
                                               has_intervals ? ", with 95 % bootstrap intervals in brackets" : "")
                                 : "Each setting has been run once.";
  if (!summary.pooled.empty())
    text += fmt::format(" Settings that differ in {} alone are taken together.", fmt::join(summary.pooled, " or "));
  if (has_field(fields, column))
    text += fmt::format(" {}: at the end of the runs; one that diverged or failed counts as ∞.",
                        capitalised(worded(shown(options, column))));
  if (!times.empty() && summary.criterion)
    text += fmt::format(
        " {}: until {} ({}runs that never get there are censored, not dropped: ‘more than’ says how long they were "
        "watched).",
        capitalised(fmt::format("{}", fmt::join(times, ", "))), worded(summary.criterion->text()),
        is_repeated ? "Kaplan-Meier medians; " : "");
  const bool has_successes = has_field(fields, "successes");
  if (has_successes && summary.criterion)
    text += fmt::format(" {}: runs with {}{}.", capitalised(shown(options, "successes")),
                        worded(summary.criterion->text()), has_intervals ? ", with Wilson's 95 % interval" : "");
  if (options.bold && !summary.methods.empty()) text += bold_note(options, repetitions, has_successes);
  return text;
}

std::string float_of(const std::string& caption, const std::string& label, const std::string& tabular, bool is_bold) {
  return fmt::format(
      "% Needs \\usepackage{{booktabs,siunitx,graphicx}}.\n"
      "\\begin{{table}}\n\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{{}pt}}{}\n"
      "\\caption{{{}}}\n\\label{{tab:{}}}\n"
      "\\resizebox{{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}}{{!}}{{%\n{}}}\n\\end{{table}}\n",
      column_gap / 2, is_bold ? "\\sisetup{detect-weight}" : "", latex_text(caption), label, tabular);
}

/// As many columns as there is room for, where none are chosen.
TableOptions fitting(const Summary& summary, const std::string& column, const TableOptions& options, Real width) {
  if (!options.columns.empty()) return options;
  std::vector<std::vector<std::string>> choices;
  const auto add = [&](std::vector<std::string> names) {
    std::erase_if(names, [&](const std::string& name) {
      return name == "final" ? column.empty() : name != "ends" && !has_criterion(summary);
    });
    if (!names.empty()) choices.push_back(std::move(names));
  };
  add({"ends", "final", "successes", "iterations", "passes", "seconds"});
  add({"final", "successes", "iterations", "passes", "seconds"});
  add({"final", "successes", "iterations"});
  add({"final", "iterations"});
  add({"final"});
  if (choices.empty()) add({"ends"});
  // Rather fewer columns than no intervals, as long as there are two of them.
  TableOptions chosen = options;
  for (const bool intervals : {true, false})
    for (const auto& names : choices) {
      chosen.columns = names;
      chosen.intervals = intervals;
      if (intervals && names.size() < 2) continue;
      if (width_of({table_of_settings(summary, column, chosen)}) <= width) return chosen;
    }
  return chosen;
}

/// Methods as rows, blocks of settings as columns: in the header a row for each axis.
std::vector<Table> pivot_blocks(const Summary& summary, const std::string& column, const TableOptions& options,
                                Real width) {
  const Table whole = pivot_of_settings(summary, column, options, false);
  const std::vector<SettingGroup> groups = groups_of_settings(summary);
  std::vector<std::string> axes;
  for (const std::string& axis : summary.setting_axes())
    if (std::any_of(groups.begin(), groups.end(),
                    [&](const SettingGroup& group) { return group.labels.contains(axis); }))
      axes.push_back(axis);
  const auto blocks_of = [&](std::size_t each) {
    std::vector<Table> blocks;
    for (std::size_t begin = 0; begin < groups.size(); begin += each) {
      std::vector<std::vector<std::string>> head;
      const auto in_block = [&](std::size_t k) { return begin + k < groups.size(); };
      for (const std::string& axis : axes) {
        auto& row = head.emplace_back(1, shown(options, axis));
        for (std::size_t k = 0; k < each; ++k) {
          const auto own = in_block(k) ? groups[begin + k].labels.find(axis) : Labels::const_iterator();
          row.push_back(in_block(k) && own != groups[begin + k].labels.end() ? shown(options, own->second) : "");
        }
      }
      if (head.empty()) head.push_back({shown(options, summary.by), shown(options, options.pivot)});
      Table& block = blocks.emplace_back(Table::below(std::move(head)));
      for (std::size_t r = 1; r < whole.rows().size(); ++r) {
        std::vector<std::string> row = {whole.rows()[r][0]};
        std::vector<std::size_t> bold;
        for (std::size_t k = 0; k < each; ++k) {
          row.push_back(in_block(k) ? whole.rows()[r][1 + begin + k] : "");
          if (in_block(k) && whole.is_bold(r, 1 + begin + k)) bold.push_back(1 + k);
        }
        block.add(std::move(row), bold);
      }
    }
    return blocks;
  };
  for (std::size_t count = 1; count < groups.size(); ++count) {
    std::vector<Table> blocks = blocks_of((groups.size() + count - 1) / count);
    if (width_of(blocks) <= width) return blocks;
  }
  return blocks_of(1);
}

}  // namespace

std::vector<std::string> paper_table_names(const Summary& summary) {
  if (summary.comparisons.empty()) return {"settings"};
  return {"settings", "comparisons"};
}

std::string paper_table(const Summary& summary, const std::string& name, const TableOptions& options, Real width) {
  const std::string column = summary.columns.empty() ? "" : summary.columns.front(), id = safe_id(summary.name);
  const Real points = width * points_per_mm;
  if (name == "comparisons") {
    std::string caption;
    for (const std::string& note : notes_on_comparisons(summary)) caption += (caption.empty() ? "" : " ") + note;
    TableOptions own = options;
    // The ratios of what is compared first, as long as they fit.
    for (const auto& columns :
         std::vector<std::vector<std::string>>{{"final", "successes", "iterations", "passes", "seconds"},
                                               {"final", "successes", "iterations"},
                                               {"final", "iterations"},
                                               {"final"}}) {
      if (!options.columns.empty()) break;
      own.columns = columns;
      std::erase_if(own.columns,
                    [&](const std::string& one) { return one == "final" ? column.empty() : !has_criterion(summary); });
      if (width_of({table_of_comparisons(summary, own)}) <= points) break;
    }
    return float_of(caption, id + "-comparisons", Table::latex({table_of_comparisons(summary, own)}, true), false);
  }
  if (!options.pivot.empty()) {
    const std::vector<Field> field = fields_of(summary, column, {options.pivot});
    return float_of(
        capitalised(worded(shown(options, field.front().name))) + ". " + caption_of(summary, column, options, field),
        id, Table::latex(pivot_blocks(summary, column, options, points), true), options.bold);
  }
  const TableOptions chosen = fitting(summary, column, options, points);
  return float_of(caption_of(summary, column, chosen, fields_of(summary, column, chosen.columns)), id,
                  Table::latex({table_of_settings(summary, column, chosen)}, true), chosen.bold);
}

std::map<Labels, Summary> tests_of(const StoredRun& run, const Summary& summary) {
  std::map<Labels, Summary> tests;
  if (summary.methods.empty()) return tests;
  SummaryOptions options;
  options.by = summary.by;
  options.columns = summary.columns;
  options.pool = summary.pooled;
  const auto is_within = [](const Labels& group, const Labels& labels) {
    return std::all_of(group.begin(), group.end(), [&](const auto& label) {
      const auto own = labels.find(label.first);
      return own != labels.end() && own->second == label.second;
    });
  };
  for (const SettingGroup& group : groups_of_settings(summary)) {
    StoredRun part;
    part.name = run.name;
    part.is_study = run.is_study;
    part.axes = run.axes;
    part.success = run.success;
    for (const StoredCell& cell : run.cells)
      if (is_within(group.labels, cell.labels)) part.cells.push_back(cell);
    for (const Missing& cell : run.missing)
      if (is_within(group.labels, cell.labels)) part.missing.push_back(cell);
    if (!part.cells.empty()) tests.emplace(group.labels, summarize(part, options));
  }
  return tests;
}

}  // namespace tightrope
