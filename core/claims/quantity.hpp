// Quantities: the numbers of one run that a claim can speak of. Their forms are the files of core/claims/forms.
#pragma once

#include <functional>
#include <optional>

#include "core/claims/clock.hpp"
#include "core/claims/judging/curve.hpp"

namespace tightrope {

struct QuantityForm;

/// One of the forms with its words filled in. The first COLUMN may be `deviation of COLUMN from COLUMN`: |a/b - 1|, not
/// defined where b is 0.
struct Quantity {
  const QuantityForm* form = nullptr;
  std::string column = {};
  std::string reference = {};  // the values are the deviation of `column` from this one; empty: `column` itself
  std::string over = {};       // the second COLUMN, or the clock's where COLUMN is the first
  Index iteration = 0;         // ITERATION
  Condition target = {};       // < BOUND
  std::optional<Real> from = {}, to = {};  // iterations, for forms with a window
  std::string text() const;
  /// The trace's columns that it speaks of.
  Words columns() const;
};

/// What is measured: a value for each row of a trace.
struct Samples {
  std::vector<Real> iteration, value, over;  // over: empty without a second column
};

/// A form is words as they are written and, in capitals, what stands in their place: COLUMN, a second COLUMN, CLOCK
/// (the name of one), ITERATION, `< BOUND` (any relation).
struct QuantityForm {
  Words patterns;             // how it is written
  std::string spelling = {};  // one more, for its text where it can say it
  std::string example, meaning;
  std::string over = {};     // `over` where a pattern leaves it out
  bool is_value = false;     // a value of the column: bounds are levels in its figure
  bool is_goal = false;      // what `tune` can make smallest
  bool has_window = false;   // `from` and `to` bound its rows
  const Law* law = nullptr;  // fitted to value over `over`; the slope is measured, and the curve is drawn
  /// There are rows; those of a window, or else all with NaN where a value is not defined. NaN: not recorded.
  std::function<Measured(const Quantity&, const Samples&)> measure = {};

  bool has_target() const { return patterns.front().ends_with("< BOUND"); }
};

/// All forms: NAME.cpp of core/claims/forms defines `QuantityForm NAME_quantity_form()`.
const std::vector<QuantityForm>& quantity_forms();
std::vector<QuantityForm> quantity_forms_of_all_files();
/// Their patterns for messages, one for each clock.
Words patterns_of(const QuantityForm& form);
Words patterns_of(const std::function<bool(const QuantityForm&)>& is_meant);
/// "'final COLUMN', … or 'rate of COLUMN'": all that a quantity can be.
std::string quantity_list();

/// Null if they are none.
std::optional<Quantity> read_quantity(const Words& words);
std::optional<Quantity> read_quantity(const Node& node);
/// What the words lack that begin like a quantity; empty if they are too far from any.
std::string quantity_complaint(const Words& words);
/// " (did you mean 'error at smallest loss'?)", or "" if no quantity is near.
std::string quantity_hint(const Words& words);

/// The rows of a trace that a quantity is measured on; null if it has not got them.
std::optional<Samples> rows_of(const Quantity& quantity, const Trace& trace);
/// A quantity of a run that left this trace, as far as it is known.
Measured measure(const Quantity& quantity, const Trace& trace);
/// What the law of a quantity means for one run, for drawing it.
CurveFit fit_of(const Quantity& quantity, const Trace& trace);

}  // namespace tightrope
