#include "core/claims/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text/word_list.hpp"

namespace tightrope {

namespace {

Words spellings_of(const QuantityForm& form) {
  Words all = form.patterns;
  if (!form.spelling.empty()) all.insert(all.begin(), form.spelling);
  return all;
}

bool is_deviation(const Words& words, std::size_t at) {
  return at + 4 < words.size() && words[at] == "deviation" && words[at + 1] == "of" && words[at + 3] == "from";
}

std::optional<Quantity> read_as(const QuantityForm& form, const Words& pattern, const Words& words) {
  Quantity quantity{&form};
  std::size_t at = 0;
  for (const std::string& slot : pattern) {
    if (slot == "BOUND") continue;  // read with its relation
    if (at >= words.size()) return std::nullopt;
    const std::string& word = words[at++];
    if (slot == "COLUMN" && quantity.column.empty()) {
      const bool deviates = is_deviation(words, at - 1);
      quantity.column = deviates ? words[at + 1] : word;
      if (deviates) quantity.reference = words[at + 3];
      if (deviates) at += 4;
    } else if (slot == "COLUMN") {
      quantity.over = word;
    } else if (slot == "CLOCK") {
      const Clock* clock = find_cost(word);
      if (!clock) return std::nullopt;
      (contains(pattern, "COLUMN") ? quantity.over : quantity.column) = clock->column;
    } else if (slot == "ITERATION") {
      const auto iteration = to_index(Node::make_scalar(word, {}));
      if (!iteration) return std::nullopt;
      quantity.iteration = *iteration;
    } else if (slot == "<") {
      const auto target = at < words.size() ? read_comparison(word, words[at++]) : std::nullopt;
      if (!target) return std::nullopt;
      quantity.target = *target;
    } else if (slot != word) {
      return std::nullopt;
    }
  }
  if (quantity.over.empty()) quantity.over = form.over;
  return at == words.size() ? std::optional(quantity) : std::nullopt;
}

/// The words of a pattern for a quantity; null if it cannot say all of it.
std::optional<std::string> written(const Words& pattern, const Quantity& quantity) {
  Words words;
  bool has_column = false, has_over = quantity.over == quantity.form->over;
  for (const std::string& slot : pattern) {
    if (slot == "COLUMN" && !has_column) {
      words.push_back(quantity.reference.empty()
                          ? quantity.column
                          : fmt::format("deviation of {} from {}", quantity.column, quantity.reference));
      has_column = true;
    } else if (slot == "COLUMN") {
      words.push_back(quantity.over);
      has_over = true;
    } else if (slot == "CLOCK") {
      const bool is_over = contains(pattern, "COLUMN");
      const auto clock = std::ranges::find_if(
          costs(), [&](const Clock& own) { return own.column == (is_over ? quantity.over : quantity.column); });
      if (clock == costs().end() || (!is_over && !quantity.reference.empty())) return std::nullopt;
      words.push_back(clock->name);
      (is_over ? has_over : has_column) = true;
    } else if (slot == "ITERATION") {
      words.push_back(std::to_string(quantity.iteration));
    } else if (slot == "<") {
      words.push_back(quantity.target.text());
    } else if (slot != "BOUND") {
      words.push_back(slot);
    }
  }
  return has_over ? std::optional(fmt::format("{}", fmt::join(words, " "))) : std::nullopt;
}

/// Visits every way in which a quantity is written: a form and the words of a pattern.
template <class Visit>
void for_each_pattern(const Visit& visit) {
  for (const QuantityForm& form : quantity_forms())
    for (const std::string& pattern : spellings_of(form)) visit(form, words_of(pattern));
}

}  // namespace

const std::vector<QuantityForm>& quantity_forms() {
  static const std::vector<QuantityForm> all = quantity_forms_of_all_files();
  return all;
}

Words patterns_of(const QuantityForm& form) {
  Words all;
  for (const std::string& pattern : form.patterns) {
    const std::size_t at = pattern.find("CLOCK");
    for (const Clock& clock : costs()) {
      all.push_back(pattern);
      if (at == std::string::npos) break;
      all.back().replace(at, 5, clock.name);
    }
  }
  return all;
}

Words patterns_of(const std::function<bool(const QuantityForm&)>& is_meant) {
  Words all;
  for (const QuantityForm& form : quantity_forms())
    if (is_meant(form))
      for (const std::string& pattern : patterns_of(form)) all.push_back(pattern);
  return all;
}

std::string quantity_list() {
  Words all = patterns_of([](const QuantityForm&) { return true; });
  all.emplace_back("largest deviation of COLUMN from COLUMN");
  return quoted_list(all);
}

std::string Quantity::text() const {
  std::string window;
  if (from) window += " from " + shortest(*from);
  if (to) window += " to " + shortest(*to);
  for (const std::string& pattern : spellings_of(*form))
    if (const auto words = written(words_of(pattern), *this)) return *words + window;
  return "";
}

Words Quantity::columns() const {
  Words names = {column, over, reference};
  std::erase_if(names, [](const std::string& name) { return name.empty() || is_beside_columns(name); });
  return names;
}

std::optional<Quantity> read_quantity(const Words& words) {
  std::optional<Quantity> quantity;
  for_each_pattern([&](const QuantityForm& form, const Words& pattern) {
    if (!quantity) quantity = read_as(form, pattern, words);
  });
  return quantity;
}

std::optional<Quantity> read_quantity(const Node& node) { return read_quantity(words_of(node)); }

std::string quantity_complaint(const Words& words) {
  if (words.size() == 5 && is_deviation(words, 0))
    return fmt::format("'{0}' does not say which value of it is meant (did you mean 'largest {0}'?)",
                       fmt::join(words, " "));
  const auto deviation = std::ranges::find(words, "deviation");
  const auto at = static_cast<std::size_t>(deviation - words.begin());
  if (at + 2 < words.size() && words[at + 1] == "of" && !is_deviation(words, at))
    return fmt::format("'deviation of' is followed by COLUMN from COLUMN, but here by '{}'",
                       fmt::join(deviation + 2, words.end(), " "));
  return "";
}

std::string quantity_hint(const Words& words) {
  std::string hint;
  for_each_pattern([&](const QuantityForm& form, const Words& pattern) {
    if (!hint.empty() || pattern.size() != words.size()) return;
    Words meant = words;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      Words known = {pattern[i]};
      if (pattern[i] == "CLOCK") known.clear();
      for (const Clock& clock : costs())
        if (pattern[i] == "CLOCK") known.push_back(clock.name);
      const bool is_free = pattern[i] == "COLUMN" || pattern[i] == "ITERATION" || pattern[i] == "BOUND";
      if (const auto word = is_free ? std::nullopt : nearest(words[i], known)) meant[i] = *word;
    }
    if (read_as(form, pattern, meant)) hint = fmt::format(" (did you mean '{}'?)", fmt::join(meant, " "));
  });
  return hint;
}

