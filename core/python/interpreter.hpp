// Python in this process: started once, and what it throws in the words of this program.
#pragma once

#include <pybind11/embed.h>
#include <pybind11/numpy.h>

#include <string>

#include "core/plugin/script.hpp"

namespace tightrope::python {

namespace py = pybind11;

/// Starts Python, if it does not run. It has no thread of its own and is never ended: whoever calls it takes the lock
/// of the interpreter (py::gil_scoped_acquire) for as long as that takes.
void start();

/// A function of script.py, which runs in the interpreter. With the lock.
py::object helper(const char* name);

/// What a script threw: a line with its place in the script. Python's own account goes to standard error, once.
std::string message_of(const Script& script, py::error_already_set& error);

/// An object of Python that may be let go of without the lock.
class Held {
 public:
  Held() = default;
  explicit Held(py::object object) : object_(std::move(object)) {}
  Held(Held&& other) noexcept : object_(std::move(other.object_)) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Held() {
    if (!object_) return;
    const py::gil_scoped_acquire lock;
    object_ = py::object();
  }
  const py::object& get() const { return object_; }

 private:
  py::object object_;
};

}  // namespace tightrope::python
