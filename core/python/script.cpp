// A script in the place of a shared library: judged, run once to see what it declares, and run again for each object.
#include <deque>
#include <optional>
#include <variant>

#include "core/base/digest.hpp"
#include "core/python/components.hpp"
#include "core/python/helper.hpp"  // generated: TIGHTROPE_PYTHON_DIGEST

namespace tightrope::python {

namespace {

/// The parameters that a script declares, and their values.
class Values {
 public:
  explicit Values(const py::object& declared) {
    for (const py::handle one : declared) add(py::reinterpret_borrow<py::dict>(one));
  }

  void declare(Parameters& parameters) {
    for (Declaration& one : declarations_) {
      Parameter& parameter = std::visit(
          [&]<class T>(T& value) -> Parameter& {
            if constexpr (std::is_same_v<T, bool>)
              return parameters.add(one.name, value, one.doc);
            else if constexpr (!std::is_same_v<T, std::string>)
              return parameters.add(one.name, value, one.range, one.doc);
            else if (one.is_file)
              return parameters.add_file(one.name, value, one.doc);
            else
              return parameters.add(one.name, value, one.choices, one.doc);
          },
          one.value);
      if (one.is_required) parameter.required();
      if (!one.unit.empty()) parameter.unit(one.unit);
      if (!one.example.empty()) parameter.example(one.example);
    }
  }
  Instance::Values in_python() const {
    Instance::Values values;
    for (const Declaration& one : declarations_)
      values[one.name] = Held(std::visit([](const auto& value) { return in_python(value); }, one.value));
    return values;
  }

 private:
  using Value = std::variant<Real, Index, bool, std::string, std::optional<Real>, std::optional<Index>,
                             std::vector<Real>, std::vector<Index>>;
  struct Declaration {
    std::string name, doc, unit, example;
    bool is_required = false, is_file = false;
    Range range;
    std::vector<std::string> choices;
    Value value;
  };

  void add(const py::dict& given) {
    const auto text = [&](const char* key) { return py::cast<std::string>(given[key]); };
    const auto is = [&](const char* key) { return py::cast<bool>(given[key]); };
    const std::string type = text("type");
    Declaration one{text("name"),
                    text("doc"),
                    text("unit"),
                    text("example"),
                    is("is_required"),
                    type == "data file",
                    {py::cast<Real>(given["low"]), py::cast<Real>(given["high"]), is("low_open"), is("high_open")},
                    {},
                    {}};
    for (const py::handle choice : given["choices"]) one.choices.push_back(py::cast<std::string>(choice));
    const py::object value = given["default"];
    const bool is_empty = value.is_none(), is_list = is("is_list");
    if (type == "number" && is_list)
      one.value = numbers<Real>(value);
    else if (type == "whole" && is_list)
      one.value = numbers<Index>(value);
    else if (type == "number" && is_empty && !one.is_required)
      one.value = std::optional<Real>();
    else if (type == "whole" && is_empty && !one.is_required)
      one.value = std::optional<Index>();
    else if (type == "number")
      one.value = is_empty ? Real{0} : py::cast<Real>(value);
    else if (type == "whole")
      one.value = is_empty ? Index{0} : py::cast<Index>(value);
    else if (type == "flag")
      one.value = !is_empty && py::cast<bool>(value);
    else
      one.value = is_empty ? std::string() : py::cast<std::string>(value);
    declarations_.push_back(std::move(one));
  }
  template <class T>
  static std::vector<T> numbers(const py::object& given) {
    std::vector<T> values;
    for (const py::handle value : given) values.push_back(py::cast<T>(value));
    return values;
  }

  template <class T>
  static py::object in_python(const T& value) {
    return py::cast(value);
  }
  template <class T>
  static py::object in_python(const std::optional<T>& value) {
    return value ? py::object(py::cast(*value)) : py::object(py::none());
  }
  template <class T>
  static py::object in_python(const std::vector<T>& values) {
    return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
  }

