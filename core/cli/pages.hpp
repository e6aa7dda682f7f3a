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

}  // namespace tightrope::cli
