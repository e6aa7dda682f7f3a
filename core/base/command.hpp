// Programs of others, run for what they print.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tightrope {

struct CommandResult {
  int status = 0;           // exit code; 128 + n if signal n ended it
  std::string out, errors;  // what it printed
  /// The last line of its errors, for a message.
  std::string complaint() const;
};

/// Runs a program, found as a shell finds it, with these arguments, and waits for it. It has no input and is in a
/// process group of its own, so that Ctrl-C does not reach it. Null if there is no such program.
std::optional<CommandResult> run_command(const std::vector<std::string>& words);

}  // namespace tightrope
