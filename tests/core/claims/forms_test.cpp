// Each form of a quantity and each condition, by its own example: read, written again, measured, and found in the
// reference. Each clock: in a quantity, on a trace. A new file is under these tests by being there.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>

#include "core/base/text/word_list.hpp"
#include "core/claims/condition_form.hpp"
#include "core/claims/judging/judge.hpp"
#include "core/claims/topic.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

/// Error and loss fall as powers of the iteration, above 0; two passes an iteration, and flow time beside them.
Trace sample() {
  Trace trace;
  trace.columns = Trace::own_columns();
  for (const char* name : {"error", "loss"}) trace.columns.emplace_back().name = name;
  for (int i = 0; i <= 40; ++i) {
    const Real t = i, step = 0.5;
    std::vector<Real> row;
    for (const Column& column : trace.columns)
      row.push_back(column.name == "iteration"   ? t
                    : column.name == "passes"    ? 2 * t + 1
                    : column.name == "time"      ? step * t
                    : column.name == "step"      ? step
                    : column.name == "objective" ? 1 / (1 + t)
                    : column.name == "error"     ? std::pow(1 + t, -2)
                                                 : std::pow(1 + t, -1));
    trace.rows.push_back(row);
    trace.seconds.push_back(t / 100);
  }
  return trace;
}

std::optional<Quantity> read(const std::string& text) { return read_quantity(Node::make_scalar(text, {})); }

std::vector<Claim> read_all(const std::string& text, std::vector<Diagnostic>& diagnostics) {
  return {read_claim(parse_yaml(text, "c.yaml"), diagnostics)};
}

std::string complaint(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  read_all(text, diagnostics);
  return diagnostics.empty() ? "" : diagnostics.front().message;
}

const std::string& reference() {
  static const std::string text = [] {
    std::ifstream file(TIGHTROPE_SOURCE_DIR "/docs/reference.md");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return text;
}

}  // namespace

TEST_CASE("each form of a quantity reads its example, says it again, measures it and is in the reference") {
  REQUIRE_FALSE(quantity_forms().empty());
  const Trace trace = sample();
  for (const QuantityForm& form : quantity_forms()) {
    CAPTURE(form.example);
    const auto quantity = read(form.example);
    REQUIRE(quantity);
    CHECK(quantity->form == &form);
    CHECK(quantity->text() == form.example);
    const Measured measured = measure(*quantity, trace);
    CHECK_MESSAGE(measured.is_number(), measured.text());
    CHECK(std::isfinite(measured.low));
    CHECK_FALSE(measure(*quantity, Trace{trace.columns, {}, {}, {}}).is_number());
    CHECK_FALSE(measure(*quantity, Trace{}).is_number());
    CHECK(reference().find("`" + form.example + "` | " + form.meaning) != std::string::npos);
    for (const std::string& pattern : patterns_of(form)) {
      CHECK(reference().find("`" + pattern + "`") != std::string::npos);
      CHECK(complaint("{that: what is it, is: < 1}").find("'" + pattern + "'") != std::string::npos);
    }
    // Exactly one of a measure and a law.
    CHECK((form.law != nullptr) != static_cast<bool>(form.measure));
  }
}

TEST_CASE("each form has a window if it says so, takes a deviation for its column, and has a hint for a slip") {
  Trace trace = sample();
  for (const QuantityForm& form : quantity_forms()) {
    CAPTURE(form.example);
    CHECK((complaint("{that: " + form.example + ", is: < 1, from: 3, to: 30}") == "") == form.has_window);
    const std::size_t column = form.example.find("error");
    REQUIRE(column != std::string::npos);
    std::string deviating = form.example;
    deviating.replace(column, 5, "deviation of error from loss");
    const auto quantity = read(deviating);
    REQUIRE(quantity);
    CHECK(quantity->reference == "loss");
    CHECK(quantity->text() == deviating);
    if (form.has_window && !form.law) {
      Quantity whole = *read(form.example), part = whole;
      part.from = 10;
      part.to = 12;
      Trace cut = trace;
      cut.rows = {trace.rows[10], trace.rows[11], trace.rows[12]};
      cut.seconds.resize(3);
      CHECK(measure(part, trace).low == measure(whole, cut).low);
    }
    // A letter of its longest own word is doubled.
    std::string slip;
    for (const std::string& word : words_of(Node::make_scalar(form.example, {})))
      if (word != "error" && word != "loss" && word.size() > slip.size()) slip = word;
    std::string misspelt = form.example;
    misspelt.insert(misspelt.find(slip) + 1, 1, slip[1]);
    CHECK(complaint("{that: " + misspelt + ", is: < 1}").find("'" + form.example + "'?)") != std::string::npos);
  }
}

