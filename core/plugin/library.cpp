#include "core/plugin/library.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "core/base/digest.hpp"
#include "core/base/installation.hpp"
#include "core/base/limits.hpp"
#include "core/base/process/failure.hpp"
#include "core/plugin/memory_folder.hpp"
#include "core/plugin/probe.hpp"
#include "core/plugin/script.hpp"

extern char** environ;

namespace tightrope {

namespace {

namespace fs = std::filesystem;

constexpr const char* entry_point = "tightrope_plugin";
constexpr int probe_seconds = 10;
[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(Exit::plugin, fmt::format("{} {}", file.string(), why));
}

/// What is to blame is not the file.
[[noreturn]] void give_up(const fs::path& file, const std::string& why) {
  throw Error(Exit::resources, fmt::format("{} cannot be opened now: {}", file.string(), why));
}

/// Everybody could put another file in the place of this one: in its folder or, where no sticky bit keeps them from
/// renaming what is not theirs, in one above.
void check_folders(const fs::path& file) {
  const fs::path own = file.parent_path();
  for (fs::path folder = own;; folder = folder.parent_path()) {
    struct stat facts {};
    const bool is_writable = stat(folder.c_str(), &facts) == 0 && (facts.st_mode & S_IWOTH);
    if (is_writable && folder == own)
      refuse(file,
             "lies in a folder that every user can write; move it to one that only its owner can write, or take "
             "that permission away (chmod o-w)");
    if (is_writable && !(facts.st_mode & S_ISVTX))
      refuse(file, fmt::format("lies below {}, a folder that every user can write; move it to one that only its owner "
                               "can write, or take that permission away (chmod o-w)",
                               folder.string()));
    if (folder == folder.parent_path()) break;
  }
}

/// Nobody else may be able to put another file where this one is, or where a link on the way leads. The file that the
/// path stands for.
fs::path checked_path(const fs::path& path) {
  if (!path.is_absolute()) refuse(path, "is not an absolute path; plugins are opened by their absolute path alone");
  check_folders(path);
  std::error_code error;
  fs::path file = fs::canonical(path, error);
  if (error == std::errc::no_such_file_or_directory && fs::is_symlink(path, error))
    refuse(path, fmt::format("is a link to {}, which does not exist; make the link anew or remove it",
                             fs::read_symlink(path, error).string()));
  if (error && is_shortage(error.value())) give_up(path, shortage_text(error.value()));
  if (error) file = path;
  struct stat facts {};
  if (stat(file.c_str(), &facts) != 0) refuse(file, fmt::format("cannot be opened: {}", std::strerror(errno)));
  if (!S_ISREG(facts.st_mode)) refuse(file, "is not a regular file; a plugin is a shared library (.so)");
  if (facts.st_mode & S_IWOTH)
    refuse(file, "can be written by every user; take that permission away (chmod o-w) before it is used as a plugin");
  check_folders(file);
  return file;
}

std::string contents_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes, part(std::size_t{1} << 16U, '\0');
  while (stream) {
    stream.read(part.data(), static_cast<std::streamsize>(part.size()));
    bytes.append(part, 0, static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.eof()) return bytes;
  if (errno != EACCES) give_up(file, shortage_text(errno));
  refuse(file, "cannot be read: Permission denied; give yourself the right to (chmod u+r)");
}

/// Judges the file as data: an ELF library for this machine, complete, with the entry point among its symbols.
void check_elf(const fs::path& file, const std::string& bytes) {
  const auto at = [&](std::uint64_t offset, std::uint64_t size) -> const char* {
    if (offset > bytes.size() || size > bytes.size() - offset)
      refuse(file, "is incomplete: its contents reach beyond the end of the file; build or copy it again");
    return bytes.data() + offset;
  };
  const auto copy = [&](auto& out, std::uint64_t offset) { std::memcpy(&out, at(offset, sizeof out), sizeof out); };
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    refuse(file, bytes.empty() ? "is an empty file; build the plugin again"
                               : "is not a shared library: it does not start like an ELF file; build the plugin again");
  Elf64_Ehdr header{}, ours{};
  if (bytes.size() < sizeof header)
    refuse(file, "is incomplete: its contents reach beyond the end of the file; build or copy it again");
  copy(header, 0);
  std::ifstream self("/proc/self/exe", std::ios::binary);
  if (!self) give_up(file, shortage_text(errno));
  self.read(reinterpret_cast<char*>(&ours), sizeof ours);
  if (header.e_ident[EI_CLASS] != ours.e_ident[EI_CLASS])
    refuse(file,
           "was built for addresses of another size (32 or 64 bits) than this program; build it for this machine");
  if (header.e_ident[EI_DATA] != ours.e_ident[EI_DATA])
    refuse(file, "was built for another order of bytes than this program; build it for this machine");
  if (header.e_machine != ours.e_machine)
    refuse(file, fmt::format("was built for another kind of machine (ELF machine {}, this program is {}); build "
                             "it for this one",
                             header.e_machine, ours.e_machine));
  if (header.e_type != ET_DYN) refuse(file, "is not a shared library; link it with -shared");
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    copy(segment, header.e_phoff + std::uint64_t{i} * sizeof segment);
    at(segment.p_offset, segment.p_filesz);
  }
  bool exported = false;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section{}, names{};
    copy(section, header.e_shoff + std::uint64_t{i} * sizeof section);
    if (section.sh_type != SHT_NOBITS) at(section.sh_offset, section.sh_size);
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= header.e_shnum) continue;
    copy(names, header.e_shoff + std::uint64_t{section.sh_link} * sizeof names);
    for (std::uint64_t s = 0; s + sizeof(Elf64_Sym) <= section.sh_size; s += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol{};
      copy(symbol, section.sh_offset + s);
      const bool is_function = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
      if (!is_function || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.sh_size) continue;
      const char* name = at(names.sh_offset + symbol.st_name, 1);
      const std::size_t room = names.sh_size - symbol.st_name;
      at(names.sh_offset, names.sh_size);
      exported |= strnlen(name, room) < room && std::strcmp(name, entry_point) == 0;
    }
  }
  if (!exported)
    refuse(file,
           fmt::format("has no entry point '{}', so it is no Tightrope plugin; end its source with TIGHTROPE_PLUGIN(…)",
                       entry_point));
}

