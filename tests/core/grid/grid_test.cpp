// Studies: axes, ranges, conditions, labels, positions; and what the design of a comparison rests on.
#include "core/grid/grid.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

const std::vector<std::string> sections = {"seed", "seeds", "problem", "model", "optimizer", "stop"};
using Labels = std::map<std::string, std::string>;

struct Read {
  std::unique_ptr<Grid> grid;
  std::vector<std::string> complaints;
};

Read read(const std::string& yaml, const Selection& selection = {}) {
  Node tree = parse_yaml(yaml, "s.yaml");
  const Node study = *tree.find("study");
  tree.erase("study");
  std::vector<Diagnostic> diagnostics;
  Read result;
  result.grid = std::make_unique<Grid>(tree, study, sections, selection, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) result.complaints.push_back(diagnostic.text());
  return result;
}

std::unique_ptr<Grid> grid(const std::string& yaml, const Selection& selection = {}) {
  Read result = read(yaml, selection);
  REQUIRE_MESSAGE(result.complaints.empty(), (result.complaints.empty() ? "" : result.complaints[0]));
  return std::move(result.grid);
}

std::string complaint(const std::string& yaml, const Selection& selection = {}) {
  const Read result = read(yaml, selection);
  REQUIRE(result.complaints.size() == 1);
  CHECK(result.grid->size() == 0);
  return result.complaints[0];
}

std::vector<Labels> labels(const Grid& of) {
  std::vector<Labels> all;
  for (std::size_t i = 0; i < of.size(); ++i) all.push_back(of.labels(i));
  return all;
}

std::vector<std::string> values(const std::string& range) {
  return grid("study: {grid: {optimizer.step: '" + range + "'}}")->axes().front().values;
}

std::string range_complaint(const std::string& range) {
  return complaint("study: {grid: {optimizer.step: '" + range + "'}}");
}

Selection only(const std::string& text) { return {{parse_selection(text, "--only")}, {}}; }
Selection skip(const std::string& text) { return {{}, {parse_selection(text, "--skip")}}; }

std::string scalar(const Grid& of, std::size_t cell, const std::string& path) {
  Node tree = of.tree(cell);
  return node_at_path(tree, path, [](std::size_t) { return Position{}; }).scalar;
}

}  // namespace

TEST_CASE("a study is the product of its blocks, the repetitions varying fastest") {
  const auto study = grid(R"(
optimizer: {type: a, step: 1}
study:
  methods: {one: {}, two: {optimizer: {step: 2}}}
  list: [{model.rank: 3}, {model.rank: 4}]
  zip: {problem.shape: [[4, 5], [8, 9], [10, 11]], problem.measurements: [20, 40, 60]}
  grid: {optimizer.momentum: [0.5, 0.9]}
  repetitions: 3
)");
  CHECK(study->size() == 2 * 2 * 3 * 2 * 3);
  CHECK(study->labels(0) == Labels{{"method", "one"},
                                   {"rank", "3"},
                                   {"shape", "[4, 5]"},
                                   {"measurements", "20"},
                                   {"momentum", "0.5"},
                                   {"repetition", "1"}});
  CHECK(study->labels(1).at("repetition") == "2");
  CHECK(study->labels(study->size() - 1) == Labels{{"method", "two"},
                                                   {"rank", "4"},
                                                   {"shape", "[10, 11]"},
                                                   {"measurements", "60"},
                                                   {"momentum", "0.9"},
                                                   {"repetition", "3"}});
  const std::vector<Labels> all = labels(*study);
  CHECK(std::set<Labels>(all.begin(), all.end()).size() == all.size());
  // Columns of a zip advance together.
  for (const Labels& cell : all) CHECK((cell.at("shape") == "[8, 9]") == (cell.at("measurements") == "40"));
  // Every axis value is in the cover, which is far smaller than the study.
  std::set<std::pair<std::string, std::string>> covered;
  for (const std::size_t i : study->cover())
    for (const auto& label : study->labels(i)) covered.insert(label);
  CHECK(covered.size() == 2 + 2 + 3 + 3 + 2 + 3);
  CHECK(study->cover().size() <= 10);
}

