// Claims: reading, complaints, and whether there is anything to judge. Verdicts: tests/core/claims/judge_test.cpp.
#include "core/claims/claim.hpp"

#include <doctest/doctest.h>

#include "core/tree/yaml/yaml.hpp"

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
  REQUIRE_MESSAGE(diagnostics.size() == 1, text);
  return diagnostics[0].text().substr(std::string("c.yaml:").size());
}

std::string refusal(const std::string& text, const std::vector<Labels>& runs) {
  const auto found = undecidable_reason(claim(text), runs);
  return found ? found->text() : "";
}

}  // namespace

TEST_CASE("a claim reads back in words") {
  CHECK(claim("{that: final error, relative to: initial error, where: {method: gd}, is: < 1e-3}").text ==
        "final error relative to initial error < 0.001, method gd");
  CHECK(claim("{that: iterations to error < 1e-6, where: {method: gd}, compared with: {method: b}, is: '> 5', p: 0.05}")
            .text == "iterations to error < 1e-6 (ratio to method b) > 5, method gd, p < 0.05");
  CHECK(claim("{that: success of error < 1e-6, is: '>= 0.9'}").text == "success of final error < 1e-6 >= 0.9");
  CHECK(claim("{that: success of iterations < 60, is: '>= 0.9'}").text == "success of iterations < 60 >= 0.9");
  CHECK(claim("{that: seconds, of: median, is: < 1}").text == "median of seconds < 1");
  CHECK(claim("{that: rate of error, from: 100, to: 300, is: < 0}").text == "rate of error from 100 to 300 < 0");
  CHECK(claim("{that: exponent of error over iteration, is: between -2 and -0.5}").text ==
        "exponent of error over iteration between -2 and -0.5");
  CHECK(claim("{that: exponent of final error over scale, is: between 0.7 and 0.9}").text ==
        "exponent of final error over scale between 0.7 and 0.9");
  CHECK(claim("{that: exponent of passes to error < 0.1 over scale, is: < 1}").text ==
        "exponent of passes to error < 0.1 over scale < 1");
  CHECK(claim("{that: slope of iterations to error < 0.1 over log10 scale, is: between -25 and -15}").text ==
        "slope of iterations to error < 0.1 over log10 scale between -25 and -15");
  CHECK(claim("{that: slope of final error over scale, where: {method: gd}, is: constant, up to: 10 %}").text ==
        "slope of final error over scale constant up to 10 %, method gd");
  CHECK(claim("{that: slope of rate of error over passes over log10 scale, from: 5, is: < 0}").text ==
        "slope of rate of error over passes from 5 over log10 scale < 0");
  CHECK(claim("{that: slope of iterations over log10, is: < 0}").text == "slope of iterations over log10 < 0");
  CHECK(claim("{that: error at smallest loss, relative to: smallest error, is: <= 1.02}").text ==
        "error at smallest loss relative to smallest error <= 1.02");
  CHECK(claim("{that: seconds at largest loss, to: 80, is: < 1}").text == "seconds at largest loss to 80 < 1");
  CHECK(claim("{that: largest deviation of sigma_1 from theory_1, from: 10, to: 80, is: < 0.05}").text ==
        "largest deviation of sigma_1 from theory_1 from 10 to 80 < 0.05");
  CHECK(claim("{that: deviation of a from b at 20, relative to: initial deviation of a from b, is: < 1}").text ==
        "deviation of a from b at iteration 20 relative to initial deviation of a from b < 1");
  CHECK(claim("{that: deviation of a from b at smallest c, is: < 1}").text ==
        "deviation of a from b at smallest c < 1");
  CHECK(claim("{that: iterations to deviation of a from b > 0.05, is: '> 60'}").text ==
        "iterations to deviation of a from b > 0.05 > 60");
  CHECK(claim("{that: rate of deviation of a from b over passes, is: '> 0'}").text ==
        "rate of deviation of a from b over passes > 0");
  CHECK(claim("{that: success of largest deviation of a from b < 0.1, is: '> 0.9'}").text ==
        "success of largest deviation of a from b < 0.1 > 0.9");
  CHECK(claim("{that: exponent of largest deviation of a from b over scale, is: '> 0.9'}").text ==
        "exponent of largest deviation of a from b over scale > 0.9");
  CHECK(claim("{that: final error, is: non-decreasing, in: kappa}").text == "final error non-decreasing in kappa");
  CHECK(claim("{that: iterations, is: equal, across: kappa, up to: 2.5 %, where: {method: a}}").text ==
        "iterations equal across kappa up to 2.5 %, method a");
  CHECK(claim("{that: iterations, is: equal, compared with: {method: b}, up to: 5%, where: {method: a}}").text ==
        "iterations equal with method b up to 5 %, method a");
}

