// Names of files: where they lead, and which array in them is meant.
#include "core/tree/paths.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "core/tree/parameters.hpp"

using namespace tightrope;

namespace {

namespace fs = std::filesystem;

/// A variable of the environment that is what it was when the test is over.
class Variable {
 public:
  explicit Variable(const char* name) : name_(name) {
    if (const char* const value = std::getenv(name)) before_ = value;
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("An array of an archive stands behind a colon") {
  const auto split = [](const std::string& name) {
    const auto [file, member] = split_member(name);
    return file + " | " + member;
  };
  CHECK(split("a.npz:A") == "a.npz | A");
  CHECK(split("a.MAT:A") == "a.MAT | A");
  CHECK(split("a.npz") == "a.npz | ");
  CHECK(split("a.npz:") == "a.npz: | ");
  CHECK(split("a.csv:A") == "a.csv:A | ");
  CHECK(split("a.npz:b.mat:C") == "a.npz:b.mat | C");
  CHECK(split("a.mat:b.npz:C") == "a.mat:b.npz | C");
  CHECK(split("a.npz:b.npz:C") == "a.npz:b.npz | C");
  CHECK(member_name("a.npz:A", "B") == "a.npz:B");
  CHECK(member_name("a.npz", "B") == "a.npz:B");
}

TEST_CASE("The way up from a link is that of what it leads to") {
  std::string pattern = (fs::canonical(fs::temp_directory_path()) / "tightrope-paths-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const fs::path folder = pattern;
  fs::create_directories(folder / "real" / "deep");
  fs::create_directory_symlink(folder / "real" / "deep", folder / "link");
  fs::create_symlink(folder / "nothing", folder / "dangling");
  CHECK(resolved_path(folder / "link" / ".." / "x.csv") == folder / "real" / "x.csv");
  CHECK(resolved_path(folder / "dangling" / ".." / "x.csv") == folder / "x.csv");
  CHECK(resolved_path(folder / "real" / "deep" / ".." / "." / "x.csv") == folder / "real" / "x.csv");
  CHECK(resolved_path(folder / "real" / "") == folder / "real");
  CHECK(resolved_path("x.csv") == fs::current_path() / "x.csv");

  // Beside the config; in the folder itself where the config is gone; where it was found, whatever the value says.
  std::ofstream(folder / "c.yaml") << "a: 1\n";
  CHECK(file_path(Node::make_scalar("x.csv", {(folder / "c.yaml").string(), 1, 1})) == folder / "x.csv");
  CHECK(file_path(Node::make_scalar("x.npz:A", {folder.string(), 1, 1})) == folder / "x.npz");
  CHECK(file_path(located(Node::make_scalar("x.csv", {folder.string(), 1, 1}), "/else/where.csv")) ==
        "/else/where.csv");
  fs::remove_all(folder);
}

TEST_CASE("~ is the home of the user, where there is one") {
  const Variable home("HOME");
  const auto path = [](const char* name) { return file_path(Node::make_scalar(name, {})); };
  setenv("HOME", "/home/ada", 1);
  CHECK(path("~/x.csv") == "/home/ada/x.csv");
  CHECK(path("~") == "/home/ada");
  CHECK(path("~ada/x.csv") == fs::current_path() / "~ada/x.csv");
  setenv("HOME", "", 1);
  CHECK(path("~/x.csv") == fs::current_path() / "~/x.csv");
  unsetenv("HOME");
  CHECK(path("~/x.csv") == fs::current_path() / "~/x.csv");
}
