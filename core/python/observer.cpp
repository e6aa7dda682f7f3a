#include "core/interfaces/observer.hpp"

#include <fmt/format.h>

#include "core/python/components.hpp"

namespace tightrope::python {

namespace {

class ScriptedObserver final : public Observer {
 public:
  explicit ScriptedObserver(SharedInstance script) : script_(std::move(script)) {}

  std::vector<Column> columns() const override { return script_->declared().columns; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const py::gil_scoped_acquire lock;
    const auto argument = [&](const std::string& name, Call& call) -> py::object {
      if (name == "X") return array_of(seen.X.dense());
      if (name == "L") return call.lend(seen.X.left, "L");
      if (name == "R") return call.lend(seen.X.right, "R");
      if (name == "prediction") return call.lend(span(seen.prediction), "prediction");
      if (name == "data") return call.lend(span(*seen.data), "data");
      return argument_of(seen.iterate, name, call);
    };
    script_->call("observe", argument, [&](const py::object& answer, Call&) { take(answer, values); });
  }

 private:
  static std::span<const Real> span(const Vec& values) { return {values.memptr(), values.n_elem}; }

  /// A number for one column; for several, as many numbers in their order.
  static void take(const py::object& answer, std::span<Real> values) {
    const bool is_list = py::isinstance<py::sequence>(answer) && !py::isinstance<py::str>(answer);
    const bool is_array = py::isinstance<py::array>(answer) && py::reinterpret_borrow<py::array>(answer).ndim() == 1;
    if (!is_list && !is_array && values.size() == 1) {
      values[0] = to_number(answer, "observe() gave");
      return;
    }
    if ((!is_list && !is_array) || py::len(answer) != values.size())
      throw std::logic_error(fmt::format("observe() gave {} instead of {} numbers, one for each column",
                                         is_list ? fmt::format("{} values", py::len(answer)) : in_words(answer),
                                         values.size()));
    for (std::size_t c = 0; c < values.size(); ++c) values[c] = to_number(answer[py::int_(c)], "observe() gave");
  }

  SharedInstance script_;
};

}  // namespace

std::shared_ptr<const Component> observer_of(SharedInstance script) {
  return std::make_shared<const ScriptedObserver>(std::move(script));
}

}  // namespace tightrope::python
