// What stands between a file and its being opened as a plugin: each thing that is wrong has its own sentence, and what
// the machine has no room for is not blamed on the file.
#include "core/plugin/library.hpp"

#include <elf.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/plugin/memory_folder.hpp"
#include "core/plugin/script.hpp"
#include "tests/support/refusals.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

extern "C" {
int pipe2(int ends[2], int flags) noexcept { return FailingCall::instead_of<pipe2>("pipe2", ends, flags); }
int poll(pollfd* of, nfds_t count, int patience) { return FailingCall::instead_of<poll>("poll", of, count, patience); }
pid_t waitpid(pid_t child, int* status, int options) {
  return FailingCall::instead_of<waitpid>("waitpid", child, status, options);
}
FILE* fopen64(const char* path, const char* mode) { return FailingCall::instead_of<fopen64>("fopen64", path, mode); }
char* realpath(const char* path, char* whole) noexcept {
  return FailingCall::instead_of<realpath>("realpath", path, whole);
}
int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  const int given =
      FailingCall::instead_of<posix_spawn>("posix_spawn", child, path, actions, attributes, arguments, environment);
  return given < 0 ? errno : given;  // which returns what others leave in errno
}
}

namespace {

const fs::path sound = fs::path(TIGHTROPE_BUILD_DIR) / "plugins/step_sizes/constant.so";

/// An ELF library to be changed field by field.
struct Elf {
  std::string bytes = bytes_of(sound);
  template <class Field>
  Field& at(std::uint64_t offset) {
    return *reinterpret_cast<Field*>(bytes.data() + offset);
  }
  Elf64_Ehdr& header() { return at<Elf64_Ehdr>(0); }
  Elf64_Phdr& segment(unsigned i) { return at<Elf64_Phdr>(header().e_phoff + i * sizeof(Elf64_Phdr)); }
  Elf64_Shdr& section(unsigned i) { return at<Elf64_Shdr>(header().e_shoff + i * sizeof(Elf64_Shdr)); }
  Elf64_Shdr& section_of(Elf64_Word type) {
    for (unsigned i = 1; i < header().e_shnum; ++i)
      if (section(i).sh_type == type) return section(i);
    throw std::logic_error("the plugin has no such section");
  }
  Elf64_Shdr& symbols() { return section_of(SHT_DYNSYM); }
  Elf64_Shdr& names() { return section(symbols().sh_link); }
  Elf64_Sym& symbol(std::uint64_t i) { return at<Elf64_Sym>(symbols().sh_offset + i * sizeof(Elf64_Sym)); }
  const char* name_of(const Elf64_Sym& one) { return bytes.data() + names().sh_offset + one.st_name; }
  std::uint64_t entry_index() {
    for (std::uint64_t i = 0; i < symbols().sh_size / sizeof(Elf64_Sym); ++i)
      if (std::strcmp(name_of(symbol(i)), "tightrope_plugin") == 0) return i;
    throw std::logic_error("the plugin has no entry point");
  }
  Elf64_Sym& entry() { return symbol(entry_index()); }
  /// Another text of the same length wherever it stands.
  void replace(const std::string& old, const std::string& text) {
    REQUIRE(old.size() == text.size());
    std::size_t found = 0;
    for (std::size_t i = bytes.find(old); i != std::string::npos; i = bytes.find(old, i)) {
      bytes.replace(i, old.size(), text);
      ++found;
    }
    REQUIRE(found > 0);
  }
};

/// A folder of plugins, and none that has been tried before.
struct Plugins : TemporaryFolder {
  Plugins() { setenv("XDG_CACHE_HOME", (path / "cache").c_str(), 1); }
  ~Plugins() { unsetenv("XDG_CACHE_HOME"); }
  fs::path put(const std::string& bytes, const std::string& name = "constant.so") const {
    fs::remove(path / "step_sizes" / name);  // what is there may be mapped
    return write("step_sizes/" + name, bytes);
  }
  std::size_t tried() const {
    return fs::exists(path / "cache")
               ? static_cast<std::size_t>(std::distance(fs::directory_iterator(path / "cache/tightrope/probes"), {}))
               : 0;
  }
};

/// While it exists, nothing more can be opened.
struct NoFiles {
  rlimit before{};
  NoFiles() {
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoFiles() { setrlimit(RLIMIT_NOFILE, &before); }
};

}  // namespace

TEST_CASE("a file is judged as data, field by field, before any of it runs") {
  const std::string incomplete = "is incomplete: its contents reach beyond the end of the file",
                    no_entry = "has no entry point 'tightrope_plugin'";
  struct Case {
    std::function<void(Elf&)> change;
    std::string words;  // empty: it is opened
  };
  const std::uint64_t beyond = Elf().bytes.size() + 1, everywhere = ~std::uint64_t{0};
  const Case cases[] = {
      {[](Elf&) {}, ""},
      {[](Elf& elf) { elf.bytes.clear(); }, "is an empty file; build the plugin again"},
      {[](Elf& elf) { elf.bytes.resize(3); }, "does not start like an ELF file"},
      {[](Elf& elf) { elf.bytes.resize(4); }, incomplete},
      {[](Elf& elf) { elf.bytes.resize(sizeof(Elf64_Ehdr) - 1); }, incomplete},
      {[](Elf& elf) { elf.bytes.resize(sizeof(Elf64_Ehdr)); }, incomplete},
      {[](Elf& elf) { elf.bytes.resize(elf.bytes.size() - 1); }, incomplete},
      {[](Elf& elf) { elf.header().e_ident[EI_CLASS] = ELFCLASS32; }, "addresses of another size"},
      {[](Elf& elf) { elf.header().e_ident[EI_DATA] = ELFDATA2MSB; }, "another order of bytes"},
      {[](Elf& elf) { elf.header().e_machine = EM_RISCV; },
       "another kind of machine (ELF machine 243, this program is "},
      {[](Elf& elf) { elf.header().e_type = ET_REL; }, "is not a shared library; link it with -shared"},
      {[=](Elf& elf) { elf.header().e_phoff = beyond; }, incomplete},
      {[=](Elf& elf) { elf.header().e_phoff = everywhere; }, incomplete},
      {[=](Elf& elf) { elf.header().e_shoff = beyond; }, incomplete},
      {[](Elf& elf) { elf.header().e_shoff += sizeof(Elf64_Shdr); }, incomplete},  // the last one is not all there
      {[=](Elf& elf) { elf.segment(0).p_filesz = beyond; }, incomplete},
      {[=](Elf& elf) { elf.segment(elf.header().e_phnum - 1U).p_offset = beyond; }, incomplete},
      {[=](Elf& elf) { elf.section_of(SHT_PROGBITS).sh_size = beyond; }, incomplete},
      {[=](Elf& elf) { elf.section(elf.header().e_shnum - 1U).sh_offset = everywhere; }, incomplete},
      {[=](Elf& elf) { elf.section_of(SHT_NOBITS).sh_size = beyond; }, ""},  // takes no room in the file
      {[](Elf& elf) { elf.section_of(SHT_NOTE).sh_offset = elf.bytes.size(), elf.section_of(SHT_NOTE).sh_size = 0; },
       ""},
      {[](Elf& elf) { elf.section_of(SHT_NOTE).sh_offset = elf.bytes.size(), elf.section_of(SHT_NOTE).sh_size = 1; },
       incomplete},
      {[](Elf& elf) { elf.header().e_shnum = 0; }, no_entry},
      {[](Elf& elf) { elf.symbols().sh_link = elf.header().e_shnum; }, no_entry},
      {[](Elf& elf) { elf.symbols().sh_link = 0; }, no_entry},
      {[](Elf& elf) { elf.symbols().sh_type = SHT_SYMTAB; }, no_entry},
      {[](Elf& elf) { elf.symbols().sh_size = (elf.entry_index() + 1) * sizeof(Elf64_Sym); }, ""},
      {[](Elf& elf) { elf.symbols().sh_size = (elf.entry_index() + 1) * sizeof(Elf64_Sym) - 1; }, no_entry},
      {[](Elf& elf) { elf.entry().st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT); }, no_entry},
      {[](Elf& elf) { elf.entry().st_shndx = SHN_UNDEF; }, no_entry},
      {[](Elf& elf) { elf.entry().st_name += 1; }, no_entry},
      {[](Elf& elf) { elf.names().sh_size = elf.entry().st_name + sizeof "tightrope_plugin" - 1; }, no_entry},
      {[](Elf& elf) { elf.names().sh_size = elf.entry().st_name + sizeof "tightrope_plugin"; }, ""},
      {[](Elf& elf) { elf.names().sh_size = elf.entry().st_name; }, no_entry},
  };
  const Plugins folder;
  std::size_t opened = 0;
  for (const Case& one : cases) {
    Elf elf;
    one.change(elf);
    const fs::path file = folder.put(elf.bytes);
    CAPTURE(&one - cases);
    if (one.words.empty()) {
      ++opened;
      CHECK(Library::open(file)->manifest().name == std::string("constant"));
      CHECK(folder.tried() == opened);
    } else {
      check_refused(Exit::plugin, {file.string() + " ", one.words}, [&] { Library::open(file); });
    }
    fs::remove(file);
  }
}

