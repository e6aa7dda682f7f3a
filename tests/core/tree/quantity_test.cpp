// Numbers with units, and names of folders.
#include "core/tree/scalars/quantity.hpp"

#include <doctest/doctest.h>

#include <regex>

#include "core/base/text/utf8.hpp"
#include "core/tree/node.hpp"

using namespace tightrope;

TEST_CASE("quantities: every unit, with and without a blank") {
  CHECK(to_quantity("60", times) == 60);
  CHECK(to_quantity("10 ms", times) == 0.01);
  CHECK(to_quantity("250ms", times) == 0.25);
  CHECK(to_quantity("1.5 s", times) == 1.5);
  CHECK(to_quantity("2 min", times) == 120);
  CHECK(to_quantity("3h", times) == 10800);
  CHECK(to_quantity("2d", times) == 172800);
  CHECK(to_quantity("1e3 s", times) == 1000);
  CHECK(to_quantity("1E3 s", times) == 1000);
  CHECK(to_quantity("2.5e-1h", times) == 900);
  CHECK(to_quantity("500", sizes) == 5e8);
  CHECK(to_quantity("512 B", sizes) == 512);
  CHECK(to_quantity("64 kB", sizes) == 64000);
  CHECK(to_quantity("64KB", sizes) == 64000);
  CHECK(to_quantity("64 KiB", sizes) == 65536);
  CHECK(to_quantity("1.5 GiB", sizes) == 1610612736);
  CHECK(to_quantity("3 MiB", sizes) == 3145728);
  CHECK(to_quantity("2TB", sizes) == 2e12);
  CHECK(to_quantity("1 TiB", sizes) == 1099511627776);
}

TEST_CASE("quantities: their pattern admits what is read, and nothing else") {
  for (const Units* units : {&times, &sizes}) {
    const std::regex pattern(quantity_pattern(*units));
    for (const char* text : {"5", "1.5 ms", "60s", "1e-3 d", "0", "-5 s", "0.0 s", "5 parsecs", "ten s", "5s s", "2 MB",
                             "2 KB", "1e3GiB", "", "s"}) {
      CAPTURE(text);
      CHECK(std::regex_match(text, pattern) == to_quantity(text, *units).has_value());
    }
  }
}

TEST_CASE("quantities: what is none") {
  for (const char* text :
       {"", " ", "s", "-1 s", "0", "0 ms", "1 2 s", "1 s s", "1e s", "1e+", "1e+x", "1e400", ".", "+", "nan", "inf"})
    CHECK_MESSAGE(!to_quantity(text, times), text);
  CHECK(!to_quantity("1 GB", times));
  CHECK(!to_quantity("1 s", sizes));
  CHECK(!to_quantity("1 mB", sizes));  // no unit changes its size with its case
}

TEST_CASE("quantities: the message names all units and the nearest one") {
  CHECK(must_be_quantity("soon", times) ==
        "must be a positive number, with a unit if need be (ms, s, min, h, d), but it is 'soon'");
  CHECK(must_be_quantity("-2 h", times) ==
        "must be a positive number, with a unit if need be (ms, s, min, h, d), but it is '-2 h'");
  const auto hint = [](const char* text, const Units& units) {
    const std::string sentence = must_be_quantity(text, units);
    const std::size_t at = sentence.find(" (did you mean ");
    return at == std::string::npos ? "" : sentence.substr(at + 1);
  };
  CHECK(hint("4 G", sizes) == "(did you mean 'GB'?)");
  CHECK(hint("4 gb", sizes) == "(did you mean 'GB'?)");
  CHECK(hint("4 gib", sizes) == "(did you mean 'GiB'?)");
  CHECK(hint("10 seconds", times) == "(did you mean 's'?)");
  CHECK(hint("10 hours", times) == "(did you mean 'h'?)");
  CHECK(hint("10 days", times) == "(did you mean 'd'?)");
  CHECK(hint("10 mins", times) == "(did you mean 'min'?)");
  CHECK(hint("10 msec", times) == "(did you mean 'ms'?)");
  CHECK(hint("10 furlongs", times).empty());
}

TEST_CASE("names of folders: letters of any script, and nothing that is not seen") {
  for (const char* name : {"a", "small_run-2.1", "größe", "実験", "эксперимент", "تجربة", "प्रयोग", "naïve"})
    CHECK_MESSAGE(names_folder(name), name);
  CHECK(names_folder(std::string(100, 'x')));
  CHECK(!names_folder(std::string(101, 'x')));
  std::string wide;
  for (int i = 0; i < 51; ++i) wide += "実";  // 153 bytes: folders and files around it need room, too
  CHECK(!names_folder(wide));
  CHECK(names_folder(wide.substr(3)));
  for (const char* name : {"",
                           ".",
                           "..",
                           ".hidden",
                           "a b",
                           "a/b",
                           "a\\b",
                           "a\nb",
                           "a:b",
                           "~",
                           "-\x7F",
                           "\xE9t\xE9" /* Latin-1 */,
                           "a\xC2\xA0z" /* no-break space */,
                           "a\xE2\x80\xAEz" /* right-to-left override */,
                           "a\xE2\x81\xA6z" /* isolate */,
                           "a\xE2\x80\x8Bz" /* zero width */,
                           "a\xC2\x85z" /* C1 */,
                           "a\xEF\xBB\xBFz" /* byte order mark */,
                           "a\xE2\x80\xA8z" /* line separator */,
                           "a\xD8\x9Cz" /* letter mark */,
                           "a\xF3\xA0\x81\x81z" /* tag */,
                           "a\xEF\xBF\xBFz" /* no character */,
                           "a\xE3\x80\x80z" /* wide blank */})
    CHECK_MESSAGE(!names_folder(name), escape_bytes(name));
}

TEST_CASE("messages show what would drive a terminal as bytes") {
  CHECK(excerpt("a\xE2\x80\xAE"
                "b") == "a\\xe2\\x80\\xaeb");
  CHECK(excerpt("a\xC2\x9B"
                "b\x1B\xFF") == "a\\xc2\\x9bb\\x1b\\xff");
  CHECK(excerpt("größe 実験 تجربة") == "größe 実験 تجربة");
}

TEST_CASE("bytes that are no UTF-8 come back from their text") {
  CHECK(escape_bytes("r\xE9sultats/\xFF") == "r\\xE9sultats/\\xFF");
  CHECK(escape_bytes("größe") == "größe");
  for (const std::string bytes : {"r\xE9sultats", "größe\xE4", "plain", "\x80\xC0\xFE", "back\\slash", "\\x41"})
    CHECK(unescape_bytes(escape_bytes(bytes)) == bytes);
}
