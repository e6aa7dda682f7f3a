// Pauli strings of q qubits, d = 2^q, as pairs of masks: P = i^{|x∧z|} X^x Z^z, which is Hermitian, with P² = I and
// tr P P' = 0 for any other. Bit j of x and z says which of I, X, Y, Z stands at qubit j:
//   P e_j = i^{|x∧z|} (−1)^{|z∧j|} e_{j⊕x}   and so   tr(P ρ) = i^{|x∧z|} Σ_j (−1)^{|z∧j|} ρ_{j, j⊕x}:
// for each x one Walsh-Hadamard transform of the d numbers ρ_{j, j⊕x} serves all strings with that x.
#pragma once

#include <bit>

#include "plugins/shared/tile_sums.hpp"

namespace tightrope {

/// The Walsh-Hadamard transform v_z ← Σ_j (−1)^{|z∧j|} v_j in place, its own inverse but for the factor 1/d; d log₂ d
/// additions.
inline void walsh_hadamard(Real* v, Index d) {
  for (Index half = 1; half < d; half *= 2)
    for (Index start = 0; start < d; start += 2 * half)
      for (Index j = start; j < start + half; ++j) {
        const Real a = v[j], b = v[j + half];
        v[j] = a + b;
        v[j + half] = a - b;
      }
}

struct PauliString {
  Index x = 0, z = 0;
  /// |x∧z|, the number of Ys; i to its power multiplies the real matrix X^x Z^z.
  Index ys() const { return static_cast<Index>(std::popcount(x & z)); }
};

/// Those of q qubits; real ones have an even number of Ys and are a basis of the real symmetric matrices, as all are
/// one of the Hermitian ones over the reals.
inline Index available_strings(Index d, bool real) { return real ? d * (d + 1) / 2 : d * d; }

/// Different strings at random, in the order of x.
inline std::vector<PauliString> random_strings(Index d, bool real, Index count, const Stream& stream) {
  std::vector<PauliString> strings;
  for (const Index i : stream.sample(available_strings(d, real), count)) {
    if (!real || i < d) {  // for x = 0 every z makes a real one
      strings.push_back({i / d, i % d});
      continue;
    }
    // For others the lowest bit of x in z makes the number of Ys even.
    const Index x = 1 + (i - d) / (d / 2), rest = (i - d) % (d / 2), bit = x & (~x + 1);
    PauliString string{x, (rest & (bit - 1)) | ((rest & ~(bit - 1)) << 1U)};
    if (string.ys() % 2 == 1) string.z |= bit;
    strings.push_back(string);
  }
  return strings;
}

/// A(X)_i = c Re tr(P_i ρ) for strings in the order of their x. ρ = L Rᵀ is real (d × d), or complex and seen as X =
/// [Re ρ; Im ρ] (2d × d). Each x is a unit of work, by one thread; factors are transposed for it, a column for each
/// row.
class PauliOperator : public MeasurementOperator {
 public:
  PauliOperator(Shape of_shape, std::vector<PauliString> strings, Real factor, std::shared_ptr<const Team> team)
      : MeasurementOperator(of_shape, strings.size()),
        factor_(factor),
        strings_(std::move(strings)),
        team_(std::move(team)) {
    for (Index i = 0; i < strings_.size(); ++i)
      if (i == 0 || strings_[i].x != strings_[i - 1].x) groups_.push_back(i);
    groups_.push_back(strings_.size());
  }
  std::uint64_t bytes() const override { return measurements() * sizeof(PauliString); }

 private:
  Index parts() const { return rows() / cols(); }  // real, or real and imaginary ones

  /// The groups of strings with one x that measurements in `rows` belong to, and those of group g among them.
  Rows groups_of(Rows rows) const {
    if (rows.count == 0) return {0, 0};
    const auto of = [&](Index i) {
      return static_cast<Index>(std::upper_bound(groups_.begin(), groups_.end(), i) - groups_.begin()) - 1;
    };
    return {of(rows.first), of(rows.end() - 1) - of(rows.first) + 1};
  }
  Rows group(Index g, Rows rows) const {
    const Index first = std::max(groups_[g], rows.first), end = std::min(groups_[g + 1], rows.end());
    return {first, end - first};
  }

  /// z = the measurements `some` of one group; v is memory.
  void predict(const Mat& left, const Mat& right, Rows some, Real* z, std::vector<Real>& v) const {
    const Index x = strings_[some.first].x, k = left.n_rows;
    v.resize(2 * cols());
    for (Index part = 0; part < parts(); ++part) {
      Real* const entries = v.data() + part * cols();
      for (Index j = 0; j < cols(); ++j) {
        const Real *const l = left.colptr(part * cols() + j), *const r = right.colptr(j ^ x);
        entries[j] = 0;
        for (Index c = 0; c < k; ++c) entries[j] += l[c] * r[c];
      }
      walsh_hadamard(entries, cols());
    }
    for (Index i = 0; i < some.count; ++i) {
      const PauliString string = strings_[some.first + i];
      z[i] = weight(string) * v[part_of(string) * cols() + string.z];
    }
  }
  /// sum.left += A*(s) R and sum.right += A*(s)ᵀ L, transposed, for the measurements `some` of one group; of a side
  /// that is empty nothing is wanted.
  void pull_back(const Real* s, Rows some, const Mat& left, const Mat& right, LaneSum& sum,
                 std::vector<Real>& v) const {
    const Index x = strings_[some.first].x;
    v.assign(2 * cols(), 0);
    for (Index i = 0; i < some.count; ++i) {
      const PauliString string = strings_[some.first + i];
      v[part_of(string) * cols() + string.z] += weight(string) * s[i];
    }
    const auto add = [](Real t, const Mat& from, Index i, Mat& to, Index j) {
      const Real* const f = from.colptr(i);
      Real* const g = to.colptr(j);
      for (Index c = 0; c < from.n_rows; ++c) g[c] += t * f[c];
    };
    for (Index part = 0; part < parts(); ++part) {
      Real* const entries = v.data() + part * cols();
      walsh_hadamard(entries, cols());
      for (Index j = 0; j < cols(); ++j) {
        if (!sum.left.is_empty()) add(entries[j], right, j ^ x, sum.left, part * cols() + j);
        if (!sum.right.is_empty()) add(entries[j], left, part * cols() + j, sum.right, j ^ x);
      }
    }
  }

