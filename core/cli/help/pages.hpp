// What help, the manual page, the reference and completion say of the program.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/cli/verb.hpp"

namespace tightrope::cli {

/// All options of a verb, those included that every verb has.
po::options_description options_of(const Verb& verb);
/// Codes and meanings, as the program promises them.
std::vector<std::pair<std::string, std::string>> exit_codes();
/// The kinds of plugins, as lines of help.
std::string lines_of_kinds();
/// The configs that came with the program, as they may be named: "quickstart", "papers/liu2025",
/// "papers/liu2025/condition".
std::vector<std::string> shipped_names();

/// The manual page tightrope(1) in roff, with all verbs and their options.
std::string man_page();
/// What a shell offers for the last of the words behind `tightrope`, as far as it has been typed: the completions of
/// bash, zsh and fish (core/cli/completions) ask `tightrope complete WORD…`. One line for each candidate, which begins
/// like that word: "CANDIDATE\tDESCRIPTION". Candidates that end with '.' or '=' go on. The line ":files" or ":folders"
/// says that names of files or folders fit as well. Wrong words have no candidates; nothing is thrown.
std::vector<std::string> completions(const std::vector<std::string>& words);

}  // namespace tightrope::cli