/// How it went in the child process.
struct Trial {
  bool is_opened = false, is_fine = false, is_late = false;
  int status = 0;                      // of waitpid
  std::optional<std::string> refusal;  // what the child found
  std::string text;                    // all else that it wrote
};

/// Ends the child at the deadline, with all that it has started.
void wait_for(pid_t child, std::chrono::steady_clock::time_point deadline, Trial& trial) {
  for (;;) {
    trial.is_late = std::chrono::steady_clock::now() >= deadline;
    if (trial.is_late) {
      kill(-child, SIGKILL);
      kill(child, SIGKILL);
    }
    const pid_t ended = waitpid(child, &trial.status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Trial tried(const fs::path& file) {
  int messages[2];
  if (pipe2(messages, O_CLOEXEC) != 0)
    give_up(file, "there is no pipe to the process that tries it first: " + shortage_text(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, messages[1], STDERR_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::string program = library_folder() / "tightrope-probe", argument = file.string();
  char* arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(probe_seconds);
  const int failed = posix_spawn(&child, program.c_str(), &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(messages[1]);
  if (failed != 0) {
    close(messages[0]);
    if (is_shortage(failed)) give_up(file, "no process can be started to try it in first: " + shortage_text(failed));
    throw Error(Exit::plugin, fmt::format("{} cannot be started to try plugins in: {}; install Tightrope again",
                                          program, std::strerror(failed)));
  }
  // What it wrote, until it ends, closes its end of the pipe or is late; of a flood the last is kept.
  constexpr std::size_t most = 16000;
  Trial trial;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) break;
    pollfd ready{messages[0], POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(left)) <= 0) continue;  // the deadline, or a signal
    char buffer[4096];
    const ssize_t size = read(messages[0], buffer, sizeof buffer);
    if (size <= 0) break;
    trial.text.append(buffer, static_cast<std::size_t>(size));
    trial.is_opened = trial.is_opened || trial.text.find(probe_opened) != std::string::npos;
    if (trial.text.size() > most) trial.text.erase(0, trial.text.size() - most / 2);
  }
  close(messages[0]);
  wait_for(child, deadline, trial);
  trial.is_fine = trial.text.ends_with(probe_fine);
  if (const std::size_t at = trial.text.rfind(probe_refused); at != std::string::npos)
    trial.refusal = trial.text.substr(at + std::strlen(probe_refused));
  return trial;
}

/// Opens the file in a child process first: a damaged library, or one whose static objects misbehave, can kill the
/// process that opens it, and no check of ours can catch that.
void try_in_child(const fs::path& file, const std::string& hash) {
  const fs::path memory = memory_folder("probes");
  const fs::path mark = memory.empty() ? fs::path() : memory / (hash.substr(0, 32) + "-" TIGHTROPE_HEADER_DIGEST);
  std::error_code ignored;
  if (!mark.empty() && fs::exists(mark, ignored)) return;

  const Trial trial = tried(file);
  const char* const culprit = trial.is_opened ? "its entry point" : "one of its static objects";
  if (trial.is_late)
    refuse(file, fmt::format("was still being opened after {} seconds; {} waits or computes: build it without that",
                             probe_seconds, culprit));
  if (WIFSIGNALED(trial.status)) {
    const char* const name = sigabbrev_np(WTERMSIG(trial.status));
    refuse(file, fmt::format("kills the process that opens it ({}); it is damaged, or {} fails: build it again",
                             name ? std::string("SIG") + name : "a signal", culprit));
  }
  const int code = WEXITSTATUS(trial.status);
  for (const Exit own : {Exit::plugin, Exit::resources, internal_fault})
    if (code == static_cast<int>(own) && trial.refusal) throw Error(own, *trial.refusal);
  if (code == 127 && is_shortage(trial.text)) give_up(file, "the process that tries it first ended: " + trial.text);
  if (code != 0 || !trial.is_fine)
    refuse(file, fmt::format("ends the process that opens it (exit {}); {} calls exit: build it without that", code,
                             culprit));
  if (mark.empty()) return;
  fs::create_directories(memory, ignored);
  const int descriptor = open(mark.c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor >= 0) close(descriptor);
}

std::map<std::string, std::string> facts_of(const std::string& text) {
  std::map<std::string, std::string> facts;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(';', begin), text.size()), equals = text.find('=', begin);
    if (equals < end) facts[text.substr(begin, equals - begin)] = text.substr(equals + 1, end - equals - 1);
    begin = end + 1;
  }
  return facts;
}

/// Everything that must agree before an object of the plugin may be made.
void check_manifest(const fs::path& file, const Manifest* manifest) {
  if (!manifest) refuse(file, "has an entry point that returns nothing; end its source with TIGHTROPE_PLUGIN(…)");
  if (manifest->magic != manifest_magic)
    refuse(
        file,
        "has an entry point that returns no manifest of a Tightrope plugin; end its source with TIGHTROPE_PLUGIN(…)");
  if (manifest->version != manifest_version)
    refuse(file,
           fmt::format("speaks version {} of the plugin interface, but this program speaks version {}; rebuild the {}",
                       manifest->version, manifest_version,
                       manifest->version < manifest_version ? "plugin" : "program, or take a plugin built for it"));
  if (manifest->size != sizeof(Manifest))
    refuse(file,
           fmt::format("has a manifest of {} bytes, but this program's has {}; rebuild the plugin with the headers "
                       "of this program",
                       manifest->size, sizeof(Manifest)));
  if (!manifest->header_digest || !manifest->build_facts || !manifest->kind || !manifest->name || !manifest->summary ||
      !manifest->maker)
    refuse(file, "has a manifest with empty fields; end its source with TIGHTROPE_PLUGIN(…)");
  if (std::strcmp(manifest->header_digest, TIGHTROPE_HEADER_DIGEST) != 0)
    refuse(file, fmt::format("was built against other core headers (plugin {}, core {}); rebuild the plugin with the "
                             "headers of this program",
                             manifest->header_digest, TIGHTROPE_HEADER_DIGEST));
  const auto theirs = facts_of(manifest->build_facts), ours = facts_of(TIGHTROPE_BUILD_FACTS);
  std::string differences;
  for (const auto& [fact, value] : ours) {
    const auto found = theirs.find(fact);
    const std::string other = found == theirs.end() ? "unknown" : found->second;
    if (other != value)
      differences += fmt::format("{}{}: plugin {}, core {}", differences.empty() ? "" : "; ", fact, other, value);
  }
  if (!differences.empty())
    refuse(file, fmt::format("was built in another way ({}); rebuild the plugin with the settings of this program",
                             differences));
}

/// The linker's complaint in words.
std::string what_is_missing(const std::string& complaint) {
  // "… libx.so.1: cannot open shared object file: No such file …", "… libx.so.1: version `X_2' not found (required by
  // …"
  for (const auto& [mark, sentence] :
       {std::pair{": cannot open shared object file", "needs the library '{0}', which is not found here; install it"},
        std::pair{": version `", "needs '{1}' of {0}, which is older here; build the plugin on this machine"}})
    if (const std::size_t end = complaint.find(mark); end != std::string::npos) {
      const std::size_t begin = complaint.rfind(' ', end - 1) + 1;  // 0 if there is none
      const std::size_t version = end + std::strlen(": version `");
      return fmt::format(
          fmt::runtime(sentence), complaint.substr(begin, end - begin),
          complaint.substr(std::min(version, complaint.size()), complaint.find('\'', version) - version));
    }
  const std::string mark = "undefined symbol: ";
  const std::size_t begin = complaint.find(mark);
  if (begin == std::string::npos) return fmt::format("cannot be loaded: {}", complaint);
  const std::size_t name = begin + mark.size();
  const std::string symbol = complaint.substr(name, complaint.find_first_of(" ,)", name) - name);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return fmt::format(
      "needs the symbol '{}', which neither this program nor the plugin's own libraries have; rebuild the plugin with "
      "the headers of this program and link it to what it uses",
      readable ? readable.get() : symbol.c_str());
}

const Manifest* load(const fs::path& file, const std::function<void()>& opened = {}) {
  try {
    // rtld_now: a missing symbol is an exception here instead of the end of the process at the first call.
    boost::dll::shared_library library(file.string(),
                                       boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (opened) opened();
    const Manifest* manifest = library.get<const Manifest*()>(entry_point)();
    // One more handle, never closed: nothing that comes from a plugin may outlive its code.
    dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | RTLD_NOLOAD);
    check_manifest(file, manifest);
    return manifest;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    give_up(file, shortage_text(ENOMEM));
  } catch (const std::exception& error) {
    if (is_shortage(std::string(error.what()))) give_up(file, error.what());
    refuse(file, what_is_missing(error.what()));
  } catch (...) {
    refuse(file, "has an entry point that throws; end its source with TIGHTROPE_PLUGIN(…)");
  }
}

class SharedLibrary final : public Library {
 public:
  SharedLibrary(const Manifest* manifest, fs::path file, std::string hash)
      : Library(manifest, std::move(file), std::move(hash)) {}
};

}  // namespace

std::shared_ptr<const Library> Library::open(const std::filesystem::path& path) {
  const fs::path file = checked_path(path);
  std::string bytes = contents_of(file);
  if (is_script(path)) return open_script({path, file, std::move(bytes)});
  check_elf(file, bytes);
  const std::string hash = sha256(bytes);
  try_in_child(file, hash);
  const Manifest* const manifest = load(file);
  return std::make_shared<const SharedLibrary>(manifest, file, hash);
}

void probe_plugin(const std::filesystem::path& file) {
  load(file, [] {
    std::fputs(probe_opened, stderr);
    std::fflush(stderr);
  });
}

fs::path memory_folder(const std::string& what) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache && *cache == '/') return fs::path(cache) / "tightrope" / what;
  if (home && *home == '/') return fs::path(home) / ".cache" / "tightrope" / what;
  return {};
}

}  // namespace tightrope
