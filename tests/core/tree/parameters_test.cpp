// Parameters: what a declaration accepts, what it says of what it does not, and what it writes.
#include "core/tree/parameters.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

namespace fs = std::filesystem;

/// One parameter of every type.
struct Options {
  Real beta = 0.9;
  Index tries = 40;
  bool exact = false;
  std::optional<Real> damping;
  std::optional<Index> seed;
  std::string norm = "spectral";
  std::string label = "none";
  std::vector<Real> levels = {1, 0.5};
  std::vector<Index> ranks;
  std::string path;

  Parameters declare() {
    Parameters p;
    p.add("beta", beta, between(0, 1), "share that is kept");
    p.add("tries", tries, at_least(1), "trials").unit("1");
    p.add("exact", exact, "whether to be exact");
    p.add("damping", damping, above(0), "damping");
    p.add("seed", seed, any(), "seed");
    p.add("norm", norm, {"spectral", "frobenius", "nuclear"}, "which norm");
    p.add("label", label, {}, "free text");
    p.add("levels", levels, above_at_most(0, 1), "noise levels");
    p.add("ranks", ranks, at_least(1), "ranks");
    p.add_file("path", path, "data");
    return p;
  }
};

std::string complaints(Parameters parameters, const Node& map, const std::string& owner = "optimizer 'momentum'") {
  std::vector<Diagnostic> diagnostics;
  parameters.read(map, owner, {"type"}, diagnostics);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += (out.empty() ? "" : "\n") + diagnostic.text();
  return out;
}

std::string complaints(const std::string& yaml) {
  Options options;
  return complaints(options.declare(), parse_yaml(yaml, "t.yaml"));
}

}  // namespace

TEST_CASE("Ranges say what they contain") {
  CHECK(any().words() == "any number");
  CHECK(above(0).words() == "above 0");
  CHECK(at_least(1).words() == "at least 1");
  CHECK(between(0, 1).words() == "between 0 and 1");
  CHECK(at_least_below(0, 1).words() == "at least 0 and below 1");
  CHECK(above_at_most(1e-4, 0.5).words() == "above 1e-4 and at most 0.5");
  CHECK(Range{.high = 3, .high_open = false}.words() == "at most 3");
  CHECK(Range{.high = 3}.words() == "below 3");
  CHECK(Range{0, 1, true, true}.words() == "above 0 and below 1");

  CHECK(between(0, 1).contains(0));
  CHECK(between(0, 1).contains(1));
  CHECK_FALSE(at_least_below(0, 1).contains(1));
  CHECK(at_least_below(0, 1).contains(0));
  CHECK_FALSE(above_at_most(0, 1).contains(0));
  CHECK(above_at_most(0, 1).contains(1));
  CHECK_FALSE(above(0).contains(-1));
  CHECK(any().contains(-1e300));
  CHECK_FALSE(any().contains(std::numeric_limits<Real>::quiet_NaN()));
  CHECK_FALSE(any().contains(std::numeric_limits<Real>::infinity()));
}

TEST_CASE("A declaration describes itself") {
  Options options;
  const Parameters parameters = options.declare();
  CHECK(parameters.names() == std::vector<std::string>{"beta", "tries", "exact", "damping", "seed", "norm", "label",
                                                       "levels", "ranks", "path"});
  std::string table;
  for (const Parameter& p : parameters.all())
    table += p.name + " | " + p.type + " | " + p.range + " | " + p.default_text + "\n";
  CHECK(table ==
        "beta | number | between 0 and 1 | 0.9\n"
        "tries | whole number | at least 1 | 40\n"
        "exact | true or false |  | false\n"
        "damping | number | above 0 | \n"
        "seed | whole number | at least 0 | \n"
        "norm | one of spectral, frobenius, nuclear |  | spectral\n"
        "label | text |  | none\n"
        "levels | list of numbers | above 0 and at most 1 | [1, 0.5]\n"
        "ranks | list of whole numbers | at least 1 | []\n"
        "path | file |  | \n");
  CHECK(parameters.all()[1].unit_text == "1");
  CHECK(parameters.all()[0].doc == "share that is kept");
  CHECK(parameters.all()[9].is_file);
  CHECK(parameters.all()[5].choices.size() == 3);
}

