#include "core/claims/reading/read_that.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/words.hpp"

namespace tightrope {

namespace {

/// `exponent of QUANTITY over LABEL` and its relatives in their parts; null if the words are built otherwise.
struct FitWords {
  std::string word;
  Words quantity, axis;
  const Law* law() const {
    return axis.size() == 1 ? find_law(word) : axis.size() == 2 ? find_law(word, axis[0]) : nullptr;
  }
};
std::optional<FitWords> fit_in(const Words& words) {
  const auto over = std::find(words.rbegin(), words.rend(), "over");
  if (over == words.rend() || over == words.rbegin() || !find_law(words[0]) || words[1] != "of") return std::nullopt;
  return FitWords{words[0], Words(words.begin() + 2, over.base() - 1), Words(over.base(), words.end())};
}

/// The words before the comparison in `success of QUANTITY < BOUND`.
Words in_success(const Words& words) {
  return words.size() > 4 && words[0] == "success" && words[1] == "of" ? Words(words.begin() + 2, words.end() - 2)
                                                                       : Words();
}

/// What is missing in words that begin like a quantity or a fit; empty if they are too far from any.
std::string closer_look(const Words& words) {
  if (const auto parts = fit_in(words)) {
    const bool is_decadic = parts->axis.size() == 2 && parts->axis[0] == "log10";
    if (is_decadic && !parts->law())
      return fmt::format("log10 goes with 'slope of QUANTITY over log10 LABEL'; {} '{}' has 'over LABEL'",
                         words[0] == "exponent" ? "an" : "a", words[0]);
    if (words[0] == "slope" && !parts->law())
      return fmt::format("'over' is followed by LABEL or by log10 LABEL, but here by '{}'",
                         fmt::join(parts->axis, " "));
    if (!parts->law()) return "";
    if (parts->quantity.size() == 1 && !read_quantity(parts->quantity))
      return fmt::format("'{0}' does not say which value of it is meant (did you mean 'final {0}'?)",
                         parts->quantity[0]);
    if (const std::string inner = closer_look(parts->quantity); !inner.empty()) return inner;
  }
  const Words inner = in_success(words);
  return quantity_complaint(inner.empty() ? words : inner);
}

/// Words that are nearly a quantity, or begin nearly as something can.
std::string hint_for(const Words& words) {
  Words known = {"success", "end", "deviation"};
  for (const Law& law : laws()) known.push_back(law.word);
  for (const std::string& pattern : patterns_of([](const QuantityForm&) { return true; }))
    if (const std::string word = pattern.substr(0, pattern.find(' ')); word != "COLUMN") known.push_back(word);
  const std::string hint = quantity_hint(words);
  if (!hint.empty() || words.empty() || std::count(known.begin(), known.end(), words[0])) return hint;
  return did_you_mean(words[0], known);
}

}  // namespace

bool read_that(const Words& words, Claim& claim) {
  std::optional<Quantity> quantity;
  if (words == Words{"end"}) return claim.is_of_end = true;
  if (const Words inner = in_success(words); !inner.empty()) {
    quantity = read_quantity(inner.size() == 1 && !find_cost(inner[0]) ? Words{"final", inner[0]} : inner);
    claim.success = read_comparison(words[words.size() - 2], words.back());
    if (!claim.success) return false;
  } else if (const auto parts = fit_in(words); parts && parts->law() && read_quantity(parts->quantity)) {
    quantity = read_quantity(parts->quantity);
    claim.fit = parts->law();
    claim.axis = parts->axis.back();
  } else {
    quantity = read_quantity(words);
  }
  if (quantity) claim.that = *quantity;
  return quantity.has_value();
}

std::string complaint_of_that(const Node& that) {
  const Words words = words_of(that);
  if (const std::string missing = closer_look(words); !missing.empty()) return missing;
  return fmt::format("a claim speaks of {}, or of {}, but this is {}{}", quantity_list(),
                     quoted_list({"success of QUANTITY < BOUND", "exponent of QUANTITY over LABEL",
                                  "slope of QUANTITY over log10 LABEL", "end"}),
                     that.description(), hint_for(words));
}

}  // namespace tightrope
