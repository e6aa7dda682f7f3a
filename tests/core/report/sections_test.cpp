// Every section of the page, whatever files there are: its heading, its place, and that it is left out where it has
// nothing to say.
#include "core/report/section.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

StoredCell cell_of(Labels labels, Real rate) {
  StoredCell cell;
  cell.labels = std::move(labels);
  cell.key = "0123456789abcdef";
  cell.sizes.rows = 6;
  cell.sizes.cols = 4;
  cell.spec =
      parse_yaml("{problem: {shape: [6, 4], target: {type: random}}, optimizer: {type: descent, step: 0.1}}", "");
  cell.record = parse_yaml("{tightrope: 1.0, plugins: [{kind: target, name: random, sha256: abc}]}", "");
  cell.provenance = parse_yaml("{finished: today, processor: one, threads: 1}", "");
  cell.trace.columns = {{"iteration", "", 0, false},
                        {"passes", "", 0, false},
                        {"objective", "loss", 0, true},
                        {"relative_error", "distance to the truth", 90, true}};
  for (Real t = 0; t <= 10; ++t) {
    cell.trace.rows.push_back({t, t, std::exp(-2 * rate * t), std::exp(-rate * t)});
    cell.trace.seconds.push_back(t);
  }
  cell.end = {EndClass::limit, "the limit was reached", 10};
  return cell;
}

StoredRun plain_run() {
  StoredRun run;
  run.name = "plain";
  run.cells.push_back(cell_of({}, 1));
  return run;
}

/// Two methods, three values of an axis, three repetitions; with a paper, claims, warnings and a tuned value.
StoredRun study() {
  StoredRun run;
  run.name = "study";
  run.is_study = true;
  for (const auto& [label, values] : {std::pair{"method", std::vector<std::string>{"fast", "slow"}},
                                      std::pair{"condition", std::vector<std::string>{"1", "10", "100"}},
                                      std::pair{repetition_label, std::vector<std::string>{"1", "2", "3"}}}) {
    StudyAxis axis;
    axis.label = axis.path = label;
    axis.values = values;
    run.axes.push_back(axis);
  }
  for (const char* method : {"fast", "slow"})
    for (const char* condition : {"1", "10", "100"})
      for (const char* repetition : {"1", "2", "3"}) {
        const Real rate = std::string(method) == "fast" ? 1 : 0.3;
        run.cells.push_back(
            cell_of({{"method", method}, {"condition", condition}, {repetition_label, repetition}}, rate));
      }
  std::vector<Diagnostic> diagnostics;
  run.success = read_success(Node::make_scalar("relative_error < 0.1", {}), diagnostics);
  run.cells.front().warnings = {"the <start> is far"};
  run.claims = {{"final relative_error < 1", "0.05", true, ""}};
  run.paper.emplace();
  run.paper->authors = "A. Author";
  run.paper->title = "A title";
  run.paper->shows = "it falls";
  Tuned tuned;
  tuned.path = "optimizer.step";
  tuned.value = Node::make_scalar("0.1", {});
  run.tuned = {tuned};
  return run;
}

/// A picture for the first cell.
Pictures pictures() {
  Pictures result;
  result.groups = {{0}};
  const LowRank X{arma::ones<Mat>(6, 1), arma::linspace<Mat>(0, 1, 4)};
  result.truth = [X](const auto&) {
    Truth truth;
    truth.X = X;
    truth.rank = 1;
    truth.norm = 1;
    return std::make_shared<const Truth>(std::move(truth));
  };
  result.estimate = [X](std::size_t, const Truth*) { return std::optional(X); };
  return result;
}

/// Whether each element that is opened is closed, the innermost first.
bool is_balanced(const std::string& html) {
  static const std::set<std::string> alone = {"br", "img", "input"};
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos; ++at) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return false;
    const bool closes = html[at + 1] == '/';
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" />", begin) - begin);
    if (closes) {
      if (open.empty() || open.back() != name) return false;
      open.pop_back();
    } else if (html[end - 1] != '/' && alone.count(name) == 0) {
      open.push_back(name);
    }
  }
  return open.empty();
}

std::string page_of(StoredRun run, const Pictures& pictures) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tightrope-sections-XXXXXX").string();
  run.folder = std::filesystem::path(mkdtemp(pattern.data())) / run.name;
  std::filesystem::create_directories(run.folder);
  write_report(run, pictures);
  std::ifstream file(run.folder / "report.html");
  std::stringstream text;
  text << file.rdbuf();
  std::filesystem::remove_all(run.folder.parent_path());
  return text.str();
}

}  // namespace

TEST_CASE("every section is on the page: below its heading, in its order, in the list of sections") {
  std::set<int> seen;
  for (const StoredRun& run : {plain_run(), study()}) {
    const Pictures shown = run.is_study ? pictures() : Pictures{};
    const std::string page = page_of(run, shown);
    const Summary summary = summarize(run);
    const Figures figures = figures_of(run, summary);
    std::size_t place = page.find("<h1>"), link = page.find("<nav");
    REQUIRE(place != std::string::npos);
    REQUIRE(link != std::string::npos);
    for (const ReportSection& section : report_sections()) {
      const Content content{run, summary, figures, shown};
      const std::string html = section.html(content);
      INFO(run.name, ", order ", section.order);
      CHECK(is_balanced(html));
      CHECK(html.find("<h2") == std::string::npos);  // the page writes it
      if (html.empty()) {
        if (section.heading) CHECK(page.find(">" + section.heading(content) + "</h2>") == std::string::npos);
        continue;
      }
      seen.insert(section.order);
      const std::size_t at = page.find(html, place);
      REQUIRE(at != std::string::npos);
      if (section.heading) {
        const std::string heading = section.heading(content), open = ">" + heading + "</h2>\n";
        CHECK(at > page.find("</nav>"));
        CHECK(page.substr(at - open.size(), open.size()) == open);
        const std::size_t next = page.find(">" + heading + "</a>", link);
        CHECK(next < page.find("</nav>"));
        CHECK(page.find(open, at) == std::string::npos);
        link = next;
      } else {
        CHECK(at < link);
      }
      place = at + html.size();
    }
  }
  CHECK(seen.size() == report_sections().size());  // none is without a test, and no two have the same order
}

TEST_CASE("methods that are too many to be compared are said to be") {
  const StoredRun run = study();
  Summary summary = summarize(run);
  summary.has_all_comparisons = false;
  summary.comparisons.clear();
  const Figures figures = figures_of(run, summary);
  std::string body;
  for (const ReportSection& section : report_sections()) body += section.html({run, summary, figures, {}});
  CHECK(body.find("too many methods to compare each with each") != std::string::npos);
}

TEST_CASE("what names and reasons say is text, not markup") {
  StoredRun run = study();
  run.claims.front().text = "<b>&";
  const std::string page = page_of(run, {});
  CHECK(page.find("<b>&<") == std::string::npos);
  CHECK(page.find("&lt;b&gt;&amp;") != std::string::npos);
  CHECK(page.find("The &lt;start&gt; is far") != std::string::npos);
}
