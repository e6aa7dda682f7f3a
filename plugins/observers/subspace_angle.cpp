// Sine of the largest principal angle between the leading r-dimensional singular space of X, or of the stacked factors
// [V; W], and that of X* or of the spectral method's matrix A*(y); not defined, and left empty, where X or [V; W] has a
// smaller rank. The leading spaces of [0 M; Mᵀ 0] are spanned by (u_i; v_i)/√2. From a small start the factors first
// turn towards the spectral method's space, and only then towards the truth's (Stöger & Soltanolkotabi, NeurIPS 2021).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SubspaceAngle final : public Observer {
 public:
  struct Options {
    std::string side = "left", with = "truth";
    std::optional<Index> rank;
    void declare(Parameters& p) {
      p.add("side", side, {"left", "right", "stacked"},
            "column spaces (left) or row spaces (right) of X, or column spaces of the stacked factors");
      p.add("with", with, {"truth", "spectral"}, "X*, or A*(y) as the column angle_to_spectral");
      p.add("rank", rank, at_least(1), "dimension r of the spaces; by default the rank of the truth");
    }
  };
  SubspaceAngle(const Options& options, const Context& context)
      : side_(options.side), is_spectral_(options.with == "spectral") {
    rank_ = options.rank ? *options.rank : context.truth().rank;
    if (context.model().rank() < rank_)
      throw Unsuitable("compares spaces of the truth's dimension, which exceeds the factorization rank");
    const Svd of = is_spectral_ ? spectral(context) : context.truth().svd;
    if (!has_rank(of.values, rank_, context.shape.rows + context.shape.cols))
      throw Unsuitable("compares spaces of dimension " + std::to_string(rank_) + ", but " +
                       (is_spectral_ ? "A*(y)" : "the truth") + " has a smaller rank");
    const Svd leading = truncated(of, rank_);
    basis_ = side_ == "left"    ? leading.left
             : side_ == "right" ? leading.right
                                : Mat(arma::join_cols(leading.left, leading.right) / std::sqrt(2.0));
  }

  std::vector<Column> columns() const override {
    if (is_spectral_)
      return {{"angle_to_spectral", "sine of the largest angle to the leading space of A*(y)", 0, true}};
    return {{"subspace_angle", "sine of the largest angle between leading singular spaces", 0, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = std::nan("");
    if (!seen.X.left.is_finite() || !seen.X.right.is_finite()) return;
    const Svd all = side_ == "stacked" ? svd(Mat(arma::join_cols(seen.X.left, seen.X.right))) : svd(seen.X);
    if (!has_rank(all.values, rank_, seen.X.rows() + seen.X.cols())) return;
    values[0] = sine_of_largest_angle(basis_, (side_ == "right" ? all.right : all.left).head_cols(rank_));
  }

 private:
  static Svd spectral(const Context& context) {
    Mat M;
    context.sensing().adjoint_times(context.data(), arma::eye(context.shape.cols, context.shape.cols), M);
    return svd(context.model().is_semidefinite() ? Mat((M + M.t()) / 2) : M);
  }

  /// Whether that many singular values are more than rounding errors of the largest one.
  static bool has_rank(const Vec& sigma, Index rank, Index size) {
    const Real errors = static_cast<Real>(size) * std::numeric_limits<Real>::epsilon();
    return rank <= sigma.n_elem && sigma[rank - 1] > errors * sigma[0];
  }

  std::string side_;
  bool is_spectral_;
  Index rank_ = 0;
  Mat basis_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, SubspaceAngle, "subspace_angle",
                 "angle between the leading singular spaces of X and of the truth, or of A*(y)", "stoger2021")
