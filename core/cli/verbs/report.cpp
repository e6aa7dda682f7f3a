// tightrope report: writes the page of a stored run again.
#include "core/report/report.hpp"

#include <iostream>

#include "core/cli/verb.hpp"

namespace tightrope::cli {

Verb report_verb() {
  return {"report",
          "RUN",
          "write report.html and the figures of a stored run again",
          "Writes RUN/report.html, one file that needs no network, and RUN/figures/*.svg. Truth and estimate are made "
          "again\n"
          "from the stored spec; data files must lie where they lay. Exit code 4 if one of them has changed since.",
          [](po::options_description& options) {
            declare_plugin_options(options);
            declare_thread_option(options);
          },
          {},
          1,
          1,
          [](const Call& call) {
            const StoredRun run = read_run(call.positional[0]);
            refuse_changed_data(run);
            write_report(run, pictures_of(run, make_catalog(call), make_team(call)));
            if (!call.quiet) std::cout << "Report: " << (run.folder / "report.html").string() << "\n";
            return Exit::ok;
          }};
}

}  // namespace tightrope::cli
