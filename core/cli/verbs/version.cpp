// tightrope version
#include <iostream>

#include "core/cli/verb.hpp"

namespace tightrope::cli {

std::string version_line() { return "tightrope " TIGHTROPE_VERSION " (interface " TIGHTROPE_HEADER_DIGEST ")"; }

Verb version_verb() {
  return {"version", "", "the version of the program", "", {}, {}, 0, 0, [](const Call&) {
            std::cout << version_line() << "\n";
            return Exit::ok;
          }};
}

}  // namespace tightrope::cli
