#include "core/base/words.hpp"

#include <algorithm>

#include "core/base/text/utf8.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

/// For comparing names: case and the two dashes do not count.
std::string folded(std::string_view word) {
  std::string out(word);
  for (char& c : out) {
    if (c == '-') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Insertions, deletions, substitutions and swaps of neighbours (Damerau 1964, Levenshtein 1966) between the words,
/// no letter being touched twice.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string excerpt(std::string_view text, std::size_t longest) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= longest) return out + "…";
    const std::size_t length = utf8_length(text.substr(i));
    const std::string_view bytes = text.substr(i, std::max<std::size_t>(length, 1));
    if (length == 0 || drives_terminal(utf8_character(bytes)))
      for (const char byte : bytes) append_escape(out, byte, "\\x");
    else
      out += bytes;
    i += bytes.size();
  }
  return out;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest_word = 200, shortest_prefix = 4;
  if (word.empty() || word.size() > longest_word) return std::nullopt;
  const std::string meant = folded(word);
  const std::string* best = nullptr;
  const std::string* prefix = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > longest_word) continue;
    const std::string known = folded(candidate);
    const std::size_t distance = edit_distance(meant, known);
    if (distance < best_distance && distance < std::max(meant.size(), known.size())) {
      best = &candidate;
      best_distance = distance;
    }
    const bool is_prefix = known.starts_with(meant) || meant.starts_with(known);
    if (!prefix && is_prefix && std::min(meant.size(), known.size()) >= shortest_prefix) prefix = &candidate;
  }
  if (!best) best = prefix;
  return best ? std::optional(*best) : std::nullopt;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto guess = nearest(word, candidates);
  return guess ? " (did you mean '" + *guess + "'?)" : "";
}

std::string missing_file(const fs::path& missing) {
  std::error_code error;
  if (fs::is_symlink(missing, error))
    return "this is a link to '" + excerpt(fs::read_symlink(missing, error).string(), std::string::npos) +
           "', which does not exist";
  constexpr std::size_t most_names = 10'000;
  const fs::path folder = missing.has_parent_path() ? missing.parent_path() : fs::path(".");
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && names.size() < most_names;
       entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) return "there is no folder '" + excerpt(folder.string(), std::string::npos) + "'";
  std::sort(names.begin(), names.end());
  return "there is no such file" + did_you_mean(missing.filename().string(), names);
}

}  // namespace tightrope