TEST_CASE("what the linker misses is named") {
  const Plugins folder;
  const auto open = [&](const std::string& old, const std::string& text) {
    Elf elf;
    elf.replace(old, text);
    Library::open(folder.put(elf.bytes));
  };
  struct Case {
    const char *old, *text;
    std::vector<std::string> words;
  };
  for (const Case& one :
       {Case{"libstdc++.so.6",
             "libstdqqq.so.6",
             {"needs the library 'libstdqqq.so.6', which is not found here; install it"}},
        {"GLIBCXX_3.4",
         "GLIBCXX_9.4",
         {"needs 'GLIBCXX_9.4", "' of ", "libstdc++.so.6, which is older here; build the plugin"}},
        {"_Unwind_Resume", "_Unwind_Rezume", {"needs the symbol '_Unwind_Rezume', which neither this program nor"}},
        {"9tightrope10Parameters", "9tightrqpe10Parameters", {"needs the symbol 'tightrqpe::Parameters"}}})
    check_refused(Exit::plugin, one.words, [&] { open(one.old, one.text); });
  Elf elf;
  elf.header().e_phentsize += 1;
  check_refused(Exit::plugin, {"cannot be loaded: "}, [&] { Library::open(folder.put(elf.bytes)); });
}

TEST_CASE("a manifest is judged field by field") {
  const Plugins folder;
  // Where the manifest lies: the pointers in it are filled in when the library is loaded.
  Elf whole;
  const std::uint64_t magic = manifest_magic,
                      offset = whole.bytes.find(std::string(reinterpret_cast<const char*>(&magic), 8));
  std::uint64_t address = 0;
  for (unsigned i = 0; i < whole.header().e_phnum; ++i)
    if (const Elf64_Phdr& part = whole.segment(i);
        part.p_type == PT_LOAD && part.p_offset <= offset && offset < part.p_offset + part.p_filesz)
      address = offset - part.p_offset + part.p_vaddr;
  REQUIRE(address > 0);
  const auto opened = [&](const std::function<void(Elf&)>& change) {
    Elf elf;
    change(elf);
    return Library::open(folder.put(elf.bytes));
  };
  CHECK_NOTHROW(opened([](Elf&) {}));
  for (const std::size_t field :
       {offsetof(Manifest, header_digest), offsetof(Manifest, build_facts), offsetof(Manifest, kind),
        offsetof(Manifest, name), offsetof(Manifest, summary), offsetof(Manifest, maker)})
    check_refused(Exit::plugin, {"has a manifest with empty fields"}, [&] {
      opened([&](Elf& elf) {
        elf.at<std::uint64_t>(offset + field) = 0;
        bool found = false;
        for (unsigned i = 1; i < elf.header().e_shnum; ++i)
          for (std::uint64_t r = 0; elf.section(i).sh_type == SHT_RELA && r < elf.section(i).sh_size;
               r += sizeof(Elf64_Rela)) {
            Elf64_Rela& one = elf.at<Elf64_Rela>(elf.section(i).sh_offset + r);
            if (one.r_offset != address + field) continue;
            one = elf.at<Elf64_Rela>(elf.section(i).sh_offset);  // done twice; the field stays null
            found = true;
          }
        REQUIRE(found);
      });
    });
  const auto stated = [&](const std::function<void(Manifest&)>& change) {
    opened([&](Elf& elf) { change(elf.at<Manifest>(offset)); });
  };
  check_refused(Exit::plugin, {"has an entry point that returns no manifest"},
                [&] { stated([](Manifest& m) { ++m.magic; }); });
  check_refused(Exit::plugin,
                {"speaks version 2 of the plugin interface, but this program speaks version 1; rebuild the program"},
                [&] { stated([](Manifest& m) { ++m.version; }); });
  check_refused(Exit::plugin, {"speaks version 0 of ", "; rebuild the plugin"},
                [&] { stated([](Manifest& m) { --m.version; }); });
  check_refused(Exit::plugin, {"has a manifest of ", " bytes, but this program's has "},
                [&] { stated([](Manifest& m) { ++m.size; }); });
  const auto built = [&](const std::string& old, const std::string& text) {
    opened([&](Elf& elf) { elf.replace(old, text); });
  };
  const std::string header(Library::open(sound)->manifest().header_digest);
  check_refused(Exit::plugin, {"was built against other core headers (plugin xxxx"},
                [&] { built(header, "xxxx" + header.substr(4)); });
  check_refused(Exit::plugin, {"was built in another way (sanitizer: plugin some, core "},
                [&] { built(";sanitizer=none", ";sanitizer=some"); });
  check_refused(Exit::plugin, {"was built in another way (sanitizer: plugin unknown, core "},
                [&] { built(";sanitizer=", ";sanitizer:"); });
  check_refused(
      Exit::plugin,
      {"was built in another way (library: plugin unknown, core cxx11abi 1; standard: plugin unknown, core "}, [&] {
        opened([](Elf& elf) { elf.replace(";standard=", ";standarq="), elf.replace(";library=", ";librarq="); });
      });
}

