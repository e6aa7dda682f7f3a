#include "core/study/findings/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/base/text/word_list.hpp"
#include "core/statistics/tests.hpp"

namespace tightrope {

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();
constexpr std::size_t most_compared_methods = 100;  // 4,950 pairs

/// Names the numbers of all resampling: equal samples have equal intervals, whatever else is in the study.
const Stream& resampling() {
  static const Stream stream(0, "study/summary/resampling");
  return stream;
}

/// One run as it is counted.
struct Subject {
  Labels labels;
  EndClass end = EndClass::failed;
  std::vector<std::optional<Real>> finals;    // by column
  std::map<std::string, CensoredTime> waits;  // by the name of a cost; empty if it is not known
  bool reached() const { return waits.begin()->second.reached; }
  std::string repetition() const {
    const auto own = labels.find(repetition_label);
    return own == labels.end() ? "" : own->second;
  }
};

bool is_lost(EndClass end) { return end == EndClass::diverged || end == EndClass::failed; }

std::vector<StudyAxis> axes_of(const StoredRun& run) {
  std::vector<StudyAxis> axes = run.axes;
  const auto add = [&](const Labels& labels) {
    for (const auto& [label, value] : labels) {
      auto axis = std::ranges::find_if(axes, [&, &name = label](const auto& a) { return a.label == name; });
      if (axis == axes.end()) {
        axis = axes.insert(axes.end(), StudyAxis());
        axis->label = axis->path = label;
      }
      if (std::ranges::find(axis->values, value) == axis->values.end()) axis->values.push_back(value);
    }
  };
  for (const StoredCell& cell : run.cells) add(cell.labels);
  for (const Missing& cell : run.missing) add(cell.labels);
  return axes;
}

/// Sorts labels as the file does: axis by axis, value by value.
class FileOrder {
 public:
  explicit FileOrder(const std::vector<StudyAxis>& axes) : axes_(axes) {}
  std::vector<std::size_t> key(const Labels& labels) const {
    std::vector<std::size_t> places;
    for (const StudyAxis& axis : axes_) {
      const auto own = labels.find(axis.label);
      const auto at = own == labels.end() ? axis.values.end() : std::ranges::find(axis.values, own->second);
      places.push_back(own == labels.end() ? 0 : static_cast<std::size_t>(at - axis.values.begin()) + 1);
    }
    return places;
  }

