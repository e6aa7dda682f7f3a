// Theory dashed over curves, marks of a run, the axes of its figures, and what its record kept, in words.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/report/cell_words.hpp"
#include "core/report/figures/curves/curves.hpp"
#include "core/report/page/figure_html.hpp"
#include "core/report/report.hpp"
#include "core/report/section.hpp"
#include "core/study/findings/summary.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

const Real none = std::nan("");

/// A run of eleven recorded iterations 0, 2, …, 20 with a passes column that is three times as fast, and step 0.1.
StoredCell cell_of(const std::vector<Column>& more, const std::function<std::vector<Real>(Real)>& values,
                   bool has_clock = true) {
  StoredCell cell;
  cell.trace.columns = {{"iteration", "", 0, false}, {"passes", "", 0, false}, {"objective", "loss", 0, true}};
  if (has_clock) {
    cell.trace.columns.push_back({"step", "step size", 0, true});
    cell.trace.columns.push_back({"time", "flow time", 0, false});
  }
  cell.trace.columns.insert(cell.trace.columns.end(), more.begin(), more.end());
  for (Real t = 0; t <= 20; t += 2) {
    std::vector<Real> row = {t, 3 * t, std::exp(-t)};
    if (has_clock) {
      row.push_back(t > 0 ? 0.1 : none);
      row.push_back(0.1 * t);
    }
    const std::vector<Real> own = values(t);
    row.insert(row.end(), own.begin(), own.end());
    cell.trace.rows.push_back(row);
    cell.trace.seconds.push_back(t / 100);
  }
  cell.end = {EndClass::limit, "the limit was reached", 20};
  return cell;
}

StoredRun run_of(StoredCell cell) {
  StoredRun run;
  run.name = "test";
  run.cells.push_back(std::move(cell));
  return run;
}

/// All sections of the page.
std::string body_of(const StoredRun& run) {
  const Summary summary = summarize(run);
  const Figures figures = figures_of(run, summary);
  std::string body;
  for (const ReportSection& section : report_sections()) body += section.html({run, summary, figures, {}});
  return body;
}

/// sigma_1 and sigma_2 with theory up to iteration 10 for both.
StoredRun spectra() {
  return run_of(cell_of({{"sigma_1", "singular value 1 of X", 0, true},
                         {"sigma_1_theory", "", 0, true, "sigma_1"},
                         {"sigma_2", "singular value 2 of X", 0, true},
                         {"sigma_2_theory", "", 0, true, "sigma_2"}},
                        [](Real t) {
                          return std::vector<Real>{std::exp(t - 20), t <= 10 ? 2 * std::exp(t - 20) : none,
                                                   std::exp(t / 2 - 20), t <= 10 ? std::exp(t / 2 - 19) : none};
                        }));
}

const Figure* find(const std::vector<Figure>& figures, const std::string& id) {
  const auto at = std::find_if(figures.begin(), figures.end(), [&](const Figure& figure) { return figure.id == id; });
  return at == figures.end() ? nullptr : &*at;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

}  // namespace

TEST_CASE("a column that predicts another one is drawn over it, in its style, and is no curve of its own") {
  const std::vector<Figure> figures = curves_of_run(spectra());
  CHECK(figures.size() == 2);  // the objective and the spectrum; no step and no time
  const Figure* figure = find(figures, "sigma");
  REQUIRE(figure);
  const Panel& panel = figure->plots.front().panels.front();
  REQUIRE(panel.series.size() == 2);
  REQUIRE(panel.theories.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(panel.theories[i].style == panel.series[i].style);
    CHECK(curve_dashes(panel.series[i].style).empty());  // dashes are for theory
    CHECK(panel.theories[i].x == std::vector<Real>{0, 2, 4, 6, 8, 10});
  }
  CHECK(panel.theories[0].y[5] == doctest::Approx(2 * std::exp(-10.0)));
  CHECK(panel.theories[1].y[5] == doctest::Approx(std::exp(-14.0)));
  CHECK(panel.series[0].style != panel.series[1].style);
  const std::string svg = svgs_of(*figure, 0).front();
  CHECK(count_of(svg, std::string("stroke-dasharray=\"") + theory_dashes + "\"") == 3);  // both, and the legend
  CHECK(svg.find(">theory</text>") != std::string::npos);
  std::string page;
  for (const Figure& one : figures) page += interactive_html(one);
  CHECK(page.find("<span>theory</span>") != std::string::npos);
  CHECK(page.find("sigma 1, theory") != std::string::npos);  // its numbers
  const std::string data = data_of(figures);
  CHECK(count_of(data, "\"theories\":[{") == 4);  // on each clock
}

TEST_CASE("a prediction of what was not recorded, or of itself, is a curve like any other") {
  for (const char* of : {"sigma_1", "orphan"}) {
    const std::vector<Figure> figures = curves_of_run(
        run_of(cell_of({{"orphan", "alone", 0, true, of}}, [](Real t) { return std::vector<Real>{1 + t}; })));
    const Figure* figure = find(figures, "orphan");
    REQUIRE(figure);
    CHECK(figure->plots.front().panels.front().series.size() == 1);
    CHECK(figure->plots.front().panels.front().theories.empty());
  }
}

