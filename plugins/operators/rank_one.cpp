// Rank-one sensing with independent standard normal vectors.
//   bilinear            A(X)_i = c a_iᵀ X b_i: A_i = c a_i b_iᵀ (Cai & Zhang, Ann. Statist. 43, 2015; Zhong, Jain &
//                       Dhillon, ALT 2015)
//   quadratic           A(X)_i = c a_iᵀ X a_i, of a square X (Chen, Chi & Goldsmith, IEEE Trans. Inf. Theory 61, 2015)
//   complex_quadratic   A(X)_i = c Re a_iᴴ Z a_i of Z ∈ C^{n×n}, seen as X = [Re Z; Im Z], with a_i = α + iβ of E|a|² =
//                       1: |a_iᴴx|² for Z = x xᴴ, phase retrieval. In real terms A_i = c([α; β]αᵀ + [β; −α]βᵀ).
// c = 1/√m makes E‖A(X)‖² = ‖X‖_F² in the first case. In the others it is ‖X‖_F² + ½tr²(X), with c = 1/√(2m), and
// ‖Z‖_F² + tr²(Z) for Hermitian Z, with c = 1/√m: such measurements see the trace best. Neither A_i nor X is formed.
#include "plugins/shared/factored_operator.hpp"

namespace {

using namespace tightrope;

class RankOne final : public FactoredOperator {
 public:
  struct Options final : DenseOperator::EnsembleOptions {
    std::string form = "bilinear";
    void declare(Parameters& p) {
      EnsembleOptions::declare(p, {"float64", "generated"},
                               "float64: all vectors are kept; generated: they are made again in every pass");
      p.add("form", form, {"bilinear", "quadratic", "complex_quadratic"},
            "bilinear: aᵀXb; quadratic: aᵀXa, for square X; complex_quadratic: aᴴZa, for X = [Re Z; Im Z]");
    }
    Layout layout() const {
      const Real c = form == "quadratic" && normalization == "isotropic" ? std::sqrt(0.5) : 1;
      return {form == "complex_quadratic" ? Index{2} : 1, form == "quadratic", c * deviation(), storage == "float64"};
    }
  };
  RankOne(const Options& options, const Context& context)
      : FactoredOperator(context.shape, options.measurements, options.layout(), source(options.form, context),
                         context.team) {}

 private:
  static Source source(const std::string& form, const Context& context) {
    const Stream& stream = context.stream;
    const auto [n1, n2] = context.shape;
    if (form == "bilinear")
      return [stream, n1 = n1, n2 = n2](Index i, Real* a, Real* b) {
        stream.fill_normal(i * (n1 + n2), {a, n1});
        stream.fill_normal(i * (n1 + n2) + n1, {b, n2});
      };
    const Index wanted = form == "quadratic" ? n2 : 2 * n2;
    if (n1 != wanted)
      throw Unsuitable("needs a shape of " + std::to_string(wanted) + " × " + std::to_string(n2) + " for the form " +
                       form + ", but this one is " + std::to_string(n1) + " × " + std::to_string(n2));
    if (form == "quadratic") return [stream, n = n1](Index i, Real* a, Real*) { stream.fill_normal(i * n, {a, n}); };
    return [stream, n = n2](Index i, Real* a, Real* b) {
      stream.fill_normal(i * 2 * n, {a, 2 * n});
      for (Index j = 0; j < n; ++j) {
        const Real alpha = a[j] * std::sqrt(0.5), beta = a[n + j] * std::sqrt(0.5);
        a[j] = b[j] = alpha;
        a[n + j] = a[2 * n + j] = b[n + j] = beta;
        a[2 * n + n + j] = -alpha;
      }
    };
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, RankOne, "rank_one", "rank-one A_i of normal vectors: aᵀXb, aᵀXa, or aᴴZa",
                 "cai2015, zhong2015, chen2015")
