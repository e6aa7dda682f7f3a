// Claims: what must come out, written in the config. core/claims/judging/judge.hpp judges them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/claims/labels.hpp"
#include "core/claims/quantity.hpp"

namespace tightrope {

struct ConditionForm;
struct TopicForm;

/// `{that: QUANTITY, where: {LABEL: value or [value, …]}, of: every run | some run | median | mean, is: CONDITION}` and
/// its relatives:
///   from, to                            the iterations that a quantity with a window looks at
///   relative to: QUANTITY               of the same run, as divisor
///   that: success of QUANTITY < BOUND, slope of QUANTITY over LABEL, end, …   (core/claims/topics)
///   compared with: {LABEL: value}       the ratio to the runs that differ in these labels alone; p: 0.05
///   is: increasing, equal, …            of several numbers (core/claims/conditions): in, across, up to
struct Claim {
  Quantity that;  // no form: a topic without a quantity
  std::optional<Quantity> relative_to;
  const TopicForm* topic = nullptr;  // null: the quantity of each run
  std::optional<Condition> success;  // < BOUND of the topic
  const Law* fit = nullptr;          // of the topic, over `axis`
  Words answers;                     // of which one must be the topic's
  enum class Of { every_run, some_run, median, mean } of = Of::every_run;
  bool is_of_setting() const { return of == Of::median || of == Of::mean; }  // of its repetitions together
  const ConditionForm* form = nullptr;  // of several numbers; null: one is compared with `bounds`
  std::string is;                       // the word of the form
  Condition bounds;
  Real percent = 0;  // `up to`
  std::string axis;  // label of a fit or a form
  LabelFilter where;
  Labels compared_with;
  std::optional<Real> p;
  std::string text;  // the claim in words, for reports
  Node source;       // as written
  Position position, axis_position;

  bool has_answer(const std::string& word) const { return std::ranges::find(answers, word) != answers.end(); }
  /// 0.05 for 5 %
  Real tolerance() const { return percent / 100; }
  /// Labels of the runs that `compared with` means: `where` with those labels replaced.
  LabelFilter other_side() const;
  /// Whether the verdict depends on a run with these labels.
  bool speaks_of(const Labels& labels) const;
  /// What it says of the number or numbers: "< 0.001", "increasing in kappa", "constant up to 10 %".
  std::string condition() const;
  /// All of it.
  std::string words() const;
  /// How many values of the axis it takes to judge a setting.
  std::size_t needed_values() const;
  /// The trace's columns that it speaks of.
  std::vector<std::string> columns() const;
};

/// Reads one entry of `claims:`; complaints go to diagnostics.
Claim read_claim(const Node& node, std::vector<Diagnostic>& diagnostics);

/// Why none of the runs with these labels, or too few of them, could decide the claim: an unknown label or value, runs
/// without partners, an axis with too few values, of words, or of values without the logarithm that a fit takes. Null
/// if there is something to judge.
std::optional<Diagnostic> undecidable_reason(const Claim& claim, const std::vector<Labels>& runs);

/// `COLUMN < BOUND` (or <=, >, >=): a run has succeeded once a recorded value of the column satisfies it.
struct SuccessCriterion {
  std::string column;
  Condition condition;
  Position position;
  std::string text() const { return column + " " + condition.text(); }  // reads as the same criterion again
};
/// Null, with a complaint, if the node is something else.
std::optional<SuccessCriterion> read_success(const Node& node, std::vector<Diagnostic>& diagnostics);

}  // namespace tightrope
