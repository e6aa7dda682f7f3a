#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/text/word_list.hpp"
#include "core/claims/condition_form.hpp"
#include "core/claims/reading/read_that.hpp"
#include "core/claims/reading/schema.hpp"
#include "core/claims/topic.hpp"

namespace tightrope {

namespace {

/// The words of all conditions of this kind.
template <class IsMeant>
Words conditions(const IsMeant& is_meant) {
  Words all;
  for (const ConditionForm& form : condition_forms())
    if (is_meant(form)) all.insert(all.end(), form.words.begin(), form.words.end());
  return all;
}

/// The keys by which conditions name a label.
std::set<std::string> axis_keys() {
  std::set<std::string> keys;
  for (const ConditionForm& form : condition_forms())
    if (!form.is_of_fit()) keys.insert(form.axis_key);
  return keys;
}

/// "'is: increasing' and 'decreasing'"
std::string is_one_of(const Words& conditions) { return "'is: " + quoted_list(conditions, "and").substr(1); }

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
    const Words& keys = claim_keys();
    for (const Node::Entry& entry : node_.entries)
      if (!contains(keys, entry.key))
        complain(entry.position, fmt::format("a claim has no key '{}'{}", entry.key, did_you_mean(entry.key, keys)));
    that();
    claim_.where = labels("where", true);
    for (const auto& [label, values] : labels("compared with", false)) claim_.compared_with[label] = values.front();
    of();
    is();
    numbers();
    if (diagnostics_.size() == before_) fits_together();
    claim_.text = claim_.that.form || claim_.topic ? claim_.words() : "";
    return claim_;
  }

 private:
  void complain(const Position& position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
  }
  const Node* find(const std::string& key) const { return node_.find(key); }

