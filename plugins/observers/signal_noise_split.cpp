// The split of the factors into signal and noise (Stöger & Soltanolkotabi, NeurIPS 2021), and the phase of the run that
// follows from it. V_X is the r-dimensional leading singular space of X*. For X = U Uᵀ it is compared with Z = U; for
// X = V Wᵀ the stacked basis [U_X; V_X]/√2 is compared with Z = [V; W] (Soltanolkotabi, Stöger & Xie, COLT 2023). With
// the decomposition V_Xᵀ Z = A S Qᵀ, Q: k × r,
//   Z = Z Q Qᵀ + Z (I − Q Qᵀ),   signal: σ_r(Z Q),   noise: ‖Z (I − Q Qᵀ)‖,
// and the sine of the largest angle between the columns of Z Q and V_X. Phases: 1, alignment, as long as that sine
// exceeds `aligned`; 2, saddle avoidance, until σ_r(V_Xᵀ Z) has reached 1/√10 of its value at the truth, √σ_r(X*), or
// √(2σ_r(X*)) for stacked factors, which is where the authors' second phase ends; 3, refinement.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SignalNoiseSplit final : public Observer {
 public:
  struct Options {
    Real aligned = 0.5, share = std::sqrt(0.1);
    void declare(Parameters& p) {
      p.add("aligned", aligned, above_at_most(0, 1), "largest sine of the angle at which the signal counts as aligned");
      p.add("share", share, above_at_most(0, 1), "σ_r(V_Xᵀ Z), relative to the truth's, at which refinement begins");
    }
  };
  SignalNoiseSplit(const Options& options, const Context& context)
      : aligned_(options.aligned), is_single_(context.model().is_semidefinite()) {
    const Truth& truth = context.truth();
    const Index r = truth.rank;
    if (context.model().rank() < r) throw Unsuitable("needs a factorization rank that is at least that of the truth");
    if (r > truth.svd.values.n_elem) throw Unsuitable("needs a truth that has the rank it is said to have");
    const Svd leading = truncated(truth.svd, r);
    basis_ = is_single_ ? leading.left : Mat(arma::join_cols(leading.left, leading.right) / std::sqrt(2.0));
    grown_ = options.share * std::sqrt((is_single_ ? 1 : 2) * leading.values[r - 1]);
  }

  std::vector<Column> columns() const override {
    return {{"signal", "σ_r of the part of the factors along the truth's space", 0, true},
            {"noise", "largest singular value of the rest of the factors", 0, true},
            {"signal_angle", "sine of the largest angle between that part's columns and the truth's space", 0, true},
            {"phase",
             "1: alignment, 2: saddle avoidance, 3: refinement",
             0,
             false,
             "",
             {"alignment", "saddle avoidance", "refinement"}}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const LowRank& X = seen.X;
    const Mat Z = is_single_ ? X.left : Mat(arma::join_cols(X.left, X.right));
    if (!Z.is_finite()) return;
    const Svd along = svd(Mat(basis_.t() * Z));
    const Mat signal = Z * along.right;
    const Svd columns = svd(signal);
    const Index r = basis_.n_cols;
    values[0] = columns.values[r - 1];
    values[1] = spectral_norm(Z - signal * along.right.t());
    values[2] = values[0] > 0 ? sine_of_largest_angle(basis_, columns.left) : std::nan("");
    values[3] = !(values[2] <= aligned_) ? 1 : along.values[r - 1] < grown_ ? 2 : 3;
  }

 private:
  Real aligned_, grown_ = 0;
  bool is_single_;
  Mat basis_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, SignalNoiseSplit, "signal_noise_split",
                 "signal and noise part of the factors, and the phase of the run: alignment, saddle, refinement",
                 "stoger2021, soltanolkotabi2023")