TEST_CASE("what is wrong with a claim is said in a sentence") {
  const auto lists = [](const std::string& message, const std::string& beginning, std::vector<std::string> names) {
    CHECK(message.starts_with(beginning + " 'COLUMN at ITERATION', "));
    for (const std::string& name : names) CHECK(message.find("'" + name + "'") != std::string::npos);
  };
  const std::vector<std::string> forms = {"final COLUMN", "iterations", "iterations to COLUMN < BOUND",
                                          "largest deviation of COLUMN from COLUMN"};
  const std::string is =
      "'is' must be a comparison such as < 1e-3 or >= 5, 'between 0.7 and 0.95', 'constant', 'equal', 'increasing', "
      "'decreasing', 'non-increasing' or 'non-decreasing', but it is ";
  CHECK(complaint("{that: final error, is: tiny}") == "1:25: error: " + is + "the text 'tiny'");
  CHECK(complaint("{that: final error, is: increasin, in: kappa}") ==
        "1:25: error: " + is + "the text 'increasin' (did you mean 'increasing'?)");
  CHECK(complaint("{that: slope of iterations over scale, is: constnat, up to: 10 %}") ==
        "1:44: error: " + is + "the text 'constnat' (did you mean 'constant'?)");
  CHECK(complaint("{that: final error, is: between 2 and 1}").find(is) != std::string::npos);
  CHECK(complaint("{that: final error}") == "1:1: error: a claim needs 'is', a comparison such as < 1e-3");
  lists(complaint("{is: < 1}"), "1:1: error: a claim needs 'that', one of", forms);
  CHECK(complaint("{thta: final error, that: final error, is: < 1}") ==
        "1:2: error: a claim has no key 'thta' (did you mean 'that'?)");
  lists(complaint("{that: last error, is: < 1}"), "1:8: error: a claim speaks of", forms);
  lists(complaint("{that: last error, is: < 1}"), "1:8: error: a claim speaks of",
        {"end", "exponent of QUANTITY over LABEL", "success of QUANTITY < BOUND", "last error"});
  CHECK(complaint("{that: sucess of error < 1, is: < 1}").find("(did you mean 'success'?)") != std::string::npos);
  for (const char* that :
       {"iterations to error", "iterations to error < small", "hours to error < 1", "exponent of error",
        "success of error", "success of error around 1", "error at noon", "exponent of rate over", "slope of error",
        "slope of final error over", "slope over scale of error", "error at smallest", "largest deviation of",
        "error at smallest deviation of a from b", "exponent of error over deviation of a from b",
        "deviation of iterations from a at"})
    CHECK(complaint("{that: " + std::string(that) + ", is: < 1}").find("a claim speaks of") != std::string::npos);
  CHECK(complaint("{that: final error, is: < 1, of: most runs}") ==
        "1:34: error: 'of' must be 'every run', 'some run', 'median' or 'mean', but it is the text 'most runs'");
  CHECK(complaint("{that: final error, is: < 1, where: {method: {a: b}}}") ==
        "1:46: error: 'where' must give a value or a list of values to 'method', but it is a map");
  CHECK(complaint("{that: final error, is: < 1, where: {method: a}, 'compared with': {method: [b, c]}}") ==
        "1:76: error: 'compared with' must give one value to 'method', but it is the list [b, c]");
  CHECK(complaint("{that: final error, is: < 1, where: gd}") ==
        "1:37: error: 'where' must be a map such as {method: gd}, but it is the text 'gd'");
}

