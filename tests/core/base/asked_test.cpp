// The notes of which plugin is at work.
#include "core/base/process/asked.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "core/engine/attribute_errors.hpp"

using namespace tightrope;

TEST_CASE("the innermost plugin is named first, with those that ask it, and nobody when all is done") {
  static Asked shared;  // for the rest of the process
  keep_asked_in(shared);
  asked_at(Asked::no_iteration);
  CHECK(shared.text().empty());
  attribute_errors_to("optimizer 'o'", "advance", [&] {
    CHECK(shared.text() == "advance() of optimizer 'o'");
    asked_at(12);
    CHECK(shared.text() == "advance() of optimizer 'o', at iteration 12");
    attribute_errors_to("model 'm'", "expand", [&] {
      CHECK(shared.text() == "expand() of model 'm', asked by advance() of optimizer 'o', at iteration 12");
    });
    CHECK_THROWS_AS(attribute_errors_to("step size 's'", "choose", [] { throw std::runtime_error("no"); }),
                    PluginFailure);
    CHECK(shared.text() == "advance() of optimizer 'o', at iteration 12");
  });
  CHECK(shared.text().empty());
  asked_at(Asked::no_iteration);
}

TEST_CASE("notes of too many plugins, and of names that are too long, are cut") {
  static Asked shared;
  keep_asked_in(shared);
  const auto nested = [](const auto& self, int depth) -> void {
    if (depth > 0) attribute_errors_to(std::string(1000, 'x'), "advance", [&] { self(self, depth - 1); });
  };
  nested(nested, 20);
  CHECK(shared.depth == 0);
  const Asking asking(std::string(1000, 'x'));
  CHECK(shared.text() == std::string(Asked::length - 1, 'x'));
}

TEST_CASE("what a plugin throws is its failure, but for data that somebody damaged while it read them") {
  const auto thrown = [](Exit code) {
    attribute_errors_to("operator 'o'", "evaluate", [&] { throw Error(code, "a.npy was cut"); });
  };
  CHECK_THROWS_WITH_AS(thrown(Exit::config), "operator 'o' failed: a.npy was cut", PluginFailure);
  try {
    thrown(Exit::integrity);
    FAIL("nothing was thrown");
  } catch (const PluginFailure&) {
    FAIL("it is no failure of the plugin");
  } catch (const Error& error) {
    CHECK(error.code() == Exit::integrity);
    CHECK(error.what() == std::string("a.npy was cut"));
  }
}
