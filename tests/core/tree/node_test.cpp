// The tree: conversions, suggestions, layering, JSON and YAML.
#include "core/tree/node.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

template <class T>
struct Case {
  std::string text;
  T value;
};

Node plain(const std::string& text) { return Node::make_scalar(text, {}); }
Node yaml(const std::string& text, const std::string& name = "t.yaml") { return parse_yaml(text, name); }

std::string merged(const std::string& base, const std::string& over) {
  Node tree = yaml(base);
  merge(tree, yaml(over));
  return to_json(tree);
}

}  // namespace

TEST_CASE("Decimal texts are numbers, and nothing else is") {
  const std::vector<Case<double>> numbers = {{"0", 0},
                                             {"-0.5", -0.5},
                                             {".25", 0.25},
                                             {"1.", 1},
                                             {"1e-4", 1e-4},
                                             {"1E+4", 1e4},
                                             {"+3", 3},
                                             {"-.5e1", -5},
                                             {"0.1", 0.1},
                                             {"5e-324", 5e-324},
                                             {"1e-310", 1e-310},
                                             {"1e-400", 0},
                                             {"0.0e9", 0},
                                             {"123456789012345678901234567890", 123456789012345678901234567890.0},
                                             {"1.7976931348623157e308", std::numeric_limits<double>::max()}};
  for (const auto& number : numbers) {
    CAPTURE(number.text);
    REQUIRE(to_real(plain(number.text)).has_value());
    CHECK(*to_real(plain(number.text)) == number.value);
  }
  for (const char* text : {"",      "-",   "+",    ".",     "e5",   "1e", "1e+",   "0x10",   "0o7",
                           "010",   "00",  "-01",  "1_000", "1,5",  "1 ", " 1",    "--1",    "+-1",
                           "1.2.3", "inf", ".inf", "nan",   ".nan", "1f", "1e999", "-1e999", "1e99999999999999999999",
                           "one"}) {
    CAPTURE(text);
    CHECK_FALSE(to_real(plain(text)).has_value());
  }
  CHECK_FALSE(to_real(Node::make_scalar("1", {}, true)).has_value());
  CHECK_FALSE(to_real(yaml("[1]")).has_value());
  CHECK_FALSE(to_real(Node()).has_value());
}

TEST_CASE("Numbers that differ only beyond double precision end where their digits end") {
  // 400 digits: above the largest double by the length of the number alone.
  CHECK_FALSE(to_real(plain("1" + std::string(400, '0'))).has_value());
  CHECK(to_real(plain("1" + std::string(400, '0') + "e-400")) == 1.0);
  CHECK(to_real(plain("0." + std::string(400, '0') + "1")) == 0.0);
  CHECK(std::signbit(to_real(plain("-1e-400")).value()));
  CHECK(to_real(plain(".5e-400")) == 0.0);
  CHECK_FALSE(to_real(plain(".5e400")).has_value());
}

TEST_CASE("Whole numbers are exact, up to 2^53, in any decimal notation") {
  const std::vector<Case<std::uint64_t>> numbers = {{"0", 0},
                                                    {"7", 7},
                                                    {"+7", 7},
                                                    {"1e5", 100000},
                                                    {"2.0e3", 2000},
                                                    {"2.50e1", 25},
                                                    {"100e-2", 1},
                                                    {"3.0", 3},
                                                    {"0e99999", 0},
                                                    {"-0", 0},
                                                    {"9007199254740992", std::uint64_t{1} << 53U}};
  for (const auto& number : numbers) {
    CAPTURE(number.text);
    REQUIRE(to_index(plain(number.text)).has_value());
    CHECK(*to_index(plain(number.text)) == number.value);
  }
  for (const char* text : {"-1", "1.5", "1e-1", "25e-1", "010", "9007199254740993", "9007199254740992.5", "1e16",
                           "1e99", "1e99999999999", "1000000000000000.01", "true", "0x1"}) {
    CAPTURE(text);
    CHECK_FALSE(to_index(plain(text)).has_value());
  }
}

TEST_CASE("Only true and false are truth values") {
  CHECK(to_bool(plain("true")) == true);
  CHECK(to_bool(plain("false")) == false);
  for (const char* text : {"yes", "no", "on", "True", "TRUE", "1", "0", ""})
    CHECK_FALSE(to_bool(plain(text)).has_value());
  CHECK_FALSE(to_bool(Node::make_scalar("true", {}, true)).has_value());
  CHECK_FALSE(to_bool(yaml("[true]")).has_value());
}

