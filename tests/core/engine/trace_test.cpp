// The trace of a run as a file, and at which iterations an observer looks.
#include "core/engine/trace.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "core/base/error.hpp"
#include "core/numbers/streams.hpp"

using namespace tightrope;

TEST_CASE("a trace comes back from its file bit by bit, with nothing where nothing was defined") {
  using Limits = std::numeric_limits<Real>;
  Trace trace;
  trace.columns = {{"iteration", "", 0, false}, {"error", "", 0, true}, {"rank", "", 0, false}};
  const Vec numbers = Stream(4, "numbers").normal_matrix(300, 1).col(0);
  for (Index i = 0; i < 100; ++i)
    trace.rows.push_back({static_cast<Real>(i), numbers[i] * std::pow(10.0, numbers[100 + i] * 40), numbers[200 + i]});
  trace.rows.push_back({100, Limits::denorm_min(), -0.0});
  trace.rows.push_back({101, -Limits::max(), Limits::infinity()});
  trace.rows.push_back({102, Limits::quiet_NaN(), 0.1});
  trace.rows.push_back({103, 0.3, Limits::quiet_NaN()});
  const std::string text = trace.csv();
  CHECK(text.starts_with("iteration,error,rank\n0,"));
  CHECK(text.ends_with("102,,0.1\n103,0.3,\n"));
  const Trace back = Trace::from_csv(text, "trace.csv");
  REQUIRE(back.rows.size() == trace.rows.size());
  REQUIRE(back.columns.size() == 3);
  CHECK(back.columns[1].name == "error");
  for (std::size_t i = 0; i < trace.rows.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const Real was = trace.rows[i][c], is = back.rows[i][c];
      CHECK((std::isnan(was) ? std::isnan(is) : std::bit_cast<std::uint64_t>(was) == std::bit_cast<std::uint64_t>(is)));
    }
  CHECK(back.csv() == text);
  CHECK(back.find("rank") == 2);
  CHECK(!back.find("rnak"));
  CHECK(std::isnan(back.last(2)));
  CHECK(back.latest(2) == 0.1);
  CHECK(std::isnan(Trace::from_csv("a\n\n", "t").latest(0)));
  CHECK(std::isnan(Trace::from_csv("a\n", "t").last(0)));
}

TEST_CASE("a trace that is no table of numbers is refused with its line") {
  for (const auto& [text, complaint] : {std::pair{"", "t.csv:1: a trace starts with the names of its columns"},
                                        {"\n1,2\n", "t.csv:1: a trace starts with the names of its columns"},
                                        {"a,b\n1,2\n3\n", "t.csv:3: 1 values, but there are 2 columns"},
                                        {"a,b\n1,2,\n", "t.csv:2: 3 values, but there are 2 columns"},
                                        {"a,b\n1,2\n1,two\n", "t.csv:3: 'two' is not a number"},
                                        {"a,b\n1,2\n3,4x\n", "t.csv:3: '4x' is not a number"},
                                        {"a,b\n1,1e999\n", "t.csv:2: '1e999' is not a number"},
                                        {"a,b\n 1,2\n", "t.csv:2: ' 1' is not a number"}}) {
    try {
      Trace::from_csv(text, "t.csv");
      FAIL(text, " has been read");
    } catch (const Error& error) {
      CHECK(std::string(error.what()) == complaint);
      CHECK(error.code() == Exit::integrity);
    }
  }
}

TEST_CASE("a geometric schedule looks at every iteration to 10, then in steps of a tenth") {
  const Schedule geometric{1, true}, third{3, false};
  std::vector<Index> seen;
  for (Index t = 0; t <= 40; ++t)
    if (geometric.due(t)) seen.push_back(t);
  CHECK(seen == std::vector<Index>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 23, 26, 29, 32, 36, 40});
  for (Index t = 0; t <= 40; ++t) CHECK(third.due(t) == (t % 3 == 0U));
  // As many looks from t to 10 t wherever t is, about ln 10 / ln 1.1.
  for (const Index t : {Index{1000}, Index{10000}}) {
    Index looks = 0;
    for (Index i = t; i < 10 * t; ++i) looks += geometric.due(i) ? 1U : 0U;
    CHECK(looks == 24);
  }
}
