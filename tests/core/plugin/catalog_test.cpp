// From a kind and a name to a plugin, and what is said when the plugin's own code fails.
#include "core/plugin/catalog.hpp"

#include <cstdlib>
#include <new>

#include "core/base/installation.hpp"
#include "core/interfaces/component.hpp"
#include "tests/support/refusals.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

namespace {

const fs::path shipped = fs::path(TIGHTROPE_BUILD_DIR) / "plugins";

class Nothing final : public Component {};

/// Fails in the way that it is told, or makes nothing.
struct Failing final : Maker {
  std::function<void()> failure;
  bool makes = false;
  void declare(Parameters&) override { failure(); }
  std::shared_ptr<const Component> make(const Context&) const override {
    failure();
    return makes ? std::make_shared<const Nothing>() : nullptr;
  }
  bool takes_step_size() const override { return false; }
};

constexpr Manifest mine = {manifest_magic, manifest_version, sizeof(Manifest), "", "", "step_sizes", "mine", "",
                           nullptr};

struct MadeHere final : Library {
  std::function<std::unique_ptr<Maker>()> make;
  explicit MadeHere(std::function<std::unique_ptr<Maker>()> of)
      : Library(&mine, "/x/mine.so", ""), make(std::move(of)) {}
  std::unique_ptr<Maker> maker() const override { return make(); }
};

}  // namespace

TEST_CASE("a kind of plugin has a folder, a word and both with either dash") {
  for (const char* word : {"step_sizes", "step size", "step_size", "step-size", "step-sizes"})
    CHECK(plugin_kind(word).folder == std::string("step_sizes"));
  CHECK(plugin_kind("loss").folder == std::string("losses"));
  check_refused(Exit::config, {"there is no kind of plugin 'optimiser' (did you mean 'optimizers'?)"},
                [] { plugin_kind("optimiser"); });
  check_refused(Exit::config, {"'xyzzy'; the kinds are operators, "}, [] { plugin_kind("xyzzy"); });
}

TEST_CASE("plugins are found in the first folder that has them, by absolute paths alone") {
  check_refused(Exit::plugin, {"the plugin folder 'here' is a relative path"}, [] { Catalog({shipped, "here"}); });
  const TemporaryFolder out;
  for (const char* folder : {"first", "second"}) fs::create_directories(out.path / folder / "step_sizes");
  const Catalog catalog({out.path / "first", out.path / "second", shipped});
  const auto library = catalog.find("step-size", "constant");
  CHECK(library->file() == fs::canonical(shipped / "step_sizes/constant.so"));
  CHECK(catalog.find("step_sizes", "constant") == library);
  CHECK(Catalog::is_installed(shipped / "step_sizes/constant.so"));
  CHECK_FALSE(Catalog::is_installed(out.path / "first/step_sizes/constant.so"));
  check_refused(Exit::plugin,
                {"there is no step size 'konstant' (did you mean 'constant'?); folders searched: ",
                 (out.path / "first/step_sizes").string()},
                [&] { catalog.find("step size", "konstant"); });
  check_refused(Exit::plugin, {"folders searched: none"}, [] { Catalog({}).find("step size", "constant"); });
  out.write("first/step_sizes/../../first/step_sizes/.hidden.so", "x");
  fs::create_directory_symlink(shipped / "step_sizes", out.path / "first/step_sizes/folder");
  for (const char* name : {"", ".hidden", "../step_sizes/constant", "folder/constant"})
    check_refused(Exit::plugin, {"there is no step size '" + std::string(name) + "'"},
                  [&] { catalog.find("step size", name); });
  out.write("first/step_sizes/twice.so", "x");
  out.write("first/step_sizes/twice.py", "x");
  check_refused(Exit::plugin, {"the step size 'twice' is there twice, as ", "; remove one of them"},
                [&] { catalog.find("step size", "twice"); });
  out.write("first/step_sizes/notes.txt", "x");
  const auto names = catalog.names("step size");
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::count(names.begin(), names.end(), "twice") == 1);
  CHECK(std::count(names.begin(), names.end(), "constant") == 1);
  CHECK(std::count(names.begin(), names.end(), "notes") == 0);
  CHECK(catalog.names("loss") == Catalog({shipped}).names("loss"));
  fs::create_symlink("nowhere", out.path / "second/step_sizes/lost.so");
  check_refused(Exit::plugin, {"is a link to nowhere, which does not exist"},
                [&] { catalog.find("step size", "lost"); });
}

