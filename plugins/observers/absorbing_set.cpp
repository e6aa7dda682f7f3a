// Gradient descent on ¼‖X Xᵀ − Σ‖_F² from a start of any size (Chen, Chen, Elmasri & Sun, UAI 2024). In the eigenbasis
// of Σ, with eigenvalues λ_1 > … > λ_r > λ_{r+1} and smallest gap Δ = min_{k≤r} (λ_k − λ_{k+1}), u_k is row k of X and
// K_k the rows below it. One row is learned after the other: σ_1²(u_k) → λ_k and σ_1(u_k K_kᵀ) → 0, the latter like (1
// − ηΔ/6)^{t − t_k} for the step size η. On the way X enters
//   the absorbing set  σ_1²(X) ≤ 2λ_1, σ_1²(K_k) ≤ λ_k − 3Δ/4 for all k ≤ r,  and, with U the first r rows, J the
//   others, the final region   σ_r²(U) ≥ Δ/4, σ_1²(J) ≤ λ_r − Δ/2.
// For X = L Rᵀ read σ_1(L_k R_kᵀ) where σ_1² of rows stands.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class AbsorbingSet final : public Observer {
 public:
  struct Options {
    std::vector<Real> eigenvalues;
    void declare(Parameters& p) {
      p.add("eigenvalues", eigenvalues, at_least(0),
            "λ_1 … λ_{r+1}, where Σ is diagonal; by default those of the truth, r being the factorization rank");
    }
  };
  AbsorbingSet(const Options& options, const Context& context) : lambda_(options.eigenvalues) {
    if (lambda_.is_empty()) {
      if (context.shape.rows != context.shape.cols) throw Unsuitable("needs a square problem");
      r_ = context.model().rank();
      const Svd top = positive_part(context.truth().X, r_ + 1);
      lambda_ = top.values;
      lambda_.resize(r_ + 1);
      basis_ = top.left.head_cols(std::min<Index>(r_, top.left.n_cols));
    } else if (const auto blocks = context.space().blocks(); blocks.size() != 1 || blocks[0].rows < lambda_.n_elem) {
      throw Unsuitable("needs a single factor with more rows than there are eigenvalues before the last one");
    }
    r_ = lambda_.n_elem - 1;
    gap_ = r_ > 0 ? (lambda_.head(r_) - lambda_.tail(r_)).min() : 0;
    if (!(gap_ > 1e-12 * lambda_[0])) throw Unsuitable("needs distinct leading eigenvalues, but two of them are equal");
  }

  std::vector<Column> columns() const override {
    std::vector<Column> all = {{"in_absorbing_set", "1 within the absorbing set, 0 outside", 0, false},
                               {"in_final_region", "1 within the region of linear convergence, 0 outside", 0, false},
                               {"tail", "σ_1²(J), of the rows beyond the first r", 0, true}};
    for (Index k = 1; k <= r_; ++k) {
      const std::string i = std::to_string(k);
      all.push_back({"row_" + i, "σ_1²(u_" + i + "), which goes to λ_" + i, 0, false});
      all.push_back({"row_" + i + "_coupling", "σ_1(u_" + i + " K_" + i + "ᵀ)", 0, true});
    }
    return all;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const bool is_single = seen.X.left.is_empty();
    const Mat L = rows(is_single ? seen.iterate.point[0] : seen.X.left), R = is_single ? L : rows(seen.X.right);
    if (!L.is_finite() || !R.is_finite()) return;
    bool is_in = largest(L, R) <= 2 * lambda_[0];
    for (Index k = 0; k < r_; ++k) {
      const Mat K = L.tail_rows(L.n_rows - k - 1), H = R.tail_rows(R.n_rows - k - 1);
      const Real below = largest(K, H);
      is_in = is_in && below <= lambda_[k] - 0.75 * gap_;
      values[3 + 2 * k] = std::abs(arma::dot(L.row(k), R.row(k)));
      values[4 + 2 * k] = frobenius_norm(H * L.row(k).t());
      if (k + 1 == r_) values[2] = below;
    }
    const Real smallest = arma::svd(Mat(L.head_rows(r_) * R.head_rows(r_).t())).min();
    values[0] = is_in ? 1 : 0;
    values[1] = smallest >= gap_ / 4 && values[2] <= lambda_[r_ - 1] - gap_ / 2 ? 1 : 0;
  }

 private:
  /// In the eigenbasis: its leading rows, and the others up to a rotation.
  Mat rows(const Mat& X) const {
    if (basis_.is_empty()) return X;
    const Mat leading = basis_.t() * X;
    return arma::join_cols(leading, X - basis_ * leading);
  }
  static Real largest(const Mat& L, const Mat& R) { return singular_values(LowRank{L, R})[0]; }

  Index r_ = 0;
  Vec lambda_;
  Real gap_ = 0;
  Mat basis_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, AbsorbingSet, "absorbing_set",
                 "rows of X in the eigenbasis of the truth, learned one after the other, and regions of convergence",
                 "chen2024")