TEST_CASE("The shortest text of a number reads back as the same number") {
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(1e-4) == "1e-4");
  CHECK(shortest(-2.5e-10) == "-2.5e-10");
  CHECK(shortest(1e22) == "1e22");
  CHECK(shortest(3) == "3");
  CHECK(shortest(1e100) == "1e100");
  CHECK(shortest(std::numeric_limits<double>::denorm_min()) == "5e-324");
  // A congruential generator over bit patterns: all magnitudes, both signs.
  std::uint64_t bits = 1;
  for (int i = 0; i < 20000; ++i) {
    bits = bits * 6364136223846793005U + 1442695040888963407U;
    const double value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const std::string text = shortest(value);
    CAPTURE(text);
    REQUIRE(to_real(plain(text)).has_value());
    CHECK(*to_real(plain(text)) == value);
  }
}

TEST_CASE("A value is described in words for messages") {
  CHECK(Node().description() == "nothing");
  CHECK(plain("abc").description() == "the text 'abc'");
  CHECK(plain("1.5").description() == "1.5");
  CHECK(plain("true").description() == "true");
  CHECK(Node::make_scalar("1.5", {}, true).description() == "the text '1.5'");
  CHECK(plain("1e999").description() == "1e999, which is beyond the range of numbers");
  CHECK(yaml("[1, x, [2], {a: 1}, ~]").description() == "the list [1, x, […], {…}, nothing]");
  std::string words = "[";
  for (int i = 0; i < 1000; ++i) words += "abcdefgh, ";
  CHECK(yaml(words + "]").description() == "the list [abcdefgh, abcdefgh, abcdefgh, abcdefgh, abcdefgh, abcdefgh, …]");
  CHECK(yaml("[]").description() == "an empty list");
  CHECK(yaml("{a: 1}").description() == "a map");
  CHECK(yaml("{}").description() == "an empty map");
  CHECK(plain("a\nb\x1b[31m").description() == "the text 'a\\x0ab\\x1b[31m'");
  CHECK(plain(std::string(100, 'x')).description() == "the text '" + std::string(60, 'x') + "…'");
}

TEST_CASE("Maps keep their order, replace values in place and forget erased keys") {
  Node map = yaml("{b: 1, a: 2}");
  map.set("b", plain("3"));
  map.set("c", plain("4"));
  CHECK(to_json(map) == R"({"b":3,"a":2,"c":4})");
  map.erase("b");
  map.erase("absent");
  CHECK(to_json(map) == R"({"a":2,"c":4})");
  CHECK(map.find("b") == nullptr);
  CHECK(plain("x").find("b") == nullptr);
}

TEST_CASE("An excerpt is one line of legible UTF-8, whatever the bytes") {
  CHECK(excerpt("plain – größer, 矩阵") == "plain – größer, 矩阵");
  CHECK(excerpt("a\nb\x7f") == "a\\x0ab\\x7f");
  CHECK(excerpt("\xef\xbb") == "\\xef\\xbb");                               // cut off
  CHECK(excerpt("\xc0\xaf|\xed\xa0\x80") == "\\xc0\\xaf|\\xed\\xa0\\x80");  // overlong; half of a pair
  CHECK(excerpt("αβγ", 4) == "αβ…");
}

TEST_CASE("The nearest name is suggested, and none where nothing is near") {
  const std::vector<std::string> names = {"step", "momentum", "beta", "relative_error", "x", "iterations"};
  const std::vector<Case<std::string>> meant = {{"stp", "step"},
                                                {"stepp", "step"},
                                                {"setp", "step"},
                                                {"betta", "beta"},
                                                {"Beta", "beta"},
                                                {"relative-error", "relative_error"},
                                                {"stepsize", "step"},
                                                {"iter", "iterations"},
                                                {"momentun", "momentum"},
                                                {"realtive_eror", "relative_error"},
                                                {"xx", "x"}};
  for (const auto& word : meant) {
    CAPTURE(word.text);
    CHECK(nearest(word.text, names) == word.value);
  }
  for (const char* word : {"", "y", "zzzz", "sep_arate", "ite", "beautiful"}) {
    CAPTURE(word);
    CHECK_FALSE(nearest(word, names).has_value());
  }
  CHECK_FALSE(nearest("step", {}).has_value());
  CHECK_FALSE(nearest(std::string(100000, 'a'), {std::string(100000, 'a')}).has_value());
  CHECK(nearest("bets", {"bats", "beta", "best"}) == "bats");  // equally near: the first
  CHECK(did_you_mean("betta", names) == " (did you mean 'beta'?)");
  CHECK(did_you_mean("zzzz", names) == "");
}