TEST_CASE("nobody else may be able to put another file where a plugin lies") {
  const Plugins folder;
  const fs::path file = folder.put(bytes_of(sound)), own = file.parent_path();
  check_refused(Exit::plugin, {"step_sizes/constant.so is not an absolute path"},
                [] { Library::open("step_sizes/constant.so"); });
  check_refused(Exit::plugin, {"absent.so cannot be opened: No such file or directory"},
                [&] { Library::open(own / "absent.so"); });
  check_refused(Exit::plugin, {"/nowhere/absent.so cannot be opened: No such file"},
                [] { Library::open("/nowhere/absent.so"); });
  check_refused(Exit::plugin, {"step_sizes is not a regular file"}, [&] { Library::open(own); });
  fs::create_symlink("nowhere.so", own / "dangling.so");
  check_refused(Exit::plugin, {"dangling.so is a link to nowhere.so, which does not exist"},
                [&] { Library::open(own / "dangling.so"); });
  fs::create_symlink("constant.so", own / "link.so");
  CHECK(Library::open(own / "link.so")->file() == fs::canonical(file));
  const auto refused_with = [&](const fs::path& path, mode_t mode, const char* words) {
    struct stat before {};
    REQUIRE(stat(path.c_str(), &before) == 0);
    REQUIRE(chmod(path.c_str(), mode) == 0);
    if (*words)
      check_refused(Exit::plugin, {words}, [&] { Library::open(own / "link.so"); });
    else
      CHECK_NOTHROW(Library::open(own / "link.so"));
    REQUIRE(chmod(path.c_str(), before.st_mode) == 0);
  };
  refused_with(file, 0666, "constant.so can be written by every user");
  refused_with(own, 0777, "lies in a folder that every user can write");
  refused_with(own, 01777, "lies in a folder that every user can write");
  refused_with(folder.path, 0777, "lies below ");
  refused_with(folder.path, 01777, "");
  refused_with(folder.path, 0770, "");
  // Where a link leads counts as much as where it lies.
  const TemporaryFolder elsewhere;
  fs::create_directory(elsewhere.path / "step_sizes");
  fs::create_symlink(file, elsewhere.path / "step_sizes/constant.so");
  REQUIRE(chmod(folder.path.c_str(), 0777) == 0);
  check_refused(Exit::plugin, {file.string() + " lies below " + folder.path.string()},
                [&] { Library::open(elsewhere.path / "step_sizes/constant.so"); });
}

