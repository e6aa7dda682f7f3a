#include "core/tree/declared.hpp"

#include <doctest/doctest.h>

using namespace tightrope;

namespace {

Range read_back(const Range& range) {
  Real number = 0;
  Parameters parameters;
  return declared(parameters.add("x", number, range, "a number")).bounds;
}

}  // namespace

TEST_CASE("what a declaration admits is read back from its words") {
  for (const Range& range :
       {any(), above(-2.5), at_least(0), between(0, 1), at_least_below(0.25, 3), above_at_most(1e-9, 7),
        Range{0, 1, true, true}, Range{any().low, 4, true, false}, Range{any().low, 4, true, true}}) {
    const Range back = read_back(range);
    CHECK(back.low == range.low);
    CHECK(back.high == range.high);
    CHECK(back.low_open == range.low_open);
    CHECK(back.high_open == range.high_open);
  }
}

TEST_CASE("kinds of parameters") {
  using Kind = Declared::Kind;
  Real number = 0;
  Index count = 0;
  bool truth = false;
  std::string text, path;
  std::optional<Real> maybe;
  std::optional<Index> maybe_count;
  std::vector<Real> numbers;
  std::vector<Index> counts;
  Parameters p;
  p.add("number", number, any(), "-");
  p.add("count", count, at_least(2), "-");
  p.add("truth", truth, "-");
  p.add("text", text, {}, "-");
  p.add("choice", text, {"number", "file"}, "-");
  p.add("maybe", maybe, above(0), "-");
  p.add("maybe_count", maybe_count, any(), "-");
  p.add("numbers", numbers, between(0, 1), "-");
  p.add("counts", counts, any(), "-");
  p.add_file("file", path, "-");
  const std::vector<Kind> kinds = {Kind::number, Kind::whole_number, Kind::truth_value, Kind::text,         Kind::text,
                                   Kind::number, Kind::whole_number, Kind::number,      Kind::whole_number, Kind::file};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CAPTURE(p.all()[i].name);
    const Declared found = declared(p.all()[i]);
    CHECK(found.kind == kinds[i]);
    CHECK(found.is_optional == p.all()[i].name.starts_with("maybe"));
    CHECK(found.is_list == p.all()[i].name.ends_with("s"));
  }
}
