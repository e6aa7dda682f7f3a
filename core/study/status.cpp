#include "core/study/status.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "core/base/text/readable.hpp"
#include "core/store/files/files.hpp"
#include "core/store/files/json.hpp"
#include "core/study/tasks/task.hpp"

namespace tightrope {

StatusFile::StatusFile(std::filesystem::path out, std::string name) : out_(std::move(out)), name_(std::move(name)) {}

void StatusFile::show(const StudyProgress& progress) {
  last_ = progress;
  if (written_ >= 0 && progress.seconds - written_ < 0.5) return;
  written_ = progress.seconds;
  write(true);
}

void StatusFile::finish() { write(false); }

void StatusFile::write(bool running) {
  const Json json = {{"name", name_},
                     {"process", running ? getpid() : 0},
                     {"total", last_.total},
                     {"stored", last_.stored},
                     {"done", last_.done},
                     {"failed", last_.failed},
                     {"skipped", last_.skipped},
                     {"running", running ? last_.running : 0},
                     {"fraction", last_.fraction},
                     {"seconds", last_.seconds}};
  write_atomically(out_ / "status.json", pretty(json), false);
}

Status read_status(const std::filesystem::path& out) {
  const std::filesystem::path file = out / "status.json";
  check_readable(out);
  if (std::error_code ignored; !std::filesystem::exists(file, ignored))
    throw Error(Exit::config, fmt::format("nothing has run in {} so far: it has no status.json", out.string()));
  const Json json = parse_json(file, read_file(file));
  try {
    Status status;
    status.name = json.at("name").get<std::string>();
    StudyProgress& progress = status.progress;
    progress.total = json.at("total").get<std::size_t>();
    progress.stored = json.at("stored").get<std::size_t>();
    progress.done = json.at("done").get<std::size_t>();
    progress.failed = json.at("failed").get<std::size_t>();
    progress.skipped = json.at("skipped").get<std::size_t>();
    progress.running = json.at("running").get<std::size_t>();
    progress.fraction = json.at("fraction").get<double>();
    progress.seconds = json.at("seconds").get<double>();
    status.running = json.at("process").get<int>() != 0 && Lock::holder(out) != 0;
    if (const auto handed = read_handed_out(out); handed && !handed->settled && !status.running) {
      status.job = handed->job;
      progress.seconds = 0;  // since when it runs is not known
      const TasksProgress tasks = progress_of(out, *handed);
      progress.failed = tasks.failed;
      progress.skipped = tasks.skipped;
      progress.done =
          progress.total - std::min(progress.total, progress.stored + tasks.failed + tasks.skipped + tasks.open);
    }
    return status;
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), error.what()));
  }
}

std::string describe(const StudyProgress& progress) {
  std::string text = fmt::format("{} of {} done", progress.stored + progress.done, progress.total);
  if (progress.stored > 0) text += fmt::format(" ({} from before)", progress.stored);
  if (progress.running > 0) text += fmt::format(", {} running", progress.running);
  if (progress.failed > 0) text += fmt::format(", {} failed", progress.failed);
  if (progress.skipped > 0) text += fmt::format(", {} skipped", progress.skipped);
  const double own = static_cast<double>(progress.total - progress.stored);
  if (progress.seconds > 0 && progress.fraction > 0) {
    const double rate = progress.fraction * own / progress.seconds;
    text += rate >= 1 ? fmt::format("  {:.1f} a second", rate) : fmt::format("  {:.1f} a minute", 60 * rate);
  }
  if (const auto left = progress.left(); left && progress.ended() < progress.total)
    text += fmt::format("  about {} left", duration(std::ceil(*left)));
  return text;
}

}  // namespace tightrope
