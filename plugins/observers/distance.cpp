// The distance of the factors L, R from the balanced factors L*, R* of the truth's leading part X*_r = L* R*ᵀ, modulo
// what X does not see. rotations: min over orthogonal Q of ‖[L; R] Q − [L*; R*]‖_F, from the singular vectors of the
// overlap (Schönemann, Psychometrika 31, 1966; Tu et al., ICML 2016), surplus columns being compared with zeros; for U
// Uᵀ: ‖U Q − U*‖_F. invertible: of Tong, Ma & Chi (JMLR 22, 2021), with Σ the singular values of X*_r,
//   inf over invertible Q of (‖(L Q − L*) Σ^½‖_F² + ‖(R Q⁻ᵀ − R*) Σ^½‖_F²)^½,
// by Gauss-Newton steps Q ← Q(I + E) from L†L* on; not defined where these do not settle, as far from the truth.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Distance final : public Observer {
 public:
  struct Options {
    std::string modulo = "rotations";
    void declare(Parameters& p) {
      p.add("modulo", modulo, {"rotations", "invertible"}, "orthogonal or all invertible matrices Q");
    }
  };
  Distance(const Options& options, const Context& context)
      : is_orthogonal_(options.modulo == "rotations"), is_single_(context.model().is_semidefinite()) {
    const Index r = context.truth().rank, k = context.model().rank();
    const Svd leading = truncated(context.truth().svd, r);
    if (k < r) throw Unsuitable("needs a factorization rank that is at least that of the truth");
    if (!is_orthogonal_ && k != r)
      throw Unsuitable("needs a factorization rank that is that of the truth for distances modulo invertible matrices");
    truth_ = balanced(leading);
    truth_.left.resize(truth_.rows(), k);
    truth_.right.resize(truth_.cols(), k);
    sigma_ = leading.values;
  }

  std::vector<Column> columns() const override {
    if (is_orthogonal_)
      return {{"rotation_distance", "distance of the factors to the truth's modulo rotations", 0, true}};
    return {{"scaled_distance", "distance of the factors to the truth's modulo invertible matrices", 0, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    if (!seen.X.left.is_finite() || !seen.X.right.is_finite()) return;
    values[0] = is_orthogonal_ ? modulo_rotations(stacked(seen.X)) : modulo_invertible(seen.X);
  }

 private:
  Mat stacked(const LowRank& X) const { return is_single_ ? X.left : Mat(arma::join_cols(X.left, X.right)); }

  Real modulo_rotations(const Mat& Z) const {
    const Mat wanted = stacked(truth_);
    const Svd overlap = svd(Mat(Z.t() * wanted));
    return frobenius_norm(Z * (overlap.left * overlap.right.t()) - wanted);
  }

  Real modulo_invertible(const LowRank& X) const {
    const Index r = sigma_.n_elem;
    Mat Q;
    if (!arma::solve(Q, X.left, truth_.left, arma::solve_opts::no_approx)) return std::nan("");
    const Mat weight = arma::diagmat(sigma_), root = arma::diagmat(arma::sqrt(sigma_));
    for (int step = 0; step < 60; ++step) {
      Mat inverse, E;
      if (!arma::inv(inverse, Q)) return std::nan("");
      const Mat A = X.left * Q, B = X.right * inverse.t(), a = truth_.left - A, b = truth_.right - B;
      const Mat slope = A.t() * a * weight - weight * b.t() * B;
      const Mat normal = arma::kron(weight, A.t() * A) + arma::kron(B.t() * B, weight);
      if (!arma::solve(E, normal, arma::vectorise(slope), arma::solve_opts::no_approx)) return std::nan("");
      Q += Q * arma::reshape(E, r, r);
      if (frobenius_norm(E) < 1e-12) return std::hypot(frobenius_norm(a * root), frobenius_norm(b * root));
    }
    return std::nan("");
  }

  bool is_orthogonal_, is_single_;
  LowRank truth_;
  Vec sigma_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, Distance, "distance",
                 "distance of the factors to those of the truth, modulo rotations or invertible Q",
                 "schonemann1966, tu2016, tong2021")
