#include "core/claims/reading/read_that.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text/word_list.hpp"
#include "core/claims/topic.hpp"

namespace tightrope {

namespace {

/// What stands in the places of a topic's pattern.
struct Parts {
  Words quantity;
  std::optional<Condition> bound;
  std::string label;
};

/// Null if the words are built otherwise.
std::optional<Parts> parts_of(const TopicForm& form, const Words& words) {
  const Words pattern = words_of(form.pattern);
  const auto place = std::ranges::find(pattern, "QUANTITY");
  const auto before = place - pattern.begin(), after = place == pattern.end() ? 0 : pattern.end() - place - 1;
  const auto inner = static_cast<long>(words.size()) - before - after;
  if (place == pattern.end() ? inner != 0 : inner < 1) return std::nullopt;
  if (!std::equal(pattern.begin(), place, words.begin())) return std::nullopt;
  Parts parts{{words.begin() + before, words.end() - after}, {}, {}};
  auto word = words.end() - after;
  for (auto slot = pattern.end() - after; slot != pattern.end(); ++slot, ++word) {
    if (*slot == "LABEL")
      parts.label = *word;
    else if (*slot == "<")
      parts.bound = read_comparison(*word, *(word + 1));
    else if (*slot != "BOUND" && *slot != *word)
      return std::nullopt;
    if (*slot == "<" && !parts.bound) return std::nullopt;
  }
  return parts;
}

/// `exponent of QUANTITY over LABEL` and its relatives, whether or not there is such a law.
struct FitWords {
  Words quantity, axis;
  const Law* law = nullptr;
};
std::optional<FitWords> fit_in(const Words& words) {
  const auto over = std::find(words.rbegin(), words.rend(), "over");
  if (over == words.rend() || over == words.rbegin() || !find_law(words[0]) || words[1] != "of") return std::nullopt;
  const Words axis(over.base(), words.end());
  return FitWords{{words.begin() + 2, over.base() - 1},
                  axis,
                  axis.size() == 1   ? find_law(words[0])
                  : axis.size() == 2 ? find_law(words[0], axis[0])
                                     : nullptr};
}

/// What a topic or a quantity may begin with.
Words first_words() {
  Words all = {"deviation"};
  for (const TopicForm& form : topic_forms()) all.push_back(words_of(form.pattern).front());
  for (const std::string& pattern : patterns_of([](const QuantityForm&) { return true; }))
    if (const std::string word = words_of(pattern).front(); word != "COLUMN") all.push_back(word);
  return all;
}

/// What is missing in words that begin like a quantity or a fit; empty if they are too far from any.
std::string closer_look(const Words& words) {
  if (const auto fit = fit_in(words)) {
    const bool is_decadic = fit->axis.size() == 2 && fit->axis[0] == "log10";
    if (is_decadic && !fit->law)
      return fmt::format("log10 goes with 'slope of QUANTITY over log10 LABEL'; {} '{}' has 'over LABEL'",
                         words[0] == "exponent" ? "an" : "a", words[0]);
    if (words[0] == "slope" && !fit->law)
      return fmt::format("'over' is followed by LABEL or by log10 LABEL, but here by '{}'", fmt::join(fit->axis, " "));
    if (!fit->law) return "";
    if (const std::string inner = closer_look(fit->quantity); !inner.empty()) return inner;
  }
  for (const TopicForm& form : topic_forms())
    if (const auto parts = parts_of(form, words)) return quantity_complaint(parts->quantity);
  const std::string missing = quantity_complaint(words);
  return missing.empty() ? complaint_of_column(words) : missing;
}

/// Words that are nearly a quantity, or begin nearly as something can.
std::string hint_for(const Words& words) {
  const std::string hint = quantity_hint(words);
  const Words known = first_words();
  return !hint.empty() || words.empty() || contains(known, words[0]) ? hint : did_you_mean(words[0], known);
}

}  // namespace

std::string complaint_of_column(const Words& words) {
  if (words.size() != 1 || number_of(words[0]) || contains(first_words(), words[0]) || !hint_for(words).empty())
    return "";
  return fmt::format("'{0}' does not say which value of it is meant (did you mean 'final {0}'?)", words[0]);
}

bool read_that(const Words& words, Claim& claim) {
  for (const TopicForm& form : topic_forms()) {
    const auto parts = parts_of(form, words);
    if (!parts) continue;
    const bool is_column = form.takes_column && parts->quantity.size() == 1 && !find_cost(parts->quantity[0]);
    const auto quantity = read_quantity(is_column ? Words{"final", parts->quantity[0]} : parts->quantity);
    if (!quantity && !form.answer) continue;
    claim.that = quantity.value_or(Quantity{});
    claim.topic = &form;
    claim.success = parts->bound;
    claim.fit = form.law ? &*form.law : nullptr;
    claim.axis = parts->label;
    return true;
  }
  const auto quantity = read_quantity(words);
  if (quantity) claim.that = *quantity;
  return quantity.has_value();
}

std::string complaint_of_that(const Node& that) {
  const Words words = words_of(that);
  if (const std::string missing = closer_look(words); !missing.empty()) return missing;
  Words patterns;
  for (const TopicForm& form : topic_forms()) patterns.push_back(form.pattern);
  return fmt::format("a claim speaks of {}, or of {}, but this is {}{}", quantity_list(), quoted_list(patterns),
                     that.description(), hint_for(words));
}

}  // namespace tightrope