  std::deque<Declaration> declarations_;  // in their places: parameters are bound to them
};

class ScriptMaker final : public Maker {
 public:
  explicit ScriptMaker(std::shared_ptr<const Declared> declared)
      : declared_(std::move(declared)), values_(declared_->parameters.get()) {}

  void declare(Parameters& parameters) override { values_.declare(parameters); }
  std::shared_ptr<const Component> make(const Context& context) const override {
    const py::gil_scoped_acquire lock;
    auto script = std::make_shared<const Instance>(declared_, values_.in_python(), context);
    if (declared_->kind == "optimizers") return optimizer_of(std::move(script));
    if (declared_->kind == "losses") return loss_of(std::move(script));
    if (declared_->kind == "operators") return operator_of(std::move(script), context.shape);
    return observer_of(std::move(script));
  }
  bool takes_step_size() const override { return declared_->has("direction"); }

 private:
  std::shared_ptr<const Declared> declared_;
  Values values_;
};

class ScriptLibrary final : public Library {
 public:
  explicit ScriptLibrary(std::shared_ptr<const Declared> declared)
      : Library(&manifest_, declared->script.file,
                sha256(declared->script.text + "\n" + declared->behind + "\n" TIGHTROPE_PYTHON_DIGEST)),
        declared_(std::move(declared)),
        manifest_{manifest_magic,          manifest_version,           sizeof(Manifest),
                  TIGHTROPE_HEADER_DIGEST, TIGHTROPE_BUILD_FACTS,      declared_->kind.c_str(),
                  declared_->name.c_str(), declared_->summary.c_str(), nullptr} {}

  std::unique_ptr<Maker> maker() const override {
    const py::gil_scoped_acquire lock;
    return std::make_unique<ScriptMaker>(declared_);
  }

 private:
  std::shared_ptr<const Declared> declared_;
  Manifest manifest_;
};

[[noreturn]] void refuse(const Script& script, const std::string& why) {
  throw Error(Exit::plugin, script.file.string() + " " + why);
}

std::shared_ptr<const Declared> declared_by(const Script& script) {
  auto declared = std::make_shared<Declared>();
  declared->script = script;
  declared->kind = script.path.parent_path().filename().string();
  declared->name = script.path.stem().string();
  py::dict found;
  try {
    const std::string path = script.file.string();
    declared->code = Held(helper("compiled")(path, py::bytes(script.text)));
    found = helper("inspected")(declared->kind, helper("executed")(path, declared->code.get()));
  } catch (py::error_already_set& error) {
    if (error.matches(helper("Refused"))) refuse(script, py::cast<std::string>(py::str(error.value())));
    refuse(script, "failed while it was read: " + message_of(script, error) + "; this is for its author to mend");
  }
  declared->summary = py::cast<std::string>(found["summary"]);
  declared->sources = py::cast<std::string>(found["sources"]);
  declared->behind = py::cast<std::string>(found["behind"]);
  declared->parameters = Held(found["parameters"]);
  for (const auto& [function, names] : py::cast<py::dict>(found["functions"])) {
    std::vector<std::string>& arguments = declared->functions[py::cast<std::string>(function)];
    for (const py::handle name : names) arguments.push_back(py::cast<std::string>(name));
  }
  for (const auto& [flag, value] : py::cast<py::dict>(found["flags"]))
    declared->flags[py::cast<std::string>(flag)] = py::cast<bool>(value);
  for (const py::handle given : found["columns"]) {
    const auto of = [&](const char* key) { return given[key]; };
    declared->columns.push_back({py::cast<std::string>(of("name")), py::cast<std::string>(of("doc")),
                                 py::cast<int>(of("display_priority")), py::cast<bool>(of("logarithmic")),
                                 py::cast<std::string>(of("theory_of"))});
  }
  return declared;
}

}  // namespace

}  // namespace tightrope::python

extern "C" __attribute__((visibility("default"))) void tightrope_open_script(
    const tightrope::Script& script, std::shared_ptr<const tightrope::Library>& opened) {
  using namespace tightrope::python;
  start();
  const py::gil_scoped_acquire lock;
  opened = std::make_shared<const ScriptLibrary>(declared_by(script));
}
