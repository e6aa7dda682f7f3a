#include "core/study/tasks/slurm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

#include "core/base/command.hpp"
#include "core/base/error.hpp"
#include "core/store/files/files.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

/// As one word of a shell.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// Names of jobs and patterns of file names have letters of their own.
std::string plain(std::string text) {
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.') c = '_';
  return text;
}

std::string pattern_of(const fs::path& path) {
  std::string text;
  for (const char c : path.string()) text += c == '%' ? std::string("%%") : std::string(1, c);
  return text;
}

CommandResult slurm(const std::vector<std::string>& words) {
  if (auto result = run_command(words)) return *result;
  throw Error(Exit::resources,
              fmt::format("the command {} is not on the path: --on slurm needs Slurm's commands; --on files writes the "
                          "same batches, to be started by other means",
                          words[0]));
}

std::string text_of(const JobScript& script) {
  const fs::path out = fs::absolute(script.out);
  std::string text = fmt::format(
      "#!/bin/sh\n"
      "# {}: each task of the array does what is missing of one batch. Two minutes before its time ends\n"
      "# USR1 comes: it writes checkpoints and goes back into the queue.\n"
      "#SBATCH --job-name=tightrope-{}\n"
      "#SBATCH --array=0-{}%{}\n"
      "#SBATCH --requeue\n"
      "#SBATCH --signal=B:USR1@120\n"
      "#SBATCH --output=\"{}/batches/%a.log\"\n"
      "#SBATCH --open-mode=append\n",
      plain(script.name), plain(script.name), script.tasks - 1, script.at_a_time, pattern_of(out));
  if (!script.options.empty()) text += "#SBATCH " + script.options + "\n";
  return text + fmt::format("exec {} work {} --batch \"$SLURM_ARRAY_TASK_ID\" -j \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
                            quoted(fs::read_symlink("/proc/self/exe").string()), quoted(out.string()));
}

}  // namespace

void require_slurm() {
  slurm({"sbatch", "--version"});
  slurm({"squeue", "--version"});
}

std::string submit(const JobScript& script) {
  const fs::path file = script.out / "batches" / "job.sh";
  write_atomically(file, text_of(script));
  const CommandResult result = slurm({"sbatch", "--parsable", file.string()});
  const std::string job = result.out.substr(0, result.out.find_first_of(";\n"));  // "17", or "17;cluster"
  if (result.status != 0 || job.empty())
    throw Error(Exit::resources, fmt::format("Slurm does not take the job {}: {}", file.string(), result.complaint()));
  return job;
}

const std::optional<Queued>& Queue::look() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return seen_;
  const auto result = run_command({"squeue", "--noheader", "--array", "--jobs", job_, "--format=%K %T"});
  if (!result) {
    seen_.reset();
  } else if (result->status == 0) {
    seen_.emplace();
    std::istringstream lines(result->out);
    std::size_t place = 0;
    for (std::string state; lines >> place >> state;) (*seen_)[place] = state;
  } else if (result->errors.find("Invalid job id") != std::string::npos) {
    seen_.emplace();  // it ended so long ago that Slurm has forgotten it
  }                   // else the controller does not answer just now, and the job is where it was
  next_ = now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<Real>(pause_));
  pause_ = std::min<Real>(60, 1.25 * pause_);
  return seen_;
}

std::string requeue_this_task() {
  const char* job = std::getenv("SLURM_JOB_ID");
  if (!job) return "";
  const auto result = run_command({"scontrol", "requeue", job});
  if (!result) return "the command scontrol is not on the path";
  return result->status == 0 ? "" : result->complaint();
}

}  // namespace tightrope