TEST_CASE("axes lie on methods, parts on wholes, and set on everything") {
  const auto study = grid(R"(
optimizer: {type: a, step: 1, momentum: 0}
study:
  methods: {one: {optimizer: {step: 2}}, two: {optimizer: {type: b, step: 3}}}
  grid: {optimizer.step: [10, 20], optimizer: [{type: c, momentum: 0.5}, a]}
  set: {optimizer.momentum: 0.25}
)");
  REQUIRE(study->size() == 8);
  for (std::size_t i = 0; i < study->size(); ++i) {
    const Labels cell = study->labels(i);
    CHECK(scalar(*study, i, "optimizer.type") == cell.at("optimizer"));
    CHECK(scalar(*study, i, "optimizer.step") == cell.at("step"));
    CHECK(scalar(*study, i, "optimizer.momentum") == "0.25");
  }
  CHECK(study->axes()[1].label == "step");
  CHECK(study->axes()[1].path == "optimizer.step");
}

TEST_CASE("labels are as short as they can be and tell values apart") {
  const auto study = grid(R"(
study:
  grid:
    problem.target.rank: [1, 2]
    model.rank: [3]
    model.method: [x]
    optimizer: [{type: a, step: 1}, {type: a, step: 2}, b, {type: a, step: 2, momentum: 0.5}]
    problem.shape: [[60, 40]]
  methods: {m: {}}
)");
  std::vector<std::string> names;
  for (const StudyAxis& axis : study->axes()) names.push_back(axis.label);
  CHECK(names == std::vector<std::string>{"method", "target.rank", "model.rank", "model.method", "optimizer", "shape"});
  CHECK(study->axes()[4].values == std::vector<std::string>{"a step=1", "a step=2", "b", "a step=2 momentum=0.5"});
  CHECK(study->axes()[5].values == std::vector<std::string>{"[60, 40]"});
}

TEST_CASE("a method may have axes of its own") {
  const auto study = grid(R"(
optimizer: {type: a}
study:
  methods:
    plain: {}
    heavy: {optimizer: b, grid: {optimizer.momentum: [0.5, 0.9]}}
    other: {optimizer: c, grid: {optimizer.momentum: [0.9, 0.99]}}
  repetitions: 2
)");
  CHECK(study->size() == 2 * (1 + 2 + 2));
  CHECK(study->labels(0) == Labels{{"method", "plain"}, {"repetition", "1"}});
  CHECK(study->labels(2) == Labels{{"method", "heavy"}, {"momentum", "0.5"}, {"repetition", "1"}});
  CHECK(study->axes()[1].values == std::vector<std::string>{"0.5", "0.9", "0.99"});
}

TEST_CASE("ranges have exact ends and short values") {
  CHECK(values("log(1e-6, 1e-2, 5)") == std::vector<std::string>{"1e-6", "1e-5", "1e-4", "0.001", "0.01"});
  CHECK(values("log(100, 1, 3)") == std::vector<std::string>{"100", "10", "1"});
  CHECK(values("log(1, 10, 3)") == std::vector<std::string>{"1", "3.16228", "10"});
  CHECK(values("linear(0.1, 1, 10)") ==
        std::vector<std::string>{"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"});
  CHECK(values("linear(-1, 1, 3)") == std::vector<std::string>{"-1", "0", "1"});
  CHECK(values("linear(1000000, 1000001, 5)") ==
        std::vector<std::string>{"1e6", "1000000.25", "1000000.5", "1000000.75", "1000001"});
  CHECK(values("integers(1, 4)") == std::vector<std::string>{"1", "2", "3", "4"});
  CHECK(values("integers(1, 8, 3)") == std::vector<std::string>{"1", "4", "7"});
  // Neighbours of a logarithmic range have the same ratio.
  const std::vector<std::string> many = values("log(1e-3, 7, 40)");
  const double ratio = std::pow(7e3, 1 / 39.0);
  for (std::size_t i = 1; i < many.size(); ++i)
    CHECK(std::stod(many[i]) / std::stod(many[i - 1]) == doctest::Approx(ratio).epsilon(1e-5));
  CHECK(grid("study: {grid: {optimizer.step: [0, 'log(0.1, 1, 2)', 5]}}")->axes()[0].values ==
        std::vector<std::string>{"0", "0.1", "1", "5"});
}

