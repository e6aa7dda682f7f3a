#include "core/python/interpreter.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/python/helper.hpp"  // generated: script.py as text

namespace tightrope::python {

namespace {

PyObject* functions = nullptr;  // of script.py; never let go of

/// The Python that this library was built with, or that of an activated virtual environment of the same version: one
/// that happens to be first on PATH may have no NumPy.
std::string executable() {
  const std::string library = fmt::format("lib/python{}.{}", PY_MAJOR_VERSION, PY_MINOR_VERSION);
  const char* const environment = std::getenv("VIRTUAL_ENV");
  std::error_code ignored;
  if (environment && std::filesystem::is_directory(std::filesystem::path(environment) / library, ignored))
    return std::string(environment) + "/bin/python3";
  return TIGHTROPE_PYTHON;
}

void initialize() {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.isolated = 0;
  config.use_environment = 1;
  config.install_signal_handlers = 0;  // they are the program's
  PyConfig_SetBytesString(&config, &config.program_name, executable().c_str());
  py::initialize_interpreter(&config, 0, nullptr, false);  // modules are not looked for in the current folder
}

}  // namespace

void start() {
  static const bool started = [] {
    if (!Py_IsInitialized()) {
      setenv("PYTHONHASHSEED", "0", 1);  // sets have one order, whatever the process
      initialize();
    } else {
      PyGILState_Ensure();  // NumPy was missing the first time, and still is
    }
    try {
      py::dict module;
      module["__name__"] = "tightrope";
      module["__builtins__"] = py::module_::import("builtins");
      py::exec(helper_source, module);
      functions = module.release().ptr();
    } catch (const py::error_already_set& error) {
      const std::string text = error.what();
      const std::string program = py::str(py::module_::import("sys").attr("executable"));
      PyEval_SaveThread();
      throw Error(Exit::plugin, fmt::format("Python cannot be used: {}; plugins in Python need NumPy (python3-numpy), "
                                            "here that of {}",
                                            text.substr(0, text.find('\n')), program));
    }
    PyEval_SaveThread();
    return true;
  }();
  static_cast<void>(started);
}

py::object helper(const char* name) { return py::reinterpret_borrow<py::dict>(functions)[name]; }

std::string message_of(const Script& script, py::error_already_set& error) {
  try {
    const auto [line, account] = py::cast<std::pair<std::string, std::string>>(
        helper("failure")(script.file.string(), error.value(), error.trace() ? error.trace() : py::object(py::none())));
    // Runs that share a pass are tried one by one when one of them fails, and say the same again.
    static std::string last;
    if (account != last) std::fputs(account.c_str(), stderr);
    last = account;
    return line;
  } catch (const py::error_already_set& in_words) {
    return in_words.what();
  }
}

}  // namespace tightrope::python
