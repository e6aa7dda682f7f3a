#include "core/python/instance.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "core/engine/attribute_errors.hpp"

namespace tightrope::python {

namespace {

[[noreturn]] void refuse_answer(const std::string& what, const py::handle& given, const std::string& expected) {
  throw std::logic_error(fmt::format("{} {} instead of {}", what, in_words(given), expected));
}

bool is_real_array(const py::handle& given, py::ssize_t dimensions) {
  return py::isinstance<py::array_t<Real>>(given) && py::reinterpret_borrow<py::array>(given).ndim() == dimensions;
}

void make_read_only(const py::object& array) { array.attr("setflags")(py::arg("write") = false); }

}  // namespace

// --- What a script is lent ------------------------------------------------------------------------------------------

py::object Call::lent(const Real* values, std::vector<py::ssize_t> shape, const char* name, bool may_write) {
  std::vector<py::ssize_t> strides = {sizeof(Real)};
  if (shape.size() == 2) strides.push_back(shape[0] * static_cast<py::ssize_t>(sizeof(Real)));
  const bool is_empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  // With a base it is a view; Python would copy otherwise.
  py::array array = is_empty
                        ? py::array(py::dtype::of<Real>(), std::move(shape))
                        : py::array(py::dtype::of<Real>(), std::move(shape), std::move(strides), values, py::none());
  if (!may_write) make_read_only(array);
  lent_.emplace_back(array, name);
  return array;
}

py::object Call::lend(const Mat& matrix, const char* name) {
  return lent(matrix.memptr(), {static_cast<py::ssize_t>(matrix.n_rows), static_cast<py::ssize_t>(matrix.n_cols)}, name,
              false);
}

py::object Call::lend_to_write(Mat& matrix, const char* name) {
  return lent(matrix.memptr(), {static_cast<py::ssize_t>(matrix.n_rows), static_cast<py::ssize_t>(matrix.n_cols)}, name,
              true);
}

py::object Call::lend(std::span<const Real> values, const char* name) {
  return lent(values.data(), {static_cast<py::ssize_t>(values.size())}, name, false);
}

py::object Call::lend_values_to_write(Mat& column, const char* name) {
  return lent(column.memptr(), {static_cast<py::ssize_t>(column.n_elem)}, name, true);
}

py::object Call::lend(const Factors& factors, const char* name) {
  const py::object blocks = helper("Blocks")();
  for (const Mat& block : factors.blocks) blocks.attr("append")(lend(block, name));
  return blocks;
}

py::object Call::lend_to_write(Factors& factors, const char* name) {
  const py::object blocks = helper("Blocks")();
  for (Mat& block : factors.blocks) blocks.attr("append")(lend_to_write(block, name));
  return blocks;
}

void Call::take_back() {
  const auto kept = [&] {
    return std::find_if(lent_.begin(), lent_.end(), [](const auto& one) { return one.first.ref_count() > 1; });
  };
  if (kept() != lent_.end()) helper("collect")();  // objects that refer to each other go late
  if (const auto one = kept(); one != lent_.end())
    throw PluginFailure(
        declared_.description(),
        fmt::format("it has kept '{}' beyond the call that it was lent for; keep a copy in memory", one->second));
  lent_.clear();
}

// --- What it hands back ---------------------------------------------------------------------------------------------

py::object array_of(const Mat& matrix) {
  py::array_t<Real, py::array::f_style> array({matrix.n_rows, matrix.n_cols});
  std::copy(matrix.begin(), matrix.end(), array.mutable_data());
  return array;
}

py::object array_of(std::span<const Real> values) {
  return py::array_t<Real>(static_cast<py::ssize_t>(values.size()), values.data());
}

std::string in_words(const py::handle& given) {
  if (given.is_none()) return "nothing";
  if (!py::isinstance<py::array>(given))
    return "a value of the type " + py::cast<std::string>(given.get_type().attr("__name__"));
  return fmt::format("an array {} of {}", py::cast<std::string>(py::str(given.attr("shape"))),
                     py::cast<std::string>(py::str(given.attr("dtype"))));
}

void to_matrix(const py::handle& given, const std::string& what, Mat& matrix) {
  if (!is_real_array(given, 2)) refuse_answer(what, given, "a two-dimensional array of float64");
  const auto values = py::reinterpret_borrow<py::array_t<Real>>(given).unchecked<2>();
  matrix.set_size(static_cast<Index>(values.shape(0)), static_cast<Index>(values.shape(1)));
  for (py::ssize_t j = 0; j < values.shape(1); ++j)
    for (py::ssize_t i = 0; i < values.shape(0); ++i)
      matrix.at(static_cast<Index>(i), static_cast<Index>(j)) = values(i, j);
}

void to_matrix(const py::handle& given, Index rows, Index cols, const std::string& what, Mat& matrix) {
  const auto is_fit = [&](const py::array& array) {
    return array.shape(0) == static_cast<py::ssize_t>(rows) && array.shape(1) == static_cast<py::ssize_t>(cols);
  };
  if (!is_real_array(given, 2) || !is_fit(py::reinterpret_borrow<py::array>(given)))
    refuse_answer(what, given, fmt::format("an array ({}, {}) of float64", rows, cols));
  to_matrix(given, what, matrix);
}

void to_values(const py::handle& given, std::span<Real> values, const std::string& what) {
  if (!is_real_array(given, 1) || py::len(given) != values.size())
    refuse_answer(what, given, fmt::format("an array ({},) of float64", values.size()));
  const auto from = py::reinterpret_borrow<py::array_t<Real>>(given).unchecked<1>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = from(static_cast<py::ssize_t>(i));
}

Real to_number(const py::handle& given, const std::string& what) {
  const bool is_plain = !py::isinstance<py::array>(given) || py::reinterpret_borrow<py::array>(given).ndim() == 0;
  const Real value = is_plain ? PyFloat_AsDouble(given.ptr()) : 0;
  if (is_plain && !PyErr_Occurred()) return value;
  PyErr_Clear();
  refuse_answer(what, given, "a number");
}

void to_factors(const py::handle& given, const std::string& what, Factors& factors) {
  if (!py::isinstance<py::list>(given) && !py::isinstance<py::tuple>(given))
    refuse_answer(what, given, "a list of arrays, one for each block");
  factors.blocks.resize(py::len(given));
  for (Index b = 0; b < factors.size(); ++b) to_matrix(given[py::int_(b)], what, factors[b]);
}

// --- A component's own script ---------------------------------------------------------------------------------------

Instance::Instance(std::shared_ptr<const Declared> declared, Values values, const Context& context)
    : declared_(std::move(declared)), values_(std::move(values)) {
  try {
    module_ = Held(helper("executed")(declared_->script.file.string(), declared_->code.get()));
  } catch (py::error_already_set& error) {
    throw PluginFailure(declared_->description(), message_of(declared_->script, error));
  }
  for (const auto& [function, names] : declared_->functions)
    for (const std::string& name : names)
      if (py::object value = constant(name, function, context)) values_[name] = Held(std::move(value));
  if (!has("prepare")) return;
  const auto before = [&](const std::string& name, Call&) -> py::object {
    if (name == "data") return array_of(std::span<const Real>(context.data().memptr(), context.data().n_elem));
    py::list words;
    for (std::uint64_t i = 0; i < 4; ++i) words.append(context.stream.word(i));
    return helper("generator")(words);
  };
  call("prepare", before, [&](const py::object& prepared, Call&) { values_["prepared"] = Held(prepared); });
}

/// What is the same for all calls; nothing, if the name stands for something else.
py::object Instance::constant(const std::string& name, const std::string& function, const Context& context) const {
  const auto read_only = [](py::object array) {
    make_read_only(array);
    return array;
  };
  if (name == "shape") return py::make_tuple(context.shape.rows, context.shape.cols);
  if (name == "truth") {
    const Truth& truth = context.truth();
    return read_only(array_of(truth.dense.is_empty() ? truth.X.dense() : truth.dense));
  }
  if (name == "true_rank") return py::int_(context.truth().rank);
  if (name == "start") {
    const py::object blocks = helper("Blocks")();
    for (const Mat& block : context.start().blocks) blocks.attr("append")(read_only(array_of(block)));
    return blocks;
  }
  // Whoever asks for these asks for a problem that has them.
  if (function == "observe" && (name == "X" || name == "L" || name == "R" || name == "prediction" || name == "data"))
    static_cast<void>(context.model());
  return {};
}

py::dict Instance::arguments(const std::string& function, const Argument& argument, Call& call) const {
  py::dict given;
  for (const std::string& name : declared_->functions.at(function)) {
    const auto known = values_.find(name);
    given[py::str(name)] = known != values_.end() ? known->second.get() : argument(name, call);
  }
  return given;
}

void Instance::call(const char* function, const Argument& argument,
                    const std::function<void(const py::object&, Call&)>& take) const {
  Call call(*declared_);
  try {
    py::object answer;
    {
      const py::dict given = arguments(function, argument, call);
      answer = module_.get()[function](**given);
    }
    take(answer, call);
  } catch (py::error_already_set& error) {
    if (call.failure) std::rethrow_exception(call.failure);
    if (std::string_view(function) == "prepare" && error.matches(PyExc_NotImplementedError))
      throw Unsuitable(py::cast<std::string>(py::str(error.value())));
    throw PluginFailure(declared_->description(), message_of(declared_->script, error));
  } catch (const std::logic_error& error) {
    throw PluginFailure(declared_->description(), error.what());
  }
  call.take_back();
}

}  // namespace tightrope::python
