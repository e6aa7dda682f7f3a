// Words for messages: what was written, and what may have been meant.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope {

/// A text fit for a message: one line, without control characters, cut off behind so many bytes.
std::string excerpt(std::string_view text, std::size_t longest = 60);
/// Nearest of the candidates in edit distance, if it is near enough to be what was meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
/// " (did you mean 'x'?)", or "" if nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
/// What to say of a file that does not exist: "there is no such file (did you mean 'volcano.csv'?)".
std::string missing_file(const std::filesystem::path& missing);

}  // namespace tightrope