TEST_CASE("what is wrong with a range is said in a sentence") {
  CHECK(range_complaint("log(0, 1, 3)") ==
        "s.yaml:1:32: error: the ends of a log range must be above 0, but this is log(0, 1, 3)");
  CHECK(range_complaint("logspace(1, 2, 3)") ==
        "s.yaml:1:32: error: there is no range 'logspace'; there are log, linear, integers");
  CHECK(range_complaint("linear(1, 2)") ==
        "s.yaml:1:32: error: linear(first, last, count) takes two numbers and how many values there are, but this is "
        "linear(1, 2)");
  CHECK(range_complaint("linear(1, 2, 1)") ==
        "s.yaml:1:32: error: a range has between 2 and 100000 values, but this one has 1");
  CHECK(range_complaint("linear(2, 2, 4)") == "s.yaml:1:32: error: the ends of the range are equal: linear(2, 2, 4)");
  CHECK(range_complaint("integers(5, 1)") ==
        "s.yaml:1:32: error: integers(first, last, step) goes upwards from first to last, but this is integers(5, 1)");
  CHECK(range_complaint("integers(1, 1.5)") ==
        "s.yaml:1:32: error: integers(first, last) or integers(first, last, step) takes whole numbers, but this is "
        "integers(1, 1.5)");
  CHECK(range_complaint("integers(1, 1e9)") ==
        "s.yaml:1:32: error: the range has 1000000000 values; at most 100000 are allowed");
  // In braces YAML ends a bare text at its comma.
  CHECK(complaint("study: {grid: {optimizer.step: log(1e-6, 1e-2, 5)}}") ==
        "s.yaml:1:32: error: the range log(1e-6… is cut off at its comma: inside [ ] and { } put it in quotes, "
        "\"log(…)\"");
}

TEST_CASE("where and exclude keep and drop cells") {
  const std::string head =
      "study:\n  methods: {gd: {}, scaled: {}}\n  grid: {model.rank: [1, 2, 3], problem.target.rank: [2, 3]}\n";
  CHECK(grid(head)->size() == 12);
  CHECK(grid(head + "  where: {method: gd}\n")->size() == 6);
  CHECK(grid(head + "  where: {method: gd, model.rank: [1, 3]}\n")->size() == 4);
  CHECK(grid(head + "  where: {model.rank: '>= 2'}\n")->size() == 8);
  CHECK(grid(head + "  where: {model.rank: '>= target.rank'}\n")->size() == 6);
  CHECK(grid(head + "  where: {model.rank: '!= target.rank'}\n")->size() == 8);
  CHECK(grid(head + "  where: {method: '!= gd'}\n")->size() == 6);
  CHECK(grid(head + "  exclude: [{method: gd, model.rank: 2}, {target.rank: 3.0, method: scaled}]\n")->size() ==
        12 - 2 - 3);
  CHECK(grid(head + "  exclude: {method: gd}\n")->size() == 6);
  CHECK(complaint(head + "  where: {methd: gd}\n") ==
        "s.yaml:4:11: error: the study has no axis 'methd' (did you mean 'method'?)");
  CHECK(complaint(head + "  where: {method: scald}\n") ==
        "s.yaml:4:19: error: no cell has method 'scald' (did you mean 'scaled'?)");
  CHECK(complaint(head + "  where: {method: '> 3'}\n") ==
        "s.yaml:4:19: error: the values of 'method' are not all numbers, so they cannot be compared");
  CHECK(complaint(head + "  where: {model.rank: '> x'}\n") ==
        "s.yaml:4:23: error: a comparison needs a number or the name of an axis, but this is 'x'");
  CHECK(complaint(head + "  exclude: {method: [gd, scaled]}\n") ==
        "s.yaml:2:3: error: where and exclude leave no cell of the study");
  // A condition on an axis that a cell does not have does not hold.
  const std::string own = "study:\n  methods: {gd: {}, heavy: {grid: {optimizer.momentum: [0.5, 0.9]}}}\n";
  CHECK(grid(own + "  where: {momentum: 0.9}\n")->size() == 1);
  CHECK(grid(own + "  exclude: {momentum: 0.9}\n")->size() == 2);
}

