#include "core/claims/claim.hpp"

#include <fmt/format.h>

#include "core/claims/condition_form.hpp"

namespace tightrope {

namespace {

std::string in_words(const Labels& labels) {
  std::string all;
  for (const auto& [label, value] : labels) all += fmt::format("{}{} {}", all.empty() ? "" : ", ", label, value);
  return all;
}

}  // namespace

const std::vector<ConditionForm>& condition_forms() {
  static const std::vector<ConditionForm> all = condition_forms_of_all_files();
  return all;
}

LabelFilter Claim::other_side() const {
  LabelFilter side = where;
  for (const auto& [label, value] : compared_with) side[label] = {value};
  return side;
}

bool Claim::speaks_of(const Labels& labels) const {
  return selects(where, labels) || (!compared_with.empty() && selects(other_side(), labels));
}

std::string Claim::condition() const {
  std::string all = is_of_end ? "is" : is;
  if (is_of_end) {
    for (const EndClass end : ends) all += fmt::format("{}{}", end == ends.front() ? " " : " or ", to_string(end));
    return all;
  }
  if (!form) return bounds.text();
  if (!compared_with.empty())
    all += " with " + in_words(compared_with);
  else if (!form->is_of_fit())
    all += fmt::format(" {} {}", form->axis_key, axis);
  return form->has_tolerance ? fmt::format("{} up to {} %", all, shortest(100 * tolerance)) : all;
}

std::string Claim::words() const {
  std::string all = is_of_end ? "end" : that.text();
  if (relative_to) all += " relative to " + relative_to->text();
  if (success) all = fmt::format("success of {} {}", all, success->text());
  if (fit)
    all = fmt::format("{} of {} over {}{}{}", fit->word, all, fit->axis_word, fit->axis_word.empty() ? "" : " ", axis);
  if (of == Of::median) all = "median of " + all;
  if (of == Of::mean) all = "mean of " + all;
  if (!compared_with.empty() && !form) all += fmt::format(" (ratio to {})", in_words(compared_with));
  all += " " + condition();
  for (const auto& [label, values] : where) all += fmt::format(", {} {}", label, fmt::join(values, " or "));
  if (p) all += fmt::format(", p < {}", shortest(*p));
  if (of == Of::some_run) all += ", in some run";
  return all;
}

std::size_t Claim::needed_values() const { return form ? form->needed_values : 2; }

std::vector<std::string> Claim::columns() const {
  if (is_of_end) return {};
  std::vector<std::string> names = that.columns();
  if (relative_to)
    for (const std::string& name : relative_to->columns()) names.push_back(name);
  return names;
}

std::optional<SuccessCriterion> read_success(const Node& node, std::vector<Diagnostic>& diagnostics) {
  const Words words = words_of(node);
  const auto condition = words.size() == 3 ? read_comparison(words[1], words[2]) : std::nullopt;
  if (condition) return SuccessCriterion{words[0], *condition, node.position};
  diagnostics.push_back(
      {node.position,
       "success must compare a column with a number, such as relative_error < 1e-6, but it is " + node.description()});
  return std::nullopt;
}

}  // namespace tightrope