TEST_CASE("what the machine has no room for is no fault of the file") {
  struct Case {
    const char* function;
    int reason, at;
    Exit code;
    const char* words;
  };
  for (const Case& one :
       {Case{"realpath", EMFILE, 1, Exit::resources, "constant.so cannot be opened now: Too many open files"},
        {"fopen64", EMFILE, 1, Exit::resources, "constant.so cannot be opened now: Too many open files"},
        {"fopen64", EACCES, 1, Exit::plugin, "constant.so cannot be read: Permission denied; give yourself the right"},
        {"fopen64", ENFILE, 2, Exit::resources, "constant.so cannot be opened now: Too many open files"},
        {"pipe2", EMFILE, 1, Exit::resources,
         "cannot be opened now: there is no pipe to the process that tries it first"},
        {"posix_spawn", EAGAIN, 1, Exit::resources,
         "no process can be started to try it in first: Resource temporarily"},
        {"posix_spawn", ENOENT, 1, Exit::plugin,
         "cannot be started to try plugins in: No such file or directory; install"}}) {
    const Plugins folder;
    const fs::path file = folder.put(bytes_of(sound));
    CAPTURE(one.words);
    const FailingCall fault(one.function, one.reason, one.at);
    check_refused(one.code, {one.words}, [&] { Library::open(file); });
    CHECK(fault.happened());
    CHECK(folder.tried() == 0);
  }
  {
    const Plugins folder;
    const fs::path file = folder.put(bytes_of(sound));
    check_refused(Exit::resources, {"constant.so cannot be opened now: ", "Too many open files"}, [&] {
      const NoFiles limit;
      probe_plugin(file);
    });
    CHECK_NOTHROW(Library::open(file));
  }
  {
    const Plugins folder;
    fs::create_directories(folder.path / "step_sizes");
    fs::create_symlink("/proc/self/mem", folder.path / "step_sizes/memory.so");  // whose first page nobody can read
    check_refused(Exit::resources, {"/mem cannot be opened now: Input/output error"},
                  [&] { Library::open(folder.path / "step_sizes/memory.so"); });
  }
  {
    // Whoever started this process does not want to know of children that end, and it inherits that.
    const Plugins folder;
    const auto before = signal(SIGCHLD, SIG_IGN);
    CHECK_NOTHROW(Library::open(folder.put(bytes_of(sound))));
    signal(SIGCHLD, before);
    CHECK(folder.tried() == 1);
  }
  for (const char* function : {"poll", "waitpid"}) {  // a signal in between
    const Plugins folder;
    const fs::path file = folder.put(bytes_of(sound));
    const FailingCall fault(function, EINTR);
    CHECK_NOTHROW(Library::open(file));
    CHECK(fault.happened());
    CHECK(folder.tried() == 1);
  }
}