TEST_CASE("a claim about ends takes the words for them, and no numbers") {
  const auto complaint = [](const std::string& text) {
    std::vector<Diagnostic> diagnostics;
    const Claim claim = read_claim(parse_yaml(text, "c.yaml"), diagnostics);
    return diagnostics.empty() ? claim.text : diagnostics.front().message;
  };
  CHECK(complaint("{that: end, is: diverged, where: {step: 2}}") == "end is diverged, step 2");
  CHECK(complaint("{that: end, is: limit or diverged}") == "end is limit or diverged");
  for (const char* is : {"divergd", "limit or", "limit diverged", "or", "< 3", "''"})
    CHECK(complaint(std::string("{that: end, is: ") + is + "}").starts_with("'is' must say how a run ends"));
  CHECK(complaint("{that: end, is: divergd}").ends_with("(did you mean 'diverged'?)"));
  CHECK(complaint("{that: end, is: limit, relative to: iterations}").starts_with("'relative to' goes with"));
  CHECK(complaint("{that: end, is: limit, of: median}") == "an end has no median");
  CHECK(complaint("{that: end, is: limit, in: step}").starts_with("'in' goes with"));
  CHECK(complaint("{that: end, is: limit, where: {step: 1}, compared with: {step: 2}}").starts_with("'compared with'"));
}

TEST_CASE("words that are nearly a quantity or a fit get a closer look") {
  const auto what = [](const std::string& that) { return complaint("{that: " + that + ", is: < 1}"); };
  CHECK(what("slope of error over log10 scale") ==
        "1:8: error: 'error' does not say which value of it is meant (did you mean 'final error'?)");
  CHECK(what("slope of final error over ln scale") ==
        "1:8: error: 'over' is followed by LABEL or by log10 LABEL, but here by 'ln scale'");
  CHECK(what("exponent of final error over log10 scale") ==
        "1:8: error: log10 goes with 'slope of QUANTITY over log10 LABEL'; an 'exponent' has 'over LABEL'");
  CHECK(what("rate of final error over log10 scale") ==
        "1:8: error: log10 goes with 'slope of QUANTITY over log10 LABEL'; a 'rate' has 'over LABEL'");
  CHECK(what("slop of final error over scale").ends_with("(did you mean 'slope'?)"));
  CHECK(what("deviation of a from b") ==
        "1:8: error: 'deviation of a from b' does not say which value of it is meant (did you mean 'largest deviation "
        "of a from b'?)");
  CHECK(what("success of deviation of a from b < 0.1").ends_with("(did you mean 'largest deviation of a from b'?)"));
  CHECK(what("slope of deviation of a from b over scale").ends_with("(did you mean 'largest deviation of a from b'?)"));
  CHECK(what("largest deviation of a form b") ==
        "1:8: error: 'deviation of' is followed by COLUMN from COLUMN, but here by 'a form b'");
  CHECK(what("largest deviation of a") ==
        "1:8: error: 'deviation of' is followed by COLUMN from COLUMN, but here by 'a'");
  CHECK(what("largest deviation of a from a") == "1:8: error: 'a' is compared with itself");
  CHECK(what("error at smalest loss").ends_with("(did you mean 'error at smallest loss'?)"));
  CHECK(what("fianl error").ends_with("(did you mean 'final error'?)"));
  CHECK(what("itreations to error < 0.1").ends_with("(did you mean 'iterations to error < 0.1'?)"));
  CHECK(complaint("{that: final error, relative to: error at bigest loss, is: < 1}").find("did you mean") ==
        std::string::npos);
  CHECK(complaint("{that: final error, relative to: error at lagest loss, is: < 1}")
            .ends_with("(did you mean 'error at largest loss'?)"));
  CHECK(complaint("{that: final error, relative to: final deviation of a from a, is: < 1}") ==
        "1:34: error: 'a' is compared with itself");
  for (const char* word : {"final", "slope", "7"}) CHECK(what(word).find("did you mean") == std::string::npos);
}

