// Blind deconvolution, lifted: y_i = c (b_iᵀh)(a_iᵀx) = c b_iᵀ X a_i with X = h xᵀ, in the real form of Charisopoulos,
// Chen, Davis, Díaz, Ding & Drusvyatskiy (Found. Comput. Math. 21, 2021): b_i are the rows of [H S_1; H S_2; …], cut
// after m of them, with the Hadamard matrix H whose size is n1, or the next power of 2, and random diagonal signs S_j;
// and a_i likewise, with n2 and signs of their own. c = 1/√m makes E‖A(X)‖² = ‖X‖_F². All maps are Walsh-Hadamard
// transforms, O(k m log n), and consecutive measurements cost as much as the repetitions of H that they lie in; no A_i
// is ever formed.
#include "plugins/shared/signed_hadamard.hpp"

namespace {

using namespace tightrope;

struct DeconvolutionOptions {
  Index measurements = 0;
  std::string normalization = "isotropic";
  void declare(Parameters& p) {
    p.add("measurements", measurements, at_least(1), "number m of measurements").required().example("120");
    p.add("normalization", normalization, {"isotropic", "none"}, "isotropic: c = 1/√m; none: c = 1");
  }
};

class BlindDeconvolution final : public MeasurementOperator {
 public:
  using Options = DeconvolutionOptions;
  BlindDeconvolution(const Options& options, const Context& context)
      : MeasurementOperator(context.shape, options.measurements),
        b_(measurements(), rows(), context.stream.child("left")),
        a_(measurements(), cols(), context.stream.child("right")),
        c_(options.normalization == "none" ? 1 : 1 / std::sqrt(static_cast<Real>(measurements()))) {}

 private:
  void do_forward(const Mat& X, Vec& z) const override { do_forward({X, arma::eye(cols(), cols())}, z); }
  void do_adjoint(const Vec& z, Mat& G) const override { do_adjoint_times(z, arma::eye(cols(), cols()), G); }
  void do_forward(const LowRank& X, Vec& z) const override { do_forward(X, Rows::all(), z); }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    z = c_ * arma::sum(b_.times(X.left, wanted) % a_.times(X.right, wanted), 1);
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = b_.transposed_times(a_.times(B).each_col() % (c_ * z));
  }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = a_.transposed_times(b_.times(B).each_col() % (c_ * z));
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }

  SignedHadamard b_, a_;
  Real c_;
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, BlindDeconvolution, "blind_deconvolution",
                 "products of two Hadamard transforms with random signs, lifted", "charisopoulos2021")
