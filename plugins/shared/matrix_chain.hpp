// Products of matrices X = W_L ⋯ W_1, W_l: n_l × n_{l−1}, as low-rank pairs (deep matrix factorization: Arora, Cohen,
// Hu & Luo, NeurIPS 2019), and what gradient descent from an orthogonal start W_l(0) = ε_l Q_l does on them (Yaras,
// Wang, Hu, Zhu, Balzano & Qu, arXiv:2306.01154, 2023). Factors are counted from 0 here: factor l is W_{l+1}.
#pragma once

#include <string>
#include <vector>

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// The maps of a model X = W_L ⋯ W_1, L ≥ 2. The pair (L, R) is cut where the chain is thinnest, n_s = min n_1 …
/// n_{L−1}: L = W_L ⋯ W_{s+1} is n_L × n_s, R = (W_s ⋯ W_1)ᵀ is n_0 × n_s, and X is never formed.
class MatrixChain {
 public:
  /// widths: n_0, …, n_L
  explicit MatrixChain(std::vector<Index> widths) : widths_(std::move(widths)) {
    for (Index s = 2; s < depth(); ++s)
      if (widths_[s] < widths_[cut_]) cut_ = s;
  }

  Index depth() const { return widths_.size() - 1; }
  Index rank() const { return widths_[cut_]; }
  /// Blocks W1 … WL, from the right of the product to its left.
  std::vector<Block> blocks() const {
    std::vector<Block> blocks;
    for (Index l = 0; l < depth(); ++l) blocks.push_back({"W" + std::to_string(l + 1), widths_[l + 1], widths_[l]});
    return blocks;
  }
  Sides sides(Blocks wanted) const {
    Sides read{false, false};
    for (Index l = 0; l < depth(); ++l)
      if (wanted.has(l)) (l < cut_ ? read.right : read.left) = true;
    return read;
  }

