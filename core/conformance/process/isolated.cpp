#include "core/conformance/process/isolated.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "core/base/installation.hpp"
#include "core/base/limits.hpp"
#include "core/base/process/failure.hpp"
#include "core/base/words.hpp"
#include "core/conformance/process/allocations.hpp"
#include "core/conformance/process/functions.hpp"
#include "core/plugin/catalog.hpp"
#include "core/plugin/memory_folder.hpp"
#include "core/tree/yaml/yaml.hpp"

extern char** environ;

namespace tightrope {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int reports = 3;                             // the descriptor to which the child speaks
constexpr std::uint64_t most_memory = 4'000'000'000U;  // bytes that a plugin may take here
constexpr std::size_t most_crashes = 12;

// --- the child ---

// Read by a signal handler.
std::uintptr_t plugin_base = 0, plugin_begin = 0, plugin_end = 0;

void find_plugin(const fs::path& file) {
  const std::string name = file.string();
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* wanted) {
        if (*static_cast<const std::string*>(wanted) != info->dlpi_name) return 0;
        plugin_base = info->dlpi_addr;
        plugin_begin = ~std::uintptr_t{0};
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD) continue;
          plugin_begin = std::min<std::uintptr_t>(plugin_begin, info->dlpi_addr + segment.p_vaddr);
          plugin_end = std::max<std::uintptr_t>(plugin_end, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
        }
        return 1;
      },
      const_cast<std::string*>(&name));
}

/// "crash SIGNAL OFFSET…": the calls that were going on in the plugin, the innermost first.
void on_crash(int number) {
  char line[1024] = "crash ";
  std::size_t used = strlen(line);
  const auto put = [&](std::uintptr_t value) {
    char digits[24];
    std::size_t count = 0;
    do digits[count++] = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    while (count > 0 && used + 2 < sizeof line) line[used++] = digits[--count];
  };
  put(static_cast<std::uintptr_t>(number));
  void* frames[64];
  const int depth = backtrace(frames, 64);
  for (int i = 0; i < depth; ++i) {
    const auto address = reinterpret_cast<std::uintptr_t>(frames[i]);
    if (address < plugin_begin || address >= plugin_end) continue;
    line[used++] = ' ';
    put(address - plugin_base);
  }
  line[used++] = '\n';
  const ssize_t ignored = write(reports, line, used);
  static_cast<void>(ignored);
  signal(number, SIG_DFL);
  raise(number);
}

void tell_of_crashes() {
  void* frame[1];
  backtrace(frame, 1);  // loads what it needs while memory can be had
  handle_crashes(on_crash);
}

Json to_json(const Answer& answer) {
  Json measured = Json::array();
  for (const Measurement& one : answer.measured) measured.push_back({one.what, one.value, one.expected});
  return {{"variant", answer.variant}, {"check", answer.check},     {"measured", measured}, {"faults", answer.faults},
          {"remarks", answer.remarks}, {"refused", answer.refused}, {"broke", answer.broke}};
}

Answer answer_of(const Json& json) {
  Answer answer{json.at("variant"), json.at("check"), {}, json.at("faults"), json.at("remarks"),
                json.at("refused"), json.at("broke")};
  for (const Json& one : json.at("measured"))
    answer.measured.push_back({one.at(0), one.at(1).is_null() ? std::nan("") : one.at(1).get<Real>(), one.at(2)});
  return answer;
}

void tell(const Json& json) {
  // What a plugin throws need not be UTF-8.
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t written = write(reports, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);  // nobody listens any more
    done += static_cast<std::size_t>(written);
  }
}

// --- the parent ---

struct Descriptors {
  int input = -1, output = -1, read = -1, write = -1;
  ~Descriptors() {
    for (const int descriptor : {input, output, read, write})
      if (descriptor >= 0) close(descriptor);
  }
};