TEST_CASE("a column alone is not a quantity, but nearly one") {
  const std::string which = " does not say which value of it is meant (did you mean 'final relative_error'?)";
  CHECK(complaint("{that: relative_error, is: < 1}") == "1:8: error: 'relative_error'" + which);
  CHECK(complaint("{that: final error, relative to: relative_error, is: < 1}") ==
        "1:34: error: 'relative_error'" + which);
  CHECK(complaint("{that: iteratons, is: < 1}").ends_with("(did you mean 'iterations'?)"));
  CHECK(complaint("{that: ends, is: < 1}").ends_with("(did you mean 'end'?)"));
}

TEST_CASE("a share is told as it was written") {
  std::vector<Diagnostic> diagnostics;
  for (const char* share : {"14 %", "0.1 %", "7%"}) {
    const std::string text = std::string("{that: final error, is: equal, across: kappa, up to: ") + share + "}";
    const Claim claim = read_claim(parse_yaml(text, "c.yaml"), diagnostics);
    CHECK(diagnostics.empty());
    CHECK(claim.condition() ==
          "equal across kappa up to " + std::string(share).substr(0, std::string(share).find_first_of(" %")) + " %");
  }
}

TEST_CASE("keys of a claim that have nothing to do are refused") {
  CHECK(complaint("{that: final error, is: increasing}") ==
        "1:1: error: the claim needs 'in': the label along which the quantity rises or falls");
  CHECK(complaint("{that: final error, is: equal, across: kappa}") ==
        "1:1: error: the claim needs 'up to': how large a difference may be, such as 5 %");
  CHECK(complaint("{that: final error, is: equal, up to: 5 %}") ==
        "1:1: error: the claim needs 'across': the label that makes no difference (or 'compared with')");
  CHECK(complaint("{that: final error, is: equal, across: kappa, up to: 5}") ==
        "1:54: error: 'up to' must be a share such as 5 %, but it is 5");
  CHECK(complaint("{that: final error, is: < 1, in: kappa}").find("'in' goes with 'is: increasing'") !=
        std::string::npos);
  CHECK(
      complaint("{that: final error, is: < 1, from: 3}") ==
      "1:36: error: 'from' goes with 'COLUMN at largest COLUMN', 'COLUMN at smallest COLUMN', 'exponent of COLUMN over "
      "COLUMN', 'largest COLUMN', 'rate of COLUMN', 'rate of COLUMN over COLUMN' and 'smallest COLUMN'");
  CHECK(complaint("{that: slope of iterations over scale, to: 5, is: < 1}").find("'to' goes with 'COLUMN at largest") !=
        std::string::npos);
  CHECK(complaint("{that: largest error, is: < 1, from: 3, to: 2}") ==
        "1:45: error: 'to' must be a later iteration than 'from'");
  CHECK(complaint("{that: slope of iterations over scale, is: constant}") ==
        "1:1: error: the claim needs 'up to': how large a difference may be, such as 5 %");
  CHECK(complaint("{that: slope of iterations over scale, is: < 1, up to: 5 %}") ==
        "1:56: error: 'up to' goes with 'is: constant' and 'equal'");
  CHECK(complaint("{that: iterations, is: constant, up to: 5 %}") ==
        "1:24: error: 'constant' goes with a fit over a label, such as 'slope of QUANTITY over log10 LABEL'; "
        "quantities are 'equal', 'increasing', 'decreasing', 'non-increasing' or 'non-decreasing'");
  CHECK(complaint("{that: slope of iterations over scale, is: increasing, in: kappa}") ==
        "1:44: error: a fit over a label is compared with numbers, < 0.5, >= 0.9 or between 0.7 and 0.95, or is "
        "'constant'");
  CHECK(complaint("{that: success of iterations < 5, is: constant, up to: 5 %}") ==
        "1:39: error: a success is compared with numbers: < 0.5, >= 0.9, between 0.7 and 0.95");
  CHECK(complaint("{that: rate of error, is: < 1, from: 3, to: 3}") ==
        "1:45: error: 'to' must be a later iteration than 'from'");
  CHECK(complaint("{that: final error, is: < 1, p: 0.05}") ==
        "1:33: error: 'p' goes with 'compared with' and <, <=, > or >=");
  CHECK(complaint("{that: final error, is: < 1, where: {m: a}, compared with: {m: b}, p: 2}") ==
        "1:71: error: 'p' must be a probability between 0 and 1, but it is 2");
  CHECK(complaint("{that: final error, is: < 1, compared with: {m: b}}") ==
        "1:45: error: 'where' must say which m is compared with m 'b'");
  CHECK(complaint("{that: final error, is: < 1, where: {m: b}, compared with: {m: b}}") ==
        "1:60: error: m 'b' is compared with itself");
  CHECK(complaint("{that: success of error < 1, is: < 1, of: every run}").find("'of' goes with") != std::string::npos);
  CHECK(complaint("{that: success of error < 1, is: increasing, in: kappa}") ==
        "1:34: error: a success is compared with numbers: < 0.5, >= 0.9, between 0.7 and 0.95");
  CHECK(complaint("{that: success of error < 1, is: < 1, where: {m: a}, compared with: {m: b}}")
            .find("'compared with' goes with") != std::string::npos);
}

