// Agreement with SciPy and NumPy on random samples: statistics_scipy.py makes them and says what is right.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>

#include "core/statistics/fits.hpp"
#include "core/statistics/tests.hpp"

using namespace tightrope;

namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::string text;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe.get())) text.append(buffer, count);
  return text;
}

std::vector<Real> list(std::istream& from) {
  std::size_t count = 0;
  from >> count;
  std::vector<Real> values(count);
  for (Real& value : values) from >> value;
  REQUIRE(from);
  return values;
}

/// Relative, so that small probabilities count too; numbers near 0 are compared to the scale of the case.
bool agree(Real ours, Real theirs, Real scale = 0) {
  return std::abs(ours - theirs) <= 1e-10 * std::max(std::abs(theirs), scale);
}

void check_wilcoxon(std::istream& line) {
  std::string alternative, method;
  bool continuity = false;
  line >> alternative >> method >> continuity;
  const std::vector<Real> expected = list(line), d = list(line);
  const SignedRank found =
      wilcoxon_signed_rank(d,
                           alternative == "greater" ? Alternative::greater
                           : alternative == "less"  ? Alternative::less
                                                    : Alternative::two_sided,
                           method == "exact" ? SignedRankMethod::exact : SignedRankMethod::normal, continuity);
  const Real n = static_cast<Real>(found.pairs), other = n * (n + 1) / 2 - found.rank_sum;
  CHECK((alternative == "two-sided" ? std::fmin(found.rank_sum, other) : found.rank_sum) == expected[0]);
  CHECK(agree(found.p, expected[1]));
}

void check_fit(const std::string& name, std::istream& line) {
  const Real level = list(line)[0];
  const std::vector<Real> expected = list(line), x = list(line), y = list(line);
  const LineFit fit = name == "line"        ? fit_line(x, y, level)
                      : name == "power_law" ? fit_power_law(x, y, level)
                                            : fit_exponential(x, y, level);
  CHECK(fit.trouble.empty());
  CHECK(agree(fit.slope, expected[0]));
  CHECK(agree(fit.intercept, expected[1], 1));
  CHECK(agree(fit.standard_error, expected[2]));
  CHECK(agree(fit.slope_interval.low, expected[3], std::abs(expected[0])));
  CHECK(agree(fit.slope_interval.high, expected[4], std::abs(expected[0])));
}

}  // namespace

TEST_CASE("tests, intervals, quantiles and fits agree with SciPy to 1e-10") {
  std::istringstream lines(
      output_of("/usr/bin/python3 " TIGHTROPE_SOURCE_DIR "/tests/core/statistics/statistics_scipy.py"));
  std::map<std::string, int> cases;
  for (std::string text; std::getline(lines, text);) {
    const std::string shown = text.substr(0, 120);
    CAPTURE(shown);
    std::istringstream line(text);
    std::string name;
    line >> name;
    ++cases[name];
    if (name == "wilcoxon") {
      check_wilcoxon(line);
    } else if (name == "mcnemar") {
      const std::vector<Real> counts = list(line);
      CHECK(agree(mcnemar(static_cast<Index>(counts[0]), static_cast<Index>(counts[1])), list(line)[0]));
    } else if (name == "wilson") {
      const std::vector<Real> given = list(line), expected = list(line);
      const Interval found = wilson_interval(static_cast<Index>(given[0]), static_cast<Index>(given[1]), given[2]);
      CHECK(agree(found.low, expected[0]));
      CHECK(agree(found.high, expected[1]));
    } else if (name == "quantile") {
      const Real p = list(line)[0], expected = list(line)[0];
      CHECK(agree(*quantile(list(line), p), expected, std::abs(expected)));
    } else {
      check_fit(name, line);
    }
  }
  for (const char* name : {"wilcoxon", "mcnemar", "wilson", "quantile", "line", "power_law", "exponential"}) {
    CAPTURE(name);
    CHECK(cases[name] >= 20);
  }
}
