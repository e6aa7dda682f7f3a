// The vectorised Hankel lift of signals of s channels on a grid of n = N₁·N₂ points (N₂ = 1: a line), by fast Fourier
// transforms (Li, Cui & Zhang, IEEE TSP 72, 2024; two levels: the delay-Doppler case).
//
//   w_t   number of pairs (a, b) of points with a + b = t; a on a grid of n₁ points, b on one of n₂, whose sides
//         are half of the signal's, or as the shape has it on a line
//   𝒢     C^{s×n} → C^{s n₁ × n₂}, block (a, b) of 𝒢(C) is C(:, a + b)/√w: an isometry onto block Hankel matrices
//   𝒢*    sums over a + b = t, divided by √w_t
//
// No matrix of the lifted size is formed: products with thin matrices are convolutions, cyclic ones of a length of at
// least N, which is a product of 2, 3 and 5 in each direction: transforms of a prime length cost its square.
#pragma once

#include "plugins/shared/complex_pair.hpp"

namespace tightrope {

/// The least number from n on without prime factors above 5.
inline Index transform_length(Index n) {
  for (;; ++n) {
    Index rest = n;
    for (const Index factor : {Index{2}, Index{3}, Index{5}})
      while (rest % factor == 0) rest /= factor;
    if (rest == 1) return n;
  }
}

class BlockHankel {
 public:
  /// In each direction a grid of a points for block rows and one of b for columns, N = a + b − 1.
  BlockHankel(Index channels, Index a1, Index b1, Index a2 = 1, Index b2 = 1)
      : s_(channels),
        N1_(a1 + b1 - 1),
        N2_(a2 + b2 - 1),
        a1_(a1),
        a2_(a2),
        b1_(b1),
        b2_(b2),
        F1_(transform_length(N1_)),
        F2_(transform_length(N2_)) {
    roots_.set_size(points());
    const auto pairs = [](Index t, Index a, Index b) {
      return static_cast<Real>(std::min(t, a - 1) - (t >= b ? t - b + 1 : 0) + 1);
    };
    for (Index t2 = 0; t2 < N2_; ++t2)
      for (Index t1 = 0; t1 < N1_; ++t1) roots_[t1 + N1_ * t2] = std::sqrt(pairs(t1, a1_, b1_) * pairs(t2, a2_, b2_));
  }

  Index channels() const { return s_; }
  Index points() const { return N1_ * N2_; }          // n
  Index rows() const { return s_ * a1_ * a2_; }       // s n₁
  Index cols() const { return b1_ * b2_; }            // n₂
  const Vec& root_weights() const { return roots_; }  // √w_t

  /// 𝒢*(L Rᵀ), s × n. L: s n₁ × j, R: n₂ × j, both complex.
  ComplexMat adjoint(const ComplexMat& L, const ComplexMat& R) const {
    std::vector<ComplexMat> sums(s_, ComplexMat(F1_, F2_, arma::fill::zeros));
    for (Index j = 0; j < R.n_cols; ++j) {
      const ComplexMat right = transformed(grid(R.col(j), b1_, b2_));
      for (Index c = 0; c < s_; ++c) sums[c] += transformed(channel(L, c, j)) % right;
    }
    ComplexMat signal(s_, points());
    for (Index c = 0; c < s_; ++c) {
      const ComplexMat sum = back(sums[c], N1_, N2_);
      for (Index t = 0; t < points(); ++t) signal(c, t) = sum[t] / roots_[t];
    }
    return signal;
  }
  /// 𝒢(C) B, s n₁ × j. C: s × n, B: n₂ × j.
  ComplexMat times(const ComplexMat& C, const ComplexMat& B) const {
    const std::vector<ComplexMat> signals = spectra(C);
    ComplexMat product(rows(), B.n_cols);
    for (Index j = 0; j < B.n_cols; ++j) {
      const ComplexMat right = arma::conj(transformed(arma::conj(grid(B.col(j), b1_, b2_))));
      for (Index c = 0; c < s_; ++c) set_channel(product, c, j, back(signals[c] % right, a1_, a2_));
    }
    return product;
  }
  /// 𝒢(C)ᴴ B, n₂ × j. C: s × n, B: s n₁ × j.
  ComplexMat hermitian_times(const ComplexMat& C, const ComplexMat& B) const {
    const std::vector<ComplexMat> signals = spectra(C);
    ComplexMat product(cols(), B.n_cols);
    for (Index j = 0; j < B.n_cols; ++j) {
      ComplexMat sum(F1_, F2_, arma::fill::zeros);
      for (Index c = 0; c < s_; ++c) sum += signals[c] % arma::conj(transformed(channel(B, c, j)));
      product.col(j) = arma::conj(arma::vectorise(back(sum, b1_, b2_)));
    }
    return product;
  }

