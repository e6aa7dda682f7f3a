// Truncated spectral starts: of A*(y) without some of the measurements. Those of largest modulus may be outliers (Li,
// Chi, Zhang & Liang, Inf. Inference 9, 2020): with A_i of variance 1/m, the programs of Giampouras, Cai & Vidal (ICML
// 2025) take A*(y) of what is kept, those of Tong, Ma & Chi (IEEE Trans. Signal Process. 69, 2021) m/count times this.
// Of quadratic measurements A*(y) has the part Σ y_i E A_i, a multiple of the identity, besides X*; it is taken off as
// Σ y_i (1/m) Σ A_i (centred data). Intensities y = |a_iᴴx|² are trimmed from both sides, λ₁ȳ < y < λ₂ȳ, amplitudes √y
// weight the A_i, and the size of X is that of the data, ΣA(X) = Σy (Zhang, Zhou, Liang & Chi, JMLR 18, 2017:
// amplitudes in (λ, 5λ), λ = ‖x‖, which is λ₁ = 1, λ₂ = 25).
#include "plugins/shared/complex_pair.hpp"

namespace {

using namespace tightrope;

class TruncatedSpectral final : public Initialization {
 public:
  struct Options {
    Truncation truncation;
    SpectralStart spectral;
    Real lower = 0;
    std::optional<Real> upper;
    bool centered = false, hermitian = false;
    std::string weights = "data", size = "spectrum";
    void declare(Parameters& p) {
      truncation.declare(p).required().example("0.1");
      p.add("lower", lower, at_least(0), "λ₁: measurements of at most λ₁ times their mean are left out; 0: none is");
      p.add("upper", upper, above(0), "λ₂: measurements of at least λ₂ times their mean are left out, too");
      p.add("centered", centered, "takes the mean off the data, and so the part of A*(y) that any X* would have");
      p.add("hermitian", hermitian,
            "A*(y) is a Hermitian matrix, seen as [Re; Im] in a shape of 2n × n: its largest eigenvalues are taken");
      p.add("weights", weights, {"data", "amplitudes"}, "of the A_i: y, or √y of data that are intensities");
      p.add("size", size, {"spectrum", "mean"}, "of X: as the spectrum has it, or such that A(X) has the mean of y");
      spectral.declare(p);
    }
    Vec trimmed(Vec y) const {
      const Real mean = arma::mean(y);
      Vec kept = truncation.kept(y);
      if (lower > 0) kept.elem(arma::find(y <= lower * mean)).zeros();
      if (upper) kept.elem(arma::find(y >= *upper * mean)).zeros();
      if (weights == "amplitudes") kept = arma::sqrt(arma::clamp(kept, 0, arma::datum::inf));
      return centered ? Vec(kept - arma::mean(kept)) : kept;
    }
  };
  TruncatedSpectral(const Options& options, const Context& context) {
    const Vec y = options.trimmed(context.data());
    const FactorizationModel& model = context.model();
    point_ = options.hermitian ? model.from_svd(eigenpairs(options.spectral, y, context))
                               : options.spectral.point(context, y);
    if (options.size == "spectrum") return;
    LowRank X;
    Vec z;
    model.expand(point_, X);
    context.sensing().forward(X, z);
    const Real factor = arma::accu(context.data()) / arma::accu(z);
    if (!(factor > 0 && std::isfinite(factor)))
      throw Unsuitable("needs data whose mean has the sign of that of A(X), but their ratio is " +
                       std::to_string(factor));
    Svd found = svd(X);
    found.values *= factor;
    point_ = model.from_svd(found);
  }

  Factors start() const override { return point_; }

 private:
  /// Of Z = A*(y), by products of the symmetric matrix [Re Z, −Im Z; Im Z, Re Z], which has each eigenvalue twice.
  static Svd eigenpairs(const SpectralStart& options, const Vec& y, const Context& context) {
    const auto [rows, n] = context.shape;
    if (rows != 2 * n) throw Unsuitable("needs a shape of 2n × n for a Hermitian matrix");
    const auto times = [&, n = n](const Mat& B, Mat& C) {
      Mat of_parts, adjoint;
      const Index j = B.n_cols;
      context.sensing().adjoint_times(y, arma::join_rows(B.head_rows(n), B.tail_rows(n)), of_parts);
      context.sensing().adjoint_transposed_times(
          y, arma::join_rows(B, arma::join_cols(B.tail_rows(n), -B.head_rows(n))), adjoint);
      const Mat of_imaginary = of_parts.tail_cols(j);
      C = (of_parts.head_cols(j) + arma::join_cols(-of_imaginary.tail_rows(n), of_imaginary.head_rows(n)) +
           arma::join_cols(adjoint.head_cols(j), adjoint.tail_cols(j))) /
          2;
    };
    const Index rank = std::min(context.model().rank(), 2 * n);
    const Mat block = context.stream.child("block").normal_matrix(2 * n, std::min(rank + options.oversampling, 2 * n));
    const Eigenpairs found = largest_eigenpairs(times, block, 2 * options.power_iterations + 2);
    const Vec half = arma::clamp(Vec(found.values.head(rank)), 0, arma::datum::inf) * (options.scale / 2);
    const Mat U = half_of(from_stacked(found.vectors.head_cols(rank)), half, rank);
    return svd(LowRank{left_of_pair(U), U});
  }

  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, TruncatedSpectral, "truncated_spectral",
                 "leading singular vectors of A*(y) without the largest measurements",
                 "li2020median, zhang2017reshaped")
