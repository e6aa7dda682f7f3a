// Configs from files and from standard input.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "core/base/limits.hpp"
#include "core/tree/yaml/yaml_text.hpp"

namespace tightrope {

namespace {

namespace fs = std::filesystem;

Node read_standard_input(const YamlLimits& limits) {
  static bool was_read = false;
  if (std::exchange(was_read, true))
    refuse({standard_input, 0, 0}, "standard input can be read once: '-' can stand for one config only");
  std::string text(limits.bytes + 1, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got != 0 && size < text.size();) {
    got = read(STDIN_FILENO, text.data() + size, text.size() - size);
    if (got < 0 && errno != EINTR)
      refuse({standard_input, 0, 0}, fmt::format("standard input cannot be read: {}", std::strerror(errno)));
    if (got > 0) size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return parse_yaml(text, standard_input, limits);
}

}  // namespace

Node read_yaml(const fs::path& file, const YamlLimits& limits) {
  const std::string name = file.string();
  if (name == "-") return read_standard_input(limits);
  if (name.empty()) throw Error(Exit::config, "the name of a config is empty");
  const Position whole{name, 0, 0};
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) refuse(whole, missing_file(file));
  if (fs::is_directory(status)) refuse(whole, "this is a folder, not a YAML file");
  if (!fs::is_regular_file(status)) refuse(whole, "this is not a regular file; - reads standard input");
  const std::uintmax_t bytes = fs::file_size(file, error);
  if (!error && bytes > limits.bytes) refuse({name, 1, 1}, too_large(bytes, limits));
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse_shortage(errno, name + ": the file cannot be opened");
  // One byte more than allowed, for a file that grows meanwhile.
  std::string text(limits.bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.eof() && stream.fail()) refuse(whole, "the file cannot be read: check its permissions");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_yaml(text, name, limits);
}

}  // namespace tightrope