TEST_CASE("filters of the command line speak the same grammar") {
  const std::string yaml =
      "study: {methods: {gd: {}, 'a, b': {}}, grid: {problem.target.condition: [1, 10, 100], problem.shape: [[4, 5], "
      "[6, 7]]}}";
  CHECK(grid(yaml, only("method=gd"))->size() == 6);
  CHECK(grid(yaml, only("method=gd,condition=10,100"))->size() == 4);
  CHECK(grid(yaml, only("condition=10,1e2,method=gd"))->size() == 4);
  CHECK(grid(yaml, only("problem.target.condition>=10"))->size() == 8);
  CHECK(grid(yaml, only("shape=[4, 5]"))->size() == 6);
  CHECK(grid(yaml, only("method='a, b'"))->size() == 6);
  CHECK(grid(yaml, skip("method!=gd"))->size() == 6);
  CHECK(grid(yaml, skip("condition=10,100"))->size() == 4);
  Selection both = only("method=gd");
  both.skip.push_back(parse_selection("condition=1", "--skip"));
  CHECK(grid(yaml, both)->size() == 4);
  CHECK(complaint(yaml, only("condition=7")) == "--only condition=7:1:11: error: no cell has condition '7'");
  CHECK(complaint(yaml, only("methode=gd")) ==
        "--only methode=gd:1:1: error: the study has no axis 'methode' (did you mean 'method'?)");
  CHECK_THROWS_WITH(parse_selection("gd", "--only"),
                    "--only gd:1:1: error: this has the form AXIS=VALUE,VALUE,…,AXIS=VALUE, such as "
                    "method=gd,condition=10,100");
  CHECK_THROWS_WITH(parse_selection("method=gd,method=b", "--only"),
                    "--only method=gd,method=b:1:11: error: the axis 'method' is named twice");
  CHECK_THROWS_WITH(parse_selection("method=", "--only"), "--only method=:1:8: error: a value is missing here");
}

TEST_CASE("assignments make axes, or hold for all cells") {
  const auto cells = [](const std::string& yaml, const std::vector<std::string>& assignments) {
    Node tree = parse_yaml(yaml, "s.yaml");
    for (const std::string& assignment : assignments) assign(tree, assignment, "--set");
    return tree;
  };
  CHECK(to_json(cells("optimizer: {step: 1}", {"optimizer.step=2"})) == R"({"optimizer":{"step":2}})");
  CHECK(to_json(cells("optimizer: {step: 1}", {"optimizer.step=2,3"})) ==
        R"({"optimizer":{"step":1},"study":{"grid":{"optimizer.step":[2,3]}}})");
  CHECK(to_json(cells("a: 1", {"problem.shape=[4, 5],[6, 7]", "optimizer.step=log(1, 9, 3)"})) ==
        R"json({"a":1,"study":{"grid":{"problem.shape":[[4,5],[6,7]],"optimizer.step":["log(1, 9, 3)"]}}})json");
  CHECK(to_json(cells("problem: {shape: [4, 5]}", {"problem.shape=[6, 7]"})) == R"({"problem":{"shape":[6,7]}})");
  // In a study a value holds whatever the methods say, and stands in the place of an axis.
  const std::string study = "study: {methods: {a: {optimizer: {step: 1}}, b: {}}, grid: {model.rank: [1, 2]}}";
  CHECK(
      to_json(cells(study, {"optimizer.step=5", "model.rank=7", "name=x"})) ==
      R"({"study":{"methods":{"a":{"optimizer":{"step":1}},"b":{}},"grid":{"model.rank":[7]},"set":{"optimizer.step":5}},"name":"x"})");
  CHECK(to_json(cells(study, {"study.repetitions=2"})).find(R"("repetitions":2)") != std::string::npos);
  CHECK_THROWS_WITH(cells("a: 1", {"optimizer..step=1,2"}),
                    "--set optimizer..step=1,2:1:11: error: the path 'optimizer..step' has an empty part");
}

