// What a shell offers for the word that is being typed. The completions of bash, zsh and fish (core/cli/completions)
// ask `tightrope complete WORD…`, so that they know verbs, options, plugins and parameters of this very program.
#pragma once

#include <string>
#include <vector>

namespace tightrope::cli {

/// words: those behind `tightrope`, the last of them as far as it has been typed. One line for each candidate, which
/// begins like that word: "CANDIDATE\tDESCRIPTION". Candidates that end with '.' or '=' go on. The line ":files" or
/// ":folders" says that names of files or folders fit as well. Wrong words have no candidates; nothing is thrown.
std::vector<std::string> completions(const std::vector<std::string>& words);

}  // namespace tightrope::cli
