#include "core/study/workers/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/study/workers/worker.hpp"

extern char** environ;

namespace tightrope {

namespace {

/// A copy of a descriptor above those that a worker expects in places of their own.
Descriptor out_of_the_way(int descriptor) {
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, worker_asked + 1);
  if (copy < 0 && errno == EINVAL) errno = EMFILE;  // the limit lies below
  return Descriptor(copy);
}

/// A pipe whose first end can be read without waiting.
std::pair<Descriptor, Descriptor> pipe_to_read() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_at("a pipe to a worker", "opened");
  const Descriptor low_read(ends[0]), low_write(ends[1]);
  std::pair<Descriptor, Descriptor> pipe(out_of_the_way(ends[0]), out_of_the_way(ends[1]));
  if (!pipe.first || !pipe.second) fail_at("a pipe to a worker", "opened");
  fcntl(pipe.first.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

/// Bytes to read from the start, in memory.
Descriptor memory_file(const char* name, std::string_view bytes) {
  const Descriptor file(memfd_create(name, MFD_CLOEXEC));
  for (std::size_t done = 0; file && done < bytes.size();) {
    const ssize_t written = write(file.get(), bytes.data() + done, bytes.size() - done);
    if (written <= 0) return Descriptor();
    done += static_cast<std::size_t>(written);
  }
  lseek(file.get(), 0, SEEK_SET);
  return out_of_the_way(file.get());
}

}  // namespace

void Process::Unmap::operator()(Asked* shared) const { munmap(shared, sizeof *shared); }

Process::Process(const Job& job, const Lock* held) {
  const Descriptor input = memory_file("job", encode(job));
  const Asked nobody;
  const Descriptor asked = memory_file("asked", {reinterpret_cast<const char*>(&nobody), sizeof nobody});
  if (!input || !asked) fail_at("a job for a worker", "written");
  void* const shared = mmap(nullptr, sizeof(Asked), PROT_READ, MAP_SHARED, asked.get(), 0);
  if (shared == MAP_FAILED) fail_at("memory to share with a worker", "mapped");
  asked_.reset(static_cast<Asked*>(shared));
  Descriptor reports_end, output_end;
  std::tie(reports_, reports_end) = pipe_to_read();
  std::tie(output_, output_end) = pipe_to_read();
  const Descriptor lock = held ? out_of_the_way(held->descriptor()) : Descriptor();
  if (held && !lock) fail_at("the lock for a worker", "opened");

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output_end.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, reports_end.get(), worker_reports);
  if (lock) posix_spawn_file_actions_adddup2(&actions, lock.get(), worker_lock);
  posix_spawn_file_actions_adddup2(&actions, asked.get(), worker_asked);
  char program[] = "tightrope", verb[] = "worker";
  char* arguments[] = {program, verb, nullptr};
  setenv("OPENBLAS_NUM_THREADS", "1", 1);  // it would start threads that nobody uses
  const int failed = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    pid_ = 0;
    errno = failed;
    fail_at("a worker process", "started");
  }
}

Process::~Process() {
  if (pid_ == 0) return;
  kill();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::vector<Report> Process::read() {
  char bytes[4096];
  for (;;) {
    const ssize_t got = ::read(reports_.get(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 && pid_ != 0) kill();  // it has closed its end: whatever it still does, nobody will hear of it
    if (got <= 0) break;
    buffer_.append(bytes, static_cast<std::size_t>(got));
  }
  std::vector<Report> reports;
  for (std::size_t end; (end = buffer_.find('\n')) != std::string::npos; buffer_.erase(0, end + 1)) {
    heard_ = std::chrono::steady_clock::now();
    try {
      reports.push_back(decode_report(buffer_.substr(0, end)));
      spoke_ = true;
    } catch (const nlohmann::json::exception&) {
      // A plugin wrote into the pipe; what it says is nobody's report.
    }
  }
  return reports;
}

std::vector<Process::Printed> Process::printed() {
  constexpr std::size_t longest_line = 4000;
  std::vector<Printed> lines;
  const auto take = [&](std::string line) {
    if (line.empty()) return;
    if (line[0] == worker_batch) {
      batch_ = std::strtoul(line.c_str() + 1, nullptr, 10);
      return;
    }
    lines.push_back({batch_, line});
    last_line_ = std::move(line);
  };
  char bytes[4096];
  // Not for ever, should it print without end; but all that a pipe can hold.
  for (int reads = 0; reads < 64; ++reads) {
    const ssize_t got = ::read(output_.get(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (const char c : std::string_view(bytes, static_cast<std::size_t>(got))) {
      if (c != '\n') unfinished_line_ += c;
      if (c == '\n' || unfinished_line_.size() == longest_line) take(std::exchange(unfinished_line_, ""));
    }
  }
  if (pid_ == 0) take(std::exchange(unfinished_line_, ""));
  return lines;
}

bool Process::has_ended() {
  if (pid_ == 0) return true;
  if (waitpid(pid_, &status_, WNOHANG) != pid_) return false;
  pid_ = 0;
  return true;
}

void Process::ask_to_stop() const {
  if (pid_ != 0) ::kill(pid_, SIGTERM);
}
void Process::kill() const {
  if (pid_ != 0) ::kill(pid_, SIGKILL);
}

bool Process::ran_short() const {
  return !spoke_ && WIFEXITED(status_) && WEXITSTATUS(status_) == static_cast<int>(Exit::resources);
}
bool Process::was_killed() const { return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL; }

std::string Process::exit_description() const {
  std::string text;
  if (WIFSIGNALED(status_)) {
    const char* name = sigabbrev_np(WTERMSIG(status_));
    text = fmt::format("SIG{} in worker", name ? name : std::to_string(WTERMSIG(status_)));
  } else {
    text = fmt::format("the worker ended by itself with code {}", WEXITSTATUS(status_));
  }
  if (const std::string who = asked(); !who.empty()) text += " (" + who + ")";
  if (!last_line_.empty()) text += "; the last line that it printed: " + excerpt(last_line_, 160);
  return text;
}

double Process::silent_seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - heard_).count();
}

}  // namespace tightrope