 private:
  const std::vector<StudyAxis>& axes_;
};

std::vector<std::string> columns_of(const StoredRun& run, const std::vector<std::string>& wanted) {
  std::map<std::string, int> display_prioritys;
  std::vector<std::string> names;
  for (const StoredCell& cell : run.cells)
    for (const Column& column : cell.trace.columns) {
      const auto [known, is_new] = display_prioritys.emplace(column.name, column.display_priority);
      if (is_new) names.push_back(column.name);
      known->second = std::max(known->second, column.display_priority);
    }
  for (const std::string& column : wanted)
    if (display_prioritys.count(column) == 0)
      throw Error(Exit::config,
                  fmt::format("no run of {} records the column '{}'{}", run.name, column, did_you_mean(column, names)));
  if (!wanted.empty()) return wanted;
  std::erase_if(names, [&](const std::string& name) { return display_prioritys[name] <= 0; });
  std::ranges::stable_sort(
      names, [&](const std::string& a, const std::string& b) { return display_prioritys[a] > display_prioritys[b]; });
  if (names.empty() && display_prioritys.count("objective") > 0) names.emplace_back("objective");
  return names;
}

Subject subject_of(const StoredCell& cell, const Summary& summary) {
  Subject subject{cell.labels, cell.end.end_class, {}, {}};
  const bool lost = is_lost(cell.end.end_class);
  for (const std::string& name : summary.columns) {
    const auto column = cell.trace.find(name);
    subject.finals.emplace_back();
    if (!column) continue;
    const Real last = cell.trace.last(*column);
    if (lost)
      subject.finals.back() = infinity;
    else if (!std::isnan(last))
      subject.finals.back() = last;
  }
  if (!summary.criterion) return subject;
  const auto values = series(cell.trace, summary.criterion->column);
  for (const Clock& clock : costs()) {
    std::optional<CensoredTime> waiting;
    if (const std::vector<Real> times = clock.of(cell.trace); values && !times.empty())
      waiting = wait_for(*values, times, [&](Real value) { return summary.criterion->condition.holds(value); });
    if (lost && !(waiting && waiting->reached)) waiting = CensoredTime{infinity, false};
    if (waiting) subject.waits[clock.name] = *waiting;
  }
  return subject;
}

/// A run that left nothing but the news that it failed.
Subject subject_of(const Missing& cell, const Summary& summary) {
  Subject subject{cell.labels, EndClass::failed, {}, {}};
  subject.finals.assign(summary.columns.size(), infinity);
  if (summary.criterion)
    for (const Clock& clock : costs()) subject.waits[clock.name] = {infinity, false};
  return subject;
}

/// What the runs of a setting have, by repetition: one element in each, or more where settings are pooled. The order of
/// the repetitions says nothing.
template <typename T>
using Clusters = std::vector<std::vector<T>>;

template <typename T>
std::vector<T> all_of(const Clusters<T>& clusters) {
  std::vector<T> all;
  for (const std::vector<T>& own : clusters) all.insert(all.end(), own.begin(), own.end());
  return all;
}

template <typename T>
bool is_pooled(const Clusters<T>& clusters) {
  return std::ranges::any_of(clusters, [](const std::vector<T>& own) { return own.size() > 1; });
}

/// The bootstrap interval of a statistic where whole repetitions are drawn: what they hold is not independent.
template <typename T, typename Statistic>
Interval interval_over(const Clusters<T>& clusters, Statistic statistic) {
  return bootstrap_interval(
      clusters.size(),
      [&](std::span<const Index> drawn) {
        std::vector<T> sample;
        for (const Index own : drawn) sample.insert(sample.end(), clusters[own].begin(), clusters[own].end());
        return statistic(sample);
      },
      resampling());
}

Estimate median_of(Clusters<Real> clusters) {
  const std::vector<Real> values = all_of(clusters);
  if (std::ranges::all_of(values, [&](Real value) { return value == values.front(); }))
    return {values.front(), {values.front(), values.front()}};  // as every resample
  if (!is_pooled(clusters)) return *bootstrap_median(values, resampling());
  for (std::vector<Real>& own : clusters) std::ranges::sort(own);
  std::ranges::sort(clusters);
  return {*median(values), interval_over(clusters, [](const std::vector<Real>& sample) { return *median(sample); })};
}

TimeToSuccess arrival_of(Clusters<CensoredTime> clusters) {
  const auto is_before = [](const CensoredTime& a, const CensoredTime& b) {
    return a.time != b.time ? a.time < b.time : a.reached < b.reached;
  };
  for (std::vector<CensoredTime>& own : clusters) std::ranges::sort(own, is_before);
  std::ranges::sort(clusters, [&](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), is_before);
  });
  const std::vector<CensoredTime> waits = all_of(clusters);
  TimeToSuccess arrival{time_to_target(waits), {}};
  const bool alike = std::ranges::all_of(waits, [&](const CensoredTime& wait) {
    return wait.time == waits.front().time && wait.reached == waits.front().reached;
  });
  const Real only = arrival.times.median.value_or(infinity);
  arrival.interval = alike                 ? Interval{only, only}
                     : is_pooled(clusters) ? interval_over(clusters,
                                                           [](const std::vector<CensoredTime>& sample) {
                                                             return time_to_target(sample).median.value_or(infinity);
                                                           })
                                           : bootstrap_time_to_target(waits, resampling());
  return arrival;
}

/// What `value` finds in the runs of each repetition; a repetition of which it finds nothing is left out.
template <typename T, typename Find>
Clusters<T> by_repetition(const std::vector<const Subject*>& subjects, Find find) {
  std::map<std::string, std::vector<T>> found;
  for (const Subject* subject : subjects)
    if (const std::optional<T> value = find(*subject)) found[subject->repetition()].push_back(*value);
  Clusters<T> clusters;
  for (auto& [repetition, own] : found) clusters.push_back(std::move(own));
  return clusters;
}

