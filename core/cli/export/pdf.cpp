// Drawings as PDF.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/cli/export/exports.hpp"
#include "core/cli/export/temporary_folder.hpp"

namespace tightrope::cli {

constexpr const char* converter = "rsvg-convert";

std::string pdf_of(const std::string& svg) {
  const TemporaryFolder temporary;
  const fs::path& folder = temporary.path();
  const std::string from = folder / "drawing.svg", to = folder / "drawing.pdf", messages = folder / "messages";
  write_atomically(from, svg);
  std::array<std::string, 5> words = {converter, "--format=pdf", "--output", to, from};
  std::array<char*, 6> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, converter, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failure == 0) waitpid(child, &status, 0);
  if (failure == ENOENT || (failure == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127))
    throw Error(Exit::resources, fmt::format("writing PDF takes the program {}, which is not installed; install the "
                                             "Debian package librsvg2-bin, or write .svg",
                                             converter));
  if (failure != 0)
    throw Error(Exit::resources, fmt::format("{} cannot be started: {}", converter, std::strerror(failure)));
  if (status != 0 || !fs::exists(to)) {
    const std::string text = read_file(messages);
    throw Error(Exit::resources, fmt::format("{} failed: {}", converter, text.substr(0, text.find('\n'))));
  }
  return read_file(to);
}

}  // namespace tightrope::cli
