#include <fmt/format.h>

#include "core/interfaces/measurement_operator.hpp"
#include "core/python/components.hpp"

namespace tightrope::python {

namespace {

Mat identity(Index n) { return Mat(n, n, arma::fill::eye); }

/// A script gives A of a matrix or of a pair of factors, A* or its products with a matrix: of each what it has is
/// asked, and the other one is made of it.
class ScriptedOperator final : public MeasurementOperator {
 public:
  ScriptedOperator(SharedInstance script, Shape shape, Index measurements)
      : MeasurementOperator(shape, measurements), script_(std::move(script)) {}

  /// m: the length of A(0).
  static Index count(const Instance& script, Shape shape) {
    const LowRank zero{Mat(shape.rows, 1, arma::fill::zeros), Mat(shape.cols, 1, arma::fill::zeros)};
    Index measurements = 0;
    const auto take = [&](const py::object& answer, Call&) {
      if (!py::isinstance<py::array_t<Real>>(answer) || py::reinterpret_borrow<py::array>(answer).ndim() != 1)
        throw std::logic_error(fmt::format("{}() gave {} instead of a one-dimensional array of float64",
                                           forward_of(script), in_words(answer)));
      measurements = py::len(answer);
    };
    if (script.has("forward")) {
      const Mat X = zero.dense();
      script.call(
          "forward", [&](const std::string&, Call& call) { return call.lend(X, "X"); }, take);
    } else {
      script.call("forward_of_factors", sides(zero), take);
    }
    return measurements;
  }

 private:
  static const char* forward_of(const Instance& script) {
    return script.has("forward") ? "forward" : "forward_of_factors";
  }
  static Instance::Argument sides(const LowRank& X) {
    return [&X](const std::string& name, Call& call) {
      return name == "L" ? call.lend(X.left, "L") : call.lend(X.right, "R");
    };
  }
  static Instance::Argument product(const Vec& z, const Mat& B) {
    return [&](const std::string& name, Call& call) {
      return name == "z" ? call.lend(std::span<const Real>(z.memptr(), z.n_elem), "z") : call.lend(B, "B");
    };
  }

  void do_forward(const Mat& X, Vec& z) const override {
    if (!script_->has("forward")) return do_forward(LowRank{X, identity(cols())}, z);
    const py::gil_scoped_acquire lock;
    script_->call(
        "forward", [&](const std::string&, Call& call) { return call.lend(X, "X"); },
        [&](const py::object& answer, Call&) {
          to_values(answer, {z.memptr(), z.n_elem}, "forward() gave");
        });
  }
  void do_forward(const LowRank& X, Vec& z) const override {
    if (!script_->has("forward_of_factors")) return do_forward(X.dense(), z);
    const py::gil_scoped_acquire lock;
    script_->call("forward_of_factors", sides(X), [&](const py::object& answer, Call&) {
      to_values(answer, {z.memptr(), z.n_elem}, "forward_of_factors() gave");
    });
  }
  void do_adjoint(const Vec& z, Mat& G) const override {
    if (!script_->has("adjoint")) return do_adjoint_times(z, identity(cols()), G);
    const py::gil_scoped_acquire lock;
    script_->call("adjoint", product(z, G),
                  [&](const py::object& answer, Call&) { to_matrix(answer, rows(), cols(), "adjoint() gave", G); });
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override {
    if (script_->has("adjoint_times"))
      times("adjoint_times", z, B, rows(), C);
    else
      C = formed(z) * B;
  }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    if (script_->has("adjoint_transposed_times"))
      times("adjoint_transposed_times", z, B, cols(), C);
    else
      C = formed(z).t() * B;
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (script_->has("adjoint_times") && script_->has("adjoint_transposed_times")) {
      if (wanted.left) adjoint_times(z, X.right, gradient.left);
      if (wanted.right) adjoint_transposed_times(z, X.left, gradient.right);
    } else {
      const Mat G = formed(z);
      if (wanted.left) gradient.left = G * X.right;
      if (wanted.right) gradient.right = G.t() * X.left;
    }
  }
  Mat formed(const Vec& z) const {
    Mat G;
    adjoint(z, G);
    return G;
  }
  void times(const char* function, const Vec& z, const Mat& B, Index count, Mat& C) const {
    const py::gil_scoped_acquire lock;
    script_->call(function, product(z, B), [&](const py::object& answer, Call&) {
      to_matrix(answer, count, B.n_cols, std::string(function) + "() gave", C);
    });
  }

  SharedInstance script_;
};

}  // namespace

std::shared_ptr<const Component> operator_of(SharedInstance script, Shape shape) {
  const Index measurements = ScriptedOperator::count(*script, shape);
  return std::make_shared<const ScriptedOperator>(std::move(script), shape, measurements);
}

}  // namespace tightrope::python
