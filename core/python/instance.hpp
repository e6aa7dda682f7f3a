// A script that was run for one component, and calls into it.
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/interfaces/column.hpp"
#include "core/interfaces/component.hpp"
#include "core/plugin/catalog.hpp"
#include "core/python/interpreter.hpp"

namespace tightrope::python {

/// What a script declares, checked.
struct Declared {
  Script script;
  std::string kind, name, summary, sources, behind;
  Held code, parameters;                                      // of script.py
  std::map<std::string, std::vector<std::string>> functions;  // and the names of their arguments
  std::map<std::string, bool> flags;
  std::vector<Column> columns;

  std::string description() const { return plugin_kind(kind).singular + (" '" + name + "'"); }
  bool has(const std::string& function) const { return functions.contains(function); }
};

/// What a function is called with, and what becomes of its answer. Arrays that a script is lent are views of the
/// engine's own memory, valid for the time of the call.
class Call {
 public:
  explicit Call(const Declared& declared) : declared_(declared) {}

  py::object lend(const Mat& matrix, const char* name);  // to read
  py::object lend_to_write(Mat& matrix, const char* name);
  py::object lend(std::span<const Real> values, const char* name);  // one-dimensional, to read
  py::object lend_values_to_write(Mat& column, const char* name);   // one-dimensional
  py::object lend(const Factors& factors, const char* name);        // a list of blocks
  py::object lend_to_write(Factors& factors, const char* name);
  /// Throws if the script has kept one of them.
  void take_back();

  std::exception_ptr failure;  // thrown by what the script called, on its way through Python

 private:
  py::object lent(const Real* values, std::vector<py::ssize_t> shape, const char* name, bool may_write);

  const Declared& declared_;
  std::vector<std::pair<py::object, const char*>> lent_;
};

/// Copies of arrays, which Python owns.
py::object array_of(const Mat& matrix);
py::object array_of(std::span<const Real> values);

/// What a script hands back, as the engine has it. Throws std::logic_error with a sentence that begins with `what`
/// ("direction() gave"). Shapes of blocks are left to the engine.
void to_matrix(const py::handle& given, const std::string& what, Mat& matrix);
void to_matrix(const py::handle& given, Index rows, Index cols, const std::string& what, Mat& matrix);
void to_values(const py::handle& given, std::span<Real> values, const std::string& what);
Real to_number(const py::handle& given, const std::string& what);
void to_factors(const py::handle& given, const std::string& what, Factors& factors);
/// "an array (9, 3) of float32", "a value of the type str", "nothing".
std::string in_words(const py::handle& given);

class Instance {
 public:
  using Values = std::map<std::string, Held>;
  /// Runs the script and its prepare(). With the lock.
  Instance(std::shared_ptr<const Declared> declared, Values values, const Context& context);

  const Declared& declared() const { return *declared_; }
  bool has(const char* function) const { return declared_->has(function); }

  /// Calls a function of the script with what it asks for: parameters, constants, and what `argument` gives by name.
  /// `take` reads the answer. What goes wrong is thrown with the name of the plugin. With the lock.
  using Argument = std::function<py::object(const std::string&, Call&)>;
  void call(const char* function, const Argument& argument,
            const std::function<void(const py::object&, Call&)>& take) const;

 private:
  py::dict arguments(const std::string& function, const Argument& argument, Call& call) const;
  py::object constant(const std::string& name, const std::string& function, const Context& context) const;

  std::shared_ptr<const Declared> declared_;
  Values values_;  // parameters and constants, by name
  Held module_;
};

}  // namespace tightrope::python
