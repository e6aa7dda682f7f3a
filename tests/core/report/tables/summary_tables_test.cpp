// Tables of a study as a paper wants them: columns, pivots, names, the best in bold.
#include "core/report/tables/summary_tables.hpp"

#include <doctest/doctest.h>

using namespace tightrope;

namespace {

using TableRows = std::vector<std::vector<std::string>>;

StoredCell run(const std::string& method, const std::string& level, const std::string& repetition, Real count,
               Real last) {
  StoredCell cell;
  cell.labels = {{"method", method}, {"level", level}, {"repetition", repetition}};
  cell.end.end_class = EndClass::limit;
  cell.trace.columns = {{"iteration", "", 0, false}, {"passes", "", 0, false}, {"error", "", 10, true}};
  cell.trace.rows = {{0, 1, 1}, {count, 2 * count, last}};
  cell.trace.seconds = {0, count / 8};
  return cell;
}

/// Two methods, two levels, two repetitions: a is faster at `low`, b at `high`, where a never succeeds.
Summary summary(const SummaryOptions& options = {}) {
  StoredRun stored;
  stored.name = "study";
  stored.is_study = true;
  for (const char* repetition : {"1", "2"}) {
    stored.cells.push_back(run("a", "low", repetition, 10, 0.01));
    stored.cells.push_back(run("b", "low", repetition, 20, 0.005));
    stored.cells.push_back(run("a", "high", repetition, 40, 0.5));
    stored.cells.push_back(run("b", "high", repetition, 30, 0.02));
  }
  for (const auto& [label, values] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"method", {"a", "b"}}, {"level", {"low", "high"}}, {"repetition", {"1", "2"}}}) {
    StudyAxis& axis = stored.axes.emplace_back();
    axis.label = label;
    axis.path = label == "level" ? "problem.level" : label;
    axis.values = values;
  }
  stored.success = SuccessCriterion{"error", {Condition::Relation::below, 0.1, 0}, {}};
  return summarize(stored, options);
}

}  // namespace

TEST_CASE("columns can be chosen, in any order, in the tables of settings, of numbers and of comparisons") {
  TableOptions options;
  options.columns = {"iterations", "final"};
  CHECK(table_of_settings(summary(), "error", options).rows() ==
        TableRows{{"level", "method", "iterations", "error"},
                  {"low", "a", "10 [10, 10]", "0.01 [0.01, 0.01]"},
                  {"low", "b", "20 [20, 20]", "5.00e-03 [5.00e-03, 5.00e-03]"},
                  {"high", "a", "more than 40", "0.5 [0.5, 0.5]"},
                  {"high", "b", "30 [30, 30]", "0.02 [0.02, 0.02]"}});
  CHECK(table_of_comparisons(summary(), options).rows().front() ==
        std::vector<std::string>{"method", "against", "pairs", "repetitions", "iterations", "p", "error", "p"});
  options.columns = {"passes"};
  CHECK(numbers_of_settings(summary(), "error", options).rows() ==
        TableRows{{"level", "method", "passes_to_target", "passes_to_target_low", "passes_to_target_high"},
                  {"low", "a", "20", "20", "20"},
                  {"low", "b", "40", "40", "40"},
                  {"high", "a", "inf", "inf", "inf"},
                  {"high", "b", "60", "60", "60"}});
}

TEST_CASE("a pivot has methods as rows and settings as columns") {
  TableOptions options;
  options.pivot = "iterations";
  options.names = {{"a", "Method A"}, {"level", "noise"}, {"high", "much"}};
  CHECK(pivot_of_settings(summary(), "error", options, false).rows() ==
        TableRows{{"method", "noise low", "noise much"}, {"Method A", "10", "more than 40"}, {"b", "20", "30"}});
  CHECK(pivot_of_settings(summary(), "error", options, true).rows() ==
        TableRows{{"method", "noise low", "noise much"}, {"Method A", "10", "inf"}, {"b", "20", "30"}});
  options.pivot = "successes";
  CHECK(pivot_of_settings(summary(), "error", options, false).rows()[1] ==
        std::vector<std::string>{"Method A", "2 of 2", "0 of 2"});
}

TEST_CASE("the best of each setting is bold, whatever the rows and the direction of the table") {
  TableOptions options;
  options.pivot = "iterations";
  options.bold = true;
  CHECK(pivot_of_settings(summary(), "error", options, false).text("markdown") ==
        "| method | level low | level high   |\n"
        "| ------ | --------: | ------------ |\n"
        "| a      |    **10** | more than 40 |\n"
        "| b      |        20 | **30**       |\n");
  options.pivot = "";
  options.columns = {"final", "successes"};
  const std::string table = table_of_settings(summary(), "error", options).text("markdown");
  CHECK(table.find("**5.00e-03 [5.00e-03, 5.00e-03]**") != std::string::npos);
  CHECK(table.find("**2 of 2 [0.34, 1.00]**") != std::string::npos);  // at high alone: at low both succeed
  CHECK(table.find("**0.01 ") == std::string::npos);
  CHECK(table.find("**2 of 2 [0.34, 1.00]** |\n| high") == std::string::npos);
}

TEST_CASE("settings are pooled where it is asked for, and that is said") {
  const Summary pooled = summary({std::nullopt, {}, {"level"}});
  TableOptions options;
  options.columns = {"final"};
  CHECK(table_of_settings(pooled, "error", options).rows() ==
        TableRows{{"method", "error"}, {"a", "0.255 [0.255, 0.255]"}, {"b", "0.0125 [0.0125, 0.0125]"}});
  CHECK(notes_on(pooled, "error").front().find("Settings that differ in level alone are taken together") == 0);
  CHECK(notes_on(summary(), "error").front().find("taken together") == std::string::npos);
}

TEST_CASE("what so few repetitions can show is said beside p") {
  const std::vector<std::string> notes = notes_on_comparisons(summary());
  CHECK(notes.back() == "2 repetitions cannot give a p below 0.5; smaller ones take more repetitions.");
}

TEST_CASE("a p of fewer repetitions than the others says so") {
  Comparison comparison;
  comparison.repetitions = 5;
  PairedRatio ratio;
  ratio.ratios = {2, 3, 4};
  ratio.p_holm = 0.25;
  CHECK(p_of(ratio, comparison) == "0.25 (3)");
  ratio.ratios = {2, 3, 4, 5, 6};
  ratio.is_exact = false;
  CHECK(p_of(ratio, comparison) == "≈0.25");
}

TEST_CASE("columns, pivots and names that are not there are refused with what is") {
  TableOptions options;
  options.columns = {"iteration"};
  CHECK_THROWS_WITH_AS(check(options, summary(), "error"),
                       "the table has no column 'iteration' (did you mean 'iterations'?)", Error);
  options.columns = {"brightness"};
  CHECK_THROWS_WITH_AS(
      check(options, summary(), "error"),
      "the table has no column 'brightness'; it has ends, error, successes, iterations, passes, seconds", Error);
  options = {};
  options.names = {{"metod", "Method"}};
  CHECK_THROWS_WITH_AS(check(options, summary(), "error"),
                       "the tables have no 'metod' that could be renamed (did you mean 'method'?)", Error);
}