TEST_CASE("a plugin in the wrong folder, under another name or one of two is not taken") {
  const TemporaryFolder out;
  const auto copy = [&](const fs::path& to) {
    fs::create_directories((out.path / to).parent_path());
    fs::copy_file(shipped / "step_sizes/constant.so", out.path / to, fs::copy_options::overwrite_existing);
  };
  copy("a/losses/constant.so");
  check_refused(Exit::plugin,
                {"provides one of the step_sizes, but it lies in the folder of the losses; move it to " +
                 (out.path / "a/step_sizes").string()},
                [&] { Catalog({out.path / "a"}).find("loss", "constant"); });
  copy("a/step_sizes/fixed.so");
  check_refused(Exit::plugin, {"fixed.so calls itself 'constant'; name the file constant.so"},
                [&] { Catalog({out.path / "a"}).find("step size", "fixed"); });
  // Two of one name: a copy, a link to itself and the one that came with the program are none.
  copy("a/step_sizes/constant.so");
  copy("b/step_sizes/constant.so");
  fs::create_directories(out.path / "c/step_sizes");
  fs::create_symlink(out.path / "a/step_sizes/constant.so", out.path / "c/step_sizes/constant.so");
  const auto found = [&](const std::vector<fs::path>& folders) {
    return Catalog(folders).find("step size", "constant")->file().string();
  };
  CHECK(found({out.path / "a", out.path / "b", out.path / "c", out.path / "none", shipped}) ==
        fs::canonical(out.path / "a/step_sizes/constant.so"));
  out.write("b/step_sizes/constant.so", "other");
  check_refused(Exit::plugin, {"there are two plugins 'constant' among the step_sizes, ", (out.path / "b").string()},
                [&] {
                  found({out.path / "a", out.path / "b"});
                });
  CHECK(found({shipped, out.path / "b"}) == fs::canonical(shipped / "step_sizes/constant.so"));
}

TEST_CASE("folders of plugins are those of the call, of the environment and of the program, in this order") {
  const std::vector<fs::path> extra = {"/first"};
  unsetenv("TIGHTROPE_PLUGIN_PATH");
  CHECK(Catalog::standard_folders(extra) == std::vector<fs::path>{"/first", plugin_folder()});
  setenv("TIGHTROPE_PLUGIN_PATH", ":/second::/third:", 1);
  CHECK(Catalog::standard_folders(extra) == std::vector<fs::path>{"/first", "/second", "/third", plugin_folder()});
  setenv("TIGHTROPE_PLUGIN_PATH", "/a", 1);
  CHECK(Catalog::standard_folders({}) == std::vector<fs::path>{"/a", plugin_folder()});
  unsetenv("TIGHTROPE_PLUGIN_PATH");
}

TEST_CASE("the failure of a plugin's own code is told with its name and what it was doing") {
  Failing maker;
  const MadeHere library([] { return nullptr; });
  const Context context({2, 2}, Stream(1, "x"), std::make_shared<const Team>(1));
  struct Case {
    std::function<void()> failure;
    Exit code;
    const char* words;
  };
  for (const Case& one :
       {Case{[] { throw Unsuitable("it is square"); }, Exit::config, "it is square"},
        {[] { throw std::bad_alloc(); }, Exit::resources, "step size 'mine' (/x/mine.so) ran out of memory"},
        {[] { throw std::logic_error("no"); }, Exit::plugin, "'mine' (/x/mine.so) failed while it "},
        {[] { throw 3; }, Exit::plugin, "with an exception that is no std::exception"}}) {
    maker.failure = one.failure;
    check_refused(one.code, {one.words}, [&] { make_any_component(library, maker, context); });
    check_refused(one.code, {one.words}, [&] {
      make_maker(MadeHere([&]() -> std::unique_ptr<Maker> {
        one.failure();
        return nullptr;
      }));
    });
  }
  maker.failure = [] {};
  check_refused(Exit::plugin, {"made nothing when it was asked for an object"},
                [&] { make_any_component(library, maker, context); });
  check_refused(Exit::plugin, {"gives nothing to make it with"}, [&] { make_maker(library); });
  maker.makes = true;
  CHECK(make_any_component(library, maker, context));
  CHECK(make_maker(MadeHere([] { return std::make_unique<Failing>(); })));
}
