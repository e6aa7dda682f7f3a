// The errors that end a command, each with the exit code that the command line promises.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace tightrope {

enum class Exit : int { ok = 0, claim_false = 1, config = 2, plugin = 3, integrity = 4, resources = 5, locked = 6 };

/// An error for the user: a whole sentence that says what, where, and what to do.
class Error : public std::runtime_error {
 public:
  Error(Exit code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Exit code() const { return code_; }

 private:
  Exit code_;
};

/// Thrown by a plugin's constructor when a combination makes no sense ("needs a square problem, but this one
/// is 60 × 40"). In a plain run it is a configuration error; in a study the combination is skipped with this reason.
class Unsuitable : public Error {
 public:
  explicit Unsuitable(const std::string& reason) : Error(Exit::config, reason) {}
};

}  // namespace tightrope
