// Finished cells and checkpoints: whole or not there, read back as they were, and never mistaken for others.
#include <algorithm>
#include <cmath>

#include "core/store/cells/checkpoint.hpp"
#include "core/store/cells/key_difference.hpp"
#include "core/store/cells/printed.hpp"
#include "core/store/index.hpp"
#include "core/store/verify.hpp"
#include "tests/support/stored_runs.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Lane> fresh_lane(const CellSpec& cell) {
  Experiment alone;
  alone.cells = {cell};
  return std::move(build_lanes(alone, std::make_shared<const Team>(1)).front());
}

const Runs& plain() { return Runs::plain(); }

}  // namespace

TEST_CASE("a cell is read as the run that was published") {
  const RunFolder out;
  plain().publish(out.path);
  const fs::path folder = out.cell(plain());
  CHECK(folder.filename() == plain().cell().key.substr(0, 16) + "-3");
  CHECK(damage_of(folder).empty());
  const StoredCell stored = read_cell(folder);
  const Lane& lane = *plain().lanes[0];
  CHECK(stored.key == plain().cell().key);
  CHECK(stored.end.end_class == EndClass::limit);
  CHECK(stored.end.iteration == 3);
  CHECK(stored.trace.csv() == lane.trace().csv());
  CHECK(stored.trace.seconds == lane.trace().seconds);
  REQUIRE(stored.trace.columns.size() == lane.trace().columns.size());
  for (std::size_t c = 0; c < stored.trace.columns.size(); ++c) {
    CHECK(stored.trace.columns[c].name == lane.trace().columns[c].name);
    CHECK(stored.trace.columns[c].display_priority == lane.trace().columns[c].display_priority);
    CHECK(stored.trace.columns[c].logarithmic == lane.trace().columns[c].logarithmic);
  }
  const std::vector<NamedArray> arrays = final_arrays(lane);
  REQUIRE(stored.factors.size() == 4);  // V and W, and those of the iterate that was kept
  for (std::size_t a = 0; a < arrays.size(); ++a) {
    CHECK(stored.factors[a].name == arrays[a].name);
    CHECK(arma::approx_equal(stored.factors[a].values, arrays[a].values, "absdiff", 0));
  }
  CHECK(stored.counters.fused == lane.counters().fused);
  CHECK(stored.counters.passes() == lane.counters().passes());
  CHECK(stored.counters.bytes == lane.counters().bytes);
  CHECK(stored.counters.watched == lane.counters().watched);
  CHECK(stored.sizes.rows == 6);
  CHECK(stored.sizes.cols == 5);
  CHECK(stored.sizes.measurements == 40);
  CHECK(stored.sizes.rank == 2);
  CHECK(stored.sizes.true_rank == Index{1});
  CHECK(stored.seconds == lane.seconds());
  CHECK(stored.bytes == std::round(lane.cost().bytes));
  CHECK(stored.solo == lane.cost().solo);
  REQUIRE(stored.observing.size() == 2);
  CHECK(stored.observing[1].first == "observer 'imbalance'");
  CHECK(stored.provenance.find("name")->scalar == "small");
  REQUIRE(stored.kept);
  CHECK(stored.kept->find("column")->scalar == "relative_error");
  // What states the result is the same bytes, whenever it is made.
  const Runs again;
  const RunFolder other;
  again.publish(other.path);
  for (const char* file : {"record.json", "trace.csv", "final.npz", "state.bin"})
    CHECK(bytes_of(folder / file) == bytes_of(other.path / "cells" / folder.filename() / file));
}

TEST_CASE("an estimate that a method publishes is stored beside its factors") {
  const RunFolder out;
  const Runs own({"optimizer={type: gnmr}"});
  own.publish(out.path);
  const LowRank* const estimate = own.lanes[0]->estimate();
  REQUIRE(estimate);
  const std::vector<NamedArray> stored = read_cell(out.cell(own)).factors;
  const auto values = [&](const std::string& name) {
    const auto found =
        std::find_if(stored.begin(), stored.end(), [&](const NamedArray& one) { return one.name == name; });
    REQUIRE(found != stored.end());
    return found->values;
  };
  CHECK(arma::approx_equal(values(estimate_arrays[0]), estimate->left, "absdiff", 0));
  CHECK(arma::approx_equal(values(estimate_arrays[1]), estimate->right, "absdiff", 0));
  CHECK(values("V").n_cols == 2);
}

