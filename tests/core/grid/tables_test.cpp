// Every range and every key of a study, whatever files there are: read, counted, hinted at and documented.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/base/table.hpp"
#include "core/experiment/section.hpp"
#include "core/grid/form.hpp"
#include "core/grid/grid.hpp"
#include "core/grid/ranges.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

struct Read {
  std::size_t cells = 0;
  std::vector<std::string> complaints;
};

Read read(const std::string& study) {
  std::vector<Diagnostic> diagnostics;
  const Node node = parse_yaml(study, "s.yaml");
  const Grid grid(Node::make_map({}), node, keys_of_cells(), {}, diagnostics);
  Read result{grid.size(), {}};
  for (const Diagnostic& diagnostic : diagnostics) result.complaints.push_back(diagnostic.message);
  return result;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string misspelt(const std::string& word) { return word + "x"; }

}  // namespace

TEST_CASE("every range has the values that its example promises") {
  for (const ValueRange& range : value_ranges()) {
    CAPTURE(range.name);
    std::vector<Diagnostic> diagnostics;
    const Node text = Node::make_scalar(range.example, {});
    std::vector<std::string> values;
    for (const Node& value : listed_values("x", text, diagnostics)) values.push_back(value.scalar);
    CHECK(diagnostics.empty());
    CHECK(values == range.promised);
    CHECK(range_name(text) == range.name);
    CHECK(read("{grid: {optimizer.step: '" + range.example + "'}}").cells == range.promised.size());
  }
}

TEST_CASE("every range is hinted at, named among all, and refuses what it cannot read") {
  const Read none = read("{grid: {optimizer.step: 3}}"), unknown = read("{grid: {optimizer.step: 'qqqqq(1)'}}");
  for (const ValueRange& range : value_ranges()) {
    CAPTURE(range.name);
    CHECK(has(none.complaints.at(0), range.example));
    CHECK(has(unknown.complaints.at(0), range.name));
    const std::string near = misspelt(range.name) + range.example.substr(range.name.size());
    CHECK(has(read("{grid: {optimizer.step: '" + near + "'}}").complaints.at(0), "did you mean '" + range.name + "'?"));
    const Read empty = read("{grid: {optimizer.step: '" + range.name + "()'}}");
    REQUIRE(empty.complaints.size() == 1);
    CHECK(has(empty.complaints[0], range.name + "("));
  }
}

TEST_CASE("every key of a study has an example with as many cells as it says") {
  for (const StudyForm& form : study_forms()) {
    CAPTURE(form.name);
    const Read result = read(form.example);
    CHECK(result.complaints.empty());
    CHECK(result.cells == form.cells);
    Node without = parse_yaml(form.example, "s.yaml");
    REQUIRE(without.find(form.name));
    // What makes axes is enough for a study, and what picks cells picks some of them.
    without.erase(form.name);
    const Read rest = read(to_yaml(without));
    if (form.what == StudyForm::What::axes) CHECK(without.entries.empty());
    if (form.what == StudyForm::What::how) CHECK(rest.cells == form.cells);
    if (form.what == StudyForm::What::which) CHECK(rest.cells > form.cells);
  }
}

TEST_CASE("every key of a study is hinted at, and listed where a study has none of its kind") {
  const std::string nothing = read("{}").complaints.at(0), unknown = read("{qqqqq: 1}").complaints.at(0);
  for (const StudyForm& form : study_forms()) {
    CAPTURE(form.name);
    CHECK(has(unknown, form.name));
    CHECK(has(nothing, form.name) == (form.what == StudyForm::What::axes));
    CHECK(has(read("{" + misspelt(form.name) + ": 1}").complaints.at(0), "did you mean '" + form.name + "'?"));
  }
}

TEST_CASE("every section of a config is a key of a file, and those of cells are paths of axes") {
  for (const Section& section : sections()) {
    if (section.name.empty()) continue;
    CAPTURE(section.name);
    const auto among = [&](const std::vector<std::string>& keys) {
      return std::find(keys.begin(), keys.end(), section.name) != keys.end();
    };
    CHECK(among(keys_of_cells()) != among(keys_of_files()));
    const Read axis = read("{grid: {" + section.name + ".x: [1, 2]}}");
    CHECK(axis.complaints.empty() == among(keys_of_cells()));
    for (const Section& inner : section.inside) CHECK(home_of_key(inner.name) == section.name);
  }
  CHECK(home_of_key("iterations") == "stop");
  CHECK(home_of_key("zip") == "study");
  CHECK(home_of_key("every") == "observers");
  CHECK(home_of_key("qqqqq").empty());
}

TEST_CASE("the reference page has every range and every key of a study") {
  const Section& study = *find_named(sections(), std::string("study"));
  for (const ValueRange& range : value_ranges()) {
    CAPTURE(range.name);
    CHECK(has(study.text, range.name + "(" + range.arguments + ")"));
    CHECK(has(study.text, range.example));
  }
  for (const StudyForm& form : study_forms()) {
    CAPTURE(form.name);
    const Parameter* key = find_named(study.parameters, form.name);
    REQUIRE(key);
    CHECK(has(key->doc, form.doc));
    CHECK(has(key->doc, form.example));
  }
}