  /// Re(i^y v) is v₁, −v₂, −v₁, v₂ for y = 0, 1, 2, 3 modulo 4.
  static Index part_of(const PauliString& string) { return string.ys() % 2; }
  Real weight(const PauliString& string) const {
    const Index y = string.ys() % 4;
    return y == 1 || y == 2 ? -factor_ : factor_;
  }

  Rows all() const { return {0, measurements()}; }

  void do_forward(const Mat& X, Vec& z) const override { do_forward({X, arma::eye(cols(), cols())}, all(), z); }
  void do_adjoint(const Vec& z, Mat& G) const override { do_adjoint_times(z, arma::eye(cols(), cols()), G); }
  void do_forward(const LowRank& X, Vec& z) const override { do_forward(X, all(), z); }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    const Mat left = X.left.t(), right = X.right.t();
    const Rows groups = groups_of(wanted);
    team_->for_each_tile(groups.count, [&](Index g) {
      std::vector<Real> v;
      const Rows some = group(groups.first + g, wanted);
      predict(left, right, some, z.memptr() + (some.first - wanted.first), v);
    });
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override { C = pulled(z, Mat(), B.t()).left.t(); }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = pulled(z, B.t(), Mat()).right.t();
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    const LaneSum sum = pulled(z, wanted.right ? Mat(X.left.t()) : Mat(), wanted.left ? Mat(X.right.t()) : Mat());
    if (wanted.left) gradient.left = sum.left.t();
    if (wanted.right) gradient.right = sum.right.t();
  }
  /// A*(z) R and A*(z)ᵀ L, transposed as L and R are; nothing for those that are empty.
  LaneSum pulled(const Vec& z, const Mat& left, const Mat& right) const {
    LaneSum zero;
    if (!right.is_empty()) zero.left.zeros(right.n_rows, rows());
    if (!left.is_empty()) zero.right.zeros(left.n_rows, cols());
    return sum_over_tiles(*team_, groups_of(all()), {zero}, [&](Index g, std::vector<LaneSum>& sums) {
      std::vector<Real> v;
      const Rows some = group(g, all());
      pull_back(z.memptr() + some.first, some, left, right, sums[0], v);
    })[0];
  }
  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override {
    std::vector<LaneSum> zeros = zero_sums(lanes);
    std::vector<LowRank> at, sides;
    for (std::size_t l = 0; l < lanes.size(); ++l) {
      arma::inplace_trans(zeros[l].left);
      arma::inplace_trans(zeros[l].right);
      at.push_back({lanes[l].at->left.t(), lanes[l].at->right.t()});
      sides.push_back({lanes[l].sides().left.t(), lanes[l].sides().right.t()});
    }
    const auto add = [&](Index g, std::vector<LaneSum>& sums) {
      std::vector<Real> v;
      const Rows some = group(g, wanted);
      Vec s(some.count);
      for (std::size_t l = 0; l < lanes.size(); ++l) {
        const Evaluation& lane = lanes[l];
        Real* const z = lane.prediction->memptr() + (some.first - wanted.first);
        const Real* const y = lane.data->memptr() + (some.first - wanted.first);
        predict(at[l].left, at[l].right, some, z, v);
        sums[l].value += lane.loss->evaluate(some.first, {z, some.count}, {y, some.count}, {s.memptr(), some.count});
        if (!sums[l].left.is_empty() || !sums[l].right.is_empty())
          pull_back(s.memptr(), some, sides[l].left, sides[l].right, sums[l], v);
      }
    };
    std::vector<LaneSum> found = sum_over_tiles(*team_, groups_of(wanted), zeros, add);
    for (LaneSum& sum : found) {
      arma::inplace_trans(sum.left);
      arma::inplace_trans(sum.right);
    }
    give_sums(found, lanes);
  }

  std::shared_ptr<const MeasurementOperator> do_restricted(const std::vector<Index>& indices) const override {
    std::vector<PauliString> some;
    for (const Index i : indices) some.push_back(strings_[i]);
    return std::make_shared<const PauliOperator>(shape(), std::move(some), factor_, team_);
  }

  Real factor_;
  std::vector<PauliString> strings_;
  std::vector<Index> groups_;  // first string of each, and the end
  std::shared_ptr<const Team> team_;
};

}  // namespace tightrope