TEST_CASE("curves are drawn over flow time where the trace has it") {
  const StoredRun run = spectra();
  CHECK(clocks_of(run) == clocks());
  const Figure figure = *find(curves_of_run(run), "objective");
  REQUIRE(figure.plots.size() == 4);
  CHECK(figure.plots[3].x_label == "flow time");
  CHECK(figure.plots[3].panels.front().series.front().x[5] == doctest::Approx(1));
  CHECK(figure.plots[1].panels.front().series.front().x[5] == 30);
  CHECK(body_of(run).find("value=\"time\" data-clock=\"3\"> flow time") != std::string::npos);
  // A run of before has neither step nor time.
  const StoredRun old = run_of(cell_of(
      {}, [](Real) { return std::vector<Real>{}; }, false));
  CHECK(clocks_of(old).size() == 3);
  CHECK(curves_of_run(old).front().plots.size() == 3);
  CHECK(body_of(old).find("flow time") == std::string::npos);
}

TEST_CASE("passes are over the operator where there is one, and else over the data") {
  StoredRun run = spectra();
  CHECK(in_words(*find_cost("passes"), run) == "passes over the data");
  run.cells.front().sizes.measurements = 30;
  CHECK(in_words(*find_cost("passes"), run) == "passes over the operator");
}

TEST_CASE("the step is a figure where it varies, after all others, and the time never is") {
  StoredRun run = spectra();
  CHECK_FALSE(find(curves_of_run(run), "step"));
  run.cells.front().trace.rows[4][3] = 0.2;
  const std::vector<Figure> figures = curves_of_run(run);
  REQUIRE(find(figures, "step"));
  CHECK(figures.back().id == "step");
  CHECK(find(figures, "step")->plots.front().panels.front().series.size() == 1);
  CHECK_FALSE(find(figures, "time"));
}

TEST_CASE("what a method records of itself is drawn as what an observer records") {
  const auto figures =
      curves_of_run(run_of(cell_of({{"damping", "δ", 0, true}, {"inner", "inner iterations", 5, true}}, [](Real t) {
        return std::vector<Real>{1 / (1 + t), 1 + t};
      })));
  REQUIRE(find(figures, "damping"));
  REQUIRE(find(figures, "overview"));  // a prominent one
  CHECK(find(figures, "overview")->plots.front().panels.front().series.front().name == "inner");
}

TEST_CASE("marks are lines with their words, between two rows where they lie there; many are short ticks") {
  StoredRun run = spectra();
  run.cells.front().trace.marks = {{3, "rebalanced"}, {16, "restarted"}};
  const Figure figure = *find(curves_of_run(run), "objective");
  const auto& plots = figure.plots;
  REQUIRE(plots[0].panels.front().events.size() == 2);
  CHECK(plots[0].panels.front().events[0].x == 3);
  CHECK(plots[1].panels.front().events[0].x == 9);
  CHECK(plots[2].panels.front().events[0].x == doctest::Approx(0.03));
  CHECK(plots[3].panels.front().events[1].x == doctest::Approx(1.6));
  const std::string svg = svgs_of(figure, 0).front();
  CHECK(count_of(svg, "class=\"event\"") == 2);
  CHECK(svg.find(">rebalanced</text>") != std::string::npos);
  CHECK(svg.find(">restarted</text>") != std::string::npos);
  CHECK(count_of(svg, " 0V7.0\"") == 0);

  run.cells.front().trace.marks.clear();
  for (Index t = 0; t < 30; ++t) run.cells.front().trace.marks.push_back({t % 20 + 1, "rebalanced"});
  const std::string many = svgs_of(*find(curves_of_run(run), "objective"), 0).front();
  CHECK(count_of(many, " 0V7.0\"") == 30);
  CHECK(count_of(many, ">rebalanced</text>") == 1);

  // Beside them one of another kind keeps its line and its word.
  run.cells.front().trace.marks.push_back({20, "restarted"});
  const std::string both = svgs_of(*find(curves_of_run(run), "objective"), 0).front();
  CHECK(count_of(both, " 0V7.0\"") == 30);
  CHECK(count_of(both, "class=\"event\"") == 31);
  CHECK(count_of(both, ">restarted</text>") == 1);
}