TEST_CASE("a claim that no run, or too few, could decide is refused") {
  const std::vector<Labels> runs = {{{"method", "gd"}, {"kappa", "1"}, {"repetition", "1"}},
                                    {{"method", "gd"}, {"kappa", "10"}, {"repetition", "1"}},
                                    {{"method", "scaled"}, {"kappa", "1e1"}, {"repetition", "1"}},
                                    {{"method", "other"}, {"kappa", "100"}, {"repetition", "1"}}};
  CHECK(refusal("{that: iterations, is: < 1}", {{}}) == "");
  CHECK(refusal("{that: iterations, where: {kappa: 10.0}, is: < 1}", runs) == "");
  CHECK(refusal("{that: iterations, where: {method: gd}, is: increasing, in: kappa}", runs) == "");
  CHECK(refusal("{that: iterations, where: {methd: gd}, is: < 1}", runs) ==
        "c.yaml:1:1: error: the claim speaks of 'methd', but the runs have no such label (did you mean 'method'?)");
  CHECK(refusal("{that: iterations, where: {method: scald}, is: < 1}", runs) ==
        "c.yaml:1:1: error: no run has method 'scald' (did you mean 'scaled'?)");
  CHECK(refusal("{that: iterations, where: {method: scaled, kappa: 1}, is: < 1}", runs) ==
        "c.yaml:1:1: error: no run has all the labels that the claim asks for");
  CHECK(refusal("{that: iterations, where: {method: gd}, compared with: {method: newton}, is: < 1}", runs) ==
        "c.yaml:1:1: error: no run has method 'newton'");
  CHECK(refusal("{that: iterations, where: {method: gd}, compared with: {method: other}, is: < 1}", runs) ==
        "c.yaml:1:1: error: no two runs differ in the labels of 'compared with' alone");
  CHECK(refusal("{that: iterations, where: {method: gd}, is: increasing, in: kapa}", runs) ==
        "c.yaml:1:61: error: the runs have no label 'kapa' (did you mean 'kappa'?)");
  CHECK(refusal("{that: iterations, is: increasing, in: method}", runs) ==
        "c.yaml:1:40: error: 'method' has the value 'gd', which is no number");
  CHECK(refusal("{that: iterations, where: {method: scaled}, is: equal, across: kappa, up to: 5 %}", runs) ==
        "c.yaml:1:64: error: no two runs that are alike in the rest differ in 'kappa'");
  CHECK(refusal("{that: exponent of iterations over kappa, where: {method: scaled}, is: < 1}", runs) ==
        "c.yaml:1:8: error: no two runs that are alike in the rest differ in 'kappa'");
  CHECK(refusal("{that: slope of iterations over log10 kappa, where: {method: scaled}, is: < 1}", runs) ==
        "c.yaml:1:8: error: no two runs that are alike in the rest differ in 'kappa'");
  CHECK(refusal("{that: slope of iterations over log10 kapa, is: < 1}", runs) ==
        "c.yaml:1:8: error: the runs have no label 'kapa' (did you mean 'kappa'?)");
  CHECK(refusal("{that: slope of iterations over method, is: < 1}", runs) ==
        "c.yaml:1:8: error: 'method' has the value 'gd', which is no number");
  CHECK(refusal("{that: slope of iterations over kappa, is: constant, up to: 5 %}", runs) ==
        "c.yaml:1:8: error: no three runs that are alike in the rest differ in 'kappa'");
}

