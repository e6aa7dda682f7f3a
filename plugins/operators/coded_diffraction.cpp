// Coded diffraction patterns (Candès, Li & Soltanolkotabi, Appl. Comput. Harmon. Anal. 39, 2015): a signal x ∈ Cⁿ
// passes L masks d_l, and of each the intensities of a Fourier transform are seen. With a_{lj}(t) = conj(d_l(t)) e^{2πi
// jt/n},
//   A(Z)_{nl + j} = c Re a_{lj}ᴴ Z a_{lj},   c |Σ_t d_l(t) x_t e^{−2πi jt/n}|² for Z = x xᴴ,
// of Z seen as X = [Re Z; Im Z], 2n × n, or of a real Z, n × n. Entries of masks are octanary: 1, −1, i or −i, times √½
// in four cases of five and √3 in one, so that E|d|² = 1, E|d|⁴ = 2 and E d² = 0. Then E‖A(Z)‖² = ‖Z‖_F² + tr²(Z) for
// Hermitian Z and c = 1/√m, as for normal a. A pass costs O(k m log n), and those over some measurements what their
// masks cost; no A_i is ever formed.
#include "plugins/shared/complex_pair.hpp"

namespace {

using namespace tightrope;

class CodedDiffraction final : public MeasurementOperator {
 public:
  struct Options {
    Index masks = 0;
    std::string normalization = "none";
    void declare(Parameters& p) {
      p.add("masks", masks, at_least(1), "number L of masks: there are m = nL measurements").required().example("8");
      p.add("normalization", normalization, {"none", "isotropic"},
            "none: c = 1, the intensities themselves; isotropic: c = 1/√m, so that E‖A(Z)‖² = ‖Z‖_F² + tr²(Z)");
    }
  };
  CodedDiffraction(const Options& options, const Context& context)
      : MeasurementOperator(context.shape, options.masks * context.shape.cols),
        masks_(cols(), options.masks),
        c_(options.normalization == "none" ? 1 : 1 / std::sqrt(static_cast<Real>(measurements()))),
        team_(context.team) {
    if (rows() != cols() && rows() != 2 * cols())
      throw Unsuitable("needs a shape of 2n × n, or n × n for real signals, but this one is " + std::to_string(rows()) +
                       " × " + std::to_string(cols()));
    for (Index i = 0; i < masks_.n_elem; ++i) {
      const std::complex<Real> units[] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
      masks_[i] = std::sqrt(context.stream.uniform(2 * i + 1) < 0.8 ? 0.5 : 3.0) *
                  units[static_cast<Index>(4 * context.stream.uniform(2 * i))];
    }
  }

 private:
  ComplexMat as_signals(const Mat& M) const { return rows() == cols() ? as_complex(M) : from_stacked(M); }
  Mat as_sides(const ComplexMat& M) const { return rows() == cols() ? Mat(arma::real(M)) : stacked(M); }
  /// a_{lj}ᴴ v for all j and all columns v.
  ComplexMat patterns(Index l, ComplexMat signals) const {
    signals.each_col() %= masks_.col(l);
    return arma::fft(signals);
  }
  /// c Σ_i z_i a_i (a_iᴴ B).
  ComplexMat weighted(const Vec& z, const ComplexMat& B) const {
    std::vector<ComplexMat> parts(masks_.n_cols);
    team_->for_each_tile(parts.size(), [&](Index l) {
      const Vec weights = c_ * static_cast<Real>(cols()) * z.subvec(l * cols(), arma::size(cols(), 1));
      if (weights.is_zero()) return;  // measurements that are left out
      ComplexMat seen = patterns(l, B);
      seen.each_col() %= arma::Col<std::complex<Real>>(as_complex(weights));
      parts[l] = arma::ifft(seen);  // 1/n of the conjugate transform
      parts[l].each_col() %= arma::Col<std::complex<Real>>(arma::conj(masks_.col(l)));
    });
    ComplexMat sum(arma::size(B), arma::fill::zeros);
    for (const ComplexMat& part : parts)
      if (!part.is_empty()) sum += part;
    return sum;
  }

  void do_forward(const Mat& X, Vec& z) const override { do_forward({X, arma::eye(cols(), cols())}, z); }
  void do_adjoint(const Vec& z, Mat& G) const override { do_adjoint_times(z, arma::eye(cols(), cols()), G); }
  void do_forward(const LowRank& X, Vec& z) const override { do_forward(X, {0, measurements()}, z); }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    const ComplexMat left = as_signals(X.left), right = as_complex(X.right);
    const Index n = cols(), first = wanted.first / n,
                masks = wanted.count == 0 ? 0 : (wanted.end() - 1) / n + 1 - first;
    team_->for_each_tile(masks, [&](Index l) {
      const Vec seen =
          c_ * arma::sum(arma::real(patterns(first + l, left) % arma::conj(patterns(first + l, right))), 1);
      const Index begin = std::max(wanted.first, (first + l) * n), end = std::min(wanted.end(), (first + l + 1) * n);
      std::copy(seen.begin() + (begin - (first + l) * n), seen.begin() + (end - (first + l) * n),
                z.begin() + (begin - wanted.first));
    });
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override { C = as_sides(weighted(z, as_complex(B))); }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = arma::real(weighted(z, as_signals(B)));
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }

  ComplexMat masks_;
  Real c_;
  std::shared_ptr<const Team> team_;
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, CodedDiffraction, "coded_diffraction",
                 "intensities of the Fourier transform of a signal behind random masks, lifted", "candes2015coded")