TEST_CASE("cells are published whole or not at all, whichever call fails") {
  struct Case {
    const char* function;
    int reason, at;
    const char* words;
    std::size_t there;  // afterwards
  };
  const Runs two({"study={list: [{optimizer.step: 0.1}, {optimizer.step: 0.2}]}"});
  REQUIRE(two.lanes.size() == 2);
  for (const Case& one : {Case{"mkdir", ENOSPC, 1, "cannot be created: No space left on device", 0},
                          {"mkdir", ENOSPC, 2, "cannot be created", 0},
                          {"write", ENOSPC, 9, "cannot be written", 0},
                          {"syncfs", EIO, 1, "cells cannot be written to disk", 0},
                          {"rename", EIO, 1, "cannot be published: Input/output error", 0},
                          {"rename", EIO, 2, "cannot be published", 1},
                          {"fsync", EIO, 1, "cells cannot be written to disk", 2}}) {
    const RunFolder out;
    CAPTURE(one.words);
    {
      const FailingCall fault(one.function, one.reason, one.at);
      check_refused(Exit::resources, {one.words, out.path.string()}, [&] { two.publish(out.path); });
      CHECK(fault.happened());
    }
    CHECK(out.cells().size() == one.there);
    two.publish(out.path);
    CHECK(out.cells().size() == 2);
    for (const std::string& name : out.cells()) CHECK(damage_of(out.path / "cells" / name).empty());
  }
  // One alone waits for its seven files, its folder and the folder of cells.
  for (int at = 1; at <= 9; ++at) {
    const RunFolder out;
    const FailingCall fault("fsync", EIO, at);
    check_refused(Exit::resources, {at <= 7 ? "/.tmp-" : "cells", "cannot be written to disk"},
                  [&] { plain().publish(out.path); });
    CHECK(out.cells().size() == (at == 9 ? 1U : 0U));
  }
  const RunFolder out;
  {
    const FailingCall fault("fsync", EIO, 10);
    plain().publish(out.path);
    CHECK_FALSE(fault.happened());
  }
  // Numbers that JSON has no word for, or that no integer holds.
  const Runs wild({"optimizer.step=1e40", "stop={iterations: 2, divergence: 1e305}"});
  wild.publish(out.path);
  const Json record = Json::parse(bytes_of(out.cell(wild) / "record.json"));
  const auto stated = [&](const char* name) { return record.at("metrics").at(name); };
  const Lane& lane = *wild.lanes[0];
  CHECK(stated("iteration").is_number_integer());
  for (const char* name : {"objective", "relative_error"}) {
    const Real value = last(lane, name);
    if (std::isfinite(value))
      CHECK(stated(name).get<Real>() == value);
    else
      CHECK(stated(name).is_null());
  }
  CHECK(std::abs(last(lane, "relative_error")) > 1e16);
  CellSpec timed = plain().cell();
  timed.stop.iterations.reset();
  timed.stop.seconds = 1.5;
  CHECK(folder_name(timed) == timed.key.substr(0, 16) + "-1.5s");
}

