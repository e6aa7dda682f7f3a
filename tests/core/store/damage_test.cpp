// What is found in a run folder and is not what the store wrote: each is told in a sentence with the file's name, and
// the code says whether it is damaged, in use, or only asked wrongly.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "core/base/digest.hpp"
#include "core/store/cells/checkpoint.hpp"
#include "core/store/files/json.hpp"
#include "core/store/files/lock.hpp"
#include "core/store/index.hpp"
#include "core/store/trials.hpp"
#include "tests/support/refusals.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

TEST_CASE("JSON that was cut short or written by a later version is no record") {
  check_refused(Exit::integrity, {"record.json is damaged: it is no JSON (parse error at line 1, column 9"},
                [] { parse_json("record.json", R"({"key": )"); });
  CHECK_NOTHROW(check_version("record.json", parse_json("record.json", R"({"format": 1, "tightrope": "0.1.0"})")));
  check_refused(Exit::integrity, {"record.json was written by a newer version (9.1)"}, [] {
    check_version("record.json", parse_json("record.json", R"({"format": 2, "tightrope": "9.1"})"));
  });
}

TEST_CASE("trials are read as they were written, and refused where something is missing") {
  const TemporaryFolder out;
  CHECK(read_trials(out.path).empty());
  write_trials(out.path,
               {{{{"method", "a"}}, {"optimizer.step"}, "relative_error", {0.5}, {{{0.25}, 1}, {{0.5}, 1e-9}}}});
  const auto trials = read_trials(out.path);
  REQUIRE(trials.size() == 1);
  CHECK(trials[0].chosen == std::vector<Real>{0.5});
  CHECK(trials[0].values[1].last == 1e-9);
  const Real none = std::numeric_limits<Real>::quiet_NaN(), lost = std::numeric_limits<Real>::infinity();
  write_trials(out.path, {{{}, {"model.rank", "optimizer.step"}, "x", {none, 2}, {{{none, 1}, lost}, {{3, 4}, none}}}});
  const TriedValues words = read_trials(out.path).at(0);  // JSON has neither NaN nor infinity
  CHECK(words.paths == std::vector<std::string>{"model.rank", "optimizer.step"});
  CHECK(words.column == "x");
  CHECK(std::isnan(words.chosen[0]));
  CHECK(words.chosen[1] == 2);
  CHECK(std::isnan(words.values[0].numbers[0]));
  CHECK(words.values[0].last == lost);
  CHECK(words.values[1].numbers == std::vector<Real>{3, 4});
  CHECK(std::isnan(words.values[1].last));
  out.write("trials.json", R"({"format": 1, "tightrope": "0", "settings": [{"labels": {}}]})");
  check_refused(Exit::integrity, {"trials.json is damaged", "paths"}, [&] { read_trials(out.path); });
  out.write("trials.json", R"({"format": 7, "tightrope": "8", "settings": []})");
  check_refused(Exit::integrity, {"trials.json", "newer version (8)"}, [&] { read_trials(out.path); });
}

TEST_CASE("a checkpoint is taken for one only if its first line and its digest are right") {
  const TemporaryFolder out;
  const std::string key(64, 'a'), payload = "numbers", magic = "tightrope checkpoint 4 ";
  const fs::path right = out.write("right.state", magic + key + " " + sha256(key + payload) + "\n" + payload);
  CHECK(damage_of_checkpoint(right) == "");
  CHECK(damage_of_checkpoint(out.write("flipped.state", magic + key + " " + sha256(key + payload) + "\nnumbars"))
            .ends_with("flipped.state is damaged: its SHA-256 is not the one that it states"));
  const std::string other_key = magic + std::string(64, 'b') + " " + sha256(key + payload) + "\n" + payload;
  CHECK(damage_of_checkpoint(out.write("other.state", other_key)).find("SHA-256") != std::string::npos);
  for (const std::string& text :
       {std::string(), magic, "tightrope checkpoint 3 " + key + " " + sha256(key + payload) + "\n" + payload,
        magic + key + "_" + sha256(key + payload) + "\n" + payload,
        magic + key + " " + sha256(key + payload) + " " + payload})
    CHECK(damage_of_checkpoint(out.write("start.state", text)).ends_with("it does not begin like a checkpoint"));
  CHECK(damage_of_checkpoint(out.path / "absent.state").find("absent.state") != std::string::npos);
}

TEST_CASE("a folder has one writer, who is named") {
  const TemporaryFolder out;
  CHECK(Lock::holder(out.path) == 0);
  {
    const Lock lock(out.path);
    CHECK(Lock::holder(out.path) == getpid());
    check_refused(Exit::locked, {"is in use by process " + std::to_string(getpid())},
                  [&] { const Lock other(out.path); });
  }
  CHECK(Lock::holder(out.path) == 0);
  CHECK_NOTHROW(Lock(out.path));
  // Held by somebody who has not written who he is.
  out.write(".lock", "");
  const int descriptor = open((out.path / ".lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(descriptor, LOCK_EX | LOCK_NB) == 0);
  check_refused(Exit::locked, {"is in use"}, [&] { const Lock other(out.path); });
  close(descriptor);
  check_refused(Exit::resources, {"nowhere"}, [&] { const Lock other(out.path / "nowhere"); });
}

TEST_CASE("the index answers questions and nothing else") {
  const TemporaryFolder out;
  fs::create_directories(out.path / "cells");
  CHECK(refresh_index(out.path) == 0);
  CHECK(ask_index(out.path, "SELECT count(*) AS n FROM runs") == std::vector<std::vector<std::string>>{{"n"}, {"0"}});
  for (const char* question : {"DELETE FROM runs", "SELECT nothing FROM runs", "SELEC", ""})
    check_refused(Exit::config, {std::string("the question '") + question + "' cannot be answered", "runs(folder"},
                  [&] { ask_index(out.path, question); });
  // A table that is none is made again.
  out.write("index.sqlite", std::string(4096, 'x'));
  CHECK(refresh_index(out.path) == 0);
  CHECK(ask_index(out.path, "SELECT count(*) FROM runs")[1][0] == "0");
}
