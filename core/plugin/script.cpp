#include "core/plugin/script.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/installation.hpp"
#include "core/base/process/asked.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

/// Python is loaded when the first script is opened, and stays.
ScriptEntryPoint* entry_point_for(const fs::path& script) {
  const fs::path library = library_folder() / "libtightrope_python.so";
  if (std::error_code ignored; !fs::exists(library, ignored))
    throw Error(Exit::plugin,
                fmt::format("{} is a plugin in Python, which is not there; install tightrope-python or, to build it, "
                            "python3-dev, pybind11-dev and python3-numpy",
                            script.string()));
  // Global, because modules such as NumPy's look for the symbols of Python there.
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  auto* const entry = handle ? reinterpret_cast<ScriptEntryPoint*>(dlsym(handle, script_entry_point)) : nullptr;
  if (!entry)
    throw Error(Exit::plugin, fmt::format("{} needs Python, which cannot be loaded: {}", script.string(), dlerror()));
  return entry;
}

}  // namespace

bool is_script(const fs::path& path) { return path.extension() == ".py"; }

const std::vector<std::string>& script_kinds() {
  static const std::vector<std::string> kinds = {"optimizers", "losses", "observers", "operators"};
  return kinds;
}

std::shared_ptr<const Library> open_script(const Script& script) {
  const std::string kind = script.path.parent_path().filename().string();
  if (std::find(script_kinds().begin(), script_kinds().end(), kind) == script_kinds().end())
    throw Error(Exit::plugin, fmt::format("{} is a script, but {} can be written in Python, and {} cannot",
                                          script.path.string(), fmt::join(script_kinds(), ", "), kind));
  const Asking asking("the plugin " + script.path.string());
  std::shared_ptr<const Library> opened;
  entry_point_for(script.path)(script, opened);
  return opened;
}

}  // namespace tightrope
