// X = u U, u a number and U ∈ R^{n1×n2}: a product of depth two with one trivial layer, in which a linear attention
// layer can be written (Zhang, Frei & Bartlett, JMLR 25(49), 2024). With G = A*(∂ℓ): ∇_U = u G, ∇_u = ⟨G, U⟩; gradient
// flow conserves u² − ‖U‖_F². As a pair X = (u U) Iᵀ. Its own start is the paper's: u = σ, U = σ Θ Θᵀ (or σ Θ where X
// is not square), Θ Gaussian, scaled to ‖U‖_F = σ.
#include "core/plugin/plugin.hpp"
#include "plugins/shared/in_context_regression.hpp"

namespace {

using namespace tightrope;

class ScalarTimesMatrix final : public FactorizationModel {
 public:
  struct Options {
    Real scale = 0.1;
    void declare(Parameters& p) { p.add("scale", scale, above(0), "σ of its own start, u = ‖U‖_F = σ"); }
  };
  ScalarTimesMatrix(const Options& options, const Context& context)
      : shape_(context.shape), scale_(options.scale), stream_(context.stream) {}

  std::vector<Block> blocks() const override { return {{"u", 1, 1}, {"U", shape_.rows, shape_.cols}}; }
  Index rank() const override { return std::min(shape_.rows, shape_.cols); }
  Factors start() const override { return scalar_and_matrix(scale_, shape_, stream_.child("start")); }

  void expand(const Factors& point, LowRank& X) const override {
    X.left = point[0](0, 0) * point[1];
    X.right.eye(shape_.cols, shape_.cols);
  }
  Sides sides(Blocks) const override { return {true, false}; }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (wanted.has(0)) gradient[0](0, 0) = arma::dot(gradient_of_X.left, point[1]);
    if (wanted.has(1)) gradient[1] = point[0](0, 0) * gradient_of_X.left;
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX.left = direction[0](0, 0) * point[1] + point[0](0, 0) * direction[1];
    dX.right.eye(shape_.cols, shape_.cols);
  }
  /// Balanced: u = ‖U‖_F = ‖X‖_F^{1/2}.
  Factors from_svd(const Svd& svd) const override {
    const Mat X = svd.left * arma::diagmat(svd.values) * svd.right.t();
    const Real u = std::sqrt(frobenius_norm(X));
    return {{Mat(1, 1, arma::fill::value(u)), u > 0 ? Mat(X / u) : X}};
  }

 private:
  Shape shape_;
  Real scale_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, ScalarTimesMatrix, "scalar_times_matrix", "X = u U, a number times a matrix",
                 "zhang2024attention")
