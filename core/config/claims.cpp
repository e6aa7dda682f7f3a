#include "core/config/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace tightrope {

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

const char* quantity_forms =
    "'final COLUMN', 'initial COLUMN', 'smallest COLUMN', 'largest COLUMN', 'COLUMN at ITERATION' or 'iterations'";

std::optional<Quantity> read_quantity(const Node& node, std::vector<Diagnostic>& diagnostics) {
  const std::vector<std::string> words = node.is_scalar() ? words_of(node.scalar) : std::vector<std::string>{};
  if (words.size() == 1 && words[0] == "iterations") return Quantity{Quantity::Pick::final, "iteration", 0};
  if (words.size() == 2) {
    if (words[0] == "final") return Quantity{Quantity::Pick::final, words[1], 0};
    if (words[0] == "initial") return Quantity{Quantity::Pick::initial, words[1], 0};
    if (words[0] == "smallest") return Quantity{Quantity::Pick::smallest, words[1], 0};
    if (words[0] == "largest") return Quantity{Quantity::Pick::largest, words[1], 0};
  }
  if (words.size() == 3 && words[1] == "at")
    if (const auto iteration = to_index(Node::make_scalar(words[2], node.position)))
      return Quantity{Quantity::Pick::at, words[0], *iteration};
  diagnostics.push_back(
      {node.position, fmt::format("a claim speaks of {}, but this is {}", quantity_forms, node.description())});
  return std::nullopt;
}

const char* to_text(Claim::Relation relation) {
  switch (relation) {
    case Claim::Relation::below:
      return "<";
    case Claim::Relation::at_most:
      return "<=";
    case Claim::Relation::above:
      return ">";
    case Claim::Relation::at_least:
      return ">=";
  }
  return "";
}

/// NaN where the run does not have the quantity.
Real evaluate(const Quantity& quantity, const Trace& trace) {
  const auto column = trace.find(quantity.column);
  if (!column) return std::nan("");
  Real result = std::nan("");
  for (const std::vector<Real>& row : trace.rows) {
    const Real value = row[*column];
    if (quantity.pick == Quantity::Pick::at && row[0] != static_cast<Real>(quantity.iteration)) continue;
    if (std::isnan(value)) continue;
    switch (quantity.pick) {
      case Quantity::Pick::initial:
        if (std::isnan(result)) result = value;
        break;
      case Quantity::Pick::final:
      case Quantity::Pick::at:
        result = value;
        break;
      case Quantity::Pick::smallest:
        result = std::fmin(result, value);
        break;
      case Quantity::Pick::largest:
        result = std::fmax(result, value);
        break;
    }
  }
  return result;
}

bool holds_for(const Claim& claim, Real value) {
  switch (claim.relation) {  // every comparison with NaN is false
    case Claim::Relation::below:
      return value < claim.bound;
    case Claim::Relation::at_most:
      return value <= claim.bound;
    case Claim::Relation::above:
      return value > claim.bound;
    case Claim::Relation::at_least:
      return value >= claim.bound;
  }
  return false;
}

/// Whether `a` is further from (or less far into) what the claim asks than `b`.
bool worse(const Claim& claim, Real a, Real b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  const bool upper = claim.relation == Claim::Relation::below || claim.relation == Claim::Relation::at_most;
  return upper ? a > b : a < b;
}

std::string number(Real value) {
  if (std::isnan(value)) return "not recorded";
  if (value == std::floor(value) && std::abs(value) < 1e6) return fmt::format("{:.0f}", value);
  return std::abs(value) >= 0.1 && std::abs(value) < 1e4 ? fmt::format("{:.4g}", value) : fmt::format("{:.3e}", value);
}

}  // namespace

std::string Quantity::text() const {
  if (column == "iteration" && pick == Pick::final) return "iterations";
  switch (pick) {
    case Pick::initial:
      return "initial " + column;
    case Pick::final:
      return "final " + column;
    case Pick::smallest:
      return "smallest " + column;
    case Pick::largest:
      return "largest " + column;
    case Pick::at:
      return fmt::format("{} at iteration {}", column, iteration);
  }
  return column;
}

