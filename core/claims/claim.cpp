#include "core/claims/claim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace tightrope {

namespace {

using Words = std::vector<std::string>;
using Pick = Quantity::Pick;
using Is = Claim::Is;
using Relation = Condition::Relation;

Words words_of(const Node& node) {
  std::istringstream stream(node.is_scalar() ? node.scalar : "");
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

const char* const quantity_forms =
    "'final COLUMN', 'initial COLUMN', 'smallest COLUMN', 'largest COLUMN', 'COLUMN at ITERATION', 'COLUMN at smallest "
    "COLUMN', 'largest deviation of COLUMN from COLUMN', 'iterations', 'passes', 'seconds', 'iterations to COLUMN < "
    "BOUND', 'rate of COLUMN' or 'exponent of COLUMN over COLUMN'";
const char* const claim_forms =
    "'success of QUANTITY < BOUND', 'exponent of QUANTITY over LABEL', 'slope of QUANTITY over log10 LABEL' or 'end'";
const char* const window_forms =
    "'smallest COLUMN', 'largest COLUMN', 'COLUMN at smallest COLUMN', 'rate of COLUMN' and 'exponent of COLUMN over "
    "COLUMN'";
const Words first_words = {"final",   "initial", "smallest", "largest", "deviation", "iterations", "passes",
                           "seconds", "rate",    "exponent", "slope",   "success",   "end"};
const std::map<std::string, std::string> clocks = {
    {"iterations", "iteration"}, {"passes", "passes"}, {"seconds", "seconds"}};
const std::map<std::string, Pick> picks = {
    {"initial", Pick::initial}, {"final", Pick::final}, {"smallest", Pick::smallest}, {"largest", Pick::largest}};
const std::map<std::string, Pick> extremes = {{"smallest", Pick::at_smallest}, {"largest", Pick::at_largest}};
const std::map<std::string, Claim::Fit> fits = {
    {"rate", Claim::Fit::rate}, {"exponent", Claim::Fit::exponent}, {"slope", Claim::Fit::slope}};
const std::vector<std::pair<std::string, Relation>> relations = {
    {"<", Relation::below}, {"<=", Relation::at_most}, {">", Relation::above}, {">=", Relation::at_least}};
const std::vector<std::pair<std::string, Is>> shapes = {
    {"increasing", Is::increasing}, {"non-decreasing", Is::non_decreasing},
    {"decreasing", Is::decreasing}, {"non-increasing", Is::non_increasing},
    {"equal", Is::equal},           {"constant", Is::constant}};

std::optional<Real> to_number(const std::string& word) { return to_real(Node::make_scalar(word, {})); }

/// "< 1e-3" as two words.
std::optional<Condition> comparison(const std::string& relation, const std::string& bound) {
  const auto number = to_number(bound);
  for (const auto& [text, meaning] : relations)
    if (text == relation && number) return Condition{meaning, *number, 0};
  return std::nullopt;
}

std::string joined(const Words& words) { return fmt::format("{}", fmt::join(words, " ")); }

template <class Value>
const Value* find_in(const std::map<std::string, Value>& known, const std::string& word) {
  const auto at = known.find(word);
  return at == known.end() ? nullptr : &at->second;
}

/// Where `deviation of COLUMN from COLUMN` begins, if it is there.
std::optional<std::size_t> deviation_in(const Words& words) {
  for (std::size_t i = 0; i + 4 < words.size(); ++i)
    if (words[i] == "deviation" && words[i + 1] == "of" && words[i + 3] == "from") return i;
  return std::nullopt;
}

std::optional<Quantity> quantity_of(const Words& words) {
  Quantity q;
  if (const auto at = deviation_in(words)) {
    Words plain = words;  // the same of a column
    const auto begin = plain.begin() + static_cast<long>(*at);
    plain.erase(begin + 3, begin + 5);
    plain.erase(begin, begin + 2);
    // Behind its verb, `largest …` or `iterations to …`, or before `at`: it is the first column that is named.
    if (*at > 2 || plain.size() == 1) return std::nullopt;
    std::optional<Quantity> of_column = quantity_of(plain);
    if (of_column) of_column->reference = words[*at + 4];
    return of_column;
  }
  if (words.size() == 1 && clocks.count(words[0])) {
    q.column = clocks.at(words[0]);
    return q;
  }
  if (words.size() == 2 && picks.count(words[0])) {
    q.pick = picks.at(words[0]);
    q.column = words[1];
    return q;
  }
  if (words.size() == 3 && words[1] == "at") {
    const auto iteration = to_index(Node::make_scalar(words[2], {}));
    if (!iteration) return std::nullopt;
    q.pick = Pick::at;
    q.column = words[0];
    q.iteration = *iteration;
    return q;
  }
  if (words.size() == 4 && words[1] == "at" && extremes.count(words[2])) {
    q.pick = extremes.at(words[2]);
    q.column = words[0];
    q.over = words[3];
    return q;
  }
  if (words.size() == 5 && clocks.count(words[0]) && words[1] == "to") {
    const auto target = comparison(words[3], words[4]);
    if (!target) return std::nullopt;
    q.pick = Pick::reach;
    q.column = words[2];
    q.over = clocks.at(words[0]);
    q.target = *target;
    return q;
  }
  const bool has_axis = words.size() == 5 && words[3] == "over";
  if ((has_axis || words.size() == 3) && words[1] == "of" && !clocks.count(words[2]) &&
      (words[0] == "rate" || (words[0] == "exponent" && has_axis))) {
    q.pick = words[0] == "rate" ? Pick::rate : Pick::exponent;
    q.column = words[2];
    q.over = has_axis ? words[4] : "iteration";
    return q;
  }
  return std::nullopt;
}

/// `exponent of QUANTITY over LABEL` and its relatives in their parts; null if the words are built otherwise.
struct FitWords {
  Claim::Fit fit;
  Words quantity, axis;
};
std::optional<FitWords> fit_in(const Words& words) {
  const Claim::Fit* fit = words.empty() ? nullptr : find_in(fits, words[0]);
  const auto over = std::find(words.rbegin(), words.rend(), "over");
  if (!fit || over == words.rend() || over == words.rbegin() || words[1] != "of") return std::nullopt;
  return FitWords{*fit, Words(words.begin() + 2, over.base() - 1), Words(over.base(), words.end())};
}

/// All that `that` can say: a quantity of a run, or of many runs.
bool read_that(const Words& words, Claim& claim) {
  if (words == Words{"end"}) {
    claim.is_of_end = true;
    return true;
  }
  if (const auto quantity = quantity_of(words)) {
    claim.that = *quantity;
    return true;
  }
  if (words.size() < 4 || words[1] != "of") return false;
  std::optional<Quantity> quantity;
  if (words[0] == "success") {
    const Words inner(words.begin() + 2, words.end() - 2);
    quantity = quantity_of(inner);
    if (inner.size() == 1 && !quantity) quantity = quantity_of({"final", inner[0]});
    claim.success = comparison(words[words.size() - 2], words.back());
    if (!quantity || !claim.success) return false;
  } else if (const auto parts = fit_in(words)) {
    claim.fit = parts->fit;
    claim.is_per_decade = parts->fit == Claim::Fit::slope && parts->axis.size() == 2 && parts->axis[0] == "log10";
    quantity = quantity_of(parts->quantity);
    if (!quantity || parts->axis.size() != (claim.is_per_decade ? 2 : 1)) return false;
    claim.axis = parts->axis.back();
  } else {
    return false;
  }
  claim.that = *quantity;
  return true;
}

/// What is missing in words that begin like a quantity or a fit; empty if they are too far from any.
std::string closer_look(const Words& words) {
  if (const auto parts = fit_in(words)) {
    const bool has_logarithm = parts->axis.size() == 2 && parts->axis[0] == "log10";
    if (has_logarithm && parts->fit != Claim::Fit::slope)
      return fmt::format("log10 goes with 'slope of QUANTITY over log10 LABEL'; {} '{}' has 'over LABEL'",
                         words[0] == "exponent" ? "an" : "a", words[0]);
    if (parts->fit == Claim::Fit::slope && parts->axis.size() != 1 && !has_logarithm)
      return fmt::format("'over' is followed by LABEL or by log10 LABEL, but here by '{}'", joined(parts->axis));
    if (parts->axis.size() != 1 && !has_logarithm) return "";
    if (parts->quantity.size() == 1 && !quantity_of(parts->quantity))
      return fmt::format("'{0}' does not say which value of it is meant (did you mean 'final {0}'?)",
                         parts->quantity[0]);
    if (const std::string inner = closer_look(parts->quantity); !inner.empty()) return inner;
  }
  if (words.size() > 4 && words[0] == "success")
    if (const std::string inner = closer_look(Words(words.begin() + 2, words.end() - 2)); !inner.empty()) return inner;
  if (words.size() == 5 && deviation_in(words) == 0)
    return fmt::format("'{0}' does not say which value of it is meant (did you mean 'largest {0}'?)", joined(words));
  const auto deviation = std::find(words.begin(), words.end(), "deviation");
  if (words.end() - deviation > 2 && deviation[1] == "of" && !deviation_in(words))
    return fmt::format("'deviation of' is followed by COLUMN from COLUMN, but here by '{}'",
                       joined(Words(deviation + 2, words.end())));
  if (words.size() == 4 && words[1] == "at") {
    if (const auto meant = nearest(words[2], {"smallest", "largest"}))
      return fmt::format(
          "'at' is followed by an iteration, or by smallest or largest and a column, but here by '{}' "
          "(did you mean '{}'?)",
          words[2], *meant);
  }
  return "";
}

std::string first_word_meant(const Words& words) {
  const bool has_none = words.empty() || std::count(first_words.begin(), first_words.end(), words[0]);
  return has_none ? "" : did_you_mean(words[0], first_words);
}

bool read_is(const Words& words, Claim& claim) {
  if (words.size() == 1)
    for (const auto& [text, is] : shapes)
      if (text == words[0]) {
        claim.is = is;
        return true;
      }
  if (words.size() == 2) {
    if (const auto bounds = comparison(words[0], words[1])) {
      claim.bounds = *bounds;
      return true;
    }
  }
  if (words.size() == 4 && words[0] == "between" && words[2] == "and") {
    const auto low = to_number(words[1]), high = to_number(words[3]);
    if (!low || !high || *low > *high) return false;
    claim.bounds = {Relation::between, *low, *high};
    return true;
  }
  return false;
}

std::string list_of(const Labels& labels) {
  std::string all;
  for (const auto& [label, value] : labels) all += fmt::format("{}{} {}", all.empty() ? "" : ", ", label, value);
  return all;
}

/// Reads one claim; every helper complains at the place that it looks at.
class Reader {
 public:
  Reader(const Node& node, std::vector<Diagnostic>& diagnostics) : node_(node), diagnostics_(diagnostics) {}

  Claim read() {
    claim_.position = claim_.axis_position = node_.position;
    if (!node_.is_map()) {
      complain(node_.position,
               "a claim is a map such as {that: final COLUMN, is: < 1e-3}, but this is " + node_.description());
      return claim_;
    }
    static const Words keys = {"that", "relative to", "where", "compared with", "of", "is",
                               "in",   "across",      "up to", "from",          "to", "p"};
    for (const Node::Entry& entry : node_.entries)
      if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
        complain(entry.position, fmt::format("a claim has no key '{}'{}", entry.key, did_you_mean(entry.key, keys)));
    that();
    claim_.where = labels("where", true);
    for (const auto& [label, values] : labels("compared with", false)) claim_.compared_with[label] = values.front();
    of();
    is();
    numbers();
    if (diagnostics_.size() == before_) fits_together();
    claim_.text = words();
    return claim_;
  }

 private:
  void complain(const Position& position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
  }
  const Node* find(const char* key) const { return node_.find(key); }

  void that() {
    const Node* that = find("that");
    if (!that) return complain(node_.position, fmt::format("a claim needs 'that', one of {}", quantity_forms));
    const Words words = words_of(*that);
    if (!read_that(words, claim_)) {
      const std::string missing = closer_look(words);
      complain(that->position, !missing.empty()
                                   ? missing
                                   : fmt::format("a claim speaks of {}, or of {}, but this is {}{}", quantity_forms,
                                                 claim_forms, that->description(), first_word_meant(words)));
    }
    claim_.axis_position = that->position;
    if (const Node* relative = find("relative to")) {
      const Words divisor = words_of(*relative);
      claim_.relative_to = quantity_of(divisor);
      if (!claim_.relative_to) {
        const std::string missing = closer_look(divisor);
        complain(relative->position, !missing.empty() ? missing
                                                      : fmt::format("'relative to' is one of {}, but this is {}",
                                                                    quantity_forms, relative->description()));
      }
    }
  }

  /// A map from labels to values, or for `where` also to lists of values.
  LabelFilter labels(const char* key, bool lists) {
    LabelFilter wanted;
    const Node* given = find(key);
    if (!given) return wanted;
    if (!given->is_map() || given->entries.empty())
      complain(given->position,
               fmt::format("'{}' must be a map such as {{method: gd}}, but it is {}", key, given->description()));
    for (const Node::Entry& entry : given->entries) {
      const bool is_list = lists && entry.value.is_sequence() && !entry.value.items.empty();
      for (const Node& value : is_list ? entry.value.items : std::vector<Node>{entry.value}) {
        if (!value.is_scalar())
          complain(value.position, fmt::format("'{}' must give {} to '{}', but {} is {}", key,
                                               lists ? "a value or a list of values" : "one value", entry.key,
                                               is_list ? "in the list" : "it", value.description()));
        wanted[entry.key].push_back(value.scalar);
      }
    }
    return wanted;
  }

  void of() {
    const Node* of = find("of");
    if (!of) return;
    if (of->scalar == "some run")
      claim_.of = Claim::Of::some_run;
    else if (of->scalar == "median")
      claim_.of = Claim::Of::median;
    else if (of->scalar != "every run")
      complain(of->position, "'of' must be 'every run', 'some run' or 'median', but it is " + of->description());
  }

  void is() {
    const Node* is = find("is");
    if (!is) return complain(node_.position, "a claim needs 'is', a comparison such as < 1e-3");
    Words known;
    if (claim_.is_of_end) return ends(*is);
    for (const auto& shape : shapes) known.push_back(shape.first);
    if (!read_is(words_of(*is), claim_))
      complain(is->position,
               fmt::format("'is' must be a comparison such as < 1e-3 or >= 5, 'between 0.7 and 0.95', 'increasing', "
                           "'decreasing', 'non-increasing', 'non-decreasing', 'equal' or 'constant', but it is {}{}",
                           is->description(), did_you_mean(is->scalar, known)));
  }

  /// "diverged", "limit or diverged"
  void ends(const Node& is) {
    static const std::vector<EndClass> all = {EndClass::converged, EndClass::stalled, EndClass::limit,
                                              EndClass::diverged};
    Words known;
    for (const EndClass end : all) known.emplace_back(to_string(end));
    const Words words = words_of(is);
    for (std::size_t i = 0; i < words.size() || i == 0; ++i) {
      const std::string word = words.empty() ? "" : words[i];
      const auto at = std::find(known.begin(), known.end(), word);
      const bool fits = i % 2 == 0 ? at != known.end() : word == "or" && i + 1 < words.size();
      if (!fits)
        return complain(is.position,
                        fmt::format("'is' must say how a run ends, {}, or one of several such as 'limit or "
                                    "diverged', but it is {}{}",
                                    fmt::join(known, ", "), is.description(), did_you_mean(word, known)));
      if (i % 2 == 0) claim_.ends.push_back(all[static_cast<std::size_t>(at - known.begin())]);
    }
  }

  void numbers() {
    for (const auto& [key, into] : {std::pair{"from", &claim_.that.from}, std::pair{"to", &claim_.that.to}})
      if (const Node* given = find(key)) {
        const auto iteration = to_index(*given);
        if (!iteration)
          complain(given->position, fmt::format("'{}' must be an iteration, but it is {}", key, given->description()));
        else
          *into = static_cast<Real>(*iteration);
      }
    if (claim_.that.from && claim_.that.to && *claim_.that.from >= *claim_.that.to)
      complain(find("to")->position, "'to' must be a later iteration than 'from'");
    if (const Node* up_to = find("up to")) {
      Words words = words_of(*up_to);
      if (words.size() == 1 && words[0].size() > 1 && words[0].back() == '%')
        words = {words[0].substr(0, words[0].size() - 1), "%"};
      const auto percent = words.size() == 2 && words[1] == "%" ? to_number(words[0]) : std::nullopt;
      if (!percent || *percent < 0)
        complain(up_to->position, "'up to' must be a share such as 5 %, but it is " + up_to->description());
      else
        claim_.tolerance = *percent / 100;
    }
    if (const Node* p = find("p")) {
      claim_.p = to_real(*p);
      if (!claim_.p || *claim_.p <= 0 || *claim_.p >= 1)
        complain(p->position, "'p' must be a probability between 0 and 1, but it is " + p->description());
    }
    for (const char* key : {"in", "across"})
      if (const Node* axis = find(key)) {
        if (!axis->is_scalar())
          complain(axis->position,
                   fmt::format("'{}' must name a label of the runs, but it is {}", key, axis->description()));
        if (claim_.fit == Claim::Fit::none) {
          claim_.axis = axis->scalar;
          claim_.axis_position = axis->position;
        }
      }
  }

  /// A key is in its place if the rest of the claim gives it something to do.
  void only(const char* key, bool has_a_place, const char* place) {
    if (const Node* given = find(key); given && !has_a_place)
      complain(given->position, fmt::format("'{}' goes with {}", key, place));
  }
  void needs(const char* key, bool needed, const char* why) {
    if (needed && !find(key)) complain(node_.position, fmt::format("the claim needs '{}': {}", key, why));
  }

  void fits_together() {
    const bool is_single = !claim_.success && claim_.fit == Claim::Fit::none;  // one number for each run
    const bool is_within = claim_.is == Is::within, is_equal = claim_.is == Is::equal;
    const bool is_constant = claim_.is == Is::constant;
    const bool is_monotone = !is_within && !is_equal && !is_constant, is_compared = !claim_.compared_with.empty();
    if (claim_.success && !is_within)
      complain(find("is")->position, "a success is compared with numbers: < 0.5, >= 0.9, between 0.7 and 0.95");
    else if (!is_single && !is_within && !is_constant)
      complain(find("is")->position,
               "a fit over a label is compared with numbers, < 0.5, >= 0.9 or between 0.7 and 0.95, or is 'constant'");
    else if (is_single && is_constant)
      complain(find("is")->position,
               "'constant' goes with a fit over a label, such as 'slope of QUANTITY over log10 LABEL'; quantities are "
               "'equal'");
    only("compared with", is_single && !is_monotone && !claim_.is_of_end,
         "a quantity of single runs and a comparison or 'is: equal'");
    only("relative to", !claim_.is_of_end, "a quantity");
    if (claim_.of == Claim::Of::median && claim_.is_of_end) complain(find("of")->position, "an end has no median");
    only("of", is_single && is_within && !is_compared,
         "a quantity of single runs and a comparison; all else is of the median over the repetitions, or of all runs");
    only("from", claim_.that.has_window(), window_forms);
    only("to", claim_.that.has_window(), window_forms);
    only("in", is_monotone, "'is: increasing', 'decreasing', 'non-increasing' and 'non-decreasing'");
    only("across", is_equal && !is_compared, "'is: equal' (without 'compared with')");
    only("up to", is_equal || is_constant, "'is: equal' and 'is: constant'");
    only("p", is_compared && is_within && claim_.bounds.relation != Relation::between,
         "'compared with' and <, <=, > or >=");
    needs("in", is_monotone, "the label along which the quantity rises or falls");
    needs("up to", is_equal || is_constant, "how large a difference may be, such as 5 %");
    needs("across", is_equal && !is_compared, "the label that makes no difference (or 'compared with')");
    for (const Quantity* quantity : {&claim_.that, claim_.relative_to ? &*claim_.relative_to : nullptr})
      if (quantity && !claim_.is_of_end && quantity->column == quantity->reference)
        complain(find(quantity == &claim_.that ? "that" : "relative to")->position,
                 fmt::format("'{}' is compared with itself", quantity->column));
    for (const auto& [label, value] : claim_.compared_with) {
      const auto own = claim_.where.find(label);
      if (own == claim_.where.end())
        complain(find("compared with")->position,
                 fmt::format("'where' must say which {0} is compared with {0} '{1}'", label, value));
      else if (own->second == Words{value} && claim_.compared_with.size() == 1)
        complain(find("compared with")->position, fmt::format("{} '{}' is compared with itself", label, value));
    }
  }

  std::string words() const {
    std::string text = claim_.is_of_end ? "end" : claim_.that.text();
    if (claim_.relative_to) text += " relative to " + claim_.relative_to->text();
    if (claim_.success) text = fmt::format("success of {} {}", text, claim_.success->text());
    if (claim_.fit != Claim::Fit::none)
      for (const auto& [name, fit] : fits)
        if (fit == claim_.fit)
          text = fmt::format("{} of {} over {}{}", name, text, claim_.is_per_decade ? "log10 " : "", claim_.axis);
    if (claim_.of == Claim::Of::median) text = "median of " + text;
    if (!claim_.compared_with.empty() && claim_.is != Is::equal)
      text += fmt::format(" (ratio to {})", list_of(claim_.compared_with));
    text += " " + claim_.condition();
    for (const auto& [label, values] : claim_.where) text += fmt::format(", {} {}", label, fmt::join(values, " or "));
    if (claim_.p) text += fmt::format(", p < {}", shortest(*claim_.p));
    if (claim_.of == Claim::Of::some_run) text += ", in some run";
    return text;
  }

  const Node& node_;
  std::vector<Diagnostic>& diagnostics_;
  const std::size_t before_ = diagnostics_.size();
  Claim claim_;
};

bool same_label(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto x = number_of(a), y = number_of(b);
  return x && y && *x == *y;
}

/// Complains of a label or a value that no run has.
std::optional<std::string> unknown_label(const LabelFilter& wanted, const std::vector<Labels>& runs) {
  for (const auto& [label, wanted_values] : wanted) {
    std::set<std::string> names;
    Words values;
    for (const Labels& run : runs) {
      for (const auto& own : run) names.insert(own.first);
      if (const auto own = run.find(label); own != run.end()) values.push_back(own->second);
    }
    if (values.empty())
      return fmt::format("the claim speaks of '{}', but the runs have no such label{}", label,
                         did_you_mean(label, {names.begin(), names.end()}));
    for (const std::string& value : wanted_values)
      if (std::none_of(values.begin(), values.end(), [&](const std::string& own) { return same_label(own, value); }))
        return fmt::format("no run has {} '{}'{}", label, value, did_you_mean(value, values));
  }
  if (std::none_of(runs.begin(), runs.end(), [&](const Labels& run) { return selects(wanted, run); }))
    return "no run has all the labels that the claim asks for";
  return std::nullopt;
}

}  // namespace

bool Condition::holds(Real value) const {
  switch (relation) {  // every comparison with NaN is false
    case Relation::below:
      return value < bound;
    case Relation::at_most:
      return value <= bound;
    case Relation::above:
      return value > bound;
    case Relation::at_least:
      return value >= bound;
    case Relation::between:
      return value >= bound && value <= upper;
  }
  return false;
}

std::string Condition::text() const {
  if (relation == Relation::between) return fmt::format("between {} and {}", shortest(bound), shortest(upper));
  for (const auto& [text, meaning] : relations)
    if (meaning == relation) return text + " " + shortest(bound);
  return "";
}

bool Quantity::has_window() const {
  return pick != Pick::initial && pick != Pick::final && pick != Pick::at && pick != Pick::reach;
}

std::string Quantity::text() const {
  std::string window;
  if (from) window += " from " + shortest(*from);
  if (to) window += " to " + shortest(*to);
  const std::string value = reference.empty() ? column : fmt::format("deviation of {} from {}", column, reference);
  if (pick == Pick::final || pick == Pick::reach)
    for (const auto& [word, clock] : clocks) {
      if (pick == Pick::final && value == clock) return word;
      if (pick == Pick::reach && over == clock) return fmt::format("{} to {} {}", word, value, target.text());
    }
  for (const auto& [word, meaning] : picks)
    if (meaning == pick) return fmt::format("{} {}{}", word, value, window);
  for (const auto& [word, meaning] : extremes)
    if (meaning == pick) return fmt::format("{} at {} {}{}", value, word, over, window);
  if (pick == Pick::at) return fmt::format("{} at iteration {}", value, iteration);
  if (pick == Pick::rate && over == "iteration") return fmt::format("rate of {}{}", value, window);
  return fmt::format("{} of {} over {}{}", pick == Pick::rate ? "rate" : "exponent", value, over, window);
}

std::string Claim::condition() const {
  if (is_of_end) {
    std::string words = "is";
    for (const EndClass end : ends) words += fmt::format("{}{}", words == "is" ? " " : " or ", to_string(end));
    return words;
  }
  if (is == Is::within) return bounds.text();
  std::string words;
  for (const auto& [name, meaning] : shapes)
    if (meaning == is) words = name;
  if (is != Is::equal && is != Is::constant) return words + " in " + axis;
  if (is == Is::equal) words += compared_with.empty() ? " across " + axis : " with " + list_of(compared_with);
  return fmt::format("{} up to {} %", words, shortest(100 * tolerance));
}

LabelFilter Claim::other_side() const {
  LabelFilter side = where;
  for (const auto& [label, value] : compared_with) side[label] = {value};
  return side;
}

bool Claim::speaks_of(const Labels& labels) const {
  return selects(where, labels) || (!compared_with.empty() && selects(other_side(), labels));
}

std::vector<std::string> Claim::columns() const {
  if (is_of_end) return {};
  std::vector<std::string> names;
  for (const Quantity* quantity : {&that, relative_to ? &*relative_to : nullptr}) {
    if (!quantity) continue;
    names.push_back(quantity->column);
    for (const std::string& other : {quantity->over, quantity->reference})
      if (!other.empty()) names.push_back(other);
  }
  std::erase(names, "seconds");  // kept beside the columns
  return names;
}

std::optional<Quantity> read_quantity(const Node& node) { return quantity_of(words_of(node)); }

std::string SuccessCriterion::text() const { return column + " " + condition.text(); }

std::optional<SuccessCriterion> read_success(const Node& node, std::vector<Diagnostic>& diagnostics) {
  const Words words = words_of(node);
  const auto condition = words.size() == 3 ? comparison(words[1], words[2]) : std::nullopt;
  if (condition) return SuccessCriterion{words[0], *condition, node.position};
  diagnostics.push_back(
      {node.position,
       "success must compare a column with a number, such as relative_error < 1e-6, but it is " + node.description()});
  return std::nullopt;
}

Claim read_claim(const Node& node, std::vector<Diagnostic>& diagnostics) {
  Claim claim = Reader(node, diagnostics).read();
  claim.source = node;
  return claim;
}

std::optional<Diagnostic> undecidable_reason(const Claim& claim, const std::vector<Labels>& runs) {
  for (const LabelFilter& side : {claim.where, claim.other_side()})
    if (auto unknown = unknown_label(side, runs)) return Diagnostic{claim.position, std::move(*unknown)};
  if (!claim.compared_with.empty()) {
    Words names;
    for (const auto& [label, value] : claim.compared_with) names.push_back(label);
    std::set<Labels> others;
    for (const Labels& run : runs)
      if (selects(claim.other_side(), run)) others.insert(without(run, names));
    if (std::none_of(runs.begin(), runs.end(),
                     [&](const Labels& run) { return selects(claim.where, run) && others.count(without(run, names)); }))
      return Diagnostic{claim.position, "no two runs differ in the labels of 'compared with' alone"};
  }
  if (claim.axis.empty()) return std::nullopt;
  std::set<std::string> names;
  std::map<Labels, std::set<std::string>> values;
  for (const Labels& run : runs) {
    if (!selects(claim.where, run)) continue;
    for (const auto& own : run) names.insert(own.first);
    const auto at = run.find(claim.axis);
    if (at == run.end()) continue;
    if (claim.is != Is::equal && !number_of(at->second))
      return Diagnostic{claim.axis_position,
                        fmt::format("'{}' has the value '{}', which is no number", claim.axis, at->second)};
    if (claim.takes_logarithms() && *number_of(at->second) <= 0)
      return Diagnostic{claim.axis_position,
                        fmt::format("'{}' has the value '{}', which has no logarithm", claim.axis, at->second)};
    values[without(run, {claim.axis, repetition_label})].insert(at->second);
  }
  if (values.empty())
    return Diagnostic{claim.axis_position, fmt::format("the runs have no label '{}'{}", claim.axis,
                                                       did_you_mean(claim.axis, {names.begin(), names.end()}))};
  if (std::none_of(values.begin(), values.end(),
                   [&](const auto& group) { return group.second.size() >= claim.needed_values(); }))
    return Diagnostic{claim.axis_position, fmt::format("no {} runs that are alike in the rest differ in '{}'",
                                                       claim.needed_values() == 2 ? "two" : "three", claim.axis)};
  return std::nullopt;
}

bool selects(const LabelFilter& wanted, const Labels& labels) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& condition) {
    const auto own = labels.find(condition.first);
    return own != labels.end() && std::any_of(condition.second.begin(), condition.second.end(),
                                              [&](const std::string& value) { return same_label(own->second, value); });
  });
}

std::optional<Real> number_of(const std::string& label) { return to_number(label); }

Labels without(Labels labels, const std::vector<std::string>& names) {
  for (const std::string& name : names) labels.erase(name);
  return labels;
}

}  // namespace tightrope
