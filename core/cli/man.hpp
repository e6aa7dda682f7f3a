// The manual page, from what the verbs say of themselves.
#pragma once

#include <string>

namespace tightrope::cli {

/// tightrope(1) in roff, with all verbs and their options.
std::string man_page();

}  // namespace tightrope::cli
