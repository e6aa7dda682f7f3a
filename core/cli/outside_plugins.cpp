#include "core/cli/outside_plugins.hpp"

#include <fmt/format.h>

#include <iostream>
#include <map>

#include "core/conformance/process/isolated.hpp"

namespace tightrope::cli {

std::vector<std::string> examine_outside_plugins(const Call& call, const Experiment& experiment) {
  std::map<std::string, const PluginSpec*> outside;  // by content
  for (const CellSpec& cell : experiment.cells)
    for (const auto& part : cell.parts())
      if (const Library& library = *part.second->library; !Catalog::is_installed(library.file()))
        outside.emplace(library.content_hash(), part.second);
  std::vector<std::string> not_passed;
  for (const auto& [hash, choice] : outside) {
    const Library& library = *choice->library;
    const std::string file = library.file().string(), who = fmt::format("{} ({})", choice->description(), file);
    const QuickFindings findings = quick_findings(library);
    if (findings.is_refused && !call.has("allow-failing-plugins"))
      throw Error(Exit::plugin,
                  fmt::format("{} is wrong, as an examination at its first use shows: {}; mend it ('tightrope test {}' "
                              "says more), or give --allow-failing-plugins to use it all the same",
                              who, findings.faults.front(), file));
    for (const std::string& fault : findings.faults)
      std::cerr << "tightrope: warning: " << who << ": " << fault << "\n";
    if (!has_passed(library)) not_passed.push_back(who);
  }
  return not_passed;
}

}  // namespace tightrope::cli
