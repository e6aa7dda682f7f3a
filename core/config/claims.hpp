// Claims: what must come out, written in the config, checked by `run`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/node.hpp"
#include "core/engine/trace.hpp"

namespace tightrope {

/// `that: final relative_error`, `is: < 1e-3`, optionally `where: {method: gd}` and `of: every run | some run`.
/// The quantity is one of
///   final COLUMN | best COLUMN | largest COLUMN | COLUMN at ITERATION | iterations
/// divided, if `relative to` is given, by a second quantity of the same run (e.g. `initial coupling`).
struct Quantity {
  enum class Pick { initial, final, smallest, largest, at } pick = Pick::final;
  std::string column;
  Index iteration = 0;
  std::string text() const;
};
struct Claim {
  Quantity that;
  std::optional<Quantity> relative_to;
  enum class Relation { below, at_most, above, at_least } relation = Relation::below;
  Real bound = 0;
  std::map<std::string, std::string> where;
  bool every = true;  // else: of some run
  std::string text;   // the claim in words, for reports
  Position position;
};

struct Verdict {
  bool holds = false;
  std::string measured;  // "2.9e-04", or "1.2e-3 (method gd), 3.1e-9 (method scaled_gd)"
  Real value = 0;        // the decisive (worst) value, NaN if there is none
};

/// Reads one entry of `claims:`; complaints go to diagnostics.
Claim read_claim(const Node& node, std::vector<Diagnostic>& diagnostics);

/// A finished run as claims see it.
struct ClaimSubject {
  std::map<std::string, std::string> labels;
  const Trace* trace;
};
Verdict judge(const Claim& claim, const std::vector<ClaimSubject>& runs);

}  // namespace tightrope