TEST_CASE("the phases of a run are bands behind its curves, each up to where the next begins") {
  Column phase{"phase", "", 0, false};
  phase.phases = {"alignment", "saddle avoidance", "refinement"};
  StoredRun run = run_of(cell_of({phase}, [](Real t) {
    return std::vector<Real>{t < 1 ? none : t < 6 ? 1 : t < 14 ? 2 : t < 18 ? 3 : 2};
  }));
  const std::vector<Figure> figures = curves_of_run(run);
  CHECK_FALSE(find(figures, "phase"));
  const Figure figure = *find(figures, "objective");
  const std::vector<Stretch>& stretches = figure.plots[0].panels.front().stretches;
  REQUIRE(stretches.size() == 4);
  const std::vector<std::string> words = {"alignment", "saddle avoidance", "refinement", "saddle avoidance"};
  const std::vector<Real> ends = {2, 6, 14, 18, 20};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(stretches[i].word == words[i]);
    CHECK(stretches[i].low == ends[i]);
    CHECK(stretches[i].high == ends[i + 1]);
    CHECK(stretch_opacity(stretches[i].index) < 0.2);
  }
  CHECK(stretches[1].index == stretches[3].index);
  CHECK(stretches[0].index != stretches[1].index);
  CHECK(figure.plots[1].panels.front().stretches[1].low == 18);  // passes are three times as many
  const std::string svg = svgs_of(figure, 0).front();
  CHECK(count_of(svg, "<title>saddle avoidance</title>") == 2);
  CHECK(count_of(svg, "saddle avoidance</text>") == 1);  // in the legend
  CHECK(count_of(svg, "class=\"stretch\"") == 4 + 3);

  // A number that is no phase is none, and stops none.
  run.cells.front().trace.rows[8].back() = 7;
  run.cells.front().trace.rows[9].back() = 0;
  run.cells.front().trace.rows[10].back() = none;
  CHECK(find(curves_of_run(run), "objective")->plots[0].panels.front().stretches.size() == 3);
}

TEST_CASE("a mark that is not recorded any more, beyond the last row, is left out") {
  StoredRun run = spectra();
  run.cells.front().trace.marks = {{25, "late"}};
  CHECK(find(curves_of_run(run), "objective")->plots[0].panels.front().events.empty());
}

TEST_CASE("what was kept and what was marked, in words") {
  StoredCell cell =
      cell_of({{"validation_error", "", 30, true}, {"relative_error", "", 90, true}, {"mute", "", 0, true}}, [](Real) {
        return std::vector<Real>{1, 1, 1};
      });
  CHECK(kept_in_words(cell).empty());
  CHECK(marks_in_words(cell.trace).empty());
  cell.kept = parse_yaml(
      "{column: validation_error, iteration: 132, metrics: {iteration: 132, validation_error: 0.0123, relative_error: "
      "0.034, mute: 7}}",
      "record.json");
  CHECK(kept_in_words(cell) == "iteration 132, where validation_error is smallest (0.0123): relative_error 0.034");
  CHECK(kept_iteration(cell) == 132);
  cell.trace.marks = {{12, "rebalanced"}};
  CHECK(marks_in_words(cell.trace) == "rebalanced at iteration 12");
  cell.trace.marks = {{12, "rebalanced"}, {20, "restarted"}, {40, "rebalanced"}, {92, "rebalanced"}};
  CHECK(marks_in_words(cell.trace) == "rebalanced at iterations 12, 40 and 92; restarted at iteration 20");
  cell.trace.marks.clear();
  for (Index t = 1; t <= 300; ++t) cell.trace.marks.push_back({t, "rebalanced"});
  CHECK(marks_in_words(cell.trace) == "rebalanced at 300 iterations from 1 to 300");

  cell.trace.marks.clear();
  cell.kept = parse_yaml("{column: validation_error, iteration: 8, metrics: {validation_error: 0.02}}", "record.json");
  const StoredRun run = run_of(cell);
  CHECK(body_of(run).find("Kept: iteration 8, where validation error is smallest (0.02)") != std::string::npos);
  const auto events = find(curves_of_run(run), "objective")->plots[0].panels.front().events;
  REQUIRE(events.size() == 1);
  CHECK(events[0].x == 8);
  CHECK(events[0].word == "kept");
}

TEST_CASE("in a study theory is the median of what its runs predict, as long as all of them do") {
  StoredRun run = spectra();
  run.is_study = true;
  StudyAxis repetition;
  repetition.label = repetition.path = repetition_label;
  run.axes = {repetition};
  StoredCell second = run.cells.front();
  for (auto& row : second.trace.rows) {
    row[6] *= 4;
    if (row[0] > 6) row[6] = none;
  }
  run.cells.push_back(second);
  for (std::size_t i = 0; i < 2; ++i) run.cells[i].labels = {{repetition_label, std::to_string(i + 1)}};
  const std::vector<Figure> figures = curves_of_study(run, summarize(run));
  const Figure* figure = find(figures, "sigma");
  REQUIRE(figure);
  REQUIRE(figure->plots.size() == 4);
  const Panel& panel = figure->plots.front().panels.front();
  REQUIRE(panel.series.size() == 2);
  REQUIRE(panel.theories.size() == 2);
  CHECK(panel.theories[0].x == std::vector<Real>{0, 2, 4, 6});
  CHECK(panel.theories[1].x.back() == 10);
  CHECK(panel.theories[0].y[0] == doctest::Approx(5 * std::exp(-20.0)));  // the mean of 2 and 8
  CHECK(panel.theories[0].low.empty());
  CHECK(panel.theories[1].style == panel.series[1].style);
  CHECK(curve_dashes(panel.series[1].style).empty());
  for (const Figure& one : figures) {
    CHECK(one.id.find("theory") == std::string::npos);
    CHECK(one.id != "step");
    CHECK(one.id != "time");
  }
}
