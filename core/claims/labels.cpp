#include "core/claims/labels.hpp"

#include <algorithm>

#include "core/base/text/word_list.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

std::optional<Real> number_of(const std::string& label) { return to_real(Node::make_scalar(label, {})); }

bool selects(const LabelFilter& wanted, const Labels& labels) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& condition) {
    const auto own = labels.find(condition.first);
    if (own == labels.end()) return false;
    return std::any_of(condition.second.begin(), condition.second.end(), [&](const std::string& value) {
      const auto number = number_of(value);
      return own->second == value || (number && number == number_of(own->second));
    });
  });
}

Labels without(Labels labels, const std::vector<std::string>& names) {
  for (const std::string& name : names) labels.erase(name);
  return labels;
}

std::string in_words(const Labels& labels) {
  return list_of(labels, [](const auto& own) { return own.first + " " + own.second; });
}

std::string values_in_words(const Labels& labels) {
  return list_of(labels, [](const auto& own) { return own.second; });
}

}  // namespace tightrope