TEST_CASE("of two processes that publish a cell the first one stays, if the numbers are the same") {
  const RunFolder first, out;
  plain().publish(first.path);
  const std::string name = folder_name(plain().cell());
  const fs::path theirs = first.path / "cells" / name, place = out.path / "cells" / name;
  const auto copy = [&] { fs::copy(theirs, place, fs::copy_options::recursive); };
  int reason = ENOTEMPTY;
  const auto publish = [&](bool in_time) {
    fs::remove_all(place);
    if (in_time) copy();
    const FailingCall fault("rename", reason, 1, 0, in_time ? std::function<void()>() : copy);
    plain().publish(out.path);
    CHECK(fault.happened() != in_time);
    CHECK(out.cells() == std::vector<std::string>{name});
    CHECK(bytes_of(place / "provenance.json") == bytes_of(theirs / "provenance.json"));
  };
  publish(true);
  publish(false);
  reason = EEXIST;
  publish(false);
  change(theirs, "provenance.json", [](Json& provenance) { provenance["host"] = "another"; });
  publish(true);
  publish(false);
  for (const auto& [part, words] :
       {std::pair{"end", "is stored already with other numbers"}, {"files", "other numbers"}}) {
    fs::remove_all(theirs);
    plain().publish(first.path);
    change(theirs, "record.json", [&, &part = part](Json& record) { record[part] = Json::object(); });
    for (const bool in_time : {true, false}) check_refused(Exit::integrity, {words, name}, [&] { publish(in_time); });
  }
  std::ofstream(theirs / "trace.csv", std::ios::app) << "1";
  check_refused(Exit::integrity, {"trace.csv is damaged"}, [&] { publish(true); });
  // The clock ends no two runs alike.
  const Runs timed({"stop={iterations: 3, time: 1000}"});
  timed.publish(out.path);
  const fs::path own = out.path / "cells" / folder_name(timed.cell());
  CHECK(own.filename().string().ends_with("-3-1000s"));
  change(own, "record.json", [](Json& record) { record["end"] = Json::object(); });
  CHECK_NOTHROW(timed.publish(out.path));
}

TEST_CASE("each damaged file of a cell is named") {
  const RunFolder out;
  plain().publish(out.path);
  const fs::path folder = out.cell(plain());
  for (const std::string& name : cell_file_names) {
    const std::string sound = bytes_of(folder / name);
    std::string broken = sound;
    broken[broken.size() / 2] ^= 1;
    std::ofstream(folder / name, std::ios::binary) << broken;
    CHECK(damage_of(folder) ==
          (folder / name).string() + " is damaged: it is not the file whose SHA-256 SHA256SUMS states");
    fs::remove(folder / name);
    CHECK(damage_of(folder) == (folder / name).string() + " is missing");
    check_refused(Exit::integrity, {name, "; remove that folder to have the run made again"},
                  [&] { read_cell(folder); });
    std::ofstream(folder / name, std::ios::binary) << sound;
  }
  {
    const FailingCall fault("open", EACCES);
    check_refused(Exit::resources, {"cannot be read"}, [&] { damage_of(folder); });
  }
  {
    const FailingCall fault("open", EACCES);
    check_refused(Exit::resources, {"cannot be read"}, [&] { read_cell(folder); });
  }
  std::ofstream(folder / "SHA256SUMS", std::ios::app) << "more\n";
  CHECK(damage_of(folder) == (folder / "SHA256SUMS").string() + " is damaged");
}