TEST_CASE("what is wrong with a study is said in a sentence, at its place") {
  CHECK(complaint("study: 3") == "s.yaml:1:8: error: study must be a map, but it is 3");
  CHECK(complaint("study: {}") ==
        "s.yaml:1:8: error: study asks for nothing; give it methods, list, zip, grid or repetitions");
  CHECK(complaint("study: {metods: {}, grid: {model.rank: [1]}}") ==
        "s.yaml:1:9: error: study has no key 'metods' (did you mean 'methods'?)");
  CHECK(complaint("study: {methods: [a]}") ==
        "s.yaml:1:18: error: methods must be a map from names to what differs, such as {gd: {optimizer: …}}, but it is "
        "the list [a]");
  CHECK(complaint("study: {methods: {a: 3}}") ==
        "s.yaml:1:22: error: method 'a' must be a map of sections, but it is 3");
  CHECK(complaint("study: {methods: {a: {optimiser: b}}}") ==
        "s.yaml:1:23: error: method 'a' cannot set 'optimiser' (did you mean 'optimizer'?)");
  CHECK(
      complaint("study: {grid: {modell.rank: [1]}}") ==
      "s.yaml:1:16: error: 'modell.rank' is no path of a config: there is no section 'modell' (did you mean 'model'?)");
  CHECK(complaint("study: {grid: {model.rank: 3}}") ==
        "s.yaml:1:28: error: the axis 'model.rank' must be a list of values or a range such as log(1e-6, 1e-2, 5), "
        "linear(0.1, 1, 10) or integers(1, 8), but it is 3");
  CHECK(complaint("study: {grid: {model.rank: []}}") ==
        "s.yaml:1:28: error: the axis 'model.rank' must be a list of values or a range such as log(1e-6, 1e-2, 5), "
        "linear(0.1, 1, 10) or integers(1, 8), but it is an empty list");
  CHECK(complaint("study: {grid: {model.rank: [1, ~]}}") ==
        "s.yaml:1:32: error: a value of the axis 'model.rank' is missing here");
  CHECK(complaint("study: {grid: {model.rank: [1, 2, 1.0]}}") ==
        "s.yaml:1:35: error: the axis 'model.rank' has the value 1.0 twice");
  CHECK(complaint("study: {grid: {model.rank: [1]}, zip: {model.rank: [2]}}") ==
        "s.yaml:1:16: error: the axis 'model.rank' was already given at s.yaml:1:40");
  CHECK(complaint("study: {zip: {model.rank: [1, 2], optimizer.step: [1]}}") ==
        "s.yaml:1:35: error: the lists of zip must be equally long, but 'model.rank' has 2 values and 'optimizer.step' "
        "1");
  CHECK(complaint("study: {zip: {model.rank: [1, 1], optimizer.step: [2, 2]}}") ==
        "s.yaml:1:31: error: the same values were already given in this block of the study");
  CHECK(
      complaint("study: {list: {model.rank: 1}}") ==
      "s.yaml:1:15: error: list must be a list of maps such as {model.rank: 3, optimizer.step: 0.5}, but it is a map");
  CHECK(complaint("study: {list: [{model.rank: 1}, {model.rank: 1}]}") ==
        "s.yaml:1:33: error: the same values were already given in this block of the study");
  CHECK(complaint("study: {repetitions: 0}") ==
        "s.yaml:1:22: error: repetitions must be a whole number between 1 and 100000 or a list of seeds, but it is 0");
  CHECK(complaint("study: {repetitions: [1, x]}") ==
        "s.yaml:1:26: error: repetitions must be a number of repetitions or a list of seeds, but this is the text 'x'");
  CHECK(complaint("study: {repetitions: [1, 2, 1]}") == "s.yaml:1:29: error: the seed 1 is listed twice");
  CHECK(complaint("study: {repetitions: 2, share: [operater]}") ==
        "s.yaml:1:33: error: repetitions can share target, operator, noise, initialization, but this is the text "
        "'operater' (did you mean 'operator'?)");
  CHECK(complaint("study: {grid: {model.rank: [1]}, share: [operator]}") ==
        "s.yaml:1:41: error: share says what repetitions have in common, but the study has no repetitions");
  CHECK(complaint("study: {grid: {model.rank: [1]}, set: {model.rank: 2}}") ==
        "s.yaml:1:40: error: 'model.rank' is an axis, given at s.yaml:1:16; pick some of its values with where or "
        "--only");
}

TEST_CASE("the size of a study is bounded, and the sizes of its axes are said") {
  CHECK(complaint("study: {grid: {model.rank: 'integers(1, 5000)', optimizer.step: 'linear(0.1, 1, 5000)'}}") ==
        "s.yaml:1:8: error: the study has 2.5e+07 combinations, more than 1000000 (rank 5000, step 5000)");
  CHECK(complaint("study: {grid: {model.rank: 'integers(1, 500)', optimizer.step: 'linear(0.1, 1, 500)'}}") ==
        "s.yaml:1:8: error: the study has 250000 cells, more than the 20000 that are allowed (rank 500, step 500)");
  CHECK(grid("study: {grid: {model.rank: 'integers(1, 500)', optimizer.step: 'linear(0.1, 1, 500)'}, where: {rank: 3}}")
            ->size() == 500);
  std::string many = "study: {grid: {";
  for (int i = 0; i < 3; ++i) many += "model.p" + std::to_string(i) + ": 'integers(1, 50000)', ";
  CHECK(read(many + "}}").complaints[0] == "s.yaml:1:90: error: the axes of the study have more than 100000 values");
}

