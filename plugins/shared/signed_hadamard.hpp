// Randomized Hadamard matrices, by fast transforms.
#pragma once

#include "core/plugin/plugin.hpp"

namespace tightrope {

/// F = [H S_1; H S_2; …], m × n: the rows of a Hadamard matrix H whose size is n, or the next power of 2, with random
/// diagonal signs S_j for each repetition of it, cut after m rows and n columns. Products cost O(m log n) a column.
class SignedHadamard {
 public:
  SignedHadamard(Index m, Index n, const Stream& stream) : m_(m), signs_(n, 0) {
    while (size_ < n) size_ *= 2;
    signs_.set_size(n, (m + size_ - 1) / size_);
    for (Index i = 0; i < signs_.n_elem; ++i) signs_[i] = stream.uniform(i) < 0.5 ? -1 : 1;
  }
  /// Those rows of F B, for the price of the repetitions that they are in.
  Mat times(const Mat& B, Rows some = Rows::all()) const {
    const Rows rows = some.within(m_);
    Mat C(rows.count, B.n_cols);
    Vec work(size_);
    for (Index c = 0; c < B.n_cols; ++c)
      for (Index j = rows.first / size_; j * size_ < rows.end(); ++j) {
        work.zeros();
        work.head(signs_.n_rows) = signs_.col(j) % B.col(c);
        transform(work);
        const Index begin = std::max(rows.first, j * size_), end = std::min(rows.end(), j * size_ + rows_of(j));
        for (Index i = begin; i < end; ++i) C(i - rows.first, c) = work[i - j * size_];
      }
    return C;
  }
  /// Repetitions whose rows of C are zero cost nothing.
  Mat transposed_times(const Mat& C) const {
    Mat B(signs_.n_rows, C.n_cols, arma::fill::zeros);
    Vec work(size_);
    for (Index c = 0; c < C.n_cols; ++c)
      for (Index j = 0; j < signs_.n_cols; ++j) {
        work.zeros();
        work.head(rows_of(j)) = C.submat(j * size_, c, arma::size(rows_of(j), 1));
        if (work.is_zero()) continue;
        transform(work);
        B.col(c) += signs_.col(j) % work.head(signs_.n_rows);
      }
    return B;
  }

 private:
  Index rows_of(Index block) const { return std::min(size_, m_ - block * size_); }
  /// x ← H x, H = [1 1; 1 −1] ⊗ … ⊗ [1 1; 1 −1].
  static void transform(Vec& x) {
    for (Index half = 1; half < x.n_elem; half *= 2)
      for (Index first = 0; first < x.n_elem; first += 2 * half)
        for (Index i = first; i < first + half; ++i) {
          const Real upper = x[i], lower = x[i + half];
          x[i] = upper + lower;
          x[i + half] = upper - lower;
        }
  }

  Index m_, size_ = 1;
  Mat signs_;  // a column for each block
};

}  // namespace tightrope