TEST_CASE("a record is read as what it states, also those of older versions; what it lacks is said") {
  const TemporaryFolder out;
  const fs::path sound = fs::path(TIGHTROPE_SOURCE_DIR) / "tests/fuzz/cell", cell = out.path / "cell";
  const auto fresh = [&] {
    fs::remove_all(cell);
    fs::copy(sound, cell);
  };
  struct Case {
    const char* file;
    const char* patch;  // JSON Patch, RFC 6902
    const char* words;
  };
  for (const Case& one : {
           Case{"record", R"([{"op": "replace", "path": "/format", "value": 2}])",
                "written by a newer version (0.1.0)"},
           {"record", R"([{"op": "remove", "path": "/key"}])", "record.json is damaged: "},
           {"record", R"([{"op": "replace", "path": "/spec", "value": []}])",
            "record.json is damaged: 'spec' is no map"},
           {"record", R"([{"op": "replace", "path": "/metrics", "value": 1}])", "'metrics' is no map"},
           {"record", R"([{"op": "replace", "path": "/build", "value": "x"}])", "'build' is no map"},
           {"record", R"([{"op": "add", "path": "/data/0", "value": {"file": 1, "sha256": "a"}}])",
            "no names or digests"},
           {"record", R"([{"op": "add", "path": "/data/0", "value": {"file": "a", "sha256": 1}}])",
            "no names or digests"},
           {"record", R"([{"op": "remove", "path": "/columns/0"}])", "record.json is damaged: "},
           {"record", R"([{"op": "remove", "path": "/counters/fused"}])", "record.json is damaged: "},
           {"provenance", R"([{"op": "remove", "path": "/labels"}])", "provenance.json is damaged: "},
           {"provenance", R"([{"op": "add", "path": "/observing/0/seconds", "value": "x"}])",
            "provenance.json is damaged: "},
       }) {
    fresh();
    const auto edit = [&](Json& json) { json = json.patch(Json::parse(one.patch)); };
    change(cell, one.file + std::string(".json"), edit);
    check_refused(Exit::integrity, {one.words}, [&] { read_cell(cell); });
  }
  for (const char* file : {"record.json", "provenance.json"}) {
    fresh();
    std::ofstream(cell / file, std::ios::binary) << "{";
    write_sums(cell);
    check_refused(Exit::integrity, {std::string(file) + " is damaged: it is no JSON"}, [&] { read_cell(cell); });
  }
  for (const char* seconds : {"\x0e\n\n", "iteration,seconds,more\n", "iteration,seconds\n0,0.5\n"}) {
    fresh();
    std::ofstream(cell / "timing.csv", std::ios::binary) << seconds;
    write_sums(cell);
    check_refused(Exit::integrity, {"timing.csv is damaged: it has "}, [&] { read_cell(cell); });
  }
  const auto read = [&](const std::string& file, const std::function<void(Json&)>& edit) {
    fresh();
    change(cell, file, edit);
    return read_cell(cell);
  };
  const StoredCell whole = read("record.json", [](Json&) {});
  CHECK(whole.seconds == 0.00085326);
  CHECK(whole.bytes == 36000);
  CHECK(whole.solo);
  CHECK_FALSE(whole.kept);
  CHECK(whole.counters.rows == 150);
  CHECK(whole.counters.measurements == 30);
  CHECK(whole.trace.columns[14].theory_of == "sigma_1");
  CHECK(whole.trace.columns[20].phases == std::vector<std::string>{"alignment", "saddle avoidance", "refinement"});
  for (const auto& [word, end] : {std::pair{"converged", EndClass::converged},
                                  {"stalled", EndClass::stalled},
                                  {"limit", EndClass::limit},
                                  {"diverged", EndClass::diverged},
                                  {"failed", EndClass::failed}})
    CHECK(read("record.json", [&, &word = word](Json& record) { record["end"]["class"] = word; }).end.end_class == end);
  const StoredCell older = read("record.json", [](Json& record) {
    for (const char* name : {"measurements", "rows", "watched"}) record["counters"].erase(name);
    record["sizes"] = Json::object();
    Json& column = record["columns"][5];
    column.erase("display_priority");
    column.erase("logarithmic");
    column["prominence"] = 7;
    column["positive"] = false;
    record["marks"] = {{{"iteration", 2}, {"word", "turned"}}};
    record["warnings"] = {"It was late."};
    record["kept"] = {{"column", "relative_error"}};
  });
  CHECK(older.counters.rows == 5);  // as many as passes
  CHECK(older.counters.measurements == 1);
  CHECK(older.counters.passes() == 5);
  CHECK(older.counters.watched == 0);
  for (const Index size : {older.sizes.rows, older.sizes.cols, older.sizes.measurements, older.sizes.rank})
    CHECK(size == 0);
  CHECK_FALSE(older.sizes.true_rank);
  CHECK(older.trace.columns[5].display_priority == 7);
  CHECK_FALSE(older.trace.columns[5].logarithmic);
  CHECK(older.trace.marks == std::vector<TraceMark>{{2, "turned"}});
  CHECK(older.warnings == std::vector<std::string>{"It was late."});
  CHECK(older.kept->find("column")->scalar == "relative_error");
  const StoredCell bare = read("provenance.json", [](Json& provenance) {
    for (const char* name : {"observing", "bytes", "timing"}) provenance.erase(name);
    provenance["files"] = {{"x.csv", "/data/\\xff.csv"}};
  });
  CHECK(bare.observing.empty());
  CHECK(bare.bytes == 0);
  CHECK_FALSE(bare.solo);
  CHECK(bare.provenance.find("files")->find("x.csv")->scalar == "/data/\xff.csv");
  CHECK(read("provenance.json", [](Json& provenance) { provenance.erase("files"); }).provenance.find("files") ==
        nullptr);
}

