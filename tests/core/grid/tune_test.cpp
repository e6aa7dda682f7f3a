// Rules of tuning: what they may say, which cells they are for, and which random numbers their trials have.
#include "core/grid/tune.hpp"

#include <doctest/doctest.h>

#include <set>

#include "core/grid/grid.hpp"
#include "core/tree/yaml/yaml.hpp"

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
  CHECK(two.rules->path() == "optimizer.step");
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

TEST_CASE("of several paths every combination is tried, and each value gets to its path") {
  const Read result = read(
      "study: {repetitions: 2, tune: {over: {optimizer.step: [0.1, 0.2], model.rank: 'integers(3, 5)'}, "
      "for: final error}}");
  REQUIRE(result.complaints.empty());
  const TuneRules& rules = *result.grid->settings().at(0).rules;
  CHECK(rules.path() == "optimizer.step, model.rank");
  CHECK(rules.budget() == 6);
  std::set<std::string> pairs;
  for (const Node& value : rules.candidates()) {
    Node tree = result.grid->tree(0, &value);
    const auto at = [&](const char* path) {
      return node_at_path(tree, path, [](std::size_t) { return Position{}; }).scalar;
    };
    pairs.insert(at("optimizer.step") + " " + at("model.rank"));
  }
  CHECK(pairs == std::set<std::string>{"0.1 3", "0.1 4", "0.1 5", "0.2 3", "0.2 4", "0.2 5"});
  Tuned tuned;
  tuned.path = rules.path();
  tuned.value = rules.candidates().at(4);
  CHECK(tuned.text() == "optimizer.step 0.2, model.rank 4");
  CHECK(tuned.value_text() == "(0.2, 4)");
}

TEST_CASE("a method may choose several values where the study chooses one") {
  const Read result = read(
      "study: {tune: {path: optimizer.step, over: [0.1, 0.2], for: final error}, methods: {a: {}, "
      "b: {tune: {over: {optimizer.step: [0.1, 0.2], model.rank: [3, 4]}}}}}");
  REQUIRE(result.complaints.empty());
  REQUIRE(result.grid->settings().size() == 2);
  CHECK(result.grid->settings()[0].rules->budget() == 2);
  CHECK(result.grid->settings()[1].rules->budget() == 4);
}

TEST_CASE("what is wrong with rules is said at its place") {
  CHECK(complaint("{over: {optimizer.step: [1], optimiser.beta: [2]}, for: final error}") ==
        "s.yaml:1:60: error: 'optimiser.beta' is no path of a config: there is no section 'optimiser' (did you mean "
        "'optimizer'?)");
  CHECK(complaint("{over: {optimizer.step: [1], optimizer: [a]}, for: final error}") ==
        "s.yaml:1:60: error: 'optimizer.step' and 'optimizer' are to be chosen, but one is a part of the other");
  CHECK(complaint("{over: {optimizer.step: [1, 1]}, for: final error}") ==
        "s.yaml:1:59: error: over of 'optimizer.step' has 1 twice");
  CHECK(complaint("{over: {optimizer.step: 3}, for: final error}")
            .starts_with("s.yaml:1:55: error: over of 'optimizer.step' must be a list of values or a range such as"));
  CHECK(complaint("{over: {optimizer.step: 'integers(1, 100)', model.rank: 'integers(1, 11)'}, for: final error}") ==
        "s.yaml:1:38: error: over has 1100 combinations; at most 1000 can be tried");
  CHECK(complaint("{path: optimizer.step, over: {model.rank: [1]}, for: final error}")
            .starts_with("s.yaml:1:60: error: where 'path' is given, over is a list, a range or"));
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
  CHECK(
      read(
          "study: {grid: {model.rank: [3, 4]}, tune: {over: {optimizer.step: [1], model.rank: [3]}, for: final error}}")
          .complaints.size() == 1);
  const std::string rules = "tune: {path: optimizer.step, over: [1], for: final error}";
  CHECK(read("study: {grid: {optimizer.step: [1, 2]}, " + rules + "}").complaints ==
        std::vector<std::string>{"s.yaml:1:16: error: 'optimizer.step' is an axis, but it is also to be tuned, by the "
                                 "rules at s.yaml:1:47; write tune: none in the methods for which it is not"});
  CHECK(read("study: {repetitions: 2, set: {optimizer.step.value: 1}, " + rules + "}").complaints.size() == 1);
  CHECK(read("study: {methods: {a: {tune: none, grid: {optimizer.step: [1, 2]}}, b: {}}, " + rules + "}")
            .complaints.empty());
}
