// Rules of tuning: what they may say, which cells they are for, and which random numbers their trials have.
#include "core/grid/tune.hpp"

#include <doctest/doctest.h>

#include <set>

#include "core/grid/grid.hpp"
#include "core/tree/yaml.hpp"

using namespace tightrope;

namespace {

const std::vector<std::string> sections = {"seed", "seeds", "problem", "model", "optimizer", "stop"};

struct Read {
  std::unique_ptr<Grid> grid;
  std::vector<std::string> complaints;
};

Read read(const std::string& yaml) {
  Node tree = parse_yaml(yaml, "s.yaml");
  const Node study = *tree.find("study");
  tree.erase("study");
  std::vector<Diagnostic> diagnostics;
  Read result;
  result.grid = std::make_unique<Grid>(tree, study, sections, Selection{}, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) result.complaints.push_back(diagnostic.text());
  return result;
}

std::string complaint(const std::string& rules) {
  const Read result = read("study: {repetitions: 2, tune: " + rules + "}");
  REQUIRE(result.complaints.size() == 1);
  return result.complaints[0];
}

std::string step_of(const Grid& grid, std::size_t cell, const std::string& tuned) {
  const Node value = Node::make_scalar(tuned, {});
  Node tree = grid.tree(cell, &value);
  return node_at_path(tree, "optimizer.step", [](std::size_t) { return Position{}; }).scalar;
}

}  // namespace

TEST_CASE("cells that differ in the repetition alone are one setting, and methods may have rules of their own") {
  const Read found = read(R"yaml(
seed: 5
optimizer: {type: a}
study:
  methods: {one: {}, two: {tune: {repetitions: 4, over: {bisect: [0.1, 3], trials: 5}}}, three: {tune: none}}
  grid: {model.rank: [2, 3]}
  repetitions: 3
  tune: {path: optimizer.step, over: "log(1e-2, 1, 3)", for: iterations to error < 1e-3
}
)yaml");
  REQUIRE(found.complaints.empty());
  const Grid& grid = *found.grid;
  REQUIRE(grid.size() == 18);
  REQUIRE(grid.settings().size() == 4);
  for (std::size_t i = 0; i < grid.size(); ++i) {
    Labels labels = grid.labels(i);
    labels.erase("repetition");
    const auto setting = grid.setting_of(i);
    CHECK(setting.has_value() == (labels["method"] != "three"));
    if (setting) CHECK(grid.settings()[*setting].labels == labels);
    if (setting) CHECK(step_of(grid, i, "0.25") == "0.25");
  }
  const TunedSetting &one = grid.settings()[0], &two = grid.settings()[2];
  CHECK(one.rules->candidates().size() == 3);
  CHECK(one.rules->candidates()[1].scalar == "0.1");
  CHECK(one.rules->goal.text() == "iterations to error < 0.001");
  CHECK(one.rules->budget() == 3);
  REQUIRE(two.rules->bisection);
  CHECK(two.rules->bisection->trials == 5);
  CHECK(two.rules->path == "optimizer.step");
  CHECK(one.seeds.size() == 2);
  REQUIRE(two.seeds.size() == 4);
  CHECK(std::vector<std::uint64_t>(two.seeds.begin(), two.seeds.begin() + 2) == one.seeds);  // methods are paired
}

TEST_CASE("trials have seeds that no repetition has") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Read found = read("seed: " + std::to_string(seed) +
                            "\nstudy: {repetitions: 50, tune: {path: optimizer.step, over: [1, 2], for: final error, "
                            "repetitions: 50}}");
    REQUIRE(found.complaints.empty());
    std::set<std::uint64_t> own;
    for (std::uint64_t r = 1; r <= 50; ++r) own.insert(repetition_seed(seed, r));
    const auto& seeds = found.grid->settings().front().seeds;
    CHECK(std::set<std::uint64_t>(seeds.begin(), seeds.end()).size() == 50);
    for (const std::uint64_t held_out : seeds) CHECK(own.count(held_out) == 0);
  }
  // Even where the study has just the seed that would be drawn.
  const std::string first = std::to_string(tuning_seed(1, 1));
  const Read found = read("seed: 1\nstudy: {repetitions: [3, " + first +
                          "], tune: {path: optimizer.step, over: [1], for: final error, repetitions: 1}}");
  REQUIRE(found.complaints.empty());
  CHECK(found.grid->settings().front().seeds == std::vector<std::uint64_t>{tuning_seed(1, 2)});
}

TEST_CASE("what repetitions share, trials share") {
  const Read found = read(
      "seed: 4\nstudy: {repetitions: 2, share: [operator], tune: {path: optimizer.step, over: [1], for: final error}}");
  REQUIRE(found.complaints.empty());
  CHECK(found.grid->settings().front().tree.find("seeds")->find("operator")->scalar == "4");
  CHECK(read("study: {repetitions: 2, share: [operator, target, noise, initialization], tune: {path: optimizer.step, "
             "over: [1], for: final error}}")
            .complaints[0] ==
        "s.yaml:1:81: error: trials are run with random numbers that the study does not use, but share keeps all that "
        "could be drawn again");
}

TEST_CASE("what is wrong with rules is said at its place") {
  CHECK(complaint("{over: [1], for: final error}") ==
        "s.yaml:1:31: error: tune needs 'path', the value of the config that is to be chosen, such as optimizer.step");
  CHECK(complaint("{path: optimizer.step, over: [1, 2, 1], for: final error}") ==
        "s.yaml:1:67: error: over has 1 twice");
  CHECK(complaint("{path: optimizer.step, over: {bisect: [2, 1]}}") ==
        "s.yaml:1:69: error: bisect must be two numbers above 0, the smaller one first, such as [0.01, 4], but it is "
        "the list [2, 1]");
  CHECK(complaint("{path: optimizer.step, over: {bisect: [1, 2], take: 2}}") ==
        "s.yaml:1:83: error: take must be a share above 0 and at most 1, but it is 2");
  CHECK(complaint("{path: optimizer.step, over: [1], for: largest error}")
            .starts_with("s.yaml:1:70: error: 'for' must "));
  CHECK(complaint("{path: optimizer.step, over: [1], for: final error, repetition: 1}") ==
        "s.yaml:1:83: error: tune has no key 'repetition' (did you mean 'repetitions'?)");
  CHECK(complaint("yes").starts_with("s.yaml:1:31: error: tune must be none or a map such as"));
  CHECK(complaint("{path: optimiser.step, over: [1], for: final error}") ==
        "s.yaml:1:38: error: 'optimiser.step' is no path of a config: there is no section 'optimiser' (did you mean "
        "'optimizer'?)");
}

TEST_CASE("a value cannot be tuned and be given") {
  const std::string rules = "tune: {path: optimizer.step, over: [1], for: final error}";
  CHECK(read("study: {grid: {optimizer.step: [1, 2]}, " + rules + "}").complaints ==
        std::vector<std::string>{"s.yaml:1:16: error: 'optimizer.step' is an axis, but it is also to be tuned, by the "
                                 "rules at s.yaml:1:47; write tune: none in the methods for which it is not"});
  CHECK(read("study: {repetitions: 2, set: {optimizer.step.value: 1}, " + rules + "}").complaints.size() == 1);
  CHECK(read("study: {methods: {a: {tune: none, grid: {optimizer.step: [1, 2]}}, b: {}}, " + rules + "}")
            .complaints.empty());
}