void sum_up(Setting& setting, const std::vector<const Subject*>& subjects, const Summary& summary) {
  setting.runs = subjects.size();
  std::set<std::string> repetitions;
  for (const Subject* subject : subjects) {
    ++setting.ends[subject->end];
    repetitions.insert(subject->repetition());
  }
  setting.repetitions = repetitions.size();
  // A failed run would have recorded what its repetitions do; where all of them failed nobody knows, and all count.
  for (std::size_t c = 0; c < summary.columns.size(); ++c) {
    bool is_recorded = setting.cells.empty();
    for (const Subject* subject : subjects)
      is_recorded = is_recorded || (subject->finals[c] && subject->end != EndClass::failed);
    Clusters<Real> values = by_repetition<Real>(subjects, [&](const Subject& subject) { return subject.finals[c]; });
    Index count = 0;
    for (const std::vector<Real>& own : values) count += own.size();
    if (is_recorded && count > 0) setting.finals.push_back({summary.columns[c], count, median_of(std::move(values))});
  }
  for (const Clock& clock : costs()) {
    Clusters<CensoredTime> waits = by_repetition<CensoredTime>(subjects, [&](const Subject& subject) {
      const auto own = subject.waits.find(clock.name);
      return own == subject.waits.end() ? std::nullopt : std::optional(own->second);
    });
    if (waits.empty()) continue;
    const std::size_t independent = waits.size();
    const TimeToSuccess arrival = arrival_of(std::move(waits));
    setting.arrivals[clock.name] = arrival;
    if (!setting.success) {
      const TimeToTarget& times = arrival.times;
      setting.success = {times.reached, times.count,
                         wilson_interval_of_share(static_cast<Real>(times.reached) / static_cast<Real>(times.count),
                                                  static_cast<Real>(independent))};
    }
  }
}

/// Values of the axis that tells methods apart and, for each, the axes that runs of other methods lack.
std::map<std::string, std::vector<std::string>> own_axes(const std::string& by, const std::vector<Labels>& all) {
  std::map<std::string, std::set<std::string>> axes;  // of each method
  for (const Labels& labels : all)
    if (const auto own = labels.find(by); own != labels.end())
      for (const auto& entry : labels) axes[own->second].insert(entry.first);
  std::map<std::string, std::vector<std::string>> own;
  for (const auto& [method, names] : axes) {
    std::vector<std::string>& list = own[method];
    for (const std::string& name : names)
      if (std::ranges::any_of(axes, [&](const auto& other) { return other.second.count(name) == 0; }))
        list.push_back(name);
  }
  return own;
}

// Signed ratios of the first of a pair to the second (core/statistics/tests.hpp); null if nobody is known to be first.

std::optional<Real> ratio_of(Real first, Real second) {
  if (first < 0 || second < 0 || (std::isinf(first) && std::isinf(second))) return std::nullopt;
  return signed_ratio(first, second);
}

std::optional<Real> ratio_of(const CensoredTime& first, const CensoredTime& second) {
  if (first.reached && second.reached) return ratio_of(first.time, second.time);
  if (first.reached && second.time >= first.time) return -infinity;
  if (second.reached && first.time >= second.time) return infinity;
  return std::nullopt;
}

/// Signed ratios of the decided pairs, by repetition.
using Decided = std::map<std::string, std::vector<Real>>;

PairedRatio paired(const Decided& pairs) {
  PairedRatio result;
  std::vector<Real> ratios;
  for (const auto& [repetition, own] : pairs) {
    result.decided += own.size();
    if (const auto median = median_ratio(own)) ratios.push_back(*median);
  }
  std::ranges::sort(ratios);
  for (const Real ratio : ratios) result.ratios.push_back(as_ratio(ratio));
  if (const auto median = median_ratio(ratios)) result.median = as_ratio(*median);
  const SignedRank test = wilcoxon_signed_rank(ratios);
  result.p = test.p;
  result.is_exact = test.is_exact;
  return result;
}

/// The runs of one problem, by method: a problem is what a run's labels say beside its method. Null: no such run.
struct Problem {
  std::string repetition;
  std::vector<const Subject*> runs;
};
using Design = std::vector<Problem>;

