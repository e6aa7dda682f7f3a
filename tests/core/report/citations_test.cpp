// BibTeX of what plugins name as their sources.
#include "core/report/citations.hpp"

#include <doctest/doctest.h>

using namespace tightrope;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

}  // namespace

TEST_CASE("an entry stands once, below all who cite it, in the order of the keys") {
  const Bibliography own = bibliography_of({{"step size b", "polyak1969"},
                                            {"loss c", " polyak1964,polyak1969 "},
                                            {"step size b", "polyak1969"},
                                            {"loss d", ""}});
  CHECK(own.unknown.empty());
  CHECK(count(own.text, "@article{") == 2);
  CHECK(count(own.text, "@article{polyak1969,") == 1);
  CHECK(own.text.find("polyak1964,") < own.text.find("polyak1969,"));
  CHECK(own.text.find("% step size b, loss c\n@article{polyak1969,") != std::string::npos);
  CHECK(own.text.find("% loss c\n@article{polyak1964,") == 0);
  CHECK(own.text.find("author = {Polyak, B. T.}") != std::string::npos);
}

TEST_CASE("notes of the list are left out, with every brace in its place") {
  const std::string text = bibliography_of({{"x", "holm1979, zhang2024"}}).text;
  CHECK(text.find("annote") == std::string::npos);
  CHECK(text.find("year = {1979}\n}\n") != std::string::npos);
  CHECK(count(text, "{") == count(text, "}"));
}

TEST_CASE("a key that no entry has is told with the nearest one, and the others are there") {
  const Bibliography own = bibliography_of({{"optimizer m", "polyak1946, beck2009"}});
  REQUIRE(own.unknown.size() == 1);
  CHECK(own.unknown[0].find("optimizer m cites 'polyak1946'") == 0);
  CHECK(own.unknown[0].find("polyak1964") != std::string::npos);
  CHECK(own.text.find("@article{beck2009,") != std::string::npos);
}

TEST_CASE("a plugin may bring entries of its own") {
  const std::string sources =
      "@misc{mine2026, title = {A \\{ brace {in} a title}, year = 2026}\n"
      "@book{other2025, title = \"B\", year = 2025}";
  CHECK(keys_of(sources) == std::vector<std::string>{"mine2026", "other2025"});
  const Bibliography own = bibliography_of({{"loss mine", sources}});
  CHECK(own.unknown.empty());
  CHECK(own.text ==
        "% loss mine\n@misc{mine2026, title = {A \\{ brace {in} a title}, year = 2026}\n\n"
        "% loss mine\n@book{other2025, title = \"B\", year = 2025}\n");
}