TEST_CASE("what is known of plugins is kept where the user keeps such things") {
  struct Case {
    const char *cache, *home, *folder;
  };
  for (const Case& one : {Case{"/c", "/h", "/c/tightrope/x"},
                          {"", "/h", "/h/.cache/tightrope/x"},
                          {"c", "/h", "/h/.cache/tightrope/x"},
                          {nullptr, "/h", "/h/.cache/tightrope/x"},
                          {nullptr, "", ""},
                          {nullptr, "h", ""},
                          {nullptr, nullptr, ""}}) {
    const char* const before = std::getenv("HOME");
    const std::string home = before ? before : "";
    one.cache ? setenv("XDG_CACHE_HOME", one.cache, 1) : unsetenv("XDG_CACHE_HOME");
    one.home ? setenv("HOME", one.home, 1) : unsetenv("HOME");
    CHECK(memory_folder("x") == one.folder);
    unsetenv("XDG_CACHE_HOME");
    before ? setenv("HOME", home.c_str(), 1) : unsetenv("HOME");
  }
}

TEST_CASE("a script is known by its name, and only some kinds can be scripts") {
  CHECK(is_script("/x/losses/a.py"));
  CHECK_FALSE(is_script("/x/losses/a.so"));
  CHECK_FALSE(is_script("/x/losses/py"));
  const Plugins folder;
  check_refused(Exit::plugin,
                {"is a script, but optimizers, losses, observers, operators can be written in Python, and "
                 "step_sizes cannot"},
                [&] { Library::open(folder.put("text", "a.py")); });
}