// --- with plugins: what comparisons rest on ---

namespace {

const std::string paired = R"(
name: paired
seed: 7
problem:
  shape: [8, 6]
  target: {type: random_low_rank, rank: 2}
  operator: {type: gaussian, measurements: 60}
  noise: {type: gaussian, level: 0.1}
model: {type: asymmetric, rank: 3}
initialization: {type: small_random, scale: 0.1}
optimizer: {type: gradient_descent, step: 0.2}
stop: {iterations: 5}
observers: [relative_error]
)";

Experiment resolve(const std::string& yaml, const Selection& selection = {}) {
  static const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  return resolve_experiment(parse_yaml(yaml, "s.yaml"), catalog, selection);
}

std::map<Labels, std::string> keys(const std::string& yaml) {
  std::map<Labels, std::string> result;
  for (const CellSpec& cell : resolve(yaml).cells) result[cell.labels] = cell.key;
  return result;
}

std::string what(const std::string& yaml) {
  try {
    resolve(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("another method, axis value or repetition leaves the other cells as they were") {
  const std::string gd = "    gd: {}\n",
                    scaled = "    scaled: {optimizer: {type: scaled_gradient_descent, step: 0.5}}\n",
                    momentum = "    momentum: {optimizer: {type: momentum, step: 0.1}}\n";
  const auto study = [](const std::string& methods, const std::string& rest) {
    return keys(paired + "study:\n  methods:\n" + methods + rest);
  };
  const auto two = study(gd + scaled, "  repetitions: 2\n  grid: {problem.target.condition: [1, 10]}\n");
  CHECK(two.size() == 8);
  for (const auto& more :
       {study(gd + scaled + momentum, "  repetitions: 2\n  grid: {problem.target.condition: [1, 10]}\n"),
        study(scaled + gd, "  repetitions: 2\n  grid: {problem.target.condition: [1, 10]}\n"),
        study(gd + scaled, "  repetitions: 7\n  grid: {problem.target.condition: [100, 10, 1]}\n")})
    for (const auto& [labels, key] : two) CHECK(more.at(labels) == key);
  // Labels, blocks of the study and the name of the file do not name a run.
  const auto other = keys(paired + "study: {list: [{optimizer.step: 0.2}], repetitions: 1}");
  CHECK(other.begin()->second == two.at({{"method", "gd"}, {"condition", "1"}, {"repetition", "1"}}));
  CHECK(other.begin()->second == resolve(paired).cells.front().key);
}

TEST_CASE("methods of a repetition share operator, truth, noise and start; repetitions do not") {
  Experiment experiment = resolve(
      paired + "study: {methods: {a: {}, b: {optimizer: {step: 0.1}}}, grid: {model.rank: [3, 4]}, repetitions: 2}");
  const auto lanes = build_lanes(experiment, std::make_shared<const Team>(1));
  REQUIRE(lanes.size() == 8);
  const auto& cells = experiment.cells;
  for (std::size_t i = 0; i < lanes.size(); ++i)
    for (std::size_t j = 0; j < lanes.size(); ++j) {
      const SensingProblem &p = *lanes[i]->setup().problem, &q = *lanes[j]->setup().problem;
      const bool same = cells[i].labels.at("repetition") == cells[j].labels.at("repetition");
      CHECK((p.op == q.op) == same);
      CHECK(arma::approx_equal(p.data, q.data, "absdiff", 0.0) == same);
      if (cells[i].labels.at("rank") == cells[j].labels.at("rank"))
        CHECK(arma::approx_equal(lanes[i]->setup().start[0], lanes[j]->setup().start[0], "absdiff", 0.0) == same);
    }
}

TEST_CASE("repetitions redraw what they are asked to, and their seeds depend on nothing else") {
  CHECK(repetition_seed(7, 1) == 7);
  CHECK(repetition_seed(7, 2) == repetition_seed(7, 2));
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::uint64_t r = 1; r <= 50; ++r) {
      CHECK(repetition_seed(seed, r) <= std::uint64_t{1} << 53U);
      seeds.insert(repetition_seed(seed, r));
    }
  CHECK(seeds.size() == 20 * 50);

  const Experiment shared = resolve(paired + "study: {repetitions: 3, share: [target, operator]}");
  const auto lanes = build_lanes(shared, std::make_shared<const Team>(1));
  CHECK(lanes[0]->setup().problem->op == lanes[2]->setup().problem->op);
  CHECK(lanes[0]->setup().problem->data[0] != lanes[2]->setup().problem->data[0]);  // the noise is redrawn
  CHECK(lanes[0]->setup().start[0](0, 0) != lanes[2]->setup().start[0](0, 0));
  CHECK(shared.cells[0].key == resolve(paired).cells[0].key);
  // A shared part is in the resolved config, which resolves to the same run again.
  const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  CHECK(resolve_experiment(shared.cells[2].resolved, catalog).cells[0].key == shared.cells[2].key);

  const Experiment listed = resolve(paired + "study: {repetitions: [3, 7]}");
  CHECK(listed.cells[0].seed == 3);
  CHECK(listed.cells[1].labels == Labels{{"repetition", "7"}});
  CHECK(listed.cells[1].key == resolve(paired).cells[0].key);
}

TEST_CASE("a bad value of an axis is reported once, where it stands") {
  CHECK(
      what(paired + "study:\n  methods: {a: {}, b: {}}\n  grid:\n    problem.target.condition: [1, -3]\n"
                    "    initialization.scale: [0.1, x]\n  repetitions: 4\n") ==
      "s.yaml:17:35: error: parameter 'condition' of target 'random_low_rank' must be at least 1, but it is -3\n"
      "s.yaml:18:33: error: parameter 'scale' of initialization 'small_random' must be a number of at least 0, but it "
      "is the text 'x'");
  CHECK(what(paired + "study:\n  methods: {gd: {}, heavy: {optimizer: {type: momentum, step: 0.1}}}\n"
                      "  grid: {optimizer.beta: [0.5, 0.9]}\n") ==
        "s.yaml:16:10: error: optimizer 'gradient_descent' has no parameter 'beta' (it has: step); the axis "
        "'optimizer.beta' reaches method 'gd': if only other methods have it, write it as a grid inside of them");
  CHECK(
      what(paired + "study: {grid: {stop.iterations: [5, 10]}}") ==
      "s.yaml:14:37: error: two cells of the study differ in stop.iterations or stop.time alone, which makes them one "
      "run; ask for the longest and read the others off its trace");
  CHECK(what(paired + "study: {grid: {observers.3.every: [5, 10]}}") ==
        "s.yaml:14:16: error: 'observers' is a list, and '3' is none of its entries (they are numbered from 0 to 0)");
}

TEST_CASE("cells whose parts do not fit together are skipped with the reason") {
  const std::string square = "study: {grid: {problem.operator.symmetric: [false, true]}}";
  const auto team = std::make_shared<const Team>(1);
  const Experiment experiment = resolve(paired + square);
  std::map<std::size_t, std::string> skipped;
  const auto lanes =
      build_lanes(experiment, team, [&](std::size_t i, const UnsuitableCell& reason) { skipped[i] = reason.reason(); });
  REQUIRE(lanes.size() == 2);
  CHECK(lanes[0]);
  CHECK_FALSE(lanes[1]);
  CHECK(skipped == std::map<std::size_t, std::string>{
                       {1,
                        "s.yaml:7:20: operator 'gaussian' has symmetric A_i and needs a square problem, but this one "
                        "is 8 × 6"}});
  CHECK_THROWS_AS(build_lanes(experiment, team), UnsuitableCell);
}

TEST_CASE("claims about cells that were not asked for are left out") {
  const std::string yaml = paired +
                           "study: {methods: {a: {}, b: {optimizer: {step: 0.1}}}}\nclaims:\n"
                           "  - {that: final relative_error, where: {method: a}, is: < 2}\n"
                           "  - {that: final relative_error, where: {method: b}, is: < 2}\n";
  CHECK(resolve(yaml).claims.size() == 2);
  const Experiment some = resolve(yaml, only("method=b"));
  CHECK(some.claims.size() == 1);
  CHECK(some.cells.size() == 1);
  CHECK(some.axes[0].values == std::vector<std::string>{"a", "b"});
}