TEST_CASE("Complaints are sorted by file, line and column and printed one a line") {
  const ConfigError error({{{"b.yaml", 2, 1}, "third"},
                           {{"a.yaml", 9, 9}, "fourth"},
                           {{"b.yaml", 1, 5}, "second"},
                           {{"b.yaml", 1, 2}, "first"},
                           {{"c.yaml", 0, 0}, "whole file"},
                           {{}, "nowhere"}});
  CHECK(std::string(error.what()) ==
        "b.yaml:1:2: error: first\n"
        "b.yaml:1:5: error: second\n"
        "b.yaml:2:1: error: third\n"
        "a.yaml:9:9: error: fourth\n"
        "c.yaml: error: whole file\n"
        "error: nowhere");
  CHECK(error.code() == Exit::config);
  CHECK(error.diagnostics().front().message == "first");
}

TEST_CASE("Layers merge map by map, and everything else is replaced") {
  CHECK(merged("{a: 1, b: {c: 2, d: 3}}", "{b: {d: 4, e: 5}, f: 6}") == R"({"a":1,"b":{"c":2,"d":4,"e":5},"f":6})");
  CHECK(merged("{a: [1, 2, 3]}", "{a: [4]}") == R"({"a":[4]})");
  CHECK(merged("{a: {b: 1}}", "{a: 2}") == R"({"a":2})");
  CHECK(merged("{a: 2}", "{a: {b: 1}}") == R"({"a":{"b":1}})");
  CHECK(merged("{a: 2}", "{a: ~}") == R"({"a":null})");
}

TEST_CASE("A layer that names another type replaces the whole choice") {
  CHECK(merged("{o: {type: x, p: 1}}", "{o: {type: y}}") == R"({"o":{"type":"y"}})");
  CHECK(merged("{o: {type: x, p: 1}}", "{o: {type: x, q: 2}}") == R"({"o":{"type":"x","p":1,"q":2}})");
  CHECK(merged("{o: {type: x, p: 1}}", "{o: {q: 2}}") == R"({"o":{"type":"x","p":1,"q":2}})");
  CHECK(merged("{o: {type: x, p: 1}}", "{o: y}") == R"({"o":"y"})");
  CHECK(merged("{o: {type: x, p: 1}}", "{o: x}") == R"({"o":{"type":"x","p":1}})");
  CHECK(merged("{o: {type: x, p: 1}}", "{o: 0.5}") == R"({"o":0.5})");
  CHECK(merged("{o: x}", "{o: {p: 1}}") == R"({"o":{"type":"x","p":1}})");
  CHECK(merged("{o: x}", "{o: {type: y, p: 1}}") == R"({"o":{"type":"y","p":1}})");
  CHECK(merged("{o: x}", "{o: {type: x, p: 1}}") == R"({"o":{"type":"x","p":1}})");
  CHECK(merged("{o: 0.5}", "{o: {p: 1}}") == R"({"o":{"p":1}})");
  CHECK(merged("{o: {type: [x], p: 1}}", "{o: {type: x, q: 2}}") == R"({"o":{"type":"x","q":2}})");
  CHECK(merged("{o: {type: x, p: 1}}", "{o: {type: [x], q: 2}}") == R"({"o":{"type":["x"],"q":2}})");
}

TEST_CASE("After a merge every value still knows where it was written") {
  Node tree = yaml("a: {b: 1,\n    c: 2}\n", "base.yaml");
  merge(tree, yaml("\n\na: {c: 3, d: 4}\n", "over.yaml"));
  const Node& a = *tree.find("a");
  CHECK(a.position.text() == "base.yaml:1:4");
  CHECK(a.find("b")->position.text() == "base.yaml:1:8");
  CHECK(a.find("c")->position.text() == "over.yaml:3:8");
  CHECK(a.find("d")->position.text() == "over.yaml:3:14");
  CHECK(a.entries[2].position.text() == "over.yaml:3:11");
}

TEST_CASE("JSON keeps numbers and truth values and quotes everything else") {
  CHECK(to_json(yaml("{b: 1e-4, a: 0.10, c: '1', d: true, e: 'true', f: ~, g: [], h: {}, i: x y}")) ==
        R"({"b":1e-4,"a":0.10,"c":"1","d":true,"e":"true","f":null,"g":[],"h":{},"i":"x y"})");
  // Numbers of YAML that JSON writes otherwise; texts that only look like numbers.
  CHECK(to_json(yaml("[+3, .25, 1., -.5, 010, 0x1, 1e999, .inf, yes]")) ==
        R"([3,0.25,1,-0.5,"010","0x1","1e999",".inf","yes"])");
  CHECK(to_json(plain("quote \" backslash \\ line\nfeed\ttab\x01 é 𝛼")) ==
        R"("quote \" backslash \\ line\nfeed\ttab\u0001 é 𝛼")");
}