TEST_CASE("a logarithm of a label that has none is refused before the runs") {
  const auto runs_at = [](const std::vector<std::string>& scales) {
    std::vector<Labels> runs;
    for (const std::string& scale : scales) runs.push_back({{"scale", scale}});
    return runs;
  };
  for (const char* that : {"slope of iterations over log10 scale", "exponent of iterations over scale"}) {
    const std::string text = "{that: " + std::string(that) + ", is: < 1}";
    CHECK(refusal(text, runs_at({"1e-3", "1e-2"})) == "");
    CHECK(refusal(text, runs_at({"1e-3", "0", "1e-2"})) ==
          "c.yaml:1:8: error: 'scale' has the value '0', which has no logarithm");
    CHECK(refusal(text, runs_at({"1e-3", "-0.5"})) ==
          "c.yaml:1:8: error: 'scale' has the value '-0.5', which has no logarithm");
  }
  // What `where` leaves out does not matter, and neither does a sign where there is no logarithm.
  CHECK(refusal("{that: slope of iterations over log10 scale, where: {scale: [1, 2]}, is: < 1}",
                runs_at({"0", "1", "2"})) == "");
  CHECK(refusal("{that: slope of iterations over scale, is: < 1}", runs_at({"-1", "0", "1"})) == "");
  CHECK(refusal("{that: rate of iterations over scale, is: < 1}", runs_at({"-1", "0", "1"})) == "");
}

TEST_CASE("a claim concerns both sides of a comparison, and its columns are those that it reads") {
  const Claim compared =
      claim("{that: seconds to error < 1, relative to: final loss, where: {m: a}, compared with: {m: b}, is: < 1}");
  CHECK(compared.speaks_of({{"m", "a"}}));
  CHECK(compared.speaks_of({{"m", "b"}, {"kappa", "1"}}));
  CHECK_FALSE(compared.speaks_of({{"m", "c"}}));
  CHECK(compared.columns() == std::vector<std::string>{"error", "loss"});
  CHECK(claim("{that: rate of error, is: < 1}").columns() == std::vector<std::string>{"error", "iteration"});
  CHECK(claim("{that: error at smallest loss, relative to: final deviation of a from b, is: < 1}").columns() ==
        std::vector<std::string>{"error", "loss", "a", "b"});
  CHECK(claim("{that: slope of seconds at smallest loss over log10 scale, is: < 1}").columns() ==
        std::vector<std::string>{"loss"});
}
