// Blind super-resolution (Li, Cui & Zhang, IEEE TSP 72, 2024): y_t = b_tᵀ X(:, t) of a signal X ∈ C^{s×n}, seen from
// its weighted lift Z = 𝒢(D X) as √w_t y_t = b_tᵀ (𝒢*Z)(:, t). Real parts of all measurements come first, then
// imaginary ones: m = 2n, or 2pn. The b_t are drawn from the rows of the s × s discrete Fourier transform, or are (1,
// ω, ω², …) with ω = e^{2πiσ}, σ ~ N(0, 1), as in the delay-Doppler case. With one channel b_t = 1, and a share p of
// the points seen is Hankel completion, as of Tong, Ma & Chi (JMLR 22, 2021): measurements are divided by √p. All maps
// are convolutions; no matrix of the lifted size is formed.
#include "plugins/shared/block_hankel.hpp"

namespace {

using namespace tightrope;

struct SensingOptions : HankelOptions {
  std::string vectors = "fourier", normalization = "none";
  Real fraction = 1;
  void declare(Parameters& p) {
    HankelOptions::declare(p);
    p.add("vectors", vectors, {"fourier", "powers"}, "what the b_t are: rows of the Fourier transform, or powers of ω");
    p.add("fraction", fraction, above_at_most(0, 1),
          "share p of the points that is seen, at random; measurements are divided by √p");
    p.add("normalization", normalization, {"none"},
          "measurements are √w_t y_t, in which block Hankel matrices have their norm");
  }
};

class BlindSuperresolution final : public MeasurementOperator {
 public:
  using Options = SensingOptions;
  BlindSuperresolution(const Options& options, const Context& context)
      : BlindSuperresolution(options, options.lift(context.shape), context) {}

 private:
  BlindSuperresolution(const Options& options, const BlockHankel& lift, const Context& context)
      : MeasurementOperator(context.shape, 2 * seen(options, lift)),
        lift_(lift),
        b_(lift.channels(), lift.points()),
        seen_(context.stream.child("points").sample(lift.points(), seen(options, lift))),
        c_(std::sqrt(static_cast<Real>(lift.points()) / static_cast<Real>(seen_.n_elem))) {
    const bool is_fourier = options.vectors == "fourier";
    const auto s = static_cast<Real>(lift.channels());
    for (Index t = 0; t < b_.n_cols; ++t) {
      const Real sigma = is_fourier ? std::floor(s * context.stream.uniform(t)) / s : context.stream.normal(t);
      for (Index c = 0; c < b_.n_rows; ++c)
        b_(c, t) = std::polar(1.0, (is_fourier ? -1 : 1) * arma::datum::tau * sigma * static_cast<Real>(c));
    }
  }

  static Index seen(const Options& options, const BlockHankel& lift) {
    return std::max<Index>(1, static_cast<Index>(std::round(options.fraction * static_cast<Real>(lift.points()))));
  }
  Vec measured(const ComplexMat& signal) const {
    const ComplexMat all = arma::sum(b_ % signal, 0).st();
    return c_ * stacked(ComplexMat(all.rows(seen_)));
  }
  /// 𝒜*(z)
  ComplexMat spread(const Vec& z) const {
    ComplexMat all(lift_.points(), 1, arma::fill::zeros), signal = arma::conj(b_);
    all.rows(seen_) = from_stacked(c_ * z);
    signal.each_row() %= all.st();
    return signal;
  }

  void do_forward(const Mat& X, Vec& z) const override {
    z = measured(lift_.adjoint(from_stacked(X), as_complex(arma::eye(cols(), cols()))));
  }
  void do_adjoint(const Vec& z, Mat& G) const override { do_adjoint_times(z, arma::eye(cols(), cols()), G); }
  void do_forward(const LowRank& X, Vec& z) const override {
    z = measured(lift_.adjoint(from_stacked(X.left), as_complex(X.right)));
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = stacked(lift_.times(spread(z), as_complex(B)));
  }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = arma::real(lift_.hermitian_times(spread(z), from_stacked(B)));
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }

  BlockHankel lift_;
  ComplexMat b_;     // s × n
  arma::uvec seen_;  // points
  Real c_;           // 1/√p
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, BlindSuperresolution, "blind_superresolution",
                 "samples of a point-source signal seen through unknown modulations, lifted", "li2024, tong2021")
