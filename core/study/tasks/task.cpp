#include "core/study/tasks/task.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/base/digest.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view magic = "tightrope batch 1 ";
constexpr std::size_t digest_digits = 64;
constexpr std::size_t most_tasks = 1000;  // what Slurm takes for one array where nobody has told it otherwise
constexpr Real usual_tasks = 8, shortest_task = 10, longest_task = 900;  // seconds

fs::path folder_of(const fs::path& out) { return out / "batches"; }
fs::path task_file(const fs::path& out, std::size_t index) { return folder_of(out) / fmt::format("{}.task", index); }
fs::path end_file(const fs::path& out, std::size_t index) { return folder_of(out) / fmt::format("{}.json", index); }
fs::path list_file(const fs::path& out) { return folder_of(out) / "batches.json"; }

[[noreturn]] void damaged(const fs::path& file, const std::string& why) {
  throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), why));
}

}  // namespace

std::vector<CellIndices> packed(const Experiment& experiment, const CellIndices& open, const std::vector<Real>& seconds,
                                bool lanes, std::optional<Real> length) {
  std::vector<Real> cost(experiment.cells.size(), 0);
  for (std::size_t i = 0; i < open.size(); ++i) cost[open[i]] = seconds[i];
  const auto cost_of = [&](const CellIndices& cells) {
    return std::accumulate(cells.begin(), cells.end(), Real{0}, [&](Real sum, std::size_t i) { return sum + cost[i]; });
  };
  const Real total = cost_of(open);
  // Two neighbours fill more than one task, so that there are at most twice as many as the total would fill.
  const Real full = std::max(length ? *length : std::clamp(total / usual_tasks, shortest_task, longest_task),
                             2 * total / static_cast<Real>(most_tasks));
  std::vector<CellIndices> tasks;
  Real filled = 0;
  for (const CellIndices& group : lane_groups(experiment.cells, open, lanes)) {
    const auto for_lanes = static_cast<Real>((group.size() + most_lanes - 1) / most_lanes);
    const Real parts = std::clamp(std::ceil(cost_of(group) / full), for_lanes, static_cast<Real>(group.size()));
    for (const CellIndices& part : divided(group, static_cast<std::size_t>(parts))) {
      const Real own = cost_of(part);
      if (tasks.empty() || filled + own > full) {
        tasks.emplace_back();
        filled = 0;
      }
      tasks.back().insert(tasks.back().end(), part.begin(), part.end());
      filled += own;
    }
  }
  return tasks;
}

void write_tasks(const fs::path& out, const Experiment& experiment, const std::vector<CellIndices>& tasks,
                 const StudyOptions& options) {
  std::error_code error;
  fs::remove_all(folder_of(out), error);
  fs::create_directories(folder_of(out), error);
  if (error) fail_at(folder_of(out), "created");
  HandedOut handed;
  for (const CellIndices& cells : tasks) {
    Job job;
    job.name = experiment.name;
    for (const fs::path& folder : options.plugin_folders) job.plugin_folders.push_back(fs::absolute(folder));
    job.checkpoint_seconds = options.checkpoint_seconds;
    job.cell_seconds = options.cell_seconds;
    job.memory = options.memory;
    job.batches.emplace_back();
    std::vector<std::string>& folders = handed.tasks.emplace_back();
    for (const std::size_t i : cells) {
      const CellSpec& cell = experiment.cells[i];
      job.batches.front().push_back({i, cell.key, cell.labels, cell.resolved});
      folders.push_back(folder_name(cell));
    }
    const std::string inner = encode(job);
    const nlohmann::json task = {{"folder", fs::current_path().string()},
                                 {"lanes", options.lanes},
                                 {"job", nlohmann::json::binary({inner.begin(), inner.end()})}};
    std::string bytes;
    nlohmann::json::to_cbor(task, bytes);
    write_atomically(task_file(out, handed.tasks.size() - 1), fmt::format("{}{}\n", magic, sha256(bytes)) + bytes);
  }
  write_handed_out(out, handed);
}

void write_handed_out(const fs::path& out, const HandedOut& handed) {
  write_atomically(list_file(out),
                   pretty({{"job", handed.job}, {"settled", handed.settled}, {"batches", handed.tasks}}));
}

