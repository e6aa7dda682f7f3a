// Tucker decomposition T = S ×₁ U₁ ×₂ U₂ ×₃ U₃ of an n1 × n2 × n3 tensor, U_k: n_k × r_k, S: r1 × r2 × r3, seen as its
// unfolding n1 × n2n3, X = U₁ ((U₃ ⊗ U₂) S₍₁₎ᵀ)ᵀ; the block S is S₍₁₎. Metric of Tong, Ma, Prater-Bennette, Tripp & Chi
// (JMLR 23, 2022): gradients of U_k are multiplied by (Ŭ_kᵀŬ_k + δI)⁻¹, where Ŭ_k is what stands beside U_k in the
// unfolding of mode k, and the core's by (G₃ ⊗ G₂ ⊗ G₁ + δI)⁻¹ with G_k = U_kᵀU_k; without damping by pseudo-inverses.
#include "plugins/shared/tucker.hpp"

namespace {

using namespace tightrope;

class Tucker final : public FactorizationModel {
 public:
  using Options = TensorOptions;
  Tucker(const Options& options, const Context& context)
      : n_(options.checked_sides(context.shape)), r_(options.ranks) {}

  std::vector<Block> blocks() const override {
    return {{"U1", n_[0], r_[0]}, {"U2", n_[1], r_[1]}, {"U3", n_[2], r_[2]}, {"S", r_[0], r_[1] * r_[2]}};
  }
  Index rank() const override { return r_[0]; }
  Sides sides(Blocks wanted) const override { return {wanted.has(0), wanted.has(1) || wanted.has(2) || wanted.has(3)}; }

  void expand(const Factors& p, LowRank& X) const override {
    X.left = p[0];
    X.right = times_modes(p[3], p[1], p[2]).t();
  }
  void pull_back(const Factors& p, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, p);
    if (wanted.has(0)) gradient[0] = gradient_of_X.left;
    if (!sides(wanted).right) return;
    const Mat M = gradient_of_X.right.t();
    for (Index a = 0; a < r_[0]; ++a) {
      const Mat M_a = slice(M, a, n_[1]), S_a = slice(p[3], a, r_[1]);
      if (wanted.has(1)) gradient[1] += M_a * (p[2] * S_a.t());
      if (wanted.has(2)) gradient[2] += M_a.t() * (p[1] * S_a);
    }
    if (wanted.has(3)) gradient[3] = times_modes(M, p[1].t(), p[2].t());
  }
  void push_forward(const Factors& p, const Factors& d, LowRank& dX) const override {
    dX.left = arma::join_rows(d[0], p[0]);
    dX.right =
        arma::join_cols(times_modes(p[3], p[1], p[2]),
                        times_modes(d[3], p[1], p[2]) + times_modes(p[3], d[1], p[2]) + times_modes(p[3], p[1], d[2]))
            .t();
  }
  /// The truncated higher-order SVD.
  Factors from_svd(const Svd& svd) const override {
    const Svd top = truncated(svd, r_[0]);
    Mat U1 = top.left, Z = arma::diagmat(top.values) * top.right.t();
    U1.resize(n_[0], r_[0]);
    Z.resize(r_[0], n_[1] * n_[2]);
    const Mat U2 = leading(slices_side_by_side(Z, n_[1], false), r_[1]),
              U3 = leading(slices_side_by_side(Z, n_[1], true), r_[2]);
    return {{U1, U2, U3, times_modes(Z, U2.t(), U3.t())}};
  }
  void precondition(const Factors& p, Real damping, const Factors& gradient, Factors& direction) const override {
    const Svd svds[] = {svd(p[0]), svd(p[1]), svd(p[2])};
    Mat T[3];  // T_kᵀT_k = G_k
    Vec g[3];  // eigenvalues of G_k
    for (Index k = 0; k < 3; ++k) {
      const Real least = static_cast<Real>(n_[k]) * std::numeric_limits<Real>::epsilon() * svds[k].values.max();
      T[k] = arma::diagmat(svds[k].values) * svds[k].right.t();
      g[k] = arma::square(svds[k].values % (svds[k].values > least));
    }
    const Mat S = T[0] * p[3];
    direction.blocks.resize(4);
    direction[0] = gram_solve(times_modes(p[3], T[1], T[2]).t(), damping, gradient[0]);
    direction[1] = gram_solve(slices_side_by_side(times_modes(S, arma::eye(r_[1], r_[1]), T[2]), r_[1], false).t(),
                              damping, gradient[1]);
    direction[2] = gram_solve(slices_side_by_side(times_modes(S, T[1], arma::eye(r_[2], r_[2])), r_[1], true).t(),
                              damping, gradient[2]);
    const Mat &V1 = svds[0].right, &V2 = svds[1].right, &V3 = svds[2].right;
    const Mat core = times_modes(V1.t() * gradient[3], V2.t(), V3.t());
    Mat weights = g[0] * arma::kron(g[2], g[1]).t() + damping;
    weights.replace(0, arma::datum::inf);
    direction[3] = V1 * times_modes(core / weights, V2, V3);
  }

 private:
  static Mat leading(const Mat& M, Index rank) {
    Mat U = truncated(svd(M), rank).left;
    U.resize(M.n_rows, rank);
    return U;
  }

  std::vector<Index> n_, r_;
};

}  // namespace

TIGHTROPE_PLUGIN(FactorizationModel, Tucker, "tucker", "the unfolding of a tensor S ×₁ U₁ ×₂ U₂ ×₃ U₃",
                 "tong2022, lathauwer2000")