TEST_CASE("The setters of a declaration are kept, and a required parameter has no default") {
  Parameters parameters;
  Real level = 3;
  parameters.add("level", level, above(0), "noise level").required().unit("dB").example("20");
  const Parameter& p = parameters.all().front();
  CHECK(p.is_required);
  CHECK(p.default_text == "");
  CHECK(p.unit_text == "dB");
  CHECK(p.example_text == "20");
  CHECK_THROWS_WITH_AS(parameters.add("level", level, any(), "again"), "parameter 'level' is declared twice",
                       std::logic_error);
}

TEST_CASE("Values of every type are read into their variables") {
  Options options;
  CHECK(complaints(options.declare(),
                   parse_yaml("{type: x, beta: 1e-1, tries: 1e3, exact: true, damping: 2, seed: 7, norm: nuclear, "
                              "label: 12, levels: [.5, 1], ranks: [3, 5]}",
                              "t.yaml")) == "");
  CHECK(options.beta == 0.1);
  CHECK(options.tries == 1000);
  CHECK(options.exact);
  CHECK(options.damping == 2.0);
  CHECK(options.seed == Index{7});
  CHECK(options.norm == "nuclear");
  CHECK(options.label == "12");
  CHECK(options.levels == std::vector<Real>{0.5, 1});
  CHECK(options.ranks == std::vector<Index>{3, 5});
  CHECK(complaints(options.declare(), parse_yaml("{damping: ~, seed: null, ranks: []}", "t.yaml")) == "");
  CHECK_FALSE(options.damping.has_value());
  CHECK_FALSE(options.seed.has_value());
  CHECK(options.ranks.empty());
  CHECK(options.beta == 0.1);  // what is not mentioned stays
}

TEST_CASE("Unknown keys are reported at the key, with the nearest name or with all names") {
  CHECK(complaints("{type: x, betta: 1}") ==
        "t.yaml:1:11: error: optimizer 'momentum' has no parameter 'betta' (did you mean 'beta'?)");
  CHECK(complaints("{tpye: x}") ==
        "t.yaml:1:2: error: optimizer 'momentum' has no parameter 'tpye' (did you mean 'type'?)");
  CHECK(complaints("{zzz: 1}") ==
        "t.yaml:1:2: error: optimizer 'momentum' has no parameter 'zzz' (it has: beta, tries, exact, damping, seed, "
        "norm, "
        "label, levels, ranks, path)");
  CHECK(complaints(Parameters(), parse_yaml("{zzz: 1}", "t.yaml"), "loss 'half'") ==
        "t.yaml:1:2: error: loss 'half' has no parameter 'zzz' (it has none)");
}

TEST_CASE("Values of a wrong type are reported with what was expected and what was found") {
  CHECK(complaints("{beta: abc}") ==
        "t.yaml:1:8: error: parameter 'beta' of optimizer 'momentum' must be a number between 0 and 1, but it is the "
        "text "
        "'abc'");
  CHECK(complaints("{beta: '0.5'}") ==
        "t.yaml:1:8: error: parameter 'beta' of optimizer 'momentum' must be a number between 0 and 1, but it is the "
        "text "
        "'0.5'");
  CHECK(complaints("beta:\n") ==
        "t.yaml:1:1: error: parameter 'beta' of optimizer 'momentum' must be a number between 0 and 1, but it is "
        "nothing");
  CHECK(complaints("{tries: 2.5}") ==
        "t.yaml:1:9: error: parameter 'tries' of optimizer 'momentum' must be a whole number of at least 1, but it is "
        "2.5");
  CHECK(
      complaints("{seed: -3}") ==
      "t.yaml:1:8: error: parameter 'seed' of optimizer 'momentum' must be a whole number of at least 0, but it is -3");
  CHECK(complaints("{exact: yes}") ==
        "t.yaml:1:9: error: parameter 'exact' of optimizer 'momentum' must be true or false, but it is the text 'yes'");
  CHECK(complaints("{damping: {a: 1}}") ==
        "t.yaml:1:11: error: parameter 'damping' of optimizer 'momentum' must be a number above 0, but it is a map");
  CHECK(complaints("{label: [1, 2]}") ==
        "t.yaml:1:9: error: parameter 'label' of optimizer 'momentum' must be a text, but it is the list [1, 2]");
  CHECK(complaints("{levels: 3}") ==
        "t.yaml:1:10: error: parameter 'levels' of optimizer 'momentum' must be a list of numbers, each above 0 and at "
        "most 1, but it is 3");
  CHECK(complaints("{path: {a: 1}}") ==
        "t.yaml:1:8: error: parameter 'path' of optimizer 'momentum' must be the name of a file, but it is a map");
}