TEST_CASE("each topic reads its example, says it again, is judged, and is in messages and in the reference") {
  const Trace trace = sample();
  for (const TopicForm& form : topic_forms()) {
    CAPTURE(form.example);
    // Exactly one of a law, a number of a setting and an answer of a run.
    CHECK(form.law.has_value() + bool(form.of_setting) + bool(form.answer) == 1);
    CHECK(bool(form.answer) == !form.answers.empty());
    const auto filled = [](std::string text) {
      for (const auto& [slot, word] : {std::pair{"QUANTITY", "final error"}, {"< BOUND", "< 0.1"}, {"LABEL", "kappa"}})
        for (std::size_t at; (at = text.find(slot)) != std::string::npos;) text.replace(at, std::strlen(slot), word);
      return text;
    };
    std::vector<Diagnostic> diagnostics;
    const std::vector<Claim> claims = read_all(filled(form.example), diagnostics);
    REQUIRE_MESSAGE(diagnostics.empty(), (diagnostics.empty() ? "" : diagnostics.front().message));
    CHECK(claims.front().topic == &form);
    CHECK(claims.front().text.starts_with(filled(form.pattern)));
    CHECK(claims.front().fit == (form.law ? &*form.law : nullptr));
    std::vector<ClaimSubject> runs;
    for (const char* value : {"1", "2", "4"}) runs.push_back({{{"kappa", value}, {"step", "2"}}, &trace});
    CHECK_FALSE(undecidable_reason(claims.front(), {runs[0].labels, runs[1].labels, runs[2].labels}));
    const Verdict verdict = judge(claims, runs).front();
    CHECK_FALSE(verdict.measured.empty());
    CHECK(verdict.measured != "no such run");
    if (form.answer) CHECK(contains(form.answers, form.answer(runs.front())));
    CHECK(reference().find("`" + form.example + "` | " + form.meaning) != std::string::npos);
    CHECK(complaint("{that: what is it, is: < 1}").find("'" + form.pattern + "'") != std::string::npos);
    std::string misspelt = filled(form.pattern);
    misspelt.insert(1, 1, misspelt[1]);
    CHECK(complaint("{that: " + misspelt + ", is: < 1}").ends_with("'?)"));
  }
}

TEST_CASE("each condition reads its example, is judged, and is in messages and in the reference") {
  const Trace trace = sample();
  std::set<std::string> words;
  for (const ConditionForm& form : condition_forms()) {
    CAPTURE(form.example);
    std::vector<Diagnostic> diagnostics;
    const std::vector<Claim> claims = read_all(form.example, diagnostics);
    REQUIRE_MESSAGE(diagnostics.empty(), (diagnostics.empty() ? "" : diagnostics.front().message));
    REQUIRE(claims.front().form == &form);
    std::vector<ClaimSubject> runs;
    for (const char* value : {"1", "10", "100"}) runs.push_back({{{claims.front().axis, value}}, &trace});
    CHECK_FALSE(undecidable_reason(claims.front(), {runs[0].labels, runs[1].labels, runs[2].labels}));
    CHECK_FALSE(judge(claims, runs).front().measured.empty());
    CHECK(reference().find("`" + form.example + "` | " + form.meaning) != std::string::npos);
    for (const std::string& word : form.words) {
      CHECK(words.insert(word).second);
      CHECK(complaint("{that: final error, is: what}").find("'" + word + "'") != std::string::npos);
      CHECK(complaint("{that: final error, is: " + word + word.back() + "}").find("'" + word + "'?)") !=
            std::string::npos);
    }
  }
}

TEST_CASE("each clock has values of its own, and a cost is a quantity") {
  const Trace trace = sample();
  std::set<std::string> names;
  std::set<std::vector<Real>> values;
  for (const Clock& clock : clocks()) {
    CAPTURE(clock.name);
    CHECK(names.insert(clock.name).second);
    const std::vector<Real> own = clock.of(trace);
    CHECK(own.size() == trace.rows.size());
    CHECK(std::is_sorted(own.begin(), own.end()));
    CHECK(values.insert(own).second);
    CHECK(clock.of(Trace{}).empty());
    CHECK(series(trace, clock.column) == clock.of(trace));
    CHECK((find_cost(clock.name) != nullptr) == clock.is_cost);
    if (!clock.is_cost) continue;
    REQUIRE(read(clock.name));
    CHECK(read(clock.name)->text() == clock.name);
    CHECK(measure(*read(clock.name), trace).low == clock.of(trace).back());
    const auto until = read(clock.name + " to error < 0.1");  // (1 + t)^-2 < 0.1 from t = 3 on
    REQUIRE(until);
    CHECK(until->text() == clock.name + " to error < 0.1");
    CHECK(measure(*until, trace).low == clock.of(trace)[3]);
    CHECK(measure(*read(clock.name + " to error < 0"), trace).text().starts_with("more than "));
    CHECK(reference().find("`" + clock.name + " to COLUMN < BOUND`") != std::string::npos);
  }
  CHECK(clocks().front() == costs().front());
}

TEST_CASE("what a trace does not keep among its columns is still a series, or nothing") {
  Trace trace = sample();
  CHECK(series(trace, "seconds") == trace.seconds);
  CHECK(series(trace, "error")->front() == 1);
  CHECK_FALSE(series(trace, "brightness"));
  CHECK(is_beside_columns("seconds"));
  CHECK_FALSE(is_beside_columns("passes"));
  trace.seconds.clear();
  CHECK_FALSE(series(trace, "seconds"));
  CHECK(measure(*read("seconds to error < 0.1"), trace).text() == "not recorded");
}
