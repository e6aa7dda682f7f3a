// Samples with labels, and sums of rectifiers that predict the labels: h(x) = Σ_j v_j max(0, ⟨x, w_j⟩).
#pragma once

#include <string>

#include "core/numbers/streams.hpp"
#include "core/numbers/types.hpp"

namespace tightrope {

struct Labelled {
  Mat X;                     // D × n, one sample a column
  Vec y;                     // n
  bool has_classes() const;  // whether all labels are 1 or −1
};

/// Classes 1 and −1 in turn, y_i x_i = √((1 + s)/2) u + √((1 − s)/2) z_i with one random direction u and random z_i
/// across it, all of length 1: any two y_i x_i have an inner product of at least s, the separation.
Labelled opposite_cones(Index samples, Index dimension, Real separation, const Stream& stream);

enum class LabelLoss { exponential, logistic, least_squares };  // exp(−y h), log(1 + exp(−y h)), (h − y)²/2
LabelLoss label_loss(const std::string& name);
/// ℓ(y, h), and ∂ℓ/∂h in place of h.
Real price(LabelLoss loss, Real y, Real& h);

/// Σ ℓ(y_i, h(x_i)) over the samples of `rows`, all of which exist; its gradients by W = [w_1 …] and v are added to
/// of_W and of_v, where these are not null. The derivative of max(0, ·) at 0 is 0.
Real price_of_rectifiers(LabelLoss loss, const Labelled& data, Rows rows, const Mat& W, const Mat& v, Mat* of_W,
                         Mat* of_v);

/// How rectifiers lie to two classes. x₊ is the sum of the samples of class 1, x₋ of the others.
struct Alignment {
  Real accuracy = 0;  // share of the samples with y_i h(x_i) > 0
  Real cosine;  // the smallest between a w_j that is active, ⟨x_i, w_j⟩ > 0, on some sample and x₊ if v_j > 0, x₋
                // if v_j < 0; NaN without such w_j
  Real share_in_cone;  // of these w_j, those active on all samples of the class of sign(v_j) and on no others
};
Alignment alignment_of(const Labelled& data, const Mat& W, const Mat& v);

/// ‖W‖_F²/‖W‖², with the spectral norm; NaN for W = 0.
Real stable_rank(const Mat& W);

}  // namespace tightrope