  void expand(const Factors& W, LowRank& X) const {
    X.left = product(W, cut_, depth());
    X.right = product(W, 0, cut_).t();
  }
  /// From (∂f/∂L, ∂f/∂R) to the wanted ∂f/∂W_l; the other blocks are zeroed.
  void pull_back(const Factors& W, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const {
    assign_zeros_like(gradient, W);
    const Sides read = sides(wanted);
    if (read.right) pull_back(W, 0, cut_, gradient_of_X.right.t(), wanted, gradient);
    if (read.left) pull_back(W, cut_, depth(), gradient_of_X.left, wanted, gradient);
  }
  void push_forward(const Factors& W, const Factors& D, LowRank& dX) const {
    dX.left = arma::join_rows(derivative(W, D, cut_, depth()), product(W, cut_, depth()));
    dX.right = arma::join_rows(product(W, 0, cut_).t(), derivative(W, D, 0, cut_).t());
  }
  /// The best approximation of rank k = min n_l with a share Σ^{1/L} of the spectrum in each factor, which is how
  /// balanced factors have it.
  Factors from_svd(const Svd& svd) const {
    const Svd top = truncated(svd, rank());
    const Vec share = arma::pow(top.values, 1 / static_cast<Real>(depth()));
    Factors W = zeros(blocks());
    for (Index l = 0; l < depth(); ++l) W[l].submat(0, 0, arma::SizeMat(share.n_elem, share.n_elem)).diag() = share;
    W[0].head_rows(share.n_elem) = arma::diagmat(share) * top.right.t();
    W[depth() - 1].head_cols(share.n_elem) = top.left * arma::diagmat(share);
    return W;
  }

  /// W_{last} ⋯ W_{first+1}, in which the factors first … last − 1 are.
  static Mat product(const Factors& W, Index first, Index last) {
    Mat P = W[first];
    for (Index l = first + 1; l < last; ++l) P = W[l] * P;
    return P;
  }

 private:
  /// D is the gradient of that product P: ∂W_l = (W_last ⋯ W_{l+1})ᵀ D (W_{l−1} ⋯ W_{first+1})ᵀ.
  static void pull_back(const Factors& W, Index first, Index last, Mat D, Blocks wanted, Factors& gradient) {
    std::vector<Mat> before;  // before[i] is the product of the factors first … first + i
    for (Index l = first; l + 1 < last; ++l) before.push_back(l == first ? W[l] : W[l] * before.back());
    for (Index l = last; l-- > first;) {
      if (wanted.has(l)) gradient[l] = l == first ? D : Mat(D * before[l - first - 1].t());
      if (l > first) D = W[l].t() * D;
    }
  }
  static Mat derivative(const Factors& W, const Factors& D, Index first, Index last) {
    Mat P = W[first], dP = D[first];
    for (Index l = first + 1; l < last; ++l) {
      dP = D[l] * P + W[l] * dP;
      P = W[l] * P;
    }
    return dP;
  }

  std::vector<Index> widths_;
  Index cut_ = 1;
};

/// ε_l = ε times the multiplier of layer l, if there are any.
inline std::vector<Real> layer_scales(Real scale, const std::vector<Real>& multipliers, Index depth) {
  if (!multipliers.empty() && multipliers.size() != depth)
    throw Unsuitable("has " + std::to_string(multipliers.size()) + " factor_scales, but a depth of " +
                     std::to_string(depth));
  std::vector<Real> scales(depth, scale);
  for (Index l = 0; l < multipliers.size(); ++l) scales[l] *= multipliers[l];
  return scales;
}

/// W_l(0) = ε_l Q_l with independent Haar distributed Q_l, whose rows, or columns, are orthonormal.
inline Factors orthogonal_chain(const std::vector<Block>& blocks, const std::vector<Real>& scales,
                                const Stream& stream) {
  Factors W;
  for (Index l = 0; l < blocks.size(); ++l) {
    const auto& [name, rows, cols] = blocks[l];
    const Mat Q = orthonormal_basis(stream.child(name).normal_matrix(std::max(rows, cols), std::min(rows, cols)));
    W.blocks.push_back(scales[l] * (rows < cols ? Mat(Q.t()) : Q));
  }
  return W;
}

/// The slope of the loss at predictions z.
inline Vec loss_slope(const Context& context, const Vec& z) {
  Vec slope(z.n_elem, arma::fill::zeros);
  context.loss().evaluate(0, {z.memptr(), z.n_elem}, {context.data().memptr(), z.n_elem}, {slope.memptr(), z.n_elem});
  return slope;
}

/// Gradient descent with step η and weight decay λ on (w/2)‖W_L ⋯ W_1 − M‖_F² + (λ/2)Σ‖W_l‖_F², W_l square and
/// W_l(0) = ε_l Q_l: on a subspace of dimension d − 2r every W_l stays ρ_l times the isometry that it began as,
///   ρ_l(t + 1) = ρ_l(t) (1 − ηλ − ηw Π_{j≠l} ρ_j(t)²),  ρ_l(0) = ε_l
/// (Yaras, Wang, Hu, Zhu, Balzano & Qu, arXiv:2306.01154, 2023).
class OrthogonalChainDescent {
 public:
  /// Of the run that an observer is made for. Of a run of another kind ε_l is the root mean square of the singular
  /// values, and the user is warned.
  explicit OrthogonalChainDescent(const Context& context) {
    const Factors& W = context.start();
    const Vec& y = context.data();
    const Index d = context.shape.rows;
    Mat seen;
    context.sensing().adjoint_times(y, arma::eye(context.shape.cols, context.shape.cols), seen);
    bool fits = context.model().blocks()[0].name == "W1" &&
                difference_norm(context.truth().X, seen) <= 1e-10 * context.truth().norm;
    for (const Mat& factor : W.blocks) {
      scales.push_back(frobenius_norm(factor) / std::sqrt(static_cast<Real>(std::min(factor.n_rows, factor.n_cols))));
      fits = fits && factor.n_rows == d && factor.n_cols == d &&
             frobenius_norm(factor.t() * factor - std::pow(scales.back(), 2) * arma::eye(d, d)) <=
                 1e-10 * std::pow(scales.back(), 2);
    }
    weight = -arma::dot(loss_slope(context, Vec(y.n_elem, arma::fill::zeros)), y) / arma::dot(y, y);
    const Real squares = dot(W, W);
    decay = squares > 0 ? 2 * context.model().add_penalty(W, Blocks::none(), nullptr) / squares : 0;
    if (!fits)
      context.warn("follows a theory of products of " + std::to_string(d) + " × " + std::to_string(d) +
                   " factors with an orthogonal start and all entries seen, of which this run is none");
  }

