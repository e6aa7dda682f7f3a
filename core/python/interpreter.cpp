#include "core/python/interpreter.hpp"

#include <cstdio>
#include <cstdlib>

#include "core/python/helper.hpp"  // generated: script.py as text

namespace tightrope::python {

namespace {

PyObject* functions = nullptr;  // of script.py; never let go of

}  // namespace

void start() {
  static const bool started = [] {
    if (!Py_IsInitialized()) {
      setenv("PYTHONHASHSEED", "0", 1);  // sets have one order, whatever the process
      // Signals are the program's; modules are not looked for in the current folder.
      py::initialize_interpreter(false, 0, nullptr, false);
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
      PyEval_SaveThread();
      throw Error(Exit::plugin, "Python cannot be used: " + text.substr(0, text.find('\n')) +
                                    "; plugins in Python need NumPy (python3-numpy)");
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
