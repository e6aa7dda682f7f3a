// What is made again from a record: no more than is asked for, and only from what the record states.
#include "core/store/remake.hpp"

#include <doctest/doctest.h>

#include "core/store/files/json.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

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
