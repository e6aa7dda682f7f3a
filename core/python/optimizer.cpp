#include "core/interfaces/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <variant>

#include "core/python/components.hpp"

namespace tightrope::python {

namespace {

/// The objective as a script sees it while it is asked for a step.
class ObjectiveView {
 public:
  ObjectiveView(Objective& objective, const Iterate& at, Call& call) : objective_(&objective), at_(&at), call_(&call) {}
  void close() { objective_ = nullptr; }

  Real value(const py::object& point) {
    const Factors at = point_of(point, "objective.value() was given");
    return asked([&] { return objective_->value(at, at_->rows); });
  }
  py::tuple evaluate(const py::object& point) {
    Iterate there;
    there.iteration = at_->iteration;
    there.phase = at_->phase;
    there.rows = at_->rows;
    there.point = point_of(point, "objective.evaluate() was given");
    asked([&] {
      objective_->evaluate(there, tightrope::Blocks::all());
      return 0;
    });
    const py::object gradient = helper("Blocks")();
    for (const Mat& block : there.gradient.blocks) gradient.attr("append")(array_of(block));
    return py::make_tuple(there.value, gradient);
  }

 private:
  Factors point_of(const py::object& point, const char* what) const {
    if (!objective_) throw py::value_error("the objective is there for the time of the call alone");
    Factors at;
    try {
      to_factors(point, what, at);
    } catch (const std::logic_error& error) {
      throw py::value_error(error.what());
    }
    if (const std::string wrong = wrong_shapes(at, objective_->space().blocks()); !wrong.empty())
      throw py::value_error("the point does not fit the model: " + wrong);
    return at;
  }
  /// Others may be in Python, too, while the engine works.
  template <class Work>
  auto asked(const Work& work) -> decltype(work()) {
    try {
      const py::gil_scoped_release others;
      return work();
    } catch (...) {
      call_->failure = std::current_exception();
    }
    throw py::value_error("the objective could not be evaluated");
  }

  Objective* objective_;
  const Iterate* at_;
  Call* call_;
};

/// What a method remembers, as a dict of views of the engine's memory. A name of the script is that of the engine with
/// an ending that tells the shape, numbers apart, which columns find by their name.
class MemoryView {
 public:
  MemoryView(Memory& memory, const std::vector<Column>& columns, Call& call) : memory_(memory), columns_(columns) {
    for (const auto& [name, value] : memory.values()) {
      const std::string plain = name.substr(0, name.find_last_of('['));
      if (const Real* const number = std::get_if<Real>(&value)) {
        put(name, py::float_(*number));
      } else if (const Index* const count = std::get_if<Index>(&value)) {
        put(name, py::int_(*count));
      } else if (std::holds_alternative<Mat>(value)) {
        Mat& own = memory.matrix(name, 0, 0);
        const bool is_vector = name.ends_with(vector_ending);
        put(plain, is_vector ? call.lend_values_to_write(own, "memory") : call.lend_to_write(own, "memory"));
      } else if (name != base_direction) {
        put(plain, call.lend_to_write(memory.factors(name, {}), "memory"));
      }
    }
  }
  const py::dict& dict() const { return dict_; }

  /// Reads what the script has put there; to be written back once nothing that was lent is used any more.
  void read() {
    std::set<std::string> names;
    for (const auto& [key, value] : dict_) {
      if (!py::isinstance<py::str>(key)) throw std::logic_error("its memory has a key that is no text");
      const std::string name = py::cast<std::string>(key);
      names.insert(name);
      const auto known = known_.find(name);
      if (known != known_.end() && is_as_lent(known->second, value)) continue;
      const std::string ending = ending_of(value, name);
      if (known != known_.end() && ending != ending_of(known->second.value, name))
        throw std::logic_error(
            fmt::format("memory['{}'] was {} and is {} now; what is kept under a name stays of one "
                        "kind and dimension",
                        name, in_words(known->second.value), in_words(value)));
      changed_.emplace_back(name + ending, engine_value(value, name));
    }
    for (const auto& [name, value] : known_)
      if (!names.contains(name))
        throw std::logic_error(
            fmt::format("it has removed memory['{}'], but what a method remembers stays for the "
                        "whole run",
                        name));
    known_.clear();
    dict_.clear();
  }
  void write() {
    for (auto& [name, value] : changed_) memory_.restore(std::move(name), std::move(value));
  }

 private:
  struct Lent {
    py::object value;
    py::tuple blocks;
  };
  static constexpr const char* base_direction = "direction";  // DirectionOptimizer keeps the last one there
  static constexpr const char *vector_ending = "[i]", *matrix_ending = "[ij]", *blocks_ending = "[bij]";

  void put(const std::string& name, const py::object& value) {
    dict_[py::str(name)] = value;
    known_[name] = {value, py::isinstance<py::list>(value) ? py::tuple(value) : py::tuple()};
  }

  /// The same object, and a list with the same arrays in it: what it holds is in the engine's memory.
  static bool is_as_lent(const Lent& lent, const py::handle& value) {
    if (!lent.value.is(value)) return false;
    if (!py::isinstance<py::list>(value)) return true;
    const auto blocks = py::reinterpret_borrow<py::list>(value);
    bool is_same = blocks.size() == lent.blocks.size();
    for (std::size_t b = 0; is_same && b < blocks.size(); ++b)
      is_same = py::object(blocks[b]).is(py::object(lent.blocks[b]));
    return is_same;
  }

  static bool is_array(const py::handle& value, py::ssize_t dimensions) {
    return py::isinstance<py::array_t<Real>>(value) && py::reinterpret_borrow<py::array>(value).ndim() == dimensions;
  }

