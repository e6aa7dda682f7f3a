#include "core/claims/topic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tightrope {

const std::vector<TopicForm>& topic_forms() {
  static const std::vector<TopicForm> all = topic_forms_of_all_files();
  return all;
}

TopicForm fit_topic(Law law) {
  const std::string pattern =
      fmt::format("{} of QUANTITY over {}{}LABEL", law.word, law.axis_word, law.axis_word.empty() ? "" : " ");
  return {.pattern = pattern,
          .name = "a fit over a label",
          .example = "{that: " + pattern + ", is: < BOUND}",
          .meaning = law.meaning,
          .law = std::move(law)};
}

const Law* find_law(const std::string& word, const std::string& axis_word) {
  const auto at = std::ranges::find_if(topic_forms(), [&](const TopicForm& own) {
    return own.law && own.law->word == word && own.law->axis_word == axis_word;
  });
  return at == topic_forms().end() ? nullptr : &*at->law;
}

}  // namespace tightrope