TEST_CASE("Canonical JSON is the same for the same values in any order and notation") {
  const std::string canonical = to_json(yaml("{b: {y: 1e-4, x: 2}, a: [3, 100000]}"), true);
  CHECK(canonical == R"({"a":[3,1e5],"b":{"x":2,"y":1e-4}})");
  CHECK(to_json(yaml("{a: [3.0, 1e5], b: {x: +2, y: 0.0001}}"), true) == canonical);
  CHECK(to_json(yaml("{a: ['3', 1e5], b: {x: +2, y: 0.0001}}"), true) != canonical);
  CHECK(to_json(yaml("{a: [1e5, 3], b: {x: +2, y: 0.0001}}"), true) != canonical);
}

TEST_CASE("A tree is written as block YAML with comments behind the values") {
  const Node tree =
      yaml("{name: q, shape: [60, 40], o: {type: g, n: {}}, l: [a, {b: {every: 10}, c: 1}, [1, [2]], []]}");
  CHECK(to_yaml(tree) ==
        "name: q\n"
        "shape: [60, 40]\n"
        "o:\n"
        "  type: g\n"
        "  n: {}\n"
        "l:\n"
        "  - a\n"
        "  - b:\n"
        "      every: 10\n"
        "    c: 1\n"
        "  - - 1\n"
        "    - [2]\n"
        "  - []\n");
  CHECK(to_yaml(yaml("{a: 1, b: [x, y], c: {d: 2}}"),
                [](const Node& node) {
                  return node.is_scalar() && node.scalar == "2" ? "" : node.position.text() + "\n!";
                }) ==
        "a: 1  # t.yaml:1:5 !\n"
        "b: [x, y]  # t.yaml:1:11 !\n"
        "c:\n"
        "  d: 2\n");
  CHECK(to_yaml(Node()) == "null\n");
  CHECK(to_yaml(plain("x")) == "x\n");
}

TEST_CASE("Written YAML reads back as the same tree, whatever the texts") {
  const std::vector<std::string> texts = {"",
                                          "~",
                                          "null",
                                          "Null",
                                          "NULL",
                                          "true",
                                          "12",
                                          "-1e-5",
                                          "010",
                                          "1e999",
                                          "a: b",
                                          "a #b",
                                          "#b",
                                          "- a",
                                          "-",
                                          "--- a",
                                          "...",
                                          "? a",
                                          ": a",
                                          "a:",
                                          "[a",
                                          "{a",
                                          "a, b",
                                          "]",
                                          "*a",
                                          "&a",
                                          "!a",
                                          "%a",
                                          "@a",
                                          "`a",
                                          "'a",
                                          "\"a\"",
                                          "a'b",
                                          " a",
                                          "a ",
                                          "a\nb",
                                          "a\n",
                                          "\ta",
                                          "a\\b",
                                          "< 1e-3",
                                          "<<",
                                          "σ_1",
                                          "x\x7Fy",
                                          "\x01",
                                          "é\xC2\x85",
                                          "\xEF\xBB\xBF"
                                          "a",
                                          "\xE2\x80\xA8",
                                          "key with spaces",
                                          "=",
                                          "|",
                                          ">",
                                          "a\r\nb",
                                          "-.5",
                                          "./a/b",
                                          "../a",
                                          "/a.csv",
                                          "..",
                                          "-..",
                                          "2024-01-01",
                                          "yes",
                                          "{{a}}",
                                          "final relative_error",
                                          "100 %",
                                          "a*b^2",
                                          "+",
                                          "(x)",
                                          "$HOME",
                                          ">= 2",
                                          "a?b"};
  Node tree = Node::make_map({});
  Node items = Node::make_sequence({});
  for (const std::string& text : texts) {
    for (const bool quoted : {false, true}) items.items.push_back(Node::make_scalar(text, {}, quoted));
    if (text.find_first_of("\n\r\t\x01\x7F") == std::string::npos && text != "<<")
      tree.set(text, Node::make_scalar(text, {}, true));
    CAPTURE(text);
    const Node scalar = Node::make_scalar(text, {});
    CHECK(to_json(yaml(to_yaml(scalar))) == to_json(scalar));
  }
  tree.set("flow", items);
  items.items.push_back(yaml("{a: [1, {b: [[], [~]]}]}"));
  tree.set("block", items);
  const std::string written = to_yaml(tree, [](const Node& node) { return node.scalar; });
  CHECK(to_json(yaml(written)) == to_json(tree));
  CHECK(to_yaml(yaml(written)) == to_yaml(tree));
}
