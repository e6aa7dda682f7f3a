// Claims: reading, complaints, verdicts.
#include "core/config/claims.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/config/yaml.hpp"

using namespace tightrope;

namespace {

Claim claim(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  Claim result = read_claim(parse_yaml(text, "c.yaml"), diagnostics);
  REQUIRE_MESSAGE(diagnostics.empty(), (diagnostics.empty() ? "" : diagnostics[0].text()));
  return result;
}

std::string complaint(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  read_claim(parse_yaml(text, "c.yaml"), diagnostics);
  REQUIRE(diagnostics.size() == 1);
  return diagnostics[0].text();
}

Trace trace(std::vector<Real> errors) {
  Trace result;
  result.columns = {{"iteration", "", 0, false}, {"error", "", 1, true}};
  for (std::size_t i = 0; i < errors.size(); ++i) result.rows.push_back({static_cast<Real>(10 * i), errors[i]});
  return result;
}

bool holds(const std::string& text, const Trace& of) { return judge(claim(text), {{{}, &of}}).holds; }

}  // namespace

TEST_CASE("quantities pick the value that they name, and skip what was not recorded") {
  const Trace of = trace({1, 0.5, 2, std::nan(""), 0.25, std::nan("")});
  CHECK(holds("{that: initial error, is: '>= 1'}", of));
  CHECK(holds("{that: final error, is: < 0.26}", of));
  CHECK_FALSE(holds("{that: final error, is: < 0.25}", of));
  CHECK(holds("{that: final error, is: <= 0.25}", of));
  CHECK(holds("{that: smallest error, is: '> 0.24'}", of));
  CHECK(holds("{that: largest error, is: '>= 2'}", of));
  CHECK_FALSE(holds("{that: largest error, is: '> 2'}", of));
  CHECK(holds("{that: error at 10, is: <= 0.5}", of));
  CHECK(holds("{that: iterations, is: <= 50}", of));
  CHECK_FALSE(holds("{that: iterations, is: < 50}", of));
  CHECK(holds("{that: final error, relative to: largest error, is: <= 0.125}", of));
}

TEST_CASE("a claim about something that was not recorded is false") {
  const Trace of = trace({1, std::nan("")});
  CHECK_FALSE(holds("{that: error at 10, is: < 1e9}", of));
  CHECK_FALSE(holds("{that: error at 5, is: '> -1e9'}", of));
  CHECK(judge(claim("{that: error at 5, is: < 1}"), {{{}, &of}}).measured == "not recorded");
  CHECK_FALSE(judge(claim("{that: final error, is: < 1}"), {}).holds);
}

TEST_CASE("the worst run decides about every run, the best about some run") {
  const Trace good = trace({1e-9}), bad = trace({1e-2});
  const std::vector<ClaimSubject> runs = {{{{"method", "a"}}, &good}, {{{"method", "b"}}, &bad}};
  const Verdict every = judge(claim("{that: final error, is: < 1e-3}"), runs);
  CHECK_FALSE(every.holds);
  CHECK(every.measured == "1.000e-02 (method b)");
  CHECK(judge(claim("{that: final error, of: some run, is: < 1e-3}"), runs).holds);
  CHECK(judge(claim("{that: final error, where: {method: a}, is: < 1e-3}"), runs).holds);
  const Verdict above = judge(claim("{that: final error, is: '> 1e-6'}"), runs);
  CHECK_FALSE(above.holds);
  CHECK(above.measured == "1.000e-09 (method a)");
}

TEST_CASE("a claim reads back in words") {
  CHECK(claim("{that: final error, relative to: initial error, where: {method: gd}, is: < 1e-3}").text ==
        "final error relative to initial error < 0.001, method gd");
}

TEST_CASE("what is wrong with a claim is said in a sentence") {
  CHECK(complaint("{that: final error, is: tiny}") ==
        "c.yaml:1:25: error: 'is' must be a comparison such as < 1e-3 or >= 5, but it is the text 'tiny'");
  CHECK(complaint("{that: final error}") == "c.yaml:1:1: error: a claim needs 'is', a comparison such as < 1e-3");
  CHECK(complaint("{thta: final error, that: final error, is: < 1}") ==
        "c.yaml:1:2: error: a claim has no key 'thta' (did you mean 'that'?)");
  CHECK(complaint("{that: last error, is: < 1}") ==
        "c.yaml:1:8: error: a claim speaks of 'final COLUMN', 'initial COLUMN', 'smallest COLUMN', 'largest COLUMN', "
        "'COLUMN at ITERATION' or 'iterations', but this is the text 'last error'");
}