TEST_CASE("a run goes on from the furthest stored run of its cell that it would have passed through") {
  const RunFolder out;
  std::map<Index, Runs> runs;
  for (const Index budget : {2U, 5U, 9U}) {
    runs.emplace(budget, Runs({"stop.iterations=" + std::to_string(budget)}));
    runs.at(budget).publish(out.path);
  }
  const Runs other({"seed=4"});
  other.publish(out.path);
  for (const char* litter : {".tmp-0123456789abcdef-1", "short"}) fs::create_directory(out.path / "cells" / litter);
  CellSpec wanted = plain().cell();
  const auto prefix = [&](std::optional<Index> iterations, std::optional<Real> seconds = {}) {
    wanted.stop.iterations = iterations;
    wanted.stop.seconds = seconds;
    const auto found = CellStore(out.path).longest_prefix(wanted);
    const std::string name = found ? found->filename().string() : "-none";
    return name.substr(name.find('-') + 1);
  };
  CHECK(prefix(1) == "none");
  CHECK(prefix(2) == "2");
  CHECK(prefix(4) == "2");
  CHECK(prefix(8) == "5");
  CHECK(prefix(100) == "9");
  CHECK(prefix({}, 1e6) == "9");
  CHECK(prefix({}, 0) == "none");
  // One that has ended by itself at the last iteration would have ended by its limit.
  const auto folder = [&](Index budget) { return out.path / "cells" / folder_name(runs.at(budget).cell()); };
  change(folder(5), "record.json", [](Json& record) { record["end"]["class"] = "converged"; });
  CHECK(prefix(5) == "2");
  CHECK(prefix(6) == "5");
  change(folder(9), "provenance.json", [](Json& provenance) { provenance["seconds"] = 50; });
  CHECK(prefix(100, 50) == "5");
  CHECK(prefix(100, 51) == "9");
  change(folder(9), "record.json", [](Json& record) { record["key"] = record["key"].get<std::string>().substr(1); });
  CHECK(prefix(100) == "5");
  const CellStore store(out.path);
  CHECK(store.has(runs.at(5).cell()));
  CHECK_FALSE(store.has(plain().cell()));
  CHECK(store.all(wanted) == std::vector<fs::path>{folder(2), folder(5), folder(9)});
  CHECK(store.all(other.cell()).size() == 1);
  CHECK_FALSE(CellStore(out.path / "nowhere").has(wanted));
  // From the second iteration to the fifth: as if it had never stopped.
  auto lane = fresh_lane(runs.at(5).cell());
  continue_from(folder(2), runs.at(5).cell(), *lane);
  CHECK(lane->trace().rows.size() == 3);
  CHECK(lane->cost().observing.size() == 2);
  CHECK(lane->cost().observing[0] == runs.at(2).lanes[0]->cost().observing[0]);
  std::vector<std::unique_ptr<Lane>> lanes;
  lanes.push_back(std::move(lane));
  Engine().run(lanes);
  CHECK(lanes[0]->state() == runs.at(5).lanes[0]->state());
  CHECK(lanes[0]->trace().csv() == runs.at(5).lanes[0]->trace().csv());
  check_refused(Exit::integrity, {"is not a run of the cell " + other.cell().key},
                [&] { continue_from(folder(2), other.cell(), *fresh_lane(other.cell())); });
}

