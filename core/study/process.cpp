#include "core/study/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "core/study/worker.hpp"

extern char** environ;

namespace tightrope {

namespace {

/// A copy of a descriptor above those that a worker expects in places of their own.
Descriptor out_of_the_way(int descriptor) {
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, worker_lock + 1);
  if (copy < 0 && errno == EINVAL) errno = EMFILE;  // the limit lies below
  return Descriptor(copy);
}

/// Bytes to read from the start, in memory.
Descriptor memory_file(const char* name, const std::string& bytes) {
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

Process::Process(const Job& job, int lock_descriptor) {
  const Descriptor input = memory_file("job", encode(job));
  messages_ = memory_file("messages", "");
  int ends[2];
  if (!input || !messages_ || pipe2(ends, O_CLOEXEC) != 0) fail_at("a pipe to a worker", "opened");
  const Descriptor low_read(ends[0]), low_write(ends[1]);
  reports_ = out_of_the_way(low_read.get());
  const Descriptor write_end = out_of_the_way(low_write.get()), lock = out_of_the_way(lock_descriptor);
  if (!reports_ || !write_end || !lock) fail_at("a pipe to a worker", "opened");
  fcntl(reports_.get(), F_SETFL, O_NONBLOCK);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, messages_.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), worker_reports);
  posix_spawn_file_actions_adddup2(&actions, lock.get(), worker_lock);
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

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      status_(other.status_),
      reports_(std::move(other.reports_)),
      messages_(std::move(other.messages_)),
      buffer_(std::move(other.buffer_)),
      spoke_(other.spoke_),
      heard_(other.heard_) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(status_, other.status_);
  std::swap(reports_, other.reports_);
  std::swap(messages_, other.messages_);
  std::swap(buffer_, other.buffer_);
  std::swap(spoke_, other.spoke_);
  std::swap(heard_, other.heard_);
  return *this;
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

std::string Process::last_words() const {
  char bytes[4096];
  const off_t size = lseek(messages_.get(), 0, SEEK_END), from = std::max<off_t>(0, size - off_t{sizeof bytes});
  const ssize_t got = pread(messages_.get(), bytes, sizeof bytes, from);
  std::string last(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!last.empty() && (last.back() == '\n' || last.back() == ' ')) last.pop_back();
  if (const std::size_t line = last.rfind('\n'); line != std::string::npos) last.erase(0, line + 1);
  return last;
}

std::string Process::epitaph() const {
  std::string text;
  if (WIFSIGNALED(status_)) {
    const char* name = sigabbrev_np(WTERMSIG(status_));
    text = fmt::format("SIG{} in worker", name ? name : std::to_string(WTERMSIG(status_)));
  } else {
    text = fmt::format("the worker ended by itself with code {}", WEXITSTATUS(status_));
  }
  const std::string last = last_words();
  if (!last.empty()) text += " (" + excerpt(last, 160) + ")";
  return text;
}

double Process::silent_seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - heard_).count();
}

}  // namespace tightrope
