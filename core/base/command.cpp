#include "core/base/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/error.hpp"
#include "core/base/limits.hpp"
#include "core/base/words.hpp"

extern char** environ;

namespace tightrope {

namespace {

/// What was written into a file in memory; closes it.
std::string taken_from(int file) {
  std::string text;
  char bytes[4096];
  lseek(file, 0, SEEK_SET);
  for (ssize_t got; (got = read(file, bytes, sizeof bytes)) > 0;) text.append(bytes, static_cast<std::size_t>(got));
  close(file);
  return text;
}

}  // namespace

std::string CommandResult::complaint() const {
  std::string text = errors;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return excerpt(text.substr(text.rfind('\n') + 1), 300);
}

std::optional<CommandResult> run_command(const std::vector<std::string>& words) {
  const int out = memfd_create("out", MFD_CLOEXEC), errors = memfd_create("errors", MFD_CLOEXEC);
  if (out < 0 || errors < 0) throw Error(Exit::resources, words[0] + " cannot be started: " + shortage_text(errno));
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  while (failed == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  CommandResult result{WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), taken_from(out),
                       taken_from(errors)};
  if (failed == ENOENT || failed == EACCES || failed == ENOTDIR || (failed == 0 && result.status == 127))
    return std::nullopt;
  if (failed != 0) throw Error(Exit::resources, words[0] + " cannot be started: " + shortage_text(failed));
  return result;
}

}  // namespace tightrope