  void that() {
    const Node* that = find("that");
    if (!that) return complain(node_.position, "a claim needs 'that', one of " + quantity_list());
    const Words words = words_of(*that);
    if (!read_that(words, claim_)) complain(that->position, complaint_of_that(*that));
    claim_.axis_position = that->position;
    if (const Node* relative = find("relative to")) {
      const Words divisor = words_of(*relative);
      claim_.relative_to = read_quantity(divisor);
      if (!claim_.relative_to) {
        std::string missing = quantity_complaint(divisor);
        if (missing.empty()) missing = complaint_of_column(divisor);
        complain(relative->position, !missing.empty()
                                         ? missing
                                         : fmt::format("'relative to' is one of {}, but this is {}{}", quantity_list(),
                                                       relative->description(), quantity_hint(divisor)));
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
    else if (of->scalar == "mean")
      claim_.of = Claim::Of::mean;
    else if (of->scalar != "every run")
      complain(of->position,
               "'of' must be 'every run', 'some run', 'median' or 'mean', but it is " + of->description());
  }

  void is() {
    const Node* is = find("is");
    if (!is) return complain(node_.position, "a claim needs 'is', a comparison such as < 1e-3");
    if (claim_.topic && claim_.topic->answer) return answers(*is);
    const Words words = words_of(*is);
    for (const ConditionForm& form : condition_forms())
      if (words.size() == 1 && contains(form.words, words[0])) {
        claim_.form = &form;
        claim_.is = words[0];
      }
    if (claim_.form) return;
    if (const auto bounds = read_condition(words)) {
      claim_.bounds = *bounds;
      return;
    }
    const Words known = conditions([](const ConditionForm&) { return true; });
    complain(is->position,
             fmt::format("'is' must be a comparison such as < 1e-3 or >= 5, 'between 0.7 and 0.95', {}, but it is {}{}",
                         quoted_list(known), is->description(), did_you_mean(is->scalar, known)));
  }

  /// "diverged", "limit or diverged"
  void answers(const Node& is) {
    const Words &known = claim_.topic->answers, words = words_of(is);
    for (std::size_t i = 0; i < words.size() || i == 0; ++i) {
      const std::string word = words.empty() ? "" : words[i];
      if (i % 2 == 0 ? !contains(known, word) : word != "or" || i + 1 == words.size())
        return complain(is.position, fmt::format("'is' must say {}, {}, or one of several such as '{} "
                                                 "or {}', but it is {}{}",
                                                 claim_.topic->question, list_of(known), known[known.size() - 2],
                                                 known.back(), is.description(), did_you_mean(word, known)));
      if (i % 2 == 0) claim_.answers.push_back(word);
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
      const auto percent = words.size() == 2 && words[1] == "%" ? number_of(words[0]) : std::nullopt;
      if (!percent || *percent < 0)
        complain(up_to->position, "'up to' must be a share such as 5 %, but it is " + up_to->description());
      else
        claim_.percent = *percent;
    }
    if (const Node* p = find("p")) {
      claim_.p = to_real(*p);
      if (!claim_.p || *claim_.p <= 0 || *claim_.p >= 1)
        complain(p->position, "'p' must be a probability between 0 and 1, but it is " + p->description());
    }
    for (const std::string& key : axis_keys()) {
      const Node* axis = find(key);
      if (axis && !axis->is_scalar())
        complain(axis->position,
                 fmt::format("'{}' must name a label of the runs, but it is {}", key, axis->description()));
      if (!axis || claim_.fit) continue;
      claim_.axis = axis->scalar;
      claim_.axis_position = axis->position;
    }
  }

  /// A key is in its place if the rest of the claim gives it something to do.
  void only(const std::string& key, bool has_a_place, const std::string& place) {
    if (const Node* given = find(key); given && !has_a_place)
      complain(given->position, fmt::format("'{}' goes with {}", key, place));
  }
  void needs(const std::string& key, bool needed, const std::string& why) {
    if (needed && !find(key)) complain(node_.position, fmt::format("the claim needs '{}': {}", key, why));
  }

  void fits_together() {
    const TopicForm* topic = claim_.topic;
    const ConditionForm* form = claim_.form;
    const bool has_quantity = claim_.that.form, is_single = !topic || topic->answer,
               is_compared = !claim_.compared_with.empty();
    const Words of_fits = conditions([](const ConditionForm& own) { return own.is_of_fit(); });
    if (topic && topic->of_setting && form)
      complain(find("is")->position, topic->name + " is compared with numbers: < 0.5, >= 0.9, between 0.7 and 0.95");
    else if (topic && topic->law && form && !form->is_of_fit())
      complain(find("is")->position,
               fmt::format("{} is compared with numbers, < 0.5, >= 0.9 or between 0.7 and 0.95, or is {}", topic->name,
                           quoted_list(of_fits)));
    else if (is_single && form && form->is_of_fit())
      complain(
          find("is")->position,
          fmt::format("'{}' goes with a fit over a label, such as 'slope of QUANTITY over log10 LABEL'; "
                      "quantities are {}",
                      claim_.is, quoted_list(conditions([](const ConditionForm& own) { return !own.is_of_fit(); }))));
    only("compared with", is_single && (!form || form->is_of_pairs) && has_quantity,
         "a quantity of single runs and a comparison or " +
             is_one_of(conditions([](const ConditionForm& own) { return own.is_of_pairs; })));
    only("relative to", has_quantity, "a quantity");
    if (claim_.is_of_setting() && !has_quantity)
      complain(find("of")->position, topic->name + " has no " + find("of")->scalar);
    only("of", is_single && !form && !is_compared,
         "a quantity of single runs and a comparison; all else is of the median over the repetitions, or of all runs");
    const bool has_window = has_quantity && claim_.that.form->has_window;
    for (const char* key : {"from", "to"})
      only(key, has_window, quoted_list(patterns_of([](const QuantityForm& own) { return own.has_window; }), "and"));
    for (const std::string& key : axis_keys()) {
      const auto has_key = [&](const ConditionForm& own) { return own.axis_key == key; };
      const bool has_place = form && has_key(*form) && !(form->is_of_pairs && is_compared);
      only(key, has_place, is_one_of(conditions(has_key)) + (key == "across" ? " (without 'compared with')" : ""));
      needs(key, has_place, form ? form->axis_meaning : "");
    }
    only("up to", form && form->has_tolerance,
         is_one_of(conditions([](const ConditionForm& own) { return own.has_tolerance; })));
    needs("up to", form && form->has_tolerance, "how large a difference may be, such as 5 %");
    only("p", is_compared && !form && claim_.bounds.relation != Condition::Relation::between,
         "'compared with' and <, <=, > or >=");
    for (const Quantity* quantity : {&claim_.that, claim_.relative_to ? &*claim_.relative_to : nullptr})
      if (quantity && has_quantity && quantity->column == quantity->reference)
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

  const Node& node_;
  std::vector<Diagnostic>& diagnostics_;
  const std::size_t before_ = diagnostics_.size();
  Claim claim_;
};

}  // namespace

Claim read_claim(const Node& node, std::vector<Diagnostic>& diagnostics) {
  Claim claim = Reader(node, diagnostics).read();
  claim.source = node;
  return claim;
}

}  // namespace tightrope
