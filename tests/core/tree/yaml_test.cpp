// The YAML reader: positions, and a clean refusal of everything that is not a sane config.
#include "core/tree/yaml/yaml.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

using namespace tightrope;

namespace {

namespace fs = std::filesystem;

/// All complaints about the text, "" if it is accepted.
std::string complaints(const std::string& text, const YamlLimits& limits = {}) {
  try {
    parse_yaml(text, "t.yaml", limits);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

std::string complaints_about_file(const fs::path& file, const YamlLimits& limits = {}) {
  try {
    read_yaml(file, limits);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

std::string assigned(const std::string& yaml, const std::string& assignment) {
  Node tree = parse_yaml(yaml, "t.yaml");
  try {
    apply_assignment(tree, assignment, "--set");
  } catch (const ConfigError& error) {
    CHECK(to_json(tree) == to_json(parse_yaml(yaml, "t.yaml")));  // unchanged
    return error.what();
  }
  return to_json(tree);
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// A folder that is gone when the test is over.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "tightrope-yaml-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path file(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

const std::string sample = R"(# a sample
name: quickstart
seed: 1
problem:
  shape: [60, 40]
  target:   {type: random, rank: 3, condition: 2}
  operator: &op {type: "dense", measurements: 1500}
other: *op
step: 1e-4
text: |
  two
  lines
observers:
  - relative_error
  - imbalance: {every: 10}
  - ~
empty:
)";

}  // namespace

TEST_CASE("Every value of a file has its line and column") {
  const Node tree = parse_yaml(sample, "t.yaml");
  CHECK(to_json(tree) ==
        R"({"name":"quickstart","seed":1,"problem":{"shape":[60,40],"target":{"type":"random","rank":3,"condition":2},)"
        R"("operator":{"type":"dense","measurements":1500}},"other":{"type":"dense","measurements":1500},"step":1e-4,)"
        R"("text":"two\nlines\n","observers":["relative_error",{"imbalance":{"every":10}},null],"empty":null})");
  CHECK(tree.position.text() == "t.yaml:2:1");
  CHECK(tree.entries[1].position.text() == "t.yaml:3:1");
  const Node& problem = *tree.find("problem");
  CHECK(problem.find("shape")->items[1].position.text() == "t.yaml:5:15");
  CHECK(problem.find("target")->find("rank")->position.text() == "t.yaml:6:34");
  CHECK(problem.find("target")->entries[1].position.text() == "t.yaml:6:28");
  CHECK(problem.find("operator")->find("type")->quoted);
  CHECK_FALSE(problem.find("target")->find("type")->quoted);
  CHECK(tree.find("other")->position.text() == "t.yaml:8:8");  // of the alias
  CHECK(tree.find("observers")->items[2].position.text() == "t.yaml:16:5");
  CHECK(tree.find("empty")->position.text() == "t.yaml:17:1");  // of its key
}

TEST_CASE("Values that are left out stand where they are missing") {
  const Node tree = parse_yaml("a:\n\nb: # nothing\nc:\n  -\n\n  - 1\n  -\n", "t.yaml");
  CHECK(to_json(tree) == R"({"a":null,"b":null,"c":[null,1,null]})");
  CHECK(tree.find("a")->position.text() == "t.yaml:1:1");
  CHECK(tree.find("b")->position.text() == "t.yaml:3:1");
  CHECK(tree.find("c")->items[0].position.text() == "t.yaml:5:3");
  CHECK(tree.find("c")->items[2].position.text() == "t.yaml:8:3");
}

TEST_CASE("A list may begin with an entry that is left out") {
  for (const char* text : {"-\n- 1\n", "- \t\r\n\r\n- 1\r\n"}) {
    CAPTURE(text);
    const Node list = parse_yaml(text, "t.yaml");
    CHECK(to_json(list) == "[null,1]");
    CHECK(list.items[0].position.text() == "t.yaml:1:1");
  }
}

TEST_CASE("Columns count characters, also behind letters of several bytes and a byte-order mark") {
  const Node tree = parse_yaml("\xEF\xBB\xBF{größe: 1, β: 2}", "t.yaml");
  CHECK(tree.entries[1].position.text() == "t.yaml:1:12");
  CHECK(tree.find("β")->position.text() == "t.yaml:1:15");
}

TEST_CASE("Nothing, null and quotes are told apart") {
  CHECK(to_json(parse_yaml("[~, null, Null, NULL, '', '~', \"null\", none]", "t.yaml")) ==
        R"([null,null,null,null,"","~","null","none"])");
  CHECK(to_json(parse_yaml("[!!str 5, ! 5, '5', 5]", "t.yaml")) == R"(["5","5","5",5])");
  CHECK(to_json(parse_yaml("[!!str null, ! ~, !!str , ! [5]]", "t.yaml")) == R"(["null","~","",[5]])");
  CHECK(to_json(parse_yaml("{'<<': 1}", "t.yaml")) == R"({"<<":1})");
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n"}) {
    const Node nothing = parse_yaml(text, "t.yaml");
    CHECK(nothing.is_null());
    CHECK(nothing.position.line >= 1);
  }
  CHECK(parse_yaml("", "t.yaml").position.text() == "t.yaml:1:1");
}

TEST_CASE("Windows line ends are read as line ends") {
  const Node tree = parse_yaml("a: 1\r\nb:\r\n  - x\r\n", "t.yaml");
  CHECK(to_json(tree) == R"({"a":1,"b":["x"]})");
  CHECK(tree.find("b")->items[0].position.text() == "t.yaml:3:5");
}

TEST_CASE("All duplicate keys of a file are reported together, each with the line of the first") {
  CHECK(complaints("a: 1\nb: {c: 1, c: 2}\na: 3\nd: 1\na: 4\n") ==
        "t.yaml:2:11: error: key 'c' was already given at line 2, column 5\n"
        "t.yaml:3:1: error: key 'a' was already given at line 1\n"
        "t.yaml:5:1: error: key 'a' was already given at line 1");
  CHECK(complaints("{a: {x: 1}, b: {x: 2}}") == "");
}

TEST_CASE("Duplicate keys before a syntax error are reported with it") {
  CHECK(
      complaints("a: 1\na: 2\nb: [1, 2\n") ==
      "t.yaml:2:1: error: key 'a' was already given at line 1\n"
      "t.yaml:4:1: error: a comma or ] is missing before here (the bracket opened at line 3, column 4 is not closed)");
}

TEST_CASE("What makes YAML tricky is refused with a sentence") {
  CHECK(complaints("a: {x: 1}\nb:\n  <<: *y\n") ==
        "t.yaml:3:3: error: merge keys (<<) are not supported: use an alias for the whole map, or layer two files "
        "with -c\n"
        "t.yaml:3:7: error: the alias refers to an anchor that is not defined before it");
  CHECK(complaints("[1, 2]: x\n{a: b}: y\n~: z\n") ==
        "t.yaml:1:1: error: a key must be a plain word, but this one is the list [1, 2]\n"
        "t.yaml:2:1: error: a key must be a plain word, but this one is a map\n"
        "t.yaml:3:1: error: a key must be a plain word, but this one is nothing");
  CHECK(complaints("a: !!float 3\nb: !point {x: 1}\nc: !!python/object:os.system x\n") ==
        "t.yaml:1:4: error: the tag '!!float' is not supported: write the value without a tag\n"
        "t.yaml:2:4: error: the tag '!point' is not supported: write the value without a tag\n"
        "t.yaml:3:4: error: the tag '!!python/object:os.system' is not supported: write the value without a tag");
  CHECK(complaints("a: 1\n---\nb: 2\n") ==
        "t.yaml:2:1: error: something follows the end of the document: a file holds one YAML document, without ---");
  CHECK(complaints("[1] 2\n") ==
        "t.yaml:1:5: error: something follows the end of the document: a file holds one YAML document, without ---");
  CHECK(complaints("\"a\\x1b\": 1\n") == "t.yaml:1:1: error: a key cannot contain control characters");
  CHECK(complaints("a: \"b\\0c\"\n") == "t.yaml:1:4: error: a text cannot contain the character \\0");
  CHECK(complaints(std::string(201, 'k') + ": 1") == "t.yaml:1:1: error: a key has at most 200 bytes");
}

TEST_CASE("Syntax errors have a position and say what to do") {
  CHECK(complaints("a: 1\n b: 2\n") ==
        "t.yaml:2:3: error: a colon cannot stand here: check the indentation and the line above, or quote the text");
  CHECK(complaints("a:\n\tb: 1\n") == "t.yaml:2:3: error: this line is indented with a tab: use spaces");
  CHECK(complaints("a: [1, 2]]\n") == "t.yaml:1:10: error: this bracket closes nothing");
  CHECK(
      complaints("a: {b: 1\nc: 2\n") ==
      "t.yaml:2:2: error: a comma or } is missing before here (the bracket opened at line 1, column 4 is not closed)");
  CHECK(complaints("a: 'it''s\n") == "t.yaml:1:4: error: the quoted text that begins here is not closed");
  CHECK(complaints("a: \"b\\\"\n") == "t.yaml:1:4: error: the quoted text that begins here is not closed");
  CHECK(complaints("a: \"b") == "t.yaml:1:6: error: a quoted text begins before here and is not closed");
  CHECK(complaints("a: @b\n") == "t.yaml:1:4: error: this character cannot begin a value: quote the text");
  CHECK(complaints("a: - b\n") ==
        "t.yaml:1:4: error: an entry of a list cannot stand here: put it on a line of its own");
  CHECK(complaints("a: |\n  x\n y\n") ==
        "t.yaml:3:2: error: the map is not continued as it began: check indentation, and colons behind keys");
  CHECK(complaints("a: \"\\q\"\n") == "t.yaml:1:7: error: this is not valid YAML: unknown escape character: q");
  CHECK(complaints("%YAML 3.0\n---\na\n") == "t.yaml:1:1: error: this is not valid YAML: YAML major version too large");
}

TEST_CASE("A line without its colon is an error, not a key without a value") {
  CHECK(complaints("a: 1\nseed 3\n") == "t.yaml:2:1: error: a colon is missing behind 'seed 3'");
  CHECK(complaints("a:\n  b\nc: 1\n") == "");  // a text on a line of its own
  CHECK(complaints("a:\n\"b\" :\n{c: }: ~\n").find("colon") == std::string::npos);
  CHECK(complaints("{a, b: 1}") == "");  // in a flow map this is a key without a value
}

TEST_CASE("An alias inside the value that it names is a cycle") {
  CHECK(complaints("&a [*a]") == "t.yaml:1:5: error: alias cycle: '*a' stands inside the very value that it refers to");
  CHECK(complaints("a: &x {b: {c: [1, *x]}}") ==
        "t.yaml:1:19: error: alias cycle: '*x' stands inside the very value that it refers to");
  CHECK(complaints("a: &x 1\nb: &x [*x]\n") ==
        "t.yaml:2:8: error: alias cycle: '*x' stands inside the very value that it refers to");
  CHECK(complaints("a: *b\n") == "t.yaml:1:4: error: the alias refers to an anchor that is not defined before it");
}

TEST_CASE("A bomb of aliases is refused by what it would expand to") {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name <= 'i'; ++name) {
    const std::string previous = std::string("*") + static_cast<char>(name - 1);
    bomb += std::string(1, name) + ": &" + name + " [" + previous + repeated("," + previous, 9) + "]\n";
  }
  CHECK(complaints(bomb) ==
        "t.yaml:5:26: error: the file holds more than 100000 values, every alias counted as what it stands for");
}

TEST_CASE("Files within the limits of depth and count are read, files beyond are not") {
  for (const std::string open : {"[", "{a: "}) {
    CAPTURE(open);
    const std::string close = open == "[" ? "]" : "}";
    CHECK(complaints(repeated(open, 32) + repeated(close, 32)) == "");
    CHECK(complaints(repeated(open, 33) + repeated(close, 33)) ==
          "t.yaml:1:" + std::to_string(1 + 32 * open.size()) +
              ": error: lists and maps may be nested 32 levels deep, but this one lies deeper");
  }
  CHECK(complaints("a: &x [[1]]\nb: [*x]\n", {.depth = 4}) == "");
  CHECK(complaints("a: &x [[1]]\nb: [*x]\n", {.depth = 3}) ==
        "t.yaml:2:5: error: lists and maps may be nested 3 levels deep, but this one lies deeper");
  CHECK(complaints("[1, 2, 3]", {.nodes = 4}) == "");
  CHECK(complaints("[1, 2, 3]", {.nodes = 3}) ==
        "t.yaml:1:8: error: the file holds more than 3 values, every alias counted as what it stands for");
  CHECK(complaints("abcd", {.bytes = 4}) == "");
  CHECK(complaints("abcde", {.bytes = 4}) ==
        "t.yaml:1:1: error: the file has 5 bytes, more than the 4 that are read of a config");
}

TEST_CASE("Depth beyond the parser's own limit is our error, too") {
  CHECK(complaints(repeated("[", 2000) + repeated("]", 2000), {.depth = 10'000})
            .ends_with("error: lists and maps are nested too deeply here"));
}

TEST_CASE("Masses of brackets and dashes end in a clean error") {
  for (const char* text :
       {"[", "{", "- ", "? ", "a: ", "&a ", "!", "[a, ", "{a: ", "[?", ":", "[,", "'", "\"", "*a "}) {
    CAPTURE(text);
    CHECK(complaints(repeated(text, 99'999)) != "");
  }
  CHECK(complaints("[" + repeated(",", 1'000'000) + "]") ==
        "t.yaml:1:100000: error: the file holds more than 100000 values, every alias counted as what it stands for");
}

TEST_CASE("Only UTF-8 text without control characters is read") {
  CHECK(complaints("\xFF\xFE"
                   "a\0:\0") == "t.yaml:1:1: error: the file is in UTF-16; save it as UTF-8");
  CHECK(complaints("\xFE\xFF\0a") == "t.yaml:1:1: error: the file is in UTF-16; save it as UTF-8");
  CHECK(complaints(std::string("a: 1\nb: \0", 9)) ==
        "t.yaml:2:4: error: a control character (number 0) has no place in a YAML file");
  // To yaml-cpp character 4 is the end of the file: what follows would be dropped without a word.
  CHECK(complaints("a: 1\n\x04\nb: 2\n") ==
        "t.yaml:2:1: error: a control character (number 4) has no place in a YAML file");
  const std::vector<std::string> broken = {"\x80",
                                           "\xC3",
                                           "\xC0\xAF",
                                           "\xE0\x80\xAF",
                                           "\xED\xA0\x80",
                                           "\xF5\x80\x80\x80",
                                           "\xF4\x90\x80\x80",
                                           "\xF0\x80\x80\x80",
                                           "\xE2\x82",
                                           "\xFF"};
  for (const std::string& bytes : broken)
    CHECK(complaints("é: " + bytes + "x") ==
          "t.yaml:1:4: error: this is no UTF-8 text; is it a text file, saved as UTF-8?");
  CHECK(complaints("a: \xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF") == "");
}

TEST_CASE("A file that cannot be read is refused with its name and the nearest one") {
  const Folder folder;
  const fs::path quickstart = folder.file("quickstart.yaml", "a: 1\n");
  const std::string in = folder.path().string();
  CHECK(to_json(read_yaml(quickstart)) == R"({"a":1})");
  CHECK(read_yaml(quickstart).position.text() == quickstart.string() + ":1:1");
  CHECK(complaints_about_file(folder.path() / "quikstart.yaml") ==
        in + "/quikstart.yaml: error: there is no such file (did you mean 'quickstart.yaml'?)");
  CHECK(complaints_about_file(folder.path() / "other") == in + "/other: error: there is no such file");
  CHECK(complaints_about_file(folder.path() / "none" / "a.yaml") ==
        in + "/none/a.yaml: error: there is no folder '" + in + "/none'");
  CHECK(complaints_about_file(folder.path()) == in + ": error: this is a folder, not a YAML file");
  CHECK(complaints_about_file("/dev/null") == "/dev/null: error: this is not a regular file; - reads standard input");
  CHECK(complaints_about_file(quickstart, {.bytes = 4}) ==
        in + "/quickstart.yaml:1:1: error: the file has 5 bytes, more than the 4 that are read of a config");
  CHECK(complaints_about_file(folder.file("big.yaml", std::string(10'000'000, '['))) ==
        in + "/big.yaml:1:1: error: the file has 10000000 bytes, more than the 1048576 that are read of a config");
  CHECK_THROWS_WITH_AS(read_yaml(""), "the name of a config is empty", Error);
  // Files of the kernel's, whose size is said to be 0: one cannot be read, the other is longer than was said.
  CHECK(complaints_about_file("/proc/self/mem") ==
        "/proc/self/mem: error: the file cannot be read: check its permissions");
  CHECK(complaints_about_file("/proc/self/maps", {.bytes = 10}) ==
        "/proc/self/maps:1:1: error: the file has 11 bytes, more than the 10 that are read of a config");
  if (geteuid() != 0) {  // root reads everything
    fs::permissions(quickstart, fs::perms::none);
    CHECK(complaints_about_file(quickstart) ==
          in + "/quickstart.yaml: error: the file cannot be read: check its permissions");
  }
}

TEST_CASE("Two thousand damaged configs are read or refused with a position, and nothing else happens") {
  std::uint64_t state = 7;
  const auto draw = [&state](std::size_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>((state >> 33U) % below);
  };
  const std::string spice = "[]{}:,-&*!|>'\"%@`#?~ \t\n\r\\<=aA01.\x01\x04\x7F\x80\xC3\xFF";
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string text = sample;
    for (std::size_t changes = 1 + draw(4); changes > 0; --changes) {
      const std::size_t at = draw(text.size()), length = std::min(1 + draw(12), text.size() - at);
      switch (draw(4)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(draw(text.size()), text.substr(at, length));
          break;
        case 2:
          text.insert(at, 1, spice[draw(spice.size())]);
          break;
        default:
          text[at] = static_cast<char>(draw(256));
      }
    }
    CAPTURE(text);
    try {
      const Node tree = parse_yaml(text, "t.yaml");
      CHECK(to_json(parse_yaml(to_yaml(tree), "again")) == to_json(tree));
    } catch (const ConfigError& error) {
      ++refused;
      const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
      for (const Diagnostic& diagnostic : error.diagnostics()) {
        CHECK(diagnostic.position.file == "t.yaml");
        CHECK(diagnostic.position.line >= 1);
        CHECK(diagnostic.position.line <= lines);
        CHECK(diagnostic.position.column >= 1);
        CHECK_FALSE(diagnostic.message.empty());
      }
    }
  }
  // Otherwise the damage is too small or too large to tell us anything.
  CHECK(refused > 500);
  CHECK(refused < 1900);
}

TEST_CASE("An assignment sets a value by its path, parsed as YAML") {
  CHECK(assigned("{a: {b: 1, c: 2}}", "a.b=3") == R"({"a":{"b":3,"c":2}})");
  CHECK(assigned("{a: 1}", "b.c.d=1e-4") == R"({"a":1,"b":{"c":{"d":1e-4}}})");
  CHECK(assigned("", "a.b=[1, {x: y}]") == R"({"a":{"b":[1,{"x":"y"}]}})");
  CHECK(assigned("{a: {b: 1}}", "a={type: x}") == R"({"a":{"type":"x"}})");
  CHECK(assigned("{a: 1}", "a=") == R"({"a":null})");
  CHECK(assigned("{a: 1}", "a='5'") == R"({"a":"5"})");
  CHECK(assigned("{a: 1}", "a=b=c") == R"({"a":"b=c"})");
}

TEST_CASE("An assignment reaches into lists, bare names and types") {
  CHECK(assigned("{l: [{is: 1}, x]}", "l.0.is=2") == R"({"l":[{"is":2},"x"]})");
  CHECK(assigned("{l: [{is: 1}, x]}", "l.1=y") == R"({"l":[{"is":1},"y"]})");
  CHECK(assigned("{l: [{is: 1}, x]}", "l.1.every=10") == R"({"l":[{"is":1},{"type":"x","every":10}]})");
  CHECK(assigned("{o: x}", "o.p=1") == R"({"o":{"type":"x","p":1}})");
  CHECK(assigned("{o: x}", "o.type=y") == R"({"o":{"type":"y"}})");
  CHECK(assigned("{o: {type: x, p: 1}}", "o.type=y") == R"({"o":{"type":"y","p":1}})");
  CHECK(assigned("{o: 0.5}", "o.value=1") == R"({"o":{"value":1}})");
}

TEST_CASE("The values of an assignment know their place in it") {
  Node tree = parse_yaml("{a: x}", "t.yaml");
  apply_assignment(tree, "a.b.c=[1, 2]", "TIGHTROPE_SET");
  const Node& a = *tree.find("a");
  CHECK(a.position.text() == "t.yaml:1:5");
  CHECK(a.find("type")->position.text() == "t.yaml:1:5");
  CHECK(a.entries[1].position.text() == "TIGHTROPE_SET a.b.c=[1, 2]:1:3");
  CHECK(a.find("b")->position.text() == "TIGHTROPE_SET a.b.c=[1, 2]:1:3");
  CHECK(a.find("b")->find("c")->items[1].position.text() == "TIGHTROPE_SET a.b.c=[1, 2]:1:11");
}

TEST_CASE("A malformed assignment is refused and changes nothing") {
  const std::string tree = "{a: {b: 1}, l: [1, 2], e: []}";
  CHECK(assigned(tree, "a.b") ==
        "--set a.b:1:1: error: an assignment has the form path.to.key=value, but here is no =");
  CHECK(assigned(tree, "=1") ==
        "--set =1:1:1: error: the path before = is empty: an assignment has the form path.to.key=value");
  CHECK(assigned(tree, "a..b=1") == "--set a..b=1:1:3: error: the path 'a..b' has an empty part");
  CHECK(assigned(tree, "a.=1") == "--set a.=1:1:3: error: the path 'a.' has an empty part");
  CHECK(assigned(tree, "a.x.l=[1") ==
        "--set a.x.l=[1:1:7: error: a comma or ] is missing before here (the bracket opened at line 1, column 7 is not "
        "closed)");
  CHECK(assigned(tree, "l.2=1") ==
        "--set l.2=1:1:3: error: 'l' is a list, and '2' is none of its entries (they are numbered from 0 to 1)");
  CHECK(assigned(tree, "l.-1=1") ==
        "--set l.-1=1:1:3: error: 'l' is a list, and '-1' is none of its entries (they are numbered from 0 to 1)");
  CHECK(assigned(tree, "l.99999999999999999999=1").find("is none of its entries") != std::string::npos);
  CHECK(assigned(tree, "e.x.y=1") ==
        "--set e.x.y=1:1:3: error: 'e' is a list, and 'x' is none of its entries: it is empty");
  CHECK(assigned(tree, "é=[*x]") ==
        "--set é=[*x]:1:4: error: the alias refers to an anchor that is not defined before it");
  CHECK(assigned(tree, "a={b: 1, b: 2}") ==
        "--set a={b: 1, b: 2}:1:10: error: key 'b' was already given at line 1, column 4");
  CHECK(assigned(tree, repeated("a.", 32) + "a=1")
            .ends_with(":1:65: error: lists and maps may be nested 32 levels deep, but this one lies deeper"));
  CHECK(assigned(tree, "a=\xFF") ==
        "--set a=\\xff:1:3: error: this is no UTF-8 text; is it a text file, saved as UTF-8?");
}
