// Warnings told once for all runs, and observers that took more than a third of the time.
#include "core/study/findings/remarks.hpp"

#include <doctest/doctest.h>

using namespace tightrope;

namespace {

StoredCell cell(Real seconds, std::vector<std::pair<std::string, Real>> observing,
                std::vector<std::string> warnings = {}) {
  StoredCell made;
  made.seconds = seconds;
  made.observing = std::move(observing);
  made.warnings = std::move(warnings);
  return made;
}

}  // namespace

TEST_CASE("a warning is told once, with the number of runs unless all have it") {
  StoredRun run;
  run.cells = {cell(1, {}, {"a", "b"}), cell(1, {}, {"b"}), cell(1, {}, {"b"})};
  CHECK(warnings_of(run) == std::vector<std::string>{"a (1 of 3 runs)", "b"});
  run.cells = {cell(1, {})};
  CHECK(warnings_of(run).empty());
}

TEST_CASE("an observer is told of where its share of all the time is more than a third") {
  StoredRun run;
  // 4 s of computing and 2 s of looking: a third is 2 s.
  run.cells = {cell(1, {{"observer 'x'", 0.5}, {"observer 'y'", 0}}), cell(3, {{"observer 'x'", 1.5}})};
  CHECK(costly_observers(run).empty());
  run.cells.push_back(cell(0, {{"observer 'x'", 0.1}}));
  REQUIRE(costly_observers(run).size() == 1);
  CHECK(costly_observers(run)[0].find("observer 'x' took 2.1 s beside 4 s of computing") == 0);
  // What took no time worth speaking of is not spoken of.
  run.cells = {cell(0.001, {{"observer 'x'", 0.09}})};
  CHECK(costly_observers(run).empty());
}
