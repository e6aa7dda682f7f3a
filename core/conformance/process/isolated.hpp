// The examination of a plugin in a process of its own, which it may crash.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/conformance/conformance.hpp"

namespace tightrope {

/// Asks all that `examine` asks. A question that ends the process, or takes longer than `patience` seconds, is answered
/// by a fault that says how it ended and in which function of the plugin; a new process asks the others. Throws
/// Error(resources) if no process can be started.
std::vector<Answer> examine_in_child(const std::filesystem::path& file, const Node& sample, bool quick, double patience,
                                     const std::function<void(const Answer&)>& answered = {});

/// The other end of it: the sample is read from standard input, and what is asked and answered goes to descriptor 3.
void examine_here(const std::filesystem::path& file, std::size_t first, bool quick);

/// What a quick examination finds wrong with a plugin, in sentences, and whether one of them says that its mathematics
/// is not what its kind promises: of an operator, loss, model or problem. Remembered by content.
struct QuickFindings {
  std::vector<std::string> faults;
  bool is_refused = false;
};
QuickFindings quick_findings(const Library& library);

/// Whether all of the suite has been asked of this very file, and nothing was wrong; remembered by content.
bool has_passed(const Library& library);
void remember_verdict(const Library& library, bool passed);

}  // namespace tightrope
