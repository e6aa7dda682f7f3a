// Words around numbers and names.
#include "core/report/text.hpp"

#include <doctest/doctest.h>

using namespace tightrope;

TEST_CASE("a sentence begins with a large letter, but for names") {
  CHECK(sentence("the limit of 5 iterations was reached") == "The limit of 5 iterations was reached.");
  CHECK(sentence("relative_error fell to 1e-3") == "relative_error fell to 1e-3.");
  CHECK(sentence("sigma_1 fell to 1e-3") == "sigma_1 fell to 1e-3.");
  CHECK(sentence("the column relative_error fell") == "The column relative_error fell.");
  CHECK(sentence("") == ".");
}
