// The cascade of gradient flow on f(U) = ½‖U Uᵀ − M‖_F² in the eigenbasis of M = diag(Λ₁, −Λ₂), in which Λ₁ holds the
// positive eigenvalues (after Mohammadi, Tinati, Tu, Soltanolkotabi & Jovanović, arXiv:2411.15972, 2024, for ¼‖·‖²:
// here U̇ = 2(M − U Uᵀ)U, and their time is twice ours). P = U Uᵀ = [P₁ P₀; P₀ᵀ P₂], X = L Rᵀ in general, is seen
// through
//   S = P₂ − P₀ᵀ P₁⁻¹ P₀, which is autonomous, Ṡ = −2Λ₂S − 2SΛ₂ − 4S²:
//   S(t) = e^{−2Λ₂t} (S(0)⁻¹ + D(t))⁻¹ e^{−2Λ₂t},  D = (1 − e^{−4Λ₂t})/Λ₂, which is 4t where Λ₂ is 0,
//   T = P₁⁻¹P₀, Ṫ = −2Λ₁T − 2TΛ₂ − 4TS,  and P₁, which goes to Λ₁.
// S is computed as L₂(I − R₁ᵀ(L₁R₁ᵀ)⁻¹L₁)R₂ᵀ, without cancellation, and with S(0) = F Fᵀ
// (S(0)⁻¹ + D)⁻¹ = F(I + FᵀDF)⁻¹Fᵀ.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SchurComplement final : public Observer {
 public:
  using Options = NoOptions;
  SchurComplement(const Options&, const Context& context) : has_theory_(context.model().is_semidefinite()) {
    if (context.shape.rows != context.shape.cols) throw Unsuitable("needs a square problem");
    const Mat M = context.truth().X.dense();
    Vec values;
    Mat vectors;
    if (!arma::eig_sym(values, vectors, Mat((M + M.t()) / 2))) throw Unsuitable("finds no eigenvalues of the truth");
    values = arma::reverse(values);
    vectors = arma::fliplr(vectors);
    const Real errors = 1e-13 * static_cast<Real>(values.n_elem) * arma::abs(values).max();
    values.transform([&](Real value) { return std::abs(value) < errors ? 0 : value; });
    const Index q = std::min<Index>(arma::accu(values > 0), context.model().rank());
    if (q == 0 || q == values.n_elem) throw Unsuitable("needs a truth with positive eigenvalues, and with others");
    leading_ = vectors.head_cols(q);
    others_ = vectors.tail_cols(values.n_elem - q);
    lambda_1_ = values.head(q);
    lambda_2_ = -values.tail(values.n_elem - q);
    LowRank X;
    context.model().expand(context.start(), X);
    const Cascade first = cascade(X);
    if (first.is_defined) first_ = first.S.right;
  }

  std::vector<Column> columns() const override {
    std::vector<Column> all = {{"schur_complement", "‖S‖, largest singular value of P₂ − P₀ᵀP₁⁻¹P₀", 0, true},
                               {"schur_coupling", "‖T‖_F of T = P₁⁻¹P₀", 0, true},
                               {"leading_error", "‖P₁ − Λ₁‖_F", 0, true}};
    if (has_theory_) all.push_back({"schur_complement_theory", "‖S‖ of the closed form", 0, true, "schur_complement"});
    return all;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Cascade at = cascade(seen.X);
    values[0] = at.is_defined ? norm_of(at.S) : std::nan("");
    values[1] = at.is_defined ? frobenius_norm(at.T) : std::nan("");
    values[2] = frobenius_norm(at.P1 - arma::diagmat(lambda_1_));
    if (!has_theory_ || first_.is_empty()) return;
    const Real t = seen.iterate.time;
    const Vec decay = arma::exp(-2 * t * lambda_2_);
    Vec D = 4 * t * arma::ones(lambda_2_.n_elem);
    for (Index i = 0; i < D.n_elem; ++i)
      if (lambda_2_[i] != 0) D[i] = -std::expm1(-4 * t * lambda_2_[i]) / lambda_2_[i];
    const Mat inner = arma::eye(first_.n_cols, first_.n_cols) + first_.t() * (first_.each_col() % D);
    const Mat left = first_.each_col() % decay;
    values[3] = norm_of({left * arma::inv_sympd(inner), left});
  }

 private:
  struct Cascade {
    bool is_defined = false;
    LowRank S;
    Mat T, P1;
  };
  Cascade cascade(const LowRank& X) const {
    const Mat L1 = leading_.t() * X.left, R1 = leading_.t() * X.right, L2 = others_.t() * X.left;
    const Mat R2 = others_.t() * X.right;
    Cascade result{false, {L2, R2}, {}, L1 * R1.t()};
    result.is_defined = arma::solve(result.T, result.P1, Mat(L1 * R2.t()), arma::solve_opts::no_approx);
    if (result.is_defined) result.S.right = R2 - result.T.t() * R1;
    return result;
  }
  static Real norm_of(const LowRank& X) { return singular_values(X)[0]; }

  bool has_theory_;
  Mat leading_, others_;
  Vec lambda_1_, lambda_2_;
  Mat first_;  // F, S(0) = F Fᵀ
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, SchurComplement, "schur_complement",
                 "Schur complement of X in the eigenbasis of the truth, with its closed form along gradient flow",
                 "mohammadi2024")