/// One process that examines a plugin from a question on.
class Child {
 public:
  Child(const fs::path& file, const std::string& sample, std::size_t first, bool quick) {
    descriptors_.input = memfd_create("sample", MFD_CLOEXEC);
    descriptors_.output = memfd_create("output", MFD_CLOEXEC);
    int ends[2] = {-1, -1};
    const bool opened =
        descriptors_.input >= 0 && descriptors_.output >= 0 && pipe2(ends, O_CLOEXEC) == 0 &&
        ::write(descriptors_.input, sample.data(), sample.size()) == static_cast<ssize_t>(sample.size());
    descriptors_.read = ends[0];
    descriptors_.write = ends[1];
    if (!opened) give_up(errno);
    lseek(descriptors_.input, 0, SEEK_SET);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, descriptors_.input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, descriptors_.output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, descriptors_.output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, descriptors_.write, reports);
    const std::string program = library_folder() / "tightrope-probe";
    std::vector<std::string> words = {program, file.string(), std::to_string(first), quick ? "quick" : "full"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int failed = posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
      pid_ = 0;
      give_up(failed);
    }
    close(std::exchange(descriptors_.write, -1));
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    reap();
  }

  /// The next line that it says within the time; nothing when it says none any more.
  std::optional<std::string> line(double seconds) {
    const auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
      if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string text = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return text;
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      pollfd ready{descriptors_.read, POLLIN, 0};
      const int answer = left > 0 ? poll(&ready, 1, static_cast<int>(left)) : 0;
      if (answer < 0 && errno == EINTR) continue;
      if (answer <= 0) {
        late_ = true;
        return std::nullopt;
      }
      char bytes[4096];
      const ssize_t size = read(descriptors_.read, bytes, sizeof bytes);
      if (size <= 0) return std::nullopt;
      buffer_.append(bytes, static_cast<std::size_t>(size));
    }
  }
  bool is_late() const { return late_; }
  /// So that it says where it is.
  void interrupt() {
    late_ = false;
    kill(pid_, SIGABRT);
  }
  /// How it ended: "it crashed (SIGSEGV)", "it ended the process (exit 5)"; empty if all is well.
  std::string end() {
    if (late_) kill(pid_, SIGKILL);
    const int status = reap();
    if (WIFSIGNALED(status)) {
      const char* name = sigabbrev_np(WTERMSIG(status));
      return fmt::format("it crashed (SIG{})", name ? name : std::to_string(WTERMSIG(status)));
    }
    return fmt::format("it ended the process that asked it (exit {})", WEXITSTATUS(status));
  }
  std::string last_printed() const {
    std::string text(1 << 14, '\0');
    const off_t size = lseek(descriptors_.output, 0, SEEK_END);
    const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(text.size()));
    const ssize_t got = pread(descriptors_.output, text.data(), text.size(), begin);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.substr(text.find_last_of('\n') + 1);
  }

 private:
  [[noreturn]] static void give_up(int number) {
    throw Error(Exit::resources, "no process can be started to try a plugin in: " + shortage_text(number));
  }
  int reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

  Descriptors descriptors_;
  pid_t pid_ = 0;
  std::string buffer_;
  bool late_ = false;
};

/// " in Wrong::direction, called by Wrong::advance"
std::string calls_text(const fs::path& file, std::istringstream& offsets) {
  std::vector<std::string> names;
  for (std::uint64_t offset = 0; offsets >> offset;) {
    const std::string name = function_at(file, offset);
    if (!name.empty() && (names.empty() || names.back() != name)) names.push_back(name);
  }
  if (names.empty()) return "";
  return " in " + names.front() + (names.size() > 1 ? ", called by " + names.back() : "");
}

fs::path verdict_file(const Library& library) {
  const fs::path folder = memory_folder("tests");
  return folder.empty() ? folder
                        : folder / (library.content_hash().substr(0, 32) + "-" TIGHTROPE_HEADER_DIGEST ".json");
}

Json remembered(const Library& library) {
  std::ifstream stream(verdict_file(library));
  Json json = Json::parse(stream, nullptr, false);
  return json.is_object() ? json : Json::object();
}

void remember(const Library& library, const char* what, const Json& value) {
  const fs::path file = verdict_file(library);
  if (file.empty()) return;
  Json json = remembered(library);
  json[what] = value;
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  const fs::path fresh = file.string() + fmt::format(".{}", getpid());
  std::ofstream(fresh) << json.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  fs::rename(fresh, file, ignored);
}

}  // namespace

std::optional<Allocations> allocations_so_far() {
  using Counter = void (*)(std::uint64_t*, std::uint64_t*);
  static const auto counter = reinterpret_cast<Counter>(dlsym(RTLD_DEFAULT, "tightrope_allocations"));
  if (!counter) return std::nullopt;
  Allocations so_far;
  counter(&so_far.count, &so_far.bytes);
  return so_far;
}

