#include "core/interfaces/loss.hpp"

#include "core/python/components.hpp"

namespace tightrope::python {

namespace {

class ScriptedLoss final : public Loss {
 public:
  explicit ScriptedLoss(SharedInstance script) : script_(std::move(script)) {}

  Real evaluate(Index first, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    const py::gil_scoped_acquire lock;
    Real value = 0;
    script_->call("evaluate", arguments(first, prediction, data), [&](const py::object& answer, Call&) {
      if (!py::isinstance<py::tuple>(answer) || py::len(answer) != 2)
        throw std::logic_error("evaluate() gave " + in_words(answer) + " instead of a pair: value and slope");
      value = to_number(answer[py::int_(0)], "evaluate() gave as the value");
      to_values(answer[py::int_(1)], slope, "evaluate() gave as the slope");
    });
    return value;
  }
  void curvature(Index first, std::span<const Real> prediction, std::span<const Real> data,
                 std::span<Real> curvature) const override {
    if (!script_->has("curvature")) throw NoCurvature();
    const py::gil_scoped_acquire lock;
    script_->call("curvature", arguments(first, prediction, data),
                  [&](const py::object& answer, Call&) { to_values(answer, curvature, "curvature() gave"); });
  }
  bool separable() const override { return script_->declared().flags.at("separable"); }
  bool is_of_residuals() const override { return script_->declared().flags.at("is_of_residuals"); }

 private:
  static Instance::Argument arguments(Index first, std::span<const Real> prediction, std::span<const Real> data) {
    return [=](const std::string& name, Call& call) -> py::object {
      if (name == "first") return py::int_(first);
      return name == "prediction" ? call.lend(prediction, "prediction") : call.lend(data, "data");
    };
  }

  SharedInstance script_;
};

}  // namespace

std::shared_ptr<const Component> loss_of(SharedInstance script) {
  return std::make_shared<const ScriptedLoss>(std::move(script));
}

}  // namespace tightrope::python