  /// a(f)_t = e^{−2πi⟨f, t⟩} on the grid of block rows, or of columns.
  ComplexMat wave(const Vec& f, bool is_of_columns) const {
    const Index rows = is_of_columns ? b1_ : a1_, columns = is_of_columns ? b2_ : a2_;
    ComplexMat values(rows * columns, 1);
    for (Index i = 0; i < values.n_elem; ++i) {
      const Real phase = f[0] * static_cast<Real>(i % rows) + (f.n_elem > 1 ? f[1] * static_cast<Real>(i / rows) : 0);
      values[i] = std::polar(1.0, -arma::datum::tau * phase);
    }
    return values;
  }
  /// The frequencies, one a column, of waves whose conjugates V spans (n₂ × r), by rotation invariance.
  Mat frequencies(const ComplexMat& V) const {
    const auto rotation = [&](Index direction) {
      std::vector<arma::uword> from, to;
      for (Index i = 0; i < cols(); ++i) {
        const Index at = direction == 0 ? i % b1_ : i / b1_;
        if (at + 1 < (direction == 0 ? b1_ : b2_)) {
          from.push_back(i);
          to.push_back(i + (direction == 0 ? 1 : b1_));
        }
      }
      return ComplexMat(arma::pinv(ComplexMat(V.rows(arma::uvec(from)))) * V.rows(arma::uvec(to)));
    };
    const Index directions = N2_ > 1 ? 2 : 1;
    ComplexMat mixed = rotation(0), vectors;
    if (directions == 2) mixed += std::complex<Real>(0.3, 0.4) * rotation(1);  // eigenvalues that differ
    arma::Col<std::complex<Real>> values;
    Mat found(directions, V.n_cols, arma::fill::zeros);
    if (!arma::eig_gen(values, vectors, mixed)) return found;
    for (Index d = 0; d < directions; ++d) {
      const ComplexMat rotated = arma::pinv(vectors) * rotation(d) * vectors;
      for (Index k = 0; k < V.n_cols; ++k) {
        const Real f = std::arg(rotated(k, k)) / arma::datum::tau;
        found(d, k) = f - std::floor(f);
      }
    }
    return found;
  }

 private:
  // A vector is transformed once: fft2 would do it along its other side, too, in the same direction.
  ComplexMat transformed(const ComplexMat& grid) const {
    return F1_ == 1 || F2_ == 1 ? ComplexMat(arma::fft(grid, F1_ * F2_)) : ComplexMat(arma::fft2(grid, F1_, F2_));
  }
  /// The first rows and columns of what has this transform.
  static ComplexMat back(const ComplexMat& spectrum, Index rows, Index columns) {
    const bool is_line = spectrum.n_rows == 1 || spectrum.n_cols == 1;
    const ComplexMat all = is_line ? ComplexMat(arma::ifft(spectrum)) : ComplexMat(arma::ifft2(spectrum));
    return all.submat(0, 0, rows - 1, columns - 1);
  }
  static ComplexMat grid(const ComplexMat& column, Index rows, Index cols) { return arma::reshape(column, rows, cols); }
  /// One channel of column j: rows c, s + c, 2s + c, … on the grid of blocks.
  ComplexMat channel(const ComplexMat& L, Index c, Index j) const {
    ComplexMat values(a1_, a2_);
    for (Index i = 0; i < values.n_elem; ++i) values[i] = L(i * s_ + c, j);
    return values;
  }
  void set_channel(ComplexMat& L, Index c, Index j, const ComplexMat& values) const {
    for (Index i = 0; i < values.n_elem; ++i) L(i * s_ + c, j) = values[i];
  }
  /// Of C(:, t)/√w_t, one for each channel.
  std::vector<ComplexMat> spectra(const ComplexMat& C) const {
    std::vector<ComplexMat> all;
    for (Index c = 0; c < s_; ++c) {
      ComplexMat signal = C.row(c).st();
      for (Index t = 0; t < points(); ++t) signal[t] /= roots_[t];
      all.push_back(transformed(grid(signal, N1_, N2_)));
    }
    return all;
  }

  Index s_, N1_, N2_, a1_, a2_, b1_, b2_, F1_, F2_;
  Vec roots_;
};

/// The largest difference of the entries of two vectors of frequencies, around the circle.
inline Real wrapped_distance(const Vec& f, const Vec& g) {
  const Vec apart = f - g;
  return arma::abs(Vec(apart - arma::round(apart))).max();
}

/// How a lifted matrix lies in the rows and columns of a problem: 2 s n₁ × n₂, the complex matrix as real ones.
struct HankelOptions {
  Index channels = 1;
  std::vector<Index> points;
  void declare(Parameters& p) {
    p.add("channels", channels, at_least(1), "s, channels of the signal");
    p.add("points", points, at_least(1),
          "sides N₁, N₂ of its grid, to be halved; by default a line that fits the shape");
  }
  /// Throws Unsuitable where the shape, if it is known, is another one.
  BlockHankel lift(Shape shape) const {
    if (points.size() > 2 || (points.empty() && (shape.entries() == 0 || shape.rows % (2 * channels) != 0)))
      throw Unsuitable("needs points: [N] or [N1, N2], or a shape of 2·channels·n1 rows");
    if (points.empty()) return BlockHankel(channels, shape.rows / (2 * channels), shape.cols);
    const auto half = [&](Index d) { return d < points.size() ? (points[d] + 1) / 2 : 1; };
    const auto rest = [&](Index d) { return d < points.size() ? points[d] + 1 - half(d) : 1; };
    const BlockHankel lift(channels, half(0), rest(0), half(1), rest(1));
    if (shape.entries() > 0 && (2 * lift.rows() != shape.rows || lift.cols() != shape.cols))
      throw Unsuitable("needs a shape of " + std::to_string(2 * lift.rows()) + " × " + std::to_string(lift.cols()) +
                       " for these channels and points");
    return lift;
  }
};

}  // namespace tightrope
