// Phase retrieval: a vector from squares of its products, f(x) = 1/(4m) Σ_i (⟨a_i, x⟩² − ⟨a_i, x*⟩²)² with standard
// normal a_i and a random unit vector x*. Put your objective here, with authors, journal and year: any sum over samples
// will do.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Problem {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Index size = 0, samples = 0;
    void declare(Parameters& p) {
      p.add("size", size, at_least(1), "n, the length of x").required().example("5");
      p.add("samples", samples, at_least(1), "m, the number of products").required().example("40");
    }
  };
  // Random numbers come from the stream alone: they are named, so that nobody else's use of them changes yours.
  MyPlugin(const Options& options, const Context& context)
      : A_(context.stream.child("A").normal_matrix(options.samples, options.size)),
        truth_(context.stream.child("truth").normal_matrix(options.size, 1)) {
    truth_ /= frobenius_norm(truth_);
    squares_ = arma::square(A_ * truth_);
  }

  // What a point consists of, and the number of terms of the sum, of which minibatches take a part.
  std::vector<Block> blocks() const override { return {{"x", A_.n_cols, 1}}; }
  Index samples() const override { return A_.n_rows; }

  // The sum over the samples of `rows`; the gradient, if it is asked for, comes zeroed and in the shape of the point.
  Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const override {
    const Rows some = rows.within(samples());
    if (some.count == 0) return 0;
    const Mat A = A_.rows(some.first, some.end() - 1);
    const Vec products = A * point[0];
    const Vec misfit = arma::square(products) - squares_.subvec(some.first, some.end() - 1);
    const Real weight = 1 / static_cast<Real>(samples());
    if (gradient && wanted.has(0)) (*gradient)[0] = weight * (A.t() * (misfit % products));
    return weight / 4 * arma::dot(misfit, misfit);
  }

  // Columns of its own: name, formula, place in the progress line (the highest first), whether on a logarithmic axis.
  std::vector<Column> columns() const override {
    return {{"solution_error", "min(‖x − x*‖, ‖x + x*‖), as no square knows the sign", 100, true}};
  }
  void observe(const Iterate& at, std::span<Real> values) const override {
    values[0] = std::min(frobenius_norm(at.point[0] - truth_), frobenius_norm(at.point[0] + truth_));
  }

 private:
  Mat A_;
  Vec truth_, squares_;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, MyPlugin, "my_plugin", "phase retrieval")
