// Characters of texts, whole and damaged.
#include "core/base/text/utf8.hpp"

#include <doctest/doctest.h>

using namespace tightrope;

TEST_CASE("a text falls into its characters, and what is none stands for itself") {
  using Texts = std::vector<std::string>;
  CHECK(characters_of("") == Texts{});
  CHECK(characters_of("aσ∞𝔸") == Texts{"a", "σ", "∞", "𝔸"});
  CHECK(characters_of("\xe2\x88z\xff") == Texts{"\xe2", "\x88", "z", "\xff"});
}
