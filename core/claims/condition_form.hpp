// What `is:` says of several numbers: of medians along a label, of the two sides of a comparison, of the steps of a
// fit.
#pragma once

#include "core/claims/claim.hpp"

namespace tightrope {

/// The numbers of one setting.
struct Numbers {
  std::vector<std::string> at;  // values of the axis, in their order; empty for the two sides of a comparison
  std::vector<Measured> medians;
  std::string text;  // these in words
  CurveFit fit;      // of a claim that asks for one
};

struct Finding {
  bool holds = false;
  Real merit =
      -std::numeric_limits<Real>::infinity();  // among those that hold, or do not, the one of least merit is the worst
  std::string measured = {};
};

struct ConditionForm {
  Words words;           // "increasing", …; each is a condition
  std::string axis_key;  // of the label along which it looks; empty: that of a fit, and only with a fit
  std::string axis_meaning = {};
  bool is_of_pairs = false;       // also with `compared with`
  bool has_tolerance = false;     // up to: 5 %
  bool takes_words = false;       // the label may have values that are no numbers
  std::size_t needed_values = 2;  // of the label
  std::string example, meaning;   // a claim, and what it says
  std::function<Finding(const Claim&, const Numbers&)> judge;

  bool is_of_fit() const { return axis_key.empty(); }
};

/// All of them: NAME.cpp of core/claims/conditions defines `ConditionForm NAME_condition_form()`.
const std::vector<ConditionForm>& condition_forms();
std::vector<ConditionForm> condition_forms_of_all_files();

}  // namespace tightrope
