// Lists of words in messages.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/words.hpp"

namespace tightrope {

inline bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

inline std::string list_of(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

/// "a, b, c", the texts of all entries.
template <class Range, class Text>
std::string list_of(const Range& range, const Text& text) {
  std::vector<std::string> words;
  for (const auto& entry : range) words.push_back(text(entry));
  return list_of(words);
}

/// "a, b or c"
inline std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

inline std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// What may have been meant or, if nothing is near, all that there is, introduced so: "; it has: a, b".
inline std::string did_you_mean_or_list(std::string_view word, const std::vector<std::string>& words,
                                        std::string_view introduction) {
  const std::string hint = did_you_mean(word, words);
  return hint.empty() ? fmt::format("{}{}", introduction, fmt::join(words, ", ")) : hint;
}

}  // namespace tightrope
