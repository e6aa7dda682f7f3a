// Numbers, durations and counts as people read them.
#include "core/base/text/readable.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace tightrope;

TEST_CASE("numbers for people") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(number(0) == "0");
  CHECK(number(12345) == "12345");
  CHECK(number(-3) == "-3");
  CHECK(number(0.0123456) == "0.01235");
  CHECK(number(132.5) == "132.5");
  CHECK(number(9999.2) == "9999");
  CHECK(number(12345.6) == "1.23e+04");
  CHECK(number(1.2345e-5) == "1.23e-05");
  CHECK(number(1.2345e-5, 2) == "1.2e-05");
  CHECK(number(0.123456, 2) == "0.1235");
  CHECK(number(0.123456, 5) == "0.12346");
  CHECK(number(infinity) == "∞");
  CHECK(number(-infinity) == "-∞");
  CHECK(number(std::nan("")) == "–");
}

TEST_CASE("p-values") {
  CHECK(p_value(0.0625) == "0.062");
  CHECK(p_value(0.0625, 3) == "0.0625");
  CHECK(p_value(0.00091) == "9.1e-04");
  CHECK(p_value(0.00012) == "1.2e-04");
  CHECK(p_value(1) == "1");
}

TEST_CASE("durations have units") {
  CHECK(duration(0.0123) == "12 ms");
  CHECK(duration(1) == "1 s");
  CHECK(duration(4.25) == "4.25 s");
  CHECK(duration(99.4) == "99.4 s");
  CHECK(duration(125) == "2 min 05 s");
  CHECK(duration(9000) == "2.5 h");
}

TEST_CASE("one is not many") {
  CHECK(grouped(123) == "123");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(counted(1, "measurement") == "1 measurement");
  CHECK(counted(0, "run") == "0 runs");
  CHECK(counted(12345, "pass") == "12,345 passes");
}
