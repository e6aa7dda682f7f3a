// Folders of results: taken only if they are ours, given back if nothing came of it, and read as they were written.
#include "core/store/run_folder.hpp"

#include <algorithm>
#include <cmath>

#include "tests/support/stored_runs.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

namespace {

const Runs& plain() { return Runs::plain(); }

}  // namespace

TEST_CASE("a folder is taken for results if it is new, empty or ours, and given back if none came") {
  const TemporaryFolder out;
  CHECK(prepare_output(out.path / "a" / "b") == out.path / "a");  // the outermost one that it made
  for (const char* folder : {"cells", "unfinished", "failed"}) CHECK(fs::is_directory(out.path / "a/b" / folder));
  CHECK_FALSE(prepare_output(out.path / "a/b"));
  fs::create_directory(out.path / "empty");
  CHECK_FALSE(prepare_output(out.path / "empty"));
  for (const char* ours : {"1/run.json", "2/cells/x", "3/.lock"}) {
    out.write(ours, "x");
    CHECK_FALSE(prepare_output(
        (out.path / ours).parent_path() == out.path / "2/cells" ? out.path / "2" : (out.path / ours).parent_path()));
  }
  fs::create_directory_symlink("empty", out.path / "way");
  CHECK_FALSE(prepare_output(out.path / "way"));
  out.write("others/file", "x");
  check_refused(Exit::resources, {"others holds other files"}, [&] { prepare_output(out.path / "others"); });
  CHECK_FALSE(fs::exists(out.path / "others/cells"));
  check_refused(Exit::resources, {"others/file is a file; choose a folder"},
                [&] { prepare_output(out.path / "others/file"); });
  fs::create_symlink("nowhere", out.path / "link");
  check_refused(Exit::resources, {"link: ", "nowhere"}, [&] { prepare_output(out.path / "link"); });
  out.write("half/.lock", "");
  out.write("half/unfinished", "in the way");
  check_refused(Exit::resources, {"half/unfinished cannot be created: "}, [&] { prepare_output(out.path / "half"); });
  for (const auto& [function, reason, words] : {std::tuple{"open", EROFS, "a/b cannot be written to: Read-only"},
                                                {"access", EACCES, "a/b cannot be read: Permission denied"}}) {
    const FailingCall fault(function, reason);
    check_refused(Exit::resources, {words}, [&] { prepare_output(out.path / "a/b"); });
    CHECK(fault.happened());
  }
  CHECK(fs::is_empty(out.path / "a/b/cells"));  // what was written for a trial is gone
  for (const char* result : {"cells/x", "unfinished/x", "failed/x"}) {
    out.write("a/b/" + std::string(result), "x");
    abandon_output(out.path / "a/b", out.path / "a");
    CHECK(fs::exists(out.path / "a/b" / result));
    fs::remove(out.path / "a/b" / result);
  }
  for (const char* folder : {"", "cells", "unfinished", "failed"})
    out.write(fs::path("a/b") / folder / ".tmp-x-host-1", "x");
  clean_output(out.path / "a/b");
  abandon_output(out.path / "a/b", out.path / "a");
  CHECK_FALSE(fs::exists(out.path / "a"));
}