std::optional<Samples> rows_of(const Quantity& quantity, const Trace& trace) {
  auto value = series(trace, quantity.column);
  const auto over = quantity.over.empty() ? std::vector<Real>() : series(trace, quantity.over);
  if (!value || !over) return std::nullopt;
  if (!quantity.reference.empty()) {
    const auto reference = series(trace, quantity.reference);
    if (!reference) return std::nullopt;
    for (std::size_t i = 0; i < value->size(); ++i)
      (*value)[i] = (*reference)[i] == 0 ? std::nan("") : std::abs((*value)[i] / (*reference)[i] - 1);
  }
  Samples rows;
  const Law* law = quantity.form->law;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const Real iteration = trace.rows[i][0], x = over->empty() ? 0 : (*over)[i];
    const bool is_inside =
        iteration >= quantity.from.value_or(iteration) && iteration <= quantity.to.value_or(iteration);
    const bool is_defined = !std::isnan((*value)[i]) && !std::isnan(x);
    const bool has_no_place = law && law->straight_x && x == 0;  // the start has no ln t
    if (quantity.form->has_window && (!is_inside || !is_defined || has_no_place)) continue;
    rows.iteration.push_back(iteration);
    rows.value.push_back((*value)[i]);
    if (!over->empty()) rows.over.push_back(x);
  }
  return rows;
}

Measured measure(const Quantity& quantity, const Trace& trace) {
  if (quantity.form->law) return fit_of(quantity, trace).slope();
  const auto rows = rows_of(quantity, trace);
  if (!rows || rows->value.empty()) return Measured::nothing("not recorded");
  Measured found = quantity.form->measure(quantity, *rows);
  return std::isnan(found.low) ? Measured::nothing("not recorded") : found;
}

CurveFit fit_of(const Quantity& quantity, const Trace& trace) {
  const auto rows = rows_of(quantity, trace);
  if (!rows) return no_fit("not recorded");
  if (rows->value.size() < 3) return no_fit(fmt::format("only {} points recorded", rows->value.size()));
  return fit_curve(*quantity.form->law, rows->over, rows->value);
}

}  // namespace tightrope
