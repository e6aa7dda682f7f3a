// Blind deconvolution, lifted (Ahmed, Recht & Romberg, IEEE Trans. Inf. Theory 60, 2014; Ma, Wang, Chi & Chen, Found.
// Comput. Math. 20, 2020): y = c F h ∘ A x, the Fourier transform of the convolution of a filter with a support of n1
// points, h ∈ C^{n1}, and a signal from a known subspace. These are measurements of Z = h xᵀ, seen as X = [Re Z; Im Z]:
// F is the first n1 columns of the discrete Fourier transform of length m, and A the first m rows of [H S_1; H S_2; …],
// Hadamard matrices with random signs. Real parts of all measurements come first, then imaginary ones. c = 1/√m makes
// E‖A(X)‖² = ‖X‖_F². All maps are fast transforms, O(k m log m).
#include "plugins/shared/complex_pair.hpp"
#include "plugins/shared/signed_hadamard.hpp"

namespace {

using namespace tightrope;

struct FourierOptions {
  Index points = 0;
  void declare(Parameters& p) {
    p.add("points", points, at_least(1), "length m of the transform: there are 2m real measurements")
        .required()
        .example("60");
  }
};

class FourierDeconvolution final : public MeasurementOperator {
 public:
  using Options = FourierOptions;
  FourierDeconvolution(const Options& options, const Context& context)
      : MeasurementOperator(context.shape, 2 * options.points),
        m_(options.points),
        a_(m_, cols(), context.stream.child("signs")),
        c_(1 / std::sqrt(static_cast<Real>(m_))) {
    if (rows() % 2 != 0) throw Unsuitable("needs an even number of rows, real parts above imaginary ones");
    if (rows() / 2 > m_)
      throw Unsuitable("needs a transform of at least as many points as the filter has, " + std::to_string(rows() / 2) +
                       ", but has " + std::to_string(m_));
  }

 private:
  void do_forward(const Mat& X, Vec& z) const override { do_forward({X, arma::eye(cols(), cols())}, z); }
  void do_adjoint(const Vec& z, Mat& G) const override { do_adjoint_times(z, arma::eye(cols(), cols()), G); }
  void do_forward(const LowRank& X, Vec& z) const override {
    z = c_ * stacked(ComplexMat(arma::sum(arma::fft(from_stacked(X.left), m_) % as_complex(a_.times(X.right)), 1)));
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override {
    ComplexMat weighted = as_complex(a_.times(B));
    weighted.each_col() %= arma::Col<std::complex<Real>>(from_stacked(c_ * z));
    // Fᴴ is m times the inverse transform.
    C = static_cast<Real>(m_) * stacked(ComplexMat(ComplexMat(arma::ifft(weighted)).head_rows(rows() / 2)));
  }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    ComplexMat products = arma::conj(ComplexMat(arma::fft(from_stacked(B), m_)));
    products.each_col() %= arma::Col<std::complex<Real>>(from_stacked(c_ * z));
    C = a_.transposed_times(arma::real(products));
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }

  Index m_;
  SignedHadamard a_;
  Real c_;
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, FourierDeconvolution, "fourier_deconvolution",
                 "the Fourier transform of a convolution of two unknown signals, lifted", "ahmed2014, ma2020")