TEST_CASE("a checkpoint is taken up, or set aside and named") {
  const RunFolder out;
  const Runs other({"seed=4"});
  const CellSpec& cell = plain().cell();
  const Lane& lane = *plain().lanes[0];
  const fs::path file = out.path / "unfinished" / (folder_name(cell) + ".state");
  auto fresh = fresh_lane(cell);
  CHECK_FALSE(has_checkpoint(out.path, cell));
  CHECK_FALSE(read_checkpoint(out.path, cell, *fresh));
  write_checkpoint(out.path, cell, lane);
  REQUIRE(has_checkpoint(out.path, cell));
  CHECK(damage_of_checkpoint(file).empty());
  {
    const FailingCall fault("open", EACCES);  // which is no damage
    check_refused(Exit::resources, {file.string() + " cannot be read"}, [&] { damage_of_checkpoint(file); });
  }
  CHECK(read_checkpoint(out.path, cell, *fresh));
  CHECK(fresh->state() == lane.state());
  CHECK(fresh->trace().csv() == lane.trace().csv());
  CHECK(fresh->trace().seconds == lane.trace().seconds);
  CHECK(fresh->cost().seconds == lane.cost().seconds);
  CHECK(fresh->cost().solo == lane.cost().solo);
  check_refused(Exit::integrity, {file.string() + " is the checkpoint of another cell, " + cell.key},
                [&] { restore_checkpoint(file, other.cell(), *fresh_lane(other.cell())); });
  CHECK(fs::exists(file));
  // Another process has finished the cell, and has removed its checkpoint, between two looks.
  {
    const std::string kept = bytes_of(file);
    const FailingCall fault("open", ENOENT, 2, 0, [&] { fs::remove(file); });
    CHECK_FALSE(read_checkpoint(out.path, cell, *fresh));
    std::ofstream(file, std::ios::binary) << kept;
  }
  for (const char* name : {"x.state", "0123456789abcdef-1.state"}) out.write("unfinished/" + std::string(name), "x");
  out.write("unfinished/" + cell.key.substr(0, 16) + "-3.txt", "x");
  const fs::path longer = out.write("unfinished/" + cell.key.substr(0, 16) + "-30.state", "x");
  CHECK(checkpoints_of(out.path, cell) == std::vector<fs::path>{file, longer});
  CHECK(checkpoints_of(out.path / "nowhere", cell).empty());
  std::ofstream(file, std::ios::app) << "x";
  {
    const FailingCall fault("rename", EROFS);
    check_refused(Exit::resources, {file.string() + " cannot be set aside"},
                  [&] { read_checkpoint(out.path, cell, *fresh); });
  }
  const std::string before = fresh->state();
  check_refused(Exit::integrity,
                {"its SHA-256 is not the one that it states; it is now " + file.filename().string() + ".damaged"},
                [&] { read_checkpoint(out.path, cell, *fresh); });
  CHECK(fresh->state() == before);
  CHECK(fs::exists(file.string() + ".damaged"));
  CHECK_FALSE(has_checkpoint(out.path, cell));
  write_checkpoint(out.path, cell, lane);
  remove_checkpoint(out.path, cell);
  CHECK_FALSE(has_checkpoint(out.path, cell));
  CHECK_NOTHROW(remove_checkpoint(out.path, cell));
}