void examine_here(const fs::path& file, std::size_t first, bool quick) {
  tell_of_crashes();
  std::string sample((std::istreambuf_iterator<char>(std::cin)), {});
  const auto library = Library::open(file);
  find_plugin(library->file());
  const rlimit data{most_memory, most_memory};
  setrlimit(RLIMIT_DATA, &data);
  Examination examination;
  examination.quick = quick;
  examination.first = first;
  examination.asked = [](std::size_t next, const std::string& variant, const std::string& check) {
    tell({{"next", next}, {"variant", variant}, {"check", check}});
  };
  examination.answered = [](const Answer& answer) { tell(to_json(answer)); };
  examine(*library, parse_yaml(sample, "the sample"), examination);
  std::error_code ignored;
  fs::remove_all(fs::temp_directory_path() / fmt::format("tightrope-test-{}", getpid()), ignored);
  tell({{"end", true}});
}

std::vector<Answer> examine_in_child(const fs::path& file, const Node& sample, bool quick, double patience,
                                     const std::function<void(const Answer&)>& answered) {
  std::vector<Answer> answers;
  const auto take = [&](Answer answer) {
    if (answered) answered(answer);
    answers.push_back(std::move(answer));
  };
  const auto take_fault = [&](const char* check, const std::string& fault, bool broke) {
    take({"as in the sample", check, {}, {fault}, {}, "", broke});
  };
  const std::string text = sample.entries.empty() ? "{}" : tightrope::to_json(sample);
  std::size_t next = 0;
  for (std::size_t crashes = 0;; ++crashes) {
    Child child(file, text, next, quick);
    const std::size_t first = next;
    Answer pending{"as in the sample", "examination", {}, {}, {}, "", true};
    std::string calls;
    bool ended = false, interrupted = false;
    for (double seconds = patience;;) {
      const auto line = child.line(seconds);
      if (!line && child.is_late() && !interrupted) {
        interrupted = true;
        seconds = 2;
        child.interrupt();
        continue;
      }
      if (!line) break;
      if (line->starts_with("crash ")) {
        std::istringstream words(line->substr(6));
        int number = 0;
        words >> number;
        calls = calls_text(file, words);
        continue;
      }
      const Json json = Json::parse(*line, nullptr, false);
      if (json.is_discarded()) continue;  // a plugin wrote into the pipe
      if (json.contains("end")) {
        ended = true;
        break;
      }
      if (json.contains("next")) {
        next = json.at("next");
        pending = {json.at("variant"), json.at("check"), {}, {}, {}, "", true};
      } else {
        take(answer_of(json));
      }
    }
    if (ended) {
      if (const std::string printed = child.last_printed(); !quick && !printed.empty())
        take_fault("silence", "it prints, such as: " + excerpt(printed, 200), false);
      return answers;
    }
    const std::string how = child.end(), printed = child.last_printed();
    std::string fault = interrupted ? fmt::format("it was still at work after {:g} seconds", patience) : how;
    fault += calls;
    if (!printed.empty()) fault += "; the last line that was printed: " + excerpt(printed, 200);
    pending.faults.push_back(fault);
    take(pending);
    if (next == first) return answers;  // it did not come to a question
    if (crashes + 1 == most_crashes) {
      take_fault("examination", fmt::format("after {} such ends nothing more was asked", crashes + 1), true);
      return answers;
    }
  }
}

QuickFindings quick_findings(const Library& library) {
  constexpr double patience = 5;
  const Json known = remembered(library);
  if (known.contains("quick")) return {known.at("quick"), known.value("refused", false)};
  QuickFindings findings;
  const std::string kind = library.manifest().kind;
  const bool is_mathematics = kind == "operators" || kind == "losses" || kind == "models" || kind == "problems";
  for (const Answer& answer : examine_in_child(library.file(), Node::make_map({}), true, patience)) {
    for (const std::string& fault : answer.faults) findings.faults.push_back(answer.check + ": " + fault);
    // What was not asked, or ended the process, is no proof of anything.
    if (!answer.is_good() && !answer.broke && is_mathematics) findings.is_refused = true;
  }
  remember(library, "quick", findings.faults);
  remember(library, "refused", findings.is_refused);
  return findings;
}

bool has_passed(const Library& library) { return remembered(library).value("passed", false); }
void remember_verdict(const Library& library, bool passed) { remember(library, "passed", passed); }

}  // namespace tightrope
