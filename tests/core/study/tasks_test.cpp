#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <numeric>
#include <set>

#include "core/base/digest.hpp"
#include "core/study/predict.hpp"
#include "core/study/tasks/task.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

Experiment study(const std::string& rules) {
  const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  return resolve_experiment(parse_yaml(R"(
name: study
problem:
  shape: [6, 5]
  target:   {type: random_low_rank, rank: 1}
  operator: {type: gaussian, measurements: 40}
model: {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 1e-2}
optimizer: {type: gradient_descent, step: 0.1}
stop: {iterations: 50}
study:
)" + rules,
                                       "test.yaml"),
                            catalog);
}

CellIndices all_of(const Experiment& experiment) {
  CellIndices all(experiment.cells.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void must_hold_each_once(const std::vector<CellIndices>& tasks, const CellIndices& open) {
  std::multiset<std::size_t> found;
  for (const CellIndices& task : tasks) {
    CHECK(!task.empty());
    found.insert(task.begin(), task.end());
  }
  CHECK(found == std::multiset<std::size_t>(open.begin(), open.end()));
}

}  // namespace

TEST_CASE("lanes of one operator are in one task, and tasks are as long as was asked") {
  // Two steps for each of twelve operators.
  const Experiment experiment = study("  repetitions: 12\n  grid: {optimizer.step: [0.1, 0.2]}\n");
  const CellIndices open = all_of(experiment);
  REQUIRE(open.size() == 24);
  const std::vector<Real> seconds(24, 5);
  const auto tasks = packed(experiment, open, seconds, true, 40);
  must_hold_each_once(tasks, open);
  CHECK(tasks.size() == 3);  // 12 operators of 10 s
  for (const CellIndices& task : tasks) {
    std::map<std::uint64_t, int> lanes;
    for (const std::size_t i : task) ++lanes[experiment.cells[i].seed];
    for (const auto& [seed, count] : lanes) CHECK(count == 2);
  }
  // An operator that takes longer than a task is divided.
  CHECK(packed(experiment, open, seconds, true, 5).size() == 24);
  CHECK(packed(experiment, open, seconds, false, 5).size() == 24);
  CHECK(packed(experiment, open, seconds, true, 1e6).size() == 1);
}

TEST_CASE("without a length there are about eight tasks, neither very short nor very long") {
  const Experiment experiment = study("  repetitions: 64\n");
  const CellIndices open = all_of(experiment);
  CHECK(packed(experiment, open, std::vector<Real>(64, 0.05), true, {}).size() == 1);  // 3.2 s in all
  CHECK(packed(experiment, open, std::vector<Real>(64, 10), true, {}).size() == 8);    // 80 s each
  CHECK(packed(experiment, open, std::vector<Real>(64, 900), true, {}).size() == 64);  // 15 min each
  CHECK(packed(experiment, {3, 5}, {10, 10}, true, {}) == std::vector<CellIndices>{{3}, {5}});
}

TEST_CASE("there are no more tasks than an array of Slurm takes") {
  const Experiment experiment = study("  repetitions: 1500\n");
  const CellIndices open = all_of(experiment);
  const auto tasks = packed(experiment, open, std::vector<Real>(1500, 100), true, 1);
  must_hold_each_once(tasks, open);
  CHECK(tasks.size() <= 1000);
  CHECK(tasks.size() >= 500);
}

TEST_CASE("the work of repetitions is predicted from one of them, and more iterations take longer") {
  const Experiment experiment =
      study("  repetitions: 3\n  zip: {stop.iterations: [2000, 200000], optimizer.step: [0.1, 0.2]}\n");
  const CellIndices open = all_of(experiment);
  const std::vector<Real> seconds = predicted_seconds(experiment, open, true, 60);
  REQUIRE(seconds.size() == 6);
  std::set<Real> different(seconds.begin(), seconds.end());
  CHECK(different.size() == 2);
  CHECK(*different.begin() > 0);
  for (const std::size_t i : open)  // more iterations, more seconds
    CHECK((seconds[i] == *different.rbegin()) == (experiment.cells[i].stop.iterations == 200000));
  // Where nothing may be tried, nothing is known, and all are alike.
  const std::vector<Real> unknown = predicted_seconds(experiment, open, true, 0);
  CHECK(std::set<Real>(unknown.begin(), unknown.end()).size() == 1);
}

TEST_CASE("tasks and their ends come back from disk as they were written") {
  const auto out = std::filesystem::temp_directory_path() / ("tightrope-tasks-" + std::to_string(getpid()));
  std::filesystem::create_directories(out);
  const Experiment experiment = study("  repetitions: 3\n");
  CHECK(!read_handed_out(out));
  StudyOptions options;
  options.out = out;
  options.plugin_folders = {"plugins"};
  options.lanes = false;
  options.cell_seconds = 2;
  write_tasks(out, experiment, {{2, 0}, {1}}, options);
  const Task task = read_task(out, 0);
  CHECK(task.folder == std::filesystem::current_path());
  CHECK(task.job.plugin_folders.front() == std::filesystem::absolute("plugins"));
  CHECK(!task.lanes);
  CHECK(task.job.cell_seconds == 2);
  REQUIRE(task.job.batches.size() == 1);
  REQUIRE(task.job.batches[0].size() == 2);
  CHECK(task.job.batches[0][0].key == experiment.cells[2].key);
  HandedOut handed = *read_handed_out(out);
  CHECK(handed.tasks ==
        std::vector<std::vector<std::string>>{{folder_name(experiment.cells[2]), folder_name(experiment.cells[0])},
                                              {folder_name(experiment.cells[1])}});
  CHECK(!handed.settled);
  CHECK_THROWS_WITH_AS(read_task(out, 2), doctest::Contains("they are 0 to 1"), Error);

  CHECK(progress_of(out, handed).open == 3);
  CHECK(!read_end(out, 0));
  write_end(out, 0, {{{1, Missing::Kind::failed, "because"}}, Error(Exit::resources, "the disk is full"), true});
  const TaskEnd end = *read_end(out, 0);
  CHECK(end.stopped);
  CHECK(end.error->code() == Exit::resources);
  CHECK(end.cells.at(0).reason == "because");
  const TasksProgress progress = progress_of(out, handed);
  CHECK(progress.open == 2);
  CHECK(progress.failed == 1);
  remove_end(out, 0);
  CHECK(!read_end(out, 0));
  std::filesystem::remove_all(out);
}

TEST_CASE("tasks, lists and ends that somebody damaged are told so, and never taken") {
  const auto out = std::filesystem::temp_directory_path() / ("tightrope-damaged-tasks-" + std::to_string(getpid()));
  std::filesystem::create_directories(out);
  const auto refused = [&](const char* why, Exit code, const auto& read) {
    CAPTURE(why);
    try {
      read();
      FAIL("it was taken");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find(why) != std::string::npos);
      CHECK(error.code() == code);
    }
  };
  const auto put = [&](const char* name, const std::string& bytes) {
    std::ofstream(out / "batches" / name, std::ios::binary) << bytes;
  };
  refused("has no batches", Exit::config, [&] { read_task(out, 0); });
  StudyOptions options;
  options.out = out;
  write_tasks(out, study("  repetitions: 2\n"), {{0, 1}}, options);
  refused("its only one is 0", Exit::config, [&] { read_task(out, 1); });
  std::ifstream stream(out / "batches/0.task", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  CHECK(read_task(out, 0).job.batches.size() == 1);
  put("0.task", whole.substr(0, 40));
  refused("it does not begin like a batch", Exit::integrity, [&] { read_task(out, 0); });
  put("0.task", "x" + whole);
  refused("it does not begin like a batch", Exit::integrity, [&] { read_task(out, 0); });
  for (const std::size_t place : {std::size_t{20}, whole.size() - 1}) {
    std::string flipped = whole;
    flipped[place] = static_cast<char>(flipped[place] ^ 1);
    put("0.task", flipped);
    refused("its SHA-256 is not the one that it states", Exit::integrity, [&] { read_task(out, 0); });
  }
  // With a digest that fits.
  for (const std::string& payload : {std::string("\xff"), std::string("\xa0")}) {
    put("0.task", "tightrope batch 1 " + sha256(payload) + "\n" + payload);
    refused("0.task is damaged", Exit::integrity, [&] { read_task(out, 0); });
  }
  for (const char* text :
       {"[]", "{}", "{\"stopped\": 1, \"cells\": []}", "{\"stopped\": false, \"cells\": [{}]}", "{"}) {
    put("0.json", text);
    refused("0.json is damaged", Exit::integrity, [&] { read_end(out, 0); });
  }
  for (const char* text : {"3", "{}", "{\"job\": \"\", \"settled\": 0, \"batches\": []}"}) {
    put("batches.json", text);
    refused("batches.json is damaged", Exit::integrity, [&] { read_handed_out(out); });
  }
  std::filesystem::remove_all(out);
}