TEST_CASE("what plugins print is kept by cell, up to a megabyte") {
  const RunFolder out;
  const Runs other({"seed=4"}), longer({"stop.iterations=9"});
  const std::string& key = plain().cell().key;
  CHECK(count_printed(out.path) == 0);
  CHECK(last_printed(out.path, key, 5).empty());
  keep_printed(out.path, plain().cell(), "one");
  keep_printed(out.path, plain().cell(), "two");
  keep_printed(out.path, other.cell(), "three");
  CHECK(count_printed(out.path) == 2);
  CHECK(last_printed(out.path, key, 5) == std::vector<std::string>{"one", "two"});
  CHECK(last_printed(out.path, key, 1) == std::vector<std::string>{"two"});
  CHECK(last_printed(out.path, other.cell().key, 2) == std::vector<std::string>{"three"});
  keep_printed(out.path, longer.cell(), "four");
  CHECK(last_printed(out.path, key, 5).size() == 3);  // whatever the budget
  remove_printed(out.path, longer.cell());
  CHECK(count_printed(out.path) == 2);
  // The line that reaches the limit is the last one.
  keep_printed(out.path, plain().cell(), std::string(999'991, 'x'));  // with the two before: 1,000,000 bytes
  CHECK(last_printed(out.path, key, 1)[0].size() == 999'991);
  keep_printed(out.path, plain().cell(), "");
  CHECK(last_printed(out.path, key, 2) == std::vector<std::string>{"", "… and more"});
  keep_printed(out.path, plain().cell(), "more");
  CHECK(last_printed(out.path, key, 1) == std::vector<std::string>{"… and more"});
  const TemporaryFolder blocked;
  blocked.write("printed", "in the way");
  CHECK_NOTHROW(keep_printed(blocked.path, plain().cell(), "lost"));
  CHECK(bytes_of(blocked.path / "printed") == "in the way");
}

TEST_CASE("what sets a cell apart from the nearest stored one is told") {
  const RunFolder out;
  const Runs near({"optimizer.step=0.25"}), far({"seed=4", "model.rank=1"}),
      farther({"seed=4", "model.rank=1", "optimizer.step=0.25"});
  CHECK(key_differences(out.path, plain().cell()) == std::vector<std::string>{"nothing is stored there"});
  far.publish(out.path);
  CHECK(key_differences(out.path, plain().cell()).size() == 2);
  farther.publish(out.path);
  CHECK(key_differences(out.path, plain().cell()).size() == 2);
  near.publish(out.path);
  CHECK(key_differences(out.path, plain().cell()) ==
        std::vector<std::string>{"optimizer.step.value: 0.2, stored with 0.25"});
  CHECK(key_differences(out.path, near.cell()).empty());
  fs::create_directory(out.path / "cells" / ".tmp-x");
  const fs::path folder = out.path / "cells" / folder_name(near.cell());
  change(folder, "record.json", [](Json& record) {
    record["plugins"][0]["sha256"] = std::string(64, '0');
    record["data"] = {{{"file", "x.csv"}, {"sha256", "1234"}}};
    record["build"].erase("arithmetic");
    record["tightrope"] = "0.0.9";
    record["spec"]["name"] = "unimportant";
  });
  fs::remove_all(out.cell(far));
  fs::remove_all(out.cell(farther));
  std::string all;
  for (const std::string& line : key_differences(out.path, plain().cell())) all += line + "\n";
  for (const char* line : {"arithmetic of tightrope: ", ", stored with not stated\n",
                           "plugin targets/random_low_rank: ", "data file x.csv: nothing, stored with 1234\n",
                           "version of tightrope: ", "stored with 0.0.9\n"})
    CHECK_MESSAGE(all.find(line) != std::string::npos, all);
  CHECK(all.find("unimportant") == std::string::npos);
  change(folder, "record.json", [](Json& record) { record.erase("plugins"); });
  check_refused(Exit::integrity, {"record.json is damaged"}, [&] { key_differences(out.path, plain().cell()); });
}

TEST_CASE("the index holds a row per cell, follows them, and is made again when it is not right") {
  const RunFolder out;
  const Runs other({"seed=4"});
  plain().publish(out.path);
  const fs::path table = out.path / "index.sqlite";
  const auto ask = [&](const std::string& question) { return ask_index(out.path, question)[1]; };
  CHECK(refresh_index(out.path) == 1);
  CHECK(refresh_index(out.path) == 0);
  CHECK(ask("SELECT key, \"end\", iterations, passes FROM runs") ==
        std::vector<std::string>{plain().cell().key, "limit", "3", "4.0"});
  CHECK(ask("SELECT metrics->>'iteration', NULL FROM runs") == std::vector<std::string>{"3", ""});
  check_refused(Exit::config, {"integer overflow"}, [&] { ask("SELECT abs(-9223372036854775808) FROM runs"); });
  {
    const FailingCall fault("open64", EMFILE);
    check_refused(Exit::config, {"cannot be answered: Too many open files; the limit on open files"},
                  [&] { ask("SELECT 1"); });
  }
  // A cell at hand is believed.
  other.publish(out.path);
  StoredCell told = read_cell(out.path / "cells" / folder_name(other.cell()));
  told.end.reason = "told";
  fs::create_directory(out.path / "cells" / ".tmp-x");
  CHECK(refresh_index(out.path, {told}) == 1);
  CHECK(ask("SELECT reason FROM runs WHERE reason = 'told'") == std::vector<std::string>{"told"});
  CHECK(ask("SELECT count(*) FROM runs") == std::vector<std::string>{"2"});
  fs::remove_all(told.folder);
  CHECK(refresh_index(out.path) == 0);
  CHECK(ask("SELECT count(*), max(key) FROM runs") == std::vector<std::string>{"1", plain().cell().key});
  // Another version, a flipped byte in a row, no table at all.
  const auto patch = [&](std::size_t at, char byte) {
    std::string bytes = bytes_of(table);
    bytes[at] = byte;
    std::ofstream(table, std::ios::binary) << bytes;
  };
  patch(63, 1);  // user_version, from byte 60 on
  check_refused(Exit::config, {"another version"}, [&] { ask("SELECT 1 FROM runs"); });
  CHECK(refresh_index(out.path) == 1);
  // The passes, a number of one byte behind that of iterations, become a text of one byte. In the header of the row the
  // types of key, labels and end stand before: texts of 64, 2 and 5 bytes, see
  // https://sqlite.org/fileformat.html#record.
  const std::size_t passes = bytes_of(table).find("\x81\x0d\x11\x17") + 6;
  REQUIRE(bytes_of(table).substr(passes - 1, 2) == "\1\1");
  patch(passes, 15);
  check_refused(Exit::config, {"a damaged row"}, [&] { ask("SELECT 1 FROM runs"); });
  CHECK(refresh_index(out.path) == 1);
  patch(bytes_of(table).find("the limit of 3"), 'T');
  check_refused(Exit::config, {"a damaged row"}, [&] { ask("SELECT 1 FROM runs"); });
  CHECK(refresh_index(out.path) == 1);
  CHECK(ask("SELECT reason FROM runs")[0].starts_with("the limit of 3"));
  fs::remove(table);
  check_refused(Exit::config, {"unable to open"}, [&] { ask("SELECT 1"); });
  fs::create_directory(table);
  CHECK(refresh_index(out.path) == 1);
  fs::remove(table);
  out.write("index.sqlite/in the way", "x");
  check_refused(Exit::resources, {table.string() + " cannot be written: unable to open"},
                [&] { refresh_index(out.path); });
}

TEST_CASE("all digests of a folder are checked, and every damaged file is told once") {
  const RunFolder out;
  plain().publish(out.path);
  const fs::path cell = out.path / "cells" / folder_name(plain().cell());
  std::size_t checked = 0;
  CHECK(check_digests(cell, checked).empty());  // a cell's own folder
  CHECK(checked == 1);
  write_checkpoint(out.path, plain().cell(), *plain().lanes[0]);
  out.write("unfinished/notes.txt", "x");
  out.write("cells/.hidden/x", "x");
  checked = 0;
  const auto damages = check_digests(out.path, checked);
  REQUIRE(damages.size() == 1);  // it has no run.json
  CHECK(damages[0].what == (out.path / "run.json").string() + " is missing");
  CHECK(checked == 3);
  std::ofstream(cell / "trace.csv", std::ios::app) << "x";
  std::ofstream(out.path / "unfinished" / (folder_name(plain().cell()) + ".state"), std::ios::app) << "x";
  std::vector<std::string> files;
  for (const Damage& damage : check_digests(out.path, checked)) files.push_back(damage.file.filename());
  CHECK(files == std::vector<std::string>{"run.json", cell.filename(), folder_name(plain().cell()) + ".state"});
}
