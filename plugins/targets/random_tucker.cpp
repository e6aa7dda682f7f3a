// A random tensor of multilinear rank (r1, r2, r3), T = S ×₁ U₁ ×₂ U₂ ×₃ U₃ with orthonormal U_k, as its unfolding
// n1 × n2n3. The core is that of Tong, Ma, Prater-Bennette, Tripp & Chi (JMLR 23, 2022): with equal ranks r,
// S(j1, j2, j3) = σ_{j1}/√r if r divides j1 + j2 + j3, and else 0, with σ from 1 to 1/κ, evenly spaced; S₍₁₎ has the
// singular values σ. With other ranks S is Gaussian, with S₍₁₎ brought to these singular values.
#include "plugins/shared/tucker.hpp"

namespace {

using namespace tightrope;

class RandomTucker final : public Target {
 public:
  struct Options : TensorOptions {
    Real condition = 1;
    std::string vectors = "gaussian";
    void declare(Parameters& p) {
      TensorOptions::declare(p);
      p.add("condition", condition, at_least(1), "condition number κ = σ_1/σ_r1 of the unfolding");
      p.add("vectors", vectors, {"gaussian", "signs"},
            "what the U_k are the left singular vectors of: Gaussian matrices, or random signs");
    }
  };
  RandomTucker(const Options& options, const Context& context) : rank_(options.ranks.empty() ? 0 : options.ranks[0]) {
    const std::vector<Index> n = options.checked_sides(context.shape), &r = options.ranks;
    Mat U[3];
    for (Index k = 0; k < 3; ++k) {
      const Mat N = context.stream.child("U" + std::to_string(k + 1)).normal_matrix(n[k], r[k]);
      U[k] = options.vectors == "signs" ? svd(Mat(arma::sign(N))).left : orthonormal_basis(N);
    }
    const Vec sigma = arma::linspace<Vec>(1, r[0] > 1 ? 1 / options.condition : 1, r[0]);
    X_ = {U[0] * arma::diagmat(sigma), times_modes(core(r, context.stream.child("core")), U[1], U[2]).t()};
  }

  LowRank matrix() const override { return X_; }
  Index rank() const override { return rank_; }

 private:
  /// Orthonormal rows.
  static Mat core(const std::vector<Index>& r, const Stream& stream) {
    if (r[1] != r[0] || r[2] != r[0]) return orthonormal_basis(stream.normal_matrix(r[1] * r[2], r[0])).t();
    Mat S(r[0], r[0] * r[0], arma::fill::zeros);
    for (Index a = 0; a < r[0]; ++a)
      for (Index b = 0; b < r[0]; ++b)
        for (Index c = 0; c < r[0]; ++c)
          if ((a + b + c + 3) % r[0] == 0) S(a, b + r[0] * c) = 1 / std::sqrt(static_cast<Real>(r[0]));
    return S;
  }

  Index rank_;
  LowRank X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, RandomTucker, "random_tucker", "a random tensor of low multilinear rank, unfolded", "tong2022")