TEST_CASE("Values out of range are reported with the range") {
  CHECK(complaints("{beta: 1.5}") ==
        "t.yaml:1:8: error: parameter 'beta' of optimizer 'momentum' must be between 0 and 1, but it is 1.5");
  CHECK(complaints("{tries: 0}") ==
        "t.yaml:1:9: error: parameter 'tries' of optimizer 'momentum' must be at least 1, but it is 0");
  CHECK(complaints("{damping: 1e-400}") ==
        "t.yaml:1:11: error: parameter 'damping' of optimizer 'momentum' must be above 0, but it is 1e-400");
  CHECK(complaints("{levels: [1, 0, 2]}") ==
        "t.yaml:1:14: error: parameter 'levels' of optimizer 'momentum' must be a list of numbers, each above 0 and at "
        "most 1, but entry 2 of 3 is 0");
  CHECK(
      complaints("{ranks: [1, x]}") ==
      "t.yaml:1:13: error: parameter 'ranks' of optimizer 'momentum' must be a list of whole numbers, each at least 1, "
      "but entry 2 of 2 is the text 'x'");
}

TEST_CASE("A word that is none of the choices is reported with the nearest one") {
  CHECK(
      complaints("{norm: spektral}") ==
      "t.yaml:1:8: error: parameter 'norm' of optimizer 'momentum' must be one of spectral, frobenius, nuclear, but it "
      "is the text 'spektral' (did you mean 'spectral'?)");
  CHECK(
      complaints("{norm: 2}") ==
      "t.yaml:1:8: error: parameter 'norm' of optimizer 'momentum' must be one of spectral, frobenius, nuclear, but it "
      "is 2");
}

TEST_CASE("A list in the place of a choice is reported with the choices") {
  CHECK(
      complaints("{norm: [nuclear]}") ==
      "t.yaml:1:8: error: parameter 'norm' of optimizer 'momentum' must be one of spectral, frobenius, nuclear, but it "
      "is the list [nuclear]");
}

TEST_CASE("A missing required parameter is reported at its section, with what it means") {
  Parameters parameters;
  std::string path;
  parameters.add_file("path", path, "the matrix, as .csv").required();
  CHECK(complaints(parameters, parse_yaml("a: {type: file}", "t.yaml").entries[0].value, "target 'file'") ==
        "t.yaml:1:4: error: target 'file' needs parameter 'path' (the matrix, as .csv)");
  CHECK(complaints(parameters, parse_yaml("a: [1]", "t.yaml").entries[0].value, "target 'file'") ==
        "t.yaml:1:4: error: target 'file' must be a map of parameters, but it is the list [1]");
}

TEST_CASE("A section that is left out is one without parameters") {
  CHECK(complaints("") == "");
  Parameters parameters;
  Real level = 3;
  parameters.add("level", level, any(), "noise level").required();
  CHECK(complaints(parameters, parse_yaml("a:", "t.yaml").entries[0].value, "noise 'x'") ==
        "t.yaml:1:1: error: noise 'x' needs parameter 'level' (noise level)");
  CHECK(complaints(parameters, parse_yaml("{level: low}", "t.yaml"), "noise 'x'") ==
        "t.yaml:1:9: error: parameter 'level' of noise 'x' must be a number, but it is the text 'low'");
}

TEST_CASE("A section with several faults reports them all and keeps the good values") {
  Options options;
  CHECK(complaints(options.declare(), parse_yaml("{betta: 1, tries: x, exact: 3, damping: 4}", "t.yaml")) ==
        "t.yaml:1:2: error: optimizer 'momentum' has no parameter 'betta' (did you mean 'beta'?)\n"
        "t.yaml:1:19: error: parameter 'tries' of optimizer 'momentum' must be a whole number of at least 1, but it is "
        "the "
        "text 'x'\n"
        "t.yaml:1:29: error: parameter 'exact' of optimizer 'momentum' must be true or false, but it is 3");
  CHECK(options.tries == 40);
  CHECK(options.damping == 4.0);
}