Claim read_claim(const Node& node, std::vector<Diagnostic>& diagnostics) {
  Claim claim;
  claim.position = node.position;
  static const std::vector<std::string> keys = {"that", "relative to", "where", "of", "is"};
  if (!node.is_map()) {
    diagnostics.push_back({node.position, "a claim is a map such as {that: final COLUMN, is: < 1e-3}, but this is " +
                                              node.description()});
    return claim;
  }
  for (const Node::Entry& entry : node.entries)
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
      diagnostics.push_back(
          {entry.position, fmt::format("a claim has no key '{}'{}", entry.key, did_you_mean(entry.key, keys))});
  if (const Node* that = node.find("that")) {
    if (const auto quantity = read_quantity(*that, diagnostics)) claim.that = *quantity;
  } else {
    diagnostics.push_back({node.position, fmt::format("a claim needs 'that', one of {}", quantity_forms)});
  }
  if (const Node* relative = node.find("relative to")) claim.relative_to = read_quantity(*relative, diagnostics);
  if (const Node* where = node.find("where")) {
    if (!where->is_map())
      diagnostics.push_back(
          {where->position, "'where' must be a map such as {method: gd}, but it is " + where->description()});
    for (const Node::Entry& entry : where->entries) claim.where[entry.key] = entry.value.scalar;
  }
  if (const Node* of = node.find("of")) {
    claim.every = of->scalar != "some run";
    if (of->scalar != "some run" && of->scalar != "every run")
      diagnostics.push_back({of->position, "'of' must be 'every run' or 'some run', but it is " + of->description()});
  }
  if (const Node* is = node.find("is")) {
    const std::vector<std::string> words = words_of(is->scalar);
    const auto bound = words.size() == 2 ? to_real(Node::make_scalar(words[1], is->position)) : std::nullopt;
    const std::string relation = words.empty() ? "" : words[0];
    if (relation == "<") claim.relation = Claim::Relation::below;
    if (relation == "<=") claim.relation = Claim::Relation::at_most;
    if (relation == ">") claim.relation = Claim::Relation::above;
    if (relation == ">=") claim.relation = Claim::Relation::at_least;
    if (!bound || (relation != "<" && relation != "<=" && relation != ">" && relation != ">="))
      diagnostics.push_back(
          {is->position, "'is' must be a comparison such as < 1e-3 or >= 5, but it is " + is->description()});
    claim.bound = bound.value_or(0);
  } else {
    diagnostics.push_back({node.position, "a claim needs 'is', a comparison such as < 1e-3"});
  }
  claim.text = claim.that.text();
  if (claim.relative_to) claim.text += " relative to " + claim.relative_to->text();
  claim.text += fmt::format(" {} {}", to_text(claim.relation), shortest(claim.bound));
  for (const auto& [axis, value] : claim.where) claim.text += fmt::format(", {} {}", axis, value);
  if (!claim.every) claim.text += ", in some run";
  return claim;
}

Verdict judge(const Claim& claim, const std::vector<ClaimSubject>& runs) {
  Verdict verdict;
  verdict.value = std::nan("");
  bool any = false;
  std::string who;
  for (const ClaimSubject& run : runs) {
    bool meant = true;
    for (const auto& [axis, value] : claim.where) {
      const auto label = run.labels.find(axis);
      meant = meant && label != run.labels.end() && label->second == value;
    }
    if (!meant) continue;
    Real value = evaluate(claim.that, *run.trace);
    if (claim.relative_to) value /= evaluate(*claim.relative_to, *run.trace);
    const bool decisive =
        !any || (claim.every ? worse(claim, value, verdict.value) : worse(claim, verdict.value, value));
    if (decisive) {
      verdict.value = value;
      who.clear();
      for (const auto& [axis, label] : run.labels) who += fmt::format("{}{} {}", who.empty() ? "" : ", ", axis, label);
    }
    any = true;
  }
  verdict.holds = any && holds_for(claim, verdict.value);
  verdict.measured = any ? number(verdict.value) : "no such run";
  if (runs.size() > 1 && claim.where.empty() && !who.empty()) verdict.measured += fmt::format(" ({})", who);
  return verdict;
}

}  // namespace tightrope
