// tightrope help: all verbs, or one of them.
#include <fmt/format.h>

#include <iostream>

#include "core/cli/help/pages.hpp"
#include "core/cli/verb.hpp"

namespace tightrope::cli {

Verb help_verb() {
  return {"help",
          "[VERB]",
          "this page, or the page of a verb",
          "With --format man: the manual page tightrope(1).",
          {},
          {"text", "man"},
          0,
          1,
          [](const Call& call) {
            if (call.format == "man") {
              std::cout << man_page();
              return Exit::ok;
            }
            if (!call.positional.empty()) {
              std::vector<std::string> names;
              for (const Verb& verb : verbs()) {
                names.push_back(verb.name);
                if (verb.name != call.positional[0]) continue;
                std::cout << help_of(verb);
                return Exit::ok;
              }
              throw Error(Exit::config, fmt::format("there is no verb '{}'{}; see 'tightrope help'", call.positional[0],
                                                    did_you_mean(call.positional[0], names)));
            }
            std::cout << "tightrope VERB …: low-rank recovery by factorised gradient methods\n\n";
            for (const Verb& verb : verbs()) std::cout << fmt::format("  {:<9} {}\n", verb.name, verb.summary);
            std::cout << "\nStart with\n"
                         "  tightrope run configs/quickstart.yaml      a first result, with a summary and a page\n"
                         "  tightrope show results/quickstart          its numbers again\n"
                         "  tightrope describe gradient_descent        what a plugin does and takes\n"
                         "\n'tightrope VERB -h' shows the options of a verb. Results go to standard output, messages "
                         "to standard error.\n";
            return Exit::ok;
          }};
}

}  // namespace tightrope::cli