Comparison compared(std::size_t first, std::size_t second, const Design& design, bool has_criterion) {
  Comparison result;
  result.first = first;
  result.second = second;
  std::optional<Decided> finals;
  std::map<std::string, Decided> times;
  std::map<std::string, long> surplus;  // by repetition: settings where the first alone succeeded, minus the others
  for (const auto& [repetition, runs] : design) {
    const Subject *a = runs[first], *b = runs[second];
    if (!a || !b) continue;
    ++result.pairs;
    long& own_surplus = surplus[repetition];
    if (!a->finals.empty() && a->finals[0] && b->finals[0]) {
      if (!finals) finals.emplace();
      if (const auto ratio = ratio_of(*a->finals[0], *b->finals[0])) (*finals)[repetition].push_back(*ratio);
    }
    for (const auto& [clock, wait] : a->waits)
      if (const auto other = b->waits.find(clock); other != b->waits.end()) {
        Decided& own = times[clock];
        if (const auto ratio = ratio_of(wait, other->second)) own[repetition].push_back(*ratio);
      }
    if (a->waits.empty() || b->waits.empty()) continue;
    ++(a->reached() ? (b->reached() ? result.both : result.first_only)
                    : (b->reached() ? result.second_only : result.neither));
    own_surplus += (a->reached() ? 1 : 0) - (b->reached() ? 1 : 0);
  }
  result.repetitions = surplus.size();
  if (finals) result.final_values = paired(*finals);
  for (const auto& [clock, pairs] : times) result.times[clock] = paired(pairs);
  if (!has_criterion) return result;
  for (const auto& [repetition, own] : surplus) {
    if (own > 0) ++result.for_first;
    if (own < 0) ++result.for_second;
  }
  result.p_success = mcnemar(result.for_first, result.for_second);
  return result;
}

/// Corrects one kind of p-value over all comparisons that have it.
template <typename Find>
void correct(std::vector<Comparison>& comparisons, Find find) {
  std::vector<Real> p;
  for (Comparison& comparison : comparisons)
    if (const auto [own, corrected] = find(comparison); own) p.push_back(*own);
  const std::vector<Real> adjusted = holm(p);
  std::size_t i = 0;
  for (Comparison& comparison : comparisons)
    if (const auto [own, corrected] = find(comparison); own) *corrected = adjusted[i++];
}

void correct_all(std::vector<Comparison>& comparisons) {
  using Pair = std::pair<Real*, Real*>;
  correct(comparisons, [](Comparison& c) {
    return c.final_values ? Pair{&c.final_values->p, &c.final_values->p_holm} : Pair{};
  });
  for (const Clock& clock : costs())
    correct(comparisons, [&](Comparison& c) {
      const auto own = c.times.find(clock.name);
      return own == c.times.end() ? Pair{} : Pair{&own->second.p, &own->second.p_holm};
    });
  for (Comparison& c : comparisons) c.p_success_holm = c.p_success;
  correct(comparisons, [](Comparison& c) { return c.p_success ? Pair{&*c.p_success, &*c.p_success_holm} : Pair{}; });
}

void compare_methods(Summary& summary, const std::vector<Subject>& subjects) {
  std::vector<Labels> all;
  for (const Subject& subject : subjects) all.push_back(subject.labels);
  const auto own = own_axes(summary.by, all);
  const FileOrder order(summary.axes);
  std::map<std::vector<std::size_t>, Labels> methods;
  std::map<Labels, std::map<Labels, const Subject*>> problems;  // by what is not the method, by method
  for (const Subject& subject : subjects) {
    const auto method = subject.labels.find(summary.by);
    if (method == subject.labels.end()) continue;
    Labels labels = {{method->first, method->second}}, rest = without(subject.labels, {summary.by});
    for (const std::string& axis : own.at(method->second)) {
      const auto value = subject.labels.find(axis);
      if (value == subject.labels.end()) continue;
      labels.insert(*value);
      rest.erase(axis);
    }
    methods.emplace(order.key(labels), labels);
    problems[rest][labels] = &subject;
  }
  for (const auto& [place, labels] : methods) {
    std::string name = labels.at(summary.by);
    for (const StudyAxis& axis : summary.axes)
      if (axis.label != summary.by && labels.count(axis.label)) name += ", " + labels.at(axis.label);
    summary.methods.push_back({name, labels});
  }
  Design design;
  for (const auto& [rest, runs] : problems) {
    Problem& problem = design.emplace_back();
    problem.repetition = runs.begin()->second->repetition();
    for (const Method& method : summary.methods) {
      const auto run = runs.find(method.labels);
      problem.runs.push_back(run == runs.end() ? nullptr : run->second);
    }
  }
  summary.has_all_comparisons = summary.methods.size() <= most_compared_methods;
  for (std::size_t a = 0; summary.has_all_comparisons && a < summary.methods.size(); ++a)
    for (std::size_t b = a + 1; b < summary.methods.size(); ++b) {
      Comparison comparison = compared(a, b, design, summary.criterion.has_value());
      if (comparison.pairs > 0) summary.comparisons.push_back(std::move(comparison));
    }
  correct_all(summary.comparisons);

  std::erase_if(design, [](const Problem& problem) {
    return std::ranges::any_of(problem.runs, [](const Subject* run) { return !run || run->waits.empty(); });
  });
  summary.problems = design.size();
  if (!design.empty())
    for (const Clock& clock : costs()) {
      std::vector<std::vector<Real>> costs;
      for (const auto& [repetition, runs] : design) {
        std::vector<Real>& row = costs.emplace_back();
        for (const Subject* run : runs) {
          const auto wait = run->waits.find(clock.name);
          row.push_back(wait != run->waits.end() && wait->second.reached ? wait->second.time : infinity);
        }
      }
      summary.profiles[clock.name] = performance_profiles(costs);
    }
}