std::optional<HandedOut> read_handed_out(const fs::path& out) {
  const fs::path file = list_file(out);
  if (!is_there(file)) return std::nullopt;
  const Json json = parse_json(file, read_file(file));
  try {
    return HandedOut{json.at("job").get<std::string>(), json.at("settled").get<bool>(),
                     json.at("batches").get<std::vector<std::vector<std::string>>>()};
  } catch (const Json::exception& error) {
    damaged(file, error.what());
  }
}

Task read_task(const fs::path& out, std::size_t index) {
  const fs::path file = task_file(out, index);
  if (!is_there(file)) {
    const auto handed = read_handed_out(out);
    if (!handed)
      throw Error(Exit::config, fmt::format("{} has no batches; `tightrope run --on slurm` or `--on files` writes some",
                                            out.string()));
    throw Error(Exit::config, handed->tasks.size() == 1
                                  ? fmt::format("{} has no batch {}: its only one is 0", out.string(), index)
                                  : fmt::format("{} has no batch {}: they are 0 to {}", out.string(), index,
                                                handed->tasks.size() - 1));
  }
  const std::string bytes = read_file(file);
  const std::size_t begin = magic.size() + digest_digits + 1;
  if (bytes.size() < begin || !bytes.starts_with(magic)) damaged(file, "it does not begin like a batch");
  const std::string payload = bytes.substr(begin);
  if (bytes.substr(magic.size(), digest_digits) != sha256(payload))
    damaged(file, "its SHA-256 is not the one that it states");
  try {
    const nlohmann::json json = nlohmann::json::from_cbor(payload);
    const auto& inner = json.at("job").get_binary();
    return {decode_job({inner.begin(), inner.end()}), json.at("folder").get<std::string>(),
            json.at("lanes").get<bool>()};
  } catch (const nlohmann::json::exception& error) {
    damaged(file, error.what());
  }
}

void write_end(const fs::path& out, std::size_t index, const TaskEnd& end) {
  Json json = {{"stopped", end.stopped}, {"cells", Json::array()}};
  for (const TaskEnd::Cell& cell : end.cells)
    json["cells"].push_back({{"place", cell.place}, {"kind", cell.kind}, {"reason", cell.reason}});
  if (end.error) json["error"] = {{"code", end.error->code()}, {"text", end.error->what()}};
  write_atomically(end_file(out, index), pretty(json));
}

void remove_end(const fs::path& out, std::size_t index) { unlink(end_file(out, index).c_str()); }

std::optional<TaskEnd> read_end(const fs::path& out, std::size_t index) {
  const fs::path file = end_file(out, index);
  if (!is_there(file)) return std::nullopt;
  const Json json = parse_json(file, read_file(file));
  try {
    TaskEnd end;
    end.stopped = json.at("stopped").get<bool>();
    for (const Json& cell : json.at("cells"))
      end.cells.push_back({cell.at("place").get<std::size_t>(), cell.at("kind").get<Missing::Kind>(),
                           cell.at("reason").get<std::string>()});
    if (json.contains("error"))
      end.error.emplace(json["error"].at("code").get<Exit>(), json["error"].at("text").get<std::string>());
    return end;
  } catch (const Json::exception& error) {
    damaged(file, error.what());
  }
}

TasksProgress progress_of(const fs::path& out, const HandedOut& handed) {
  std::set<std::string> stored;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(out / "cells", ignored)) stored.insert(entry.path().filename());
  TasksProgress progress;
  for (std::size_t i = 0; i < handed.tasks.size(); ++i) {
    std::set<std::string> left;
    for (const std::string& cell : handed.tasks[i])
      if (!stored.contains(cell)) left.insert(cell);
    if (const auto end = left.empty() ? std::nullopt : read_end(out, i))
      for (const TaskEnd::Cell& cell : end->cells)
        if (cell.place < handed.tasks[i].size() && left.erase(handed.tasks[i][cell.place]) > 0)
          ++(cell.kind == Missing::Kind::skipped ? progress.skipped : progress.failed);
    progress.open += left.size();
  }
  return progress;
}

}  // namespace tightrope