TEST_CASE("a failure is remembered until the cell is well") {
  const RunFolder out;
  write_failure(out.path, plain().cell(), "it was late");
  const fs::path file = out.path / "failed" / (folder_name(plain().cell()) + ".json");
  CHECK(Json::parse(bytes_of(file)) ==
        Json({{"key", plain().cell().key}, {"labels", Json::object()}, {"reason", "it was late"}}));
  remove_failure(out.path, plain().cell());
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("a plain run is published with links to its files, and read by its folder, its record or its cell") {
  const RunFolder out;
  plain().publish(out.path);
  for (const auto& [function, at] : {std::pair{"symlink", 1}, {"rename", 3}}) {
    const FailingCall fault(function, EIO, at);
    check_refused(Exit::resources, {"cannot be linked: Input/output error"},
                  [&] { publish_run(out.path, plain().experiment, {}, {}); });
    CHECK(std::none_of(fs::directory_iterator(out.path), {}, [](const fs::directory_entry& entry) {
      return entry.path().filename().string().starts_with(".tmp-");
    }));
    CHECK_FALSE(fs::exists(out.path / "run.json"));
  }
  publish_run(out.path, plain().experiment, {}, {{"it holds", "1", true, "{\"that\":\"x\"}"}});
  CHECK(fs::read_symlink(out.path / "trace.csv") == fs::path("cells") / folder_name(plain().cell()) / "trace.csv");
  CHECK(damage_of_run(out.path).empty());
  for (const fs::path& given : {out.path, out.path / "record.json"}) {
    const StoredRun run = read_run(given);
    CHECK(run.folder == out.path);
    CHECK(run.name == "small");
    CHECK_FALSE(run.is_study);
    REQUIRE(run.cells.size() == 1);
    CHECK(run.cells[0].key == plain().cell().key);
    CHECK(run.missing.empty());
    REQUIRE(run.claims.size() == 1);
    CHECK(run.claims[0].holds);
    CHECK(run.claims[0].measured == "1");
    CHECK(run.claims[0].source == "{\"that\":\"x\"}");
    CHECK_FALSE(run.paper);
    CHECK_FALSE(run.success);
  }
  const StoredRun alone = read_run(out.cell(plain()));
  CHECK(alone.name == "small");
  CHECK(alone.cells.size() == 1);
  change(out.cell(plain()), "provenance.json", [](Json& provenance) { provenance.erase("name"); });
  CHECK(read_run(out.cell(plain())).name == out.cell(plain()).filename());
  // What is not there has no links.
  const RunFolder unfinished;
  publish_run(unfinished.path, plain().experiment, {{Missing::Kind::unfinished, {}, plain().cell().key, ""}}, {});
  CHECK_FALSE(fs::is_symlink(unfinished.path / "trace.csv"));
  CHECK(read_run(unfinished.path).cells.empty());
}

TEST_CASE("a study is read with all that was published of it") {
  const RunFolder out;
  Runs study(
      {"study={methods: {a: {optimizer: {type: gradient_descent, step: 0.1}}, b: {optimizer: {type: gradient_descent, "
       "step: 0.2}}, c: {optimizer: {type: gradient_descent, step: 0.3}}}}"});
  Experiment& experiment = study.experiment;
  REQUIRE(experiment.cells.size() == 3);
  study.publish(out.path);
  StudyAxis& axis = experiment.axes.emplace_back();
  axis.label = "ratio";
  axis.path = "problem.x";
  axis.values = {"1", "2"};
  axis.unit = "dB";
  std::vector<Diagnostic> none;
  experiment.success = read_success(Node::make_scalar("relative_error < 0.5", {}), none);
  experiment.paper = PaperNote{"A & B", "On x", "2020", "https://x", "replica", "Fig. 1", "it falls", "ab"};
  Tuned tuned;
  tuned.labels = {{"method", "a"}};
  tuned.path = "optimizer.step";
  tuned.value = Node::make_scalar("0.1", {});
  tuned.goal = "final relative_error";
  tuned.values = 3;
  tuned.trials = 4;
  tuned.iterations = 5;
  tuned.passes = 6;
  tuned.note = "the largest";
  for (const auto& merit :
       {std::optional<Real>(0.25), std::optional<Real>(std::numeric_limits<Real>::infinity()), std::optional<Real>()}) {
    tuned.merit = merit;
    experiment.tuned.push_back(tuned);
    tuned.labels = {};
  }
  // Of cells with one key, the one with other labels is there.
  std::vector<Missing> missing = {{Missing::Kind::failed, study.cell(1).labels, study.cell(1).key, "why"},
                                  {Missing::Kind::skipped, {{"method", "d"}}, study.cell(0).key, "because"},
                                  {Missing::Kind::unfinished, study.cell(0).labels, "another", ""}};
  publish_run(out.path, experiment, missing, {{"it is", "2", false, ""}});
  const StoredRun run = read_run(out.path);
  CHECK(run.is_study);
  CHECK_FALSE(fs::is_symlink(out.path / "record.json"));
  REQUIRE(run.cells.size() == 2);
  CHECK(run.cells[0].labels == Labels{{"method", "a"}});
  CHECK(run.cells[1].labels == Labels{{"method", "c"}});
  CHECK(run.cells[1].key == study.cell(2).key);
  REQUIRE(run.axes.size() == 2);
  CHECK(run.axes[0].unit.empty());
  CHECK(run.axes[1].label == "ratio");
  CHECK(run.axes[1].path == "problem.x");
  CHECK(run.axes[1].values == std::vector<std::string>{"1", "2"});
  CHECK(run.axes[1].unit == "dB");
  REQUIRE(run.missing.size() == 3);
  for (std::size_t m = 0; m < 3; ++m) {
    CHECK(run.missing[m].kind == missing[m].kind);
    CHECK(run.missing[m].labels == missing[m].labels);
    CHECK(run.missing[m].key == missing[m].key);
    CHECK(run.missing[m].reason == missing[m].reason);
  }
  CHECK_FALSE(run.claims[0].holds);
  CHECK(run.success->text() == "relative_error < 0.5");
  REQUIRE(run.paper);
  for (const auto& field : {&PaperNote::authors, &PaperNote::title, &PaperNote::published, &PaperNote::link,
                            &PaperNote::is, &PaperNote::source, &PaperNote::shows, &PaperNote::cite})
    CHECK((*run.paper).*field == (*experiment.paper).*field);
  REQUIRE(run.tuned.size() == 3);
  for (std::size_t t = 0; t < 3; ++t) {
    const Tuned &own = run.tuned[t], &given = experiment.tuned[t];
    CHECK(own.labels == given.labels);
    CHECK(own.path == given.path);
    CHECK(own.value.scalar == given.value.scalar);
    CHECK(own.goal == given.goal);
    CHECK(own.merit == given.merit);
    CHECK(std::tuple(own.values, own.trials, own.iterations, own.passes) ==
          std::tuple(Index{3}, Index{4}, Index{5}, Index{6}));
    CHECK(own.note == given.note);
    CHECK(to_json(own) == to_json(given));
  }
  CHECK(to_json(run.tuned[0])["method"] == "a");
  CHECK(to_json(run.tuned[1])["method"].is_null());
  CHECK(to_json(run.tuned[1])["merit"] == "inf");
  // Older versions had less to say.
  change_run(out.path, [](Json& document) {
    for (const char* name : {"axes", "tuned", "success", "paper", "config"}) document.erase(name);
    document["claims"][0].erase("source");
  });
  const StoredRun older = read_run(out.path);
  CHECK(older.axes.empty());
  CHECK(older.tuned.empty());
  CHECK(older.claims[0].source.empty());
  CHECK(damage_of_run(out.path).empty());
}

TEST_CASE("a folder that is no run, or a damaged one, is told apart") {
  const RunFolder out;
  plain().publish(out.path);
  publish_run(out.path, plain().experiment, {}, {});
  const std::string sound = bytes_of(out.path / "run.json"), config = bytes_of(out.path / "config.yaml");
  const TemporaryFolder parent;
  fs::create_directory(parent.path / "empty");
  parent.write("results/run.json", "x");
  check_refused(Exit::config, {"reslts does not exist; expected a folder", "(did you mean 'results'?)"},
                [&] { read_run(parent.path / "reslts"); });
  check_refused(Exit::config, {"empty is no result of a run; expected"}, [&] { read_run(parent.path / "empty"); });
  check_refused(Exit::config, {"nowhere-at-all does not exist"}, [&] { read_run("nowhere-at-all"); });
  {
    const FailingCall fault("access", EACCES);
    check_refused(Exit::resources, {"empty cannot be read"}, [&] { read_run(parent.path / "empty"); });
  }
  struct Case {
    const char* patch;
    const char* words;
  };
  for (const Case& one :
       {Case{R"([{"op": "replace", "path": "/format", "value": 2}])", "was written by a newer version"},
        {R"([{"op": "remove", "path": "/format"}])", "run.json is damaged: "},
        {R"([{"op": "remove", "path": "/cells"}])", "run.json is damaged: "},
        {R"([{"op": "replace", "path": "/study", "value": 3}])", "run.json is damaged: "},
        {R"([{"op": "add", "path": "/success", "value": "error is small"}])", "run.json is damaged: "},
        {R"([{"op": "replace", "path": "/cells/0/folder", "value": "nothing"}])",
         "cells/nothing/SHA256SUMS is missing"},
        {R"([{"op": "remove", "path": "/cells/0/labels"}])", "run.json is damaged: "}}) {
    change_run(out.path, [&](Json& document) { document = document.patch(Json::parse(one.patch)); });
    CAPTURE(one.patch);
    check_refused(Exit::integrity, {one.words}, [&] { read_run(out.path); });
    std::ofstream(out.path / "run.json", std::ios::binary) << sound;
  }
  std::ofstream(out.path / "run.json", std::ios::app) << " ";
  check_refused(Exit::integrity, {"its SHA-256 is not the one that it states"}, [&] { read_run(out.path); });
  CHECK(damage_of_run(out.path).find("run.json is damaged: its SHA-256") != std::string::npos);
  std::ofstream(out.path / "run.json", std::ios::binary) << sound;
  std::ofstream(out.path / "config.yaml", std::ios::app) << "#";
  CHECK(damage_of_run(out.path).find("config.yaml is damaged: it is not the file") != std::string::npos);
  fs::remove(out.path / "config.yaml");
  CHECK(damage_of_run(out.path).find("config.yaml is missing") != std::string::npos);
  const FailingCall fault("open", EMFILE);
  check_refused(Exit::resources, {"Too many open files"}, [&] { damage_of_run(out.path); });
}

TEST_CASE("a run is made of its own files, by whatever path they are named") {
  const TemporaryFolder out;
  fs::create_directory(out.path / "run");
  fs::create_directory_symlink("run", out.path / "link");
  for (const char* inside : {"run.json", "cells/x/final.npz", "report.html", "figures/a.svg", "index.sqlite"}) {
    CHECK(is_part_of_run(out.path / "run", out.path / "run" / inside));
    CHECK(is_part_of_run(out.path / "run", out.path / "link" / inside));
    CHECK(is_part_of_run(out.path / "link", out.path / "run/../run" / inside));
    CHECK_FALSE(is_part_of_run(out.path / "run", out.path / inside));
  }
  CHECK_FALSE(is_part_of_run("nowhere-at-all", out.path / "run/run.json"));
  for (const char* other : {"mine.csv", "sub/run.json", "../run.json"})
    CHECK_FALSE(is_part_of_run(out.path / "run", out.path / "run" / other));
  CHECK(to_string(Missing::Kind::failed) == std::string("failed"));
  CHECK(to_string(Missing::Kind::skipped) == std::string("skipped"));
  CHECK(to_string(Missing::Kind::unfinished) == std::string("unfinished"));
}