/// The label of an axis that the caller names by its label or its path. Error(config) if there is none.
std::string axis_called(const Summary& summary, const std::string& wanted) {
  std::vector<std::string> names;
  for (const StudyAxis& axis : summary.axes) {
    if (axis.label == repetition_label) continue;
    if (axis.label == wanted || axis.path == wanted) return axis.label;
    names.push_back(axis.label);
  }
  throw Error(Exit::config, fmt::format("{} has no axis '{}'{}", summary.name, wanted,
                                        names.empty() ? ": it is a single run"
                                                      : did_you_mean_or_list(wanted, names, "; its axes are ")));
}

std::string axis_of_methods(const Summary& summary) {
  for (const StudyAxis& axis : summary.axes)
    if (axis.path == "method") return axis.label;
  return "";
}

}  // namespace

const FinalValues* Setting::find(const std::string& column) const {
  const auto own = std::ranges::find_if(finals, [&](const auto& f) { return f.column == column; });
  return own == finals.end() ? nullptr : &*own;
}

std::vector<std::string> Summary::setting_axes() const {
  std::vector<std::string> names;
  for (const StudyAxis& axis : axes)
    if (axis.label != repetition_label &&
        std::ranges::any_of(settings, [&](const Setting& setting) { return setting.labels.count(axis.label) > 0; }))
      names.push_back(axis.label);
  return names;
}

Summary summarize(const StoredRun& run, const SummaryOptions& options) {
  Summary summary;
  summary.name = run.name;
  summary.axes = axes_of(run);
  summary.criterion = run.success;
  if (summary.criterion && !run.cells.empty() && std::ranges::none_of(run.cells, [&](const StoredCell& cell) {
        return cell.trace.find(summary.criterion->column).has_value();
      }))
    summary.criterion.reset();
  summary.columns = columns_of(run, options.columns);
  summary.by = options.by ? axis_called(summary, *options.by) : axis_of_methods(summary);
  std::vector<std::string> unheeded = {repetition_label};  // labels that do not tell settings apart
  for (const std::string& name : options.pool) {
    const std::string axis = axis_called(summary, name);
    if (axis == summary.by)
      throw Error(Exit::config, fmt::format("'{}' tells apart what is compared, so it cannot be pooled", name));
    unheeded.push_back(axis);
    summary.pooled.push_back(axis);
  }

  const FileOrder order(summary.axes);
  std::vector<Subject> subjects;
  std::map<std::vector<std::size_t>, Setting> settings;
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> members;  // subjects of each setting
  const auto place = [&](const Labels& all) {
    const Labels labels = without(all, unheeded);
    const std::vector<std::size_t> key = order.key(labels);
    settings[key].labels = labels;
    return key;
  };
  for (std::size_t i = 0; i < run.cells.size(); ++i) {
    const auto key = place(run.cells[i].labels);
    settings[key].cells.push_back(i);
    members[key].push_back(subjects.size());
    subjects.push_back(subject_of(run.cells[i], summary));
  }
  for (std::size_t i = 0; i < run.missing.size(); ++i) {
    const auto key = place(run.missing[i].labels);
    settings[key].missing.push_back(i);
    if (run.missing[i].kind != Missing::Kind::failed) continue;
    members[key].push_back(subjects.size());
    subjects.push_back(subject_of(run.missing[i], summary));
  }
  for (auto& [key, setting] : settings) {
    std::vector<const Subject*> own;
    for (const std::size_t i : members[key]) own.push_back(&subjects[i]);
    sum_up(setting, own, summary);
    summary.settings.push_back(std::move(setting));
  }
  if (!summary.by.empty()) compare_methods(summary, subjects);
  return summary;
}

}  // namespace tightrope