  static std::string ending_of(const py::handle& value, const std::string& name) {
    if (is_array(value, 1)) return vector_ending;
    if (is_array(value, 2)) return matrix_ending;
    if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) return blocks_ending;
    const bool is_number = PyNumber_Check(value.ptr()) && !py::isinstance<py::array>(value);
    if (is_number && !PyComplex_Check(value.ptr())) {
      if (name == base_direction)
        throw std::logic_error(
            "memory['direction'] is a number, but the engine keeps the last direction under that "
            "name; call it otherwise");
      return "";
    }
    throw std::logic_error(
        fmt::format("memory['{}'] is {}, but the engine keeps numbers, arrays of float64 with one or "
                    "two dimensions, and lists of such with two",
                    name, in_words(value)));
  }

  /// A column is recorded from a number, whatever it counts.
  bool is_column(const std::string& name) const {
    return std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) { return column.name == name; });
  }

  Memory::Value engine_value(const py::handle& value, const std::string& name) const {
    const std::string what = "memory['" + name + "'] is";
    if (is_array(value, 1)) {
      Mat column(py::len(value), 1);
      to_values(value, {column.memptr(), column.n_elem}, what);
      return column;
    }
    if (is_array(value, 2)) {
      Mat matrix;
      to_matrix(value, what, matrix);
      return matrix;
    }
    if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
      Factors factors;
      to_factors(value, what, factors);
      return factors;
    }
    if (PyIndex_Check(value.ptr()) && !is_column(name)) {
      const py::int_ whole = py::reinterpret_steal<py::int_>(PyNumber_Index(value.ptr()));
      const Index count = PyLong_AsSize_t(whole.ptr());
      if (!PyErr_Occurred()) return count;
      PyErr_Clear();
      throw std::logic_error(
          fmt::format("memory['{}'] is {}, but whole numbers that the engine keeps are at least 0; "
                      "make it a float",
                      name, py::cast<std::string>(py::str(py::object(whole)))));
    }
    return to_number(value, what);
  }

  Memory& memory_;
  const std::vector<Column>& columns_;
  py::dict dict_;
  std::map<std::string, Lent> known_;
  std::vector<std::pair<std::string, Memory::Value>> changed_;
};

/// Asks a script for a step.
void ask(const Instance& script, const char* function, const Iterate& at, Objective& objective, Memory& memory,
         const std::function<void(const py::object&)>& take) {
  std::unique_ptr<MemoryView> remembered;
  std::shared_ptr<ObjectiveView> view;
  struct Closed {
    const std::shared_ptr<ObjectiveView>& view;
    ~Closed() {
      if (view) view->close();
    }
  } const closed{view};
  const auto argument = [&](const std::string& name, Call& call) -> py::object {
    if (name == "memory") {
      remembered = std::make_unique<MemoryView>(memory, script.declared().columns, call);
      return remembered->dict();
    }
    if (name == "objective") {
      view = std::make_shared<ObjectiveView>(objective, at, call);
      return py::cast(view);
    }
    return argument_of(at, name, call);
  };
  script.call(function, argument, [&](const py::object& answer, Call&) {
    take(answer);
    if (remembered) remembered->read();
  });
  if (remembered) remembered->write();
}

class ScriptedDirection final : public DirectionOptimizer {
 public:
  explicit ScriptedDirection(SharedInstance script) : script_(std::move(script)) {}

  void direction(const Iterate& at, Objective& objective, Memory& memory, Factors& direction) const override {
    const py::gil_scoped_acquire lock;
    ask(*script_, "direction", at, objective, memory,
        [&](const py::object& answer) { to_factors(answer, "direction() gave", direction); });
  }
  std::vector<Column> columns() const override { return script_->declared().columns; }

 private:
  SharedInstance script_;
};

class ScriptedOptimizer final : public Optimizer {
 public:
  explicit ScriptedOptimizer(SharedInstance script) : script_(std::move(script)) {}

  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    const py::gil_scoped_acquire lock;
    Move move;
    move.step = 1;
    ask(*script_, "advance", at, context.objective, context.memory, [&](const py::object& answer) {
      // A pair of a point, which is a list of arrays, and a step size; or the point alone.
      const bool is_pair =
          py::isinstance<py::tuple>(answer) && py::len(answer) == 2 && py::isinstance<py::list>(answer[py::int_(0)]);
      to_factors(is_pair ? py::object(answer[py::int_(0)]) : answer, "advance() gave", next);
      if (is_pair) move.step = to_number(answer[py::int_(1)], "advance() gave as its step size");
    });
    for (const Column& column : columns()) move.columns.push_back(context.memory.scalar(column.name, std::nan("")));
    return move;
  }
  std::vector<Column> columns() const override { return script_->declared().columns; }

 private:
  SharedInstance script_;
};

}  // namespace

py::object argument_of(const Iterate& at, const std::string& name, Call& call) {
  if (name == "iteration") return py::int_(at.iteration);
  if (name == "value") return py::float_(at.value);
  if (name == "point") return call.lend(at.point, "point");
  if (name == "gradient") return call.lend(at.gradient, "gradient");
  return {};
}

std::shared_ptr<const Component> optimizer_of(SharedInstance script) {
  static const bool known = [] {
    py::class_<ObjectiveView, std::shared_ptr<ObjectiveView>>(py::module_::import("__main__"), "Objective")
        .def("value", &ObjectiveView::value)
        .def("evaluate", &ObjectiveView::evaluate);
    return true;
  }();
  static_cast<void>(known);
  if (script->has("direction")) return std::make_shared<const ScriptedDirection>(std::move(script));
  return std::make_shared<const ScriptedOptimizer>(std::move(script));
}

}  // namespace tightrope::python