  /// ρ_1 … ρ_L after t steps of size η.
  std::vector<Real> rho(Index t, Real step) const {
    std::vector<Real> now = scales;
    for (Index i = 0; i < t; ++i) {
      const std::vector<Real> before = now;
      for (Index l = 0; l < now.size(); ++l) {
        Real others = 1;
        for (Index j = 0; j < now.size(); ++j) others *= j == l ? 1 : before[j] * before[j];
        now[l] *= 1 - step * decay - step * weight * others;
      }
    }
    return now;
  }

  std::vector<Real> scales;  // ε_l
  Real weight = 1, decay = 0;
};

/// The mean step of a run so far: of a constant step, the step.
inline Real mean_step(const Iterate& at) { return at.iteration > 0 ? at.time / static_cast<Real>(at.iteration) : 0; }

/// n2, 2r̂, …, 2r̂, n1: widths of the chain Vᵀ, W_1, …, W_L, U.
inline std::vector<Index> compressed_widths(Shape shape, Index depth, Index r) {
  if (2 * r > std::min(shape.rows, shape.cols))
    throw Unsuitable("keeps " + std::to_string(2 * r) + " columns, which exceeds the smaller side of the matrix");
  std::vector<Index> widths(depth + 3, 2 * r);
  widths.front() = shape.cols;
  widths.back() = shape.rows;
  return widths;
}

/// Outer factors U, V of the compressed chain, 2r̂ orthonormal columns each: with G = ∂f/∂W_1 at the start of the wide
/// chain, V spans the leading r̂ right singular vectors of G and of GᵀW_1(0), and U = W_L(0) ⋯ W_1(0) V/Πε_l (Yaras,
/// Wang, Balzano & Qu, ICML 2024). transposed_G: n × n, Gᵀ.
inline LowRank compressed_frame(const Factors& W, const Mat& transposed_G, Index r) {
  const Mat V = orthonormal_basis(
      arma::join_rows(svd(transposed_G).left.head_cols(r), svd(Mat(transposed_G * W[0])).right.head_cols(r)));
  return {orthonormal_basis(MatrixChain::product(W, 0, W.size()) * V), V};
}

/// The same for the wide chain whose layers start with these scales, from the context's stream.
inline LowRank frame_of_gradient(const Context& context, const std::vector<Real>& scales, Index r) {
  const Index n = context.shape.rows, depth = scales.size();
  if (context.shape.cols != n) throw Unsuitable("needs a square problem for outer factors made from a gradient");
  std::vector<Block> blocks;
  for (Index l = 1; l <= depth; ++l) blocks.push_back({"W" + std::to_string(l), n, n});
  const Factors W = orthogonal_chain(blocks, scales, context.stream);
  Vec z;
  Mat transposed_G;
  context.sensing().forward({MatrixChain::product(W, 0, depth), arma::eye(n, n)}, z);
  context.sensing().adjoint_transposed_times(
      loss_slope(context, z), depth > 1 ? MatrixChain::product(W, 1, depth) : arma::eye(n, n), transposed_G);
  return compressed_frame(W, transposed_G, r);
}

/// The leading 2r̂ singular vectors of A*(y).
inline LowRank frame_of_data(const Context& context, Index r) {
  Mat M;
  context.sensing().adjoint_times(context.data(), arma::eye(context.shape.cols, context.shape.cols), M);
  const Svd top = truncated(svd(M), 2 * r);
  return {top.left, top.right};
}

}  // namespace tightrope