TEST_CASE("Data files are looked for beside the file that names them") {
  std::string pattern = (fs::temp_directory_path() / "tr-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const fs::path folder = pattern;
  fs::create_directory(folder / "data");
  std::ofstream(folder / "data" / "volcano.csv") << "1,2\n";
  const auto read = [&](const std::string& text) {
    const fs::path config = folder / "c.yaml";
    std::ofstream(config) << text;
    Options options;
    const std::string complaint = complaints(options.declare(), read_yaml(config), "target 'file'");
    return complaint.empty() ? options.path : complaint.substr(config.string().size());
  };
  CHECK(read("path: data/volcano.csv") == (folder / "data/volcano.csv").string());
  CHECK(read("path: ./data/../data/volcano.csv") == (folder / "data/volcano.csv").string());
  CHECK(read("path: " + (folder / "data/volcano.csv").string()) == (folder / "data/volcano.csv").string());
  CHECK(read("path: data/volcno.csv") ==
        ":1:7: error: parameter 'path' of target 'file' must be an existing file: at '" +
            (folder / "data/volcno.csv").string() + "' there is no such file (did you mean 'volcano.csv'?)");
  CHECK(read("path: date/volcano.csv") ==
        ":1:7: error: parameter 'path' of target 'file' must be an existing file: at '" +
            (folder / "date/volcano.csv").string() + "' there is no folder '" + (folder / "date").string() + "'");
  CHECK(read("path: data") == ":1:7: error: parameter 'path' of target 'file' must be a file, but '" +
                                  (folder / "data").string() + "' is a folder");
  CHECK(read("path: ''") ==
        ":1:7: error: parameter 'path' of target 'file' must be the name of a file, but it is the text ''");
  CHECK(read("path: /dev/null") ==
        ":1:7: error: parameter 'path' of target 'file' must be a file, but '/dev/null' is none");
  fs::copy(folder / "data/volcano.csv", folder / "data/volcano.npz");
  CHECK(read("path: data/volcano.npz:A") == (folder / "data/volcano.npz:A").string());

  // Specs keep the name as it is written: where a file lies on this disk is no part of an experiment.
  Options written;
  std::ofstream(folder / "c.yaml") << "path: data/volcano.csv";
  Node spec = read_yaml(folder / "c.yaml");
  Parameters parameters = written.declare();
  CHECK(complaints(parameters, spec) == "");
  parameters.write(spec);
  CHECK(spec.find("path")->scalar == "data/volcano.csv");
  CHECK(file_path(*spec.find("path")) == written.path);

  // An assignment has no folder: the current one counts, whatever the config's is.
  Node tree = parse_yaml("{}", (folder / "c.yaml").string());
  apply_assignment(tree, "path=data/volcano.csv", "--set");
  Options options;
  CHECK(complaints(options.declare(), tree, "target 'file'") ==
        "--set path=data/volcano.csv:1:6: error: parameter 'path' of target 'file' must be an existing file: at '" +
            fs::absolute("data/volcano.csv").string() + "' there is no folder '" + fs::absolute("data").string() + "'");
  fs::remove_all(folder);
}

TEST_CASE("All parameters are written with their values; given ones keep their positions") {
  Options options;
  Parameters parameters = options.declare();
  Node map = parse_yaml("{type: x, levels: [1e-1, 1], beta: 0.50, damping: ~}", "t.yaml");
  std::vector<Diagnostic> diagnostics;
  parameters.read(map, "optimizer", {"type"}, diagnostics);
  REQUIRE(diagnostics.empty());
  parameters.write(map);
  CHECK(
      to_json(map) ==
      R"({"type":"x","levels":[0.1,1],"beta":0.5,"tries":40,"exact":false,"norm":"spectral","label":"none","ranks":[]})");
  CHECK(map.find("beta")->position.text() == "t.yaml:1:36");
  CHECK(map.find("levels")->items[1].position.text() == "t.yaml:1:26");
  CHECK(map.find("tries")->position.text() == "");

  Options again;
  CHECK(complaints(again.declare(), map) == "");
  CHECK(again.beta == 0.5);
  CHECK(again.levels == options.levels);
}

TEST_CASE("A text that looks like something else is written in quotes") {
  for (const char* text : {"12", "true", "null", "~", ""}) {
    CAPTURE(text);
    Parameters parameters;
    std::string label = text;
    parameters.add("label", label, {}, "free text");
    Node map = Node::make_map({});
    parameters.write(map);
    CHECK(to_json(map) == "{\"label\":\"" + std::string(text) + "\"}");
    CHECK(to_json(parse_yaml(to_yaml(map), "t.yaml")) == to_json(map));
  }
}
