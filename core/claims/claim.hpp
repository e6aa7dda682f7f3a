// Claims: what must come out, written in the config. core/claims/judge.hpp judges them.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/interfaces/end.hpp"
#include "core/numbers/types.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

using Labels = std::map<std::string, std::string>;
/// Runs that are meant: each label has one of its values.
using LabelFilter = std::map<std::string, std::vector<std::string>>;

/// `< 1e-3`, `>= 5`, `between 0.7 and 0.95` (ends included).
struct Condition {
  enum class Relation { below, at_most, above, at_least, between } relation = Relation::below;
  Real bound = 0, upper = 0;  // upper: of between
  bool holds(Real value) const;
  std::string text() const;
};

/// A number of one run.
///   initial | final | smallest | largest COLUMN, COLUMN at ITERATION, iterations, passes, seconds
///   COLUMN at smallest | largest COLUMN                 in the first row in which the second is so, of those with both
///   iterations | passes | seconds to COLUMN < BOUND     until the first recorded row with COLUMN < BOUND
///   rate of COLUMN [over COLUMN]                        s of COLUMN ~ exp(s · iteration), by least squares
///   exponent of COLUMN over COLUMN                      s of COLUMN ~ iteration^s, by least squares
/// The first COLUMN of each may be `deviation of COLUMN from COLUMN`: |a/b - 1|, not defined where b is 0.
/// `from` and `to` bound the iterations in which the smallest or largest is sought, or to which a line is fitted.
struct Quantity {
  enum class Pick {
    initial,
    final,
    smallest,
    largest,
    at,
    at_smallest,
    at_largest,
    reach,
    rate,
    exponent
  } pick = Pick::final;
  std::string column;
  Index iteration = 0;  // at
  std::string over;     // reach: "iteration", "passes" or "seconds"; rate, exponent, at smallest, at largest: a column
  Condition target;     // reach
  std::optional<Real> from, to;
  std::string reference = {};  // the values are the deviation of `column` from this one; empty: `column` itself
  /// Whether `from` and `to` have a meaning.
  bool has_window() const;
  bool is_in_window(Real at) const { return at >= from.value_or(at) && at <= to.value_or(at); }
  std::string text() const;
};

/// `{that: QUANTITY, where: {LABEL: value or [value, …]}, of: every run | some run | median, is: CONDITION}` and its
/// relatives:
///   relative to: QUANTITY               of the same run, as divisor
///   that: end, is: diverged, or: limit or diverged   how the run ended (core/interfaces/end.hpp)
///   that: success of QUANTITY < BOUND   the share of the runs of which this is true
///   that: exponent | rate | slope of QUANTITY over LABEL, slope of QUANTITY over log10 LABEL
///                                       fitted to runs that differ in a numeric label
///   compared with: {LABEL: value}       the ratio to the runs that differ in these labels alone; p: 0.05
///   is: increasing (decreasing, non-…), in: LABEL
///   is: equal, up to: 5 %, and across: LABEL or compared with
///   is: constant, up to: 10 %           of a fit: from each value of the label to the next the slope is the fitted one
struct Claim {
  Quantity that;
  bool is_of_end = false;      // in the place of a quantity: how the run ended,
  std::vector<EndClass> ends;  // which must be one of these
  std::optional<Quantity> relative_to;
  std::optional<Condition> success;
  enum class Fit { none, rate, exponent, slope } fit = Fit::none;  // over `axis`
  bool is_per_decade = false;                                      // slope over log10 of the axis
  enum class Of { every_run, some_run, median } of = Of::every_run;
  enum class Is { within, increasing, non_decreasing, decreasing, non_increasing, equal, constant } is = Is::within;
  Condition bounds;    // within
  Real tolerance = 0;  // equal, constant; 0.05 for 5 %
  std::string axis;    // label of fit, monotone and equal across
  LabelFilter where;
  Labels compared_with;
  std::optional<Real> p;
  std::string text;  // the claim in words, for reports
  Node source;       // as written
  Position position, axis_position;

  bool has_end(EndClass end) const { return std::find(ends.begin(), ends.end(), end) != ends.end(); }
  /// Labels of the runs that `compared with` means: `where` with those labels replaced.
  LabelFilter other_side() const;
  /// Whether the verdict depends on a run with these labels.
  bool speaks_of(const Labels& labels) const;
  /// What it says of the number or numbers: "< 0.001", "increasing in kappa", "constant up to 10 %".
  std::string condition() const;
  /// Whether the values of the axis need logarithms.
  bool takes_logarithms() const { return fit == Fit::exponent || is_per_decade; }
  /// How many values of the axis it takes to judge a setting.
  std::size_t needed_values() const { return is == Is::constant ? 3 : 2; }
  /// The trace's columns that it speaks of.
  std::vector<std::string> columns() const;
};

/// Reads a QUANTITY; null if the node is none.
std::optional<Quantity> read_quantity(const Node& node);
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
  std::string text() const;  // reads as the same criterion again
};
/// Null, with a complaint, if the node is something else.
std::optional<SuccessCriterion> read_success(const Node& node, std::vector<Diagnostic>& diagnostics);

/// Whether each wanted label has one of the values. Numbers are compared as numbers: 1e-1 is 0.1.
bool selects(const LabelFilter& wanted, const Labels& labels);
std::optional<Real> number_of(const std::string& label);
/// The labels without some of them; runs that agree in the rest form a group.
Labels without(Labels labels, const std::vector<std::string>& names);
/// The name of the label that tells the repetitions of a setting apart.
inline constexpr const char* repetition_label = "repetition";

}  // namespace tightrope
