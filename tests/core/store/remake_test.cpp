// What is made again from a record: no more than is asked for, and only from what the record states.
#include "core/store/remake.hpp"

#include "tests/support/stored_runs.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

namespace {

const Catalog& catalog() {
  static const Catalog all({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  return all;
}

/// A stored cell as read back, of a run whose operator nobody can hold and whose optimizer nobody has any more.
StoredCell stored() {
  StoredCell cell;
  cell.folder = "results/x/cells/y";
  cell.key = "0123456789abcdef";
  cell.spec = parse_yaml(R"(
seed: 4
problem:
  shape: [7, 5]
  target: {type: random_low_rank, rank: 2}
  operator: {type: gaussian, measurements: 1000000000000}
model: {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 1}
loss: least_squares
optimizer: {type: long_gone, step: 1}
stop: {iterations: 3}
)",
                         "record.json");
  Json record = {{"plugins", Json::array()}, {"data", Json::array()}};
  for (const auto& [kind, name] :
       {std::pair{"targets", "random_low_rank"}, {"operators", "gaussian"}, {"models", "asymmetric"}})
    record["plugins"].push_back(
        {{"kind", kind}, {"name", name}, {"sha256", catalog().find(kind, name)->content_hash()}});
  cell.record = node_of(record, "record.json");
  cell.sizes = {7, 5, 10, 3, 2};
  const Mat V = arma::reshape(arma::linspace(1, 21, 21), 7, 3), W = arma::reshape(arma::linspace(-7, 7, 15), 5, 3);
  cell.factors = {{"W", W, false}, {"V", V, false}};
  return cell;
}

const auto team = std::make_shared<const Team>(1);

}  // namespace

TEST_CASE("a truth comes out again without operator, data and the rest of the run") {
  const StoredCell cell = stored();
  const auto truth = remake_truth(cell, catalog(), team);
  REQUIRE(truth);
  CHECK(truth->rank == 2);
  CHECK(truth->X.shape() == Shape{7, 5});
  const Mat again = remake_truth(cell, catalog(), team)->X.dense();
  CHECK(arma::approx_equal(truth->X.dense(), again, "absdiff", 0));
  StoredCell other = cell;
  other.spec.set("seeds", parse_yaml("target: 5", "record.json"));
  CHECK(arma::norm(remake_truth(other, catalog(), team)->X.dense() - again) > 0.1);
  // The whole problem cannot be had: its operator is larger than any memory.
  CHECK_THROWS_AS(remake_problem(cell, catalog(), team), Error);
  CHECK_THROWS_AS(remake_experiment(cell, catalog()), ConfigError);
}

TEST_CASE("a run on measured data has no truth to be made again") {
  StoredCell cell = stored();
  cell.spec.find("problem")->erase("target");
  CHECK(remake_truth(cell, catalog(), team) == nullptr);
}

TEST_CASE("an estimate is the model's, from its stored factors by name") {
  const StoredCell cell = stored();
  const LowRank X = remake_estimate(cell, catalog(), nullptr, team);
  CHECK(arma::approx_equal(X.dense(), cell.factors[1].values * cell.factors[0].values.t(), "absdiff", 1e-12));
  StoredCell damaged = cell;
  damaged.factors.pop_back();
  CHECK_THROWS_WITH_AS(remake_estimate(damaged, catalog(), nullptr, team),
                       "results/x/cells/y/final.npz has no block V of 7 × 3 numbers", Error);
}

TEST_CASE("a plugin that the record does not state makes nothing again") {
  StoredCell cell = stored();
  for (Node& plugin : cell.record.find("plugins")->items)
    if (plugin.find("kind")->scalar != "models") plugin.find("sha256")->scalar[0] ^= 1;
  CHECK_THROWS_AS(remake_truth(cell, catalog(), team), OtherPlugin);
  CHECK_THROWS_AS(remake_problem(cell, catalog(), team), OtherPlugin);
  CHECK_NOTHROW(remake_estimate(cell, catalog(), nullptr, team));
}

TEST_CASE("blocks of another shape are no estimate, and an estimate that a method published goes before them") {
  const std::string words = "results/x/cells/y/final.npz has no block ";
  for (const Mat& wrong : {Mat(8, 3), Mat(7, 2)}) {
    StoredCell cell = stored();
    cell.factors[1].values = wrong;
    check_refused(Exit::integrity, {words + "V of 7 × 3"}, [&] { remake_estimate(cell, catalog(), nullptr, team); });
  }
  StoredCell cell = stored();
  cell.factors.push_back({estimate_arrays[0], Mat(7, 1, arma::fill::ones), false});
  const Mat own = cell.factors[1].values * cell.factors[0].values.t();
  CHECK(arma::approx_equal(remake_estimate(cell, catalog(), nullptr, team).dense(), own, "absdiff", 1e-12));
  cell.factors.push_back({estimate_arrays[1], Mat(5, 1, arma::fill::ones), false});
  CHECK(arma::approx_equal(remake_estimate(cell, catalog(), nullptr, team).dense(), Mat(7, 5, arma::fill::ones),
                           "absdiff", 0));
}

TEST_CASE("data files are looked up where they lay and in the run's folder, and told if they have changed") {
  const RunFolder out;
  StoredCell cell = stored();
  cell.folder = out.path / "run/cells/x";
  const std::string data = "1,2,3,4,5\n2,4,6,8,10\n", other = "5,4,3,2,1\n1,1,1,1,1\n", digest = sha256(data);
  const fs::path beside = out.path / "run/x.csv", place = out.path / "elsewhere/x.csv";
  const auto state = [&](const char* finished) {
    const Json entry = {{"file", "x.csv"}, {"sha256", digest}};
    cell.record.set("data", node_of(Json::array({entry}), "record.json"));
    cell.provenance = node_of({{"finished", finished}, {"files", {{"x.csv", place.string()}}}}, "provenance.json");
  };
  CHECK(data_files_of(cell).empty());
  cell.record.erase("data");
  CHECK(data_files_of(cell).empty());
  state("2001-01-01T00:00:00Z");
  CHECK(data_files_of(cell).at(0).place.empty());
  CHECK(changed_data_of({cell}) == "");  // what is not there has not changed
  struct Case {
    const char *there, *in_folder;  // "data", "other" or nothing
    const fs::path& chosen;
    bool has_changed;
  };
  for (const Case& one : {Case{"data", "", place, false},
                          {"", "data", beside, false},
                          {"other", "", place, true},
                          {"other", "data", beside, false},
                          {"data", "other", place, false},
                          {"other", "other", place, true}}) {
    fs::remove(place);
    fs::remove(beside);
    if (*one.there) out.write("elsewhere/x.csv", one.there == std::string("data") ? data : other);
    if (*one.in_folder) out.write("run/x.csv", one.in_folder == std::string("data") ? data : other);
    const RecordedFile file = data_files_of(cell).at(0);
    CHECK(file.written == "x.csv");
    CHECK(file.sha256 == digest);
    CHECK(file.place == one.chosen);
    const std::string changed = changed_data_of({cell});
    if (one.has_changed)
      CHECK(changed == place.string() + " has changed since " + cell.folder.string() +
                           " was made with it: its SHA-256 was " + digest.substr(0, 12) + "… and is " +
                           sha256(other).substr(0, 12) + "…");
    else
      CHECK(changed == "");
  }
  // What was not touched since the run finished is not read; who does not say when it was is not believed.
  state("2999-01-01T00:00:00Z");
  CHECK(changed_data_of({cell}) == "");
  for (const char* when : {"yesterday", "2001-01-01T00:00:00Z"}) {
    state(when);
    CHECK(changed_data_of({cell}) != "");
  }
  cell.provenance = node_of({{"files", {{"x.csv", place.string()}}}}, "provenance.json");
  CHECK(changed_data_of({cell}) != "");
  out.write("elsewhere/x.csv", data);
  CHECK(changed_data_of({cell, cell}) == "");
  cell.provenance = Node();
  CHECK(data_files_of(cell).at(0).place == beside);
  cell.provenance = node_of({{"files", Json::array()}}, "provenance.json");  // no place is stated
  CHECK(data_files_of(cell).at(0).place == beside);
}

TEST_CASE("a truth from a file is made again from the file of the record alone") {
  const RunFolder out;
  const fs::path file = out.write("x.csv", "1,2,3,4,5\n2,4,6,8,10\n3,6,9,12,15\n");
  StoredCell cell = stored();
  const auto with = [&](const std::string& written, const std::string& digest) {
    Node& problem = *cell.spec.find("problem");
    problem.set("shape", parse_yaml("[3, 5]", "record.json"));
    problem.set("target", parse_yaml("{type: file, path: " + written + "}", "record.json"));
    const Json entry = {{"file", written}, {"sha256", digest}};
    cell.record.set("data", node_of(digest.empty() ? Json::array() : Json::array({entry}), "record.json"));
    const Json plugin = {
        {"kind", "targets"}, {"name", "file"}, {"sha256", catalog().find("targets", "file")->content_hash()}};
    cell.record.set("plugins", node_of(Json::array({plugin}), "record.json"));
    cell.provenance = node_of({{"files", {{written, file.string()}}}}, "provenance.json");
  };
  with("long/ago/x.csv", sha256_file(file));
  const Mat X = remake_truth(cell, catalog(), team)->X.dense();
  REQUIRE(X.n_rows == 3);
  CHECK(std::abs(X(2, 4) - 15) < 1e-12);
  cell.provenance = Node();  // and nobody knows where it lay
  CHECK_THROWS_AS(remake_truth(cell, catalog(), team), ConfigError);
  with("long/ago/x.csv", std::string(64, 'f'));
  check_refused(Exit::integrity, {"x.csv has changed since ", "its SHA-256 was ffffffffffff… and is "},
                [&] { remake_truth(cell, catalog(), team); });
  with(file.string(), "");
  check_refused(Exit::integrity, {"the record of results/x/cells/y knows nothing of the data file " + file.string()},
                [&] { remake_truth(cell, catalog(), team); });
  with("long/ago/x.csv", sha256_file(file));
  cell.record.erase("plugins");
  CHECK_THROWS_AS(remake_truth(cell, catalog(), team), OtherPlugin);
}

TEST_CASE("a run can be made again if this program is the one that made it") {
  const RunFolder out;
  Runs::plain().publish(out.path);
  StoredCell cell = read_cell(out.cell(Runs::plain()));
  CHECK(remake_experiment(cell, catalog()).cells.at(0).key == cell.key);
  const auto problem = remake_problem(cell, catalog(), team);
  CHECK(arma::approx_equal(problem->data, Runs::plain().lanes[0]->setup().problem->data, "absdiff", 0));
  cell.key[0] ^= 1;
  check_refused(Exit::integrity, {"cannot be run again: this program is not the one it was made with"},
                [&] { remake_experiment(cell, catalog()); });
}
