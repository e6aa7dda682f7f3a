// Measurements that see X through few inner products: A_i = c Σ_t a_it b_itᵀ with t = 1 … T, so that
//   A(X)_i = c Σ_t (a_itᵀ L)(Rᵀ b_it)   for X = L Rᵀ (n1 × n2, k columns).
// For blocks of measurements whose vectors stand in the columns of A (n1 × jT) and B (n2 × jT):
//   P = Aᵀ L, Q = Bᵀ R,  z = c rowsum(P ∘ Q),  A*(s) R += A diag(cs) Q,  A*(s)ᵀ L += B diag(cs) P,
// four products with thin matrices, 4 m T k (n1 + n2) operations for value and gradient. A block fits into the
// second-level cache and is read once for all lanes. BLAS may round products of other sizes differently: so P and Q are
// made for each lane by itself and always for four measurements 4j … 4j + 3 at a time, and neither company nor threads
// nor the rest of a pass shows in the bits of a prediction. Neither A_i nor X is ever formed.
#pragma once

#include <cstring>
#include <functional>

#include "plugins/shared/tile_sums.hpp"

namespace tightrope {

class FactoredOperator : public MeasurementOperator {
 public:
  /// Writes the vectors of measurement i: a_i1 … a_iT (n1 numbers each) and b_i1 … b_iT (n2 each).
  using Source = std::function<void(Index i, Real* a, Real* b)>;
  struct Layout {
    Index terms = 1;         // T
    bool symmetric = false;  // b_it = a_it, of which one is kept and the source writes a alone
    Real factor = 1;         // c
    bool is_kept = true;     // else the source is asked again in every pass
  };

  FactoredOperator(Shape of_shape, Index measurements, const Layout& layout, Source source,
                   std::shared_ptr<const Team> team)
      : MeasurementOperator(of_shape, measurements),
        layout_(layout),
        source_(std::move(source)),
        team_(std::move(team)) {
    constexpr Index numbers = Index{1} << 15U;  // in a block: 256 kB
    const Index of_one = 1 + layout.terms * (rows() + (layout.symmetric ? 0 : cols()));
    block_ = std::clamp<Index>(numbers / of_one / together * together, 2 * together, 1024);
    if (!layout.is_kept) return;
    kept_ = zeros((measurements + together - 1) / together * together);
    team_->for_each_tile((measurements + block_ - 1) / block_, [&](Index tile) {
      write({tile * block_, std::min(block_, measurements - tile * block_)}, 0, kept_);
    });
    source_ = nullptr;
  }
  std::uint64_t bytes() const override { return (kept_.a.n_elem + kept_.b.n_elem) * sizeof(Real); }

 private:
  static constexpr Index together = 4;

  /// Vectors of some measurements, a column each; of symmetric ones b is empty.
  struct Vectors {
    Mat a, b;
  };
  /// Pᵀ and Qᵀ of one block and lane; Qᵀ is empty where it is the same.
  struct Products {
    Mat P, Q;
    bool are_equal = false;
    Mat& of_right() { return are_equal ? P : Q; }
  };
  /// Some measurements that are wanted, and a view of the vectors of the groups of four that they lie in, which begin
  /// with measurement `first`.
  struct BlockOfRows {
    Rows some;
    Index first;
    const Mat &a, &b;
  };

  Index terms() const { return layout_.terms; }
  Vectors zeros(Index count) const {
    return {Mat(rows(), count * terms(), arma::fill::zeros),
            layout_.symmetric ? Mat() : Mat(cols(), count * terms(), arma::fill::zeros)};
  }
  /// The vectors of some measurements, to where `first` is in front.
  void write(Rows some, Index first, Vectors& to) const {
    for (Index i = some.first; i < some.end(); ++i)
      source_(i, to.a.colptr((i - first) * terms()), layout_.symmetric ? nullptr : to.b.colptr((i - first) * terms()));
  }
  /// The blocks that have a share in the measurements.
  Rows blocks(Rows wanted) const {
    if (wanted.count == 0) return {0, 0};
    return {wanted.first / block_, (wanted.end() - 1) / block_ - wanted.first / block_ + 1};
  }
  /// work(BlockOfRows) for the share of one block in the measurements.
  template <class Work>
  void in_block(Index unit, Rows wanted, const Work& work) const {
    const Index begin = std::max(wanted.first, unit * block_), end = std::min(wanted.end(), (unit + 1) * block_);
    const Rows some{begin, end - begin};
    const Index first = begin / together * together, count = (end - first + together - 1) / together * together;
    if (layout_.is_kept) {  // a look at what is kept, not a copy of it
      const auto part = [&](const Mat& all) {
        return Mat(const_cast<Real*>(all.colptr(first * terms())), all.n_rows, count * terms(), false, true);
      };
      const Mat a = part(kept_.a), b = part(layout_.symmetric ? kept_.a : kept_.b);
      work(BlockOfRows{some, first, a, b});
    } else {
      Vectors made = zeros(count);
      write(some, first, made);
      work(BlockOfRows{some, first, made.a, layout_.symmetric ? made.a : made.b});
    }
  }
  Rows all() const { return {0, measurements()}; }

  /// Fᵀ times the vectors of a block, k columns of F for each.
  void multiply(const Mat& F, const Mat& vectors, Mat& product) const {
    product.set_size(F.n_cols, vectors.n_cols);
    const auto k = static_cast<arma::blas_int>(F.n_cols), n = static_cast<arma::blas_int>(F.n_rows),
               width = static_cast<arma::blas_int>(together * terms());
    const Real one = 1, zero = 0;
    for (Index j = 0; j < vectors.n_cols; j += together * terms())
      arma::blas::gemm("T", "N", &k, &width, &n, &one, F.memptr(), &n, vectors.colptr(j), &n, &zero, product.colptr(j),
                       &k);
  }
  void multiply(const LowRank& X, bool is_symmetric, const BlockOfRows& block, Products& found) const {
    found.are_equal = is_symmetric;
    multiply(X.left, block.a, found.P);
    if (!is_symmetric) multiply(X.right, block.b, found.Q);
  }
  /// Whether both sides of X are the same, and so are P and Q.
  bool is_symmetric(const LowRank& X) const {
    return layout_.symmetric && X.left.n_elem == X.right.n_elem &&
           std::memcmp(X.left.memptr(), X.right.memptr(), X.left.n_elem * sizeof(Real)) == 0;
  }
  /// z_i = c Σ over the columns of measurement i of Pᵀ ∘ Qᵀ.
  void sum(Products& of, const BlockOfRows& block, Real* z) const {
    const Index numbers = of.P.n_rows * terms();
    for (Index i = 0; i < block.some.count; ++i) {
      const Index column = (block.some.first + i - block.first) * terms();
      const Real *const p = of.P.colptr(column), *const q = of.of_right().colptr(column);
      Real sum = 0;
      for (Index j = 0; j < numbers; ++j) sum += p[j] * q[j];
      z[i] = layout_.factor * sum;
    }
  }
  /// sum += V diag(cs) P for the vectors V of a block, s of the measurements that are wanted; Pᵀ is overwritten.
  void add(const Mat& vectors, const BlockOfRows& block, const Real* s, Mat& P, Mat& sum) const {
    const Index first = (block.some.first - block.first) * terms(), count = block.some.count * terms();
    for (Index j = 0; j < count; ++j) {
      Real* const p = P.colptr(first + j);
      for (Index column = 0; column < P.n_rows; ++column) p[column] *= layout_.factor * s[j / terms()];
    }
    const auto part = [&](const Mat& of) {
      return Mat(const_cast<Real*>(of.colptr(first)), of.n_rows, count, false, true);
    };
    sum += part(vectors) * part(P).t();
  }

  void do_forward(const Mat& X, Vec& z) const override { do_forward({X, arma::eye(cols(), cols())}, all(), z); }
  void do_forward(const LowRank& X, Vec& z) const override { do_forward(X, all(), z); }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    const bool twins = is_symmetric(X);
    const Rows units = blocks(wanted);
    team_->for_each_tile(units.count, [&](Index unit) {
      in_block(units.first + unit, wanted, [&](const BlockOfRows& block) {
        Products found;
        multiply(X, twins, block, found);
        sum(found, block, z.memptr() + (block.some.first - wanted.first));
      });
    });
  }
  void do_adjoint(const Vec& z, Mat& G) const override { do_adjoint_times(z, arma::eye(cols(), cols()), G); }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override { pull(z, B, false, C); }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override { pull(z, B, true, C); }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) pull(z, X.right, false, gradient.left);
    if (wanted.right) pull(z, X.left, true, gradient.right);
  }
  /// C = A*(z) B, or A*(z)ᵀ B.
  void pull(const Vec& z, const Mat& B, bool transposed, Mat& C) const {
    const std::vector<LaneSum> start = {{0, Mat(arma::size(C), arma::fill::zeros), Mat()}};
    std::vector<LaneSum> sums =
        sum_over_tiles(*team_, blocks(all()), start, [&](Index unit, std::vector<LaneSum>& part) {
          in_block(unit, all(), [&](const BlockOfRows& block) {
            Mat P;
            multiply(B, transposed ? block.a : block.b, P);
            add(transposed ? block.b : block.a, block, z.memptr() + block.some.first, P, part[0].left);
          });
        });
    C = std::move(sums[0].left);
  }

  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override {
    std::vector<bool> twins;  // whether the two sides of X, and so of the gradient, are the same
    for (const Evaluation& lane : lanes) twins.push_back(is_symmetric(*lane.at) && !lane.along);
    std::vector<LaneSum> start = zero_sums(lanes);
    for (std::size_t l = 0; l < lanes.size(); ++l)
      if (twins[l] && !start[l].left.is_empty()) start[l].right.reset();
    std::vector<LaneSum> sums =
        sum_over_tiles(*team_, blocks(wanted), start, [&](Index unit, std::vector<LaneSum>& part) {
          in_block(unit, wanted, [&](const BlockOfRows& block) {
            for (std::size_t l = 0; l < lanes.size(); ++l) add(lanes[l], twins[l], block, wanted.first, part[l]);
          });
        });
    for (std::size_t l = 0; l < lanes.size(); ++l)
      if (twins[l] && lanes[l].gradient && lanes[l].wanted.left && lanes[l].wanted.right) sums[l].right = sums[l].left;
    give_sums(sums, lanes);
  }
  /// What a block contributes to a lane of a pass that begins with measurement `first`.
  void add(const Evaluation& lane, bool is_symmetric, const BlockOfRows& block, Index first, LaneSum& sum_of) const {
    const Index count = block.some.count;
    Real* const z = lane.prediction->memptr() + (block.some.first - first);
    const Real* const y = lane.data->memptr() + (block.some.first - first);
    Vec s(count);
    Products found;
    multiply(*lane.at, is_symmetric, block, found);
    sum(found, block, z);
    sum_of.value += lane.loss->evaluate(block.some.first, {z, count}, {y, count}, {s.memptr(), count});
    if (sum_of.left.is_empty() && sum_of.right.is_empty()) return;
    if (lane.along) multiply(*lane.along, false, block, found);
    if (!sum_of.left.is_empty()) add(block.a, block, s.memptr(), found.of_right(), sum_of.left);
    if (!sum_of.right.is_empty()) add(block.b, block, s.memptr(), found.P, sum_of.right);
  }

  /// A copy of the vectors that are wanted, or another way to ask for them: costs what it touches.
  std::shared_ptr<const MeasurementOperator> do_restricted(const std::vector<Index>& indices) const override {
    Source some = [source = source_, indices](Index i, Real* a, Real* b) { source(indices[i], a, b); };
    if (layout_.is_kept)
      some = [this, &indices](Index i, Real* a, Real* b) {
        const auto copy = [&](const Mat& all, Real* to) {
          std::copy_n(all.colptr(indices[i] * terms()), all.n_rows * terms(), to);
        };
        copy(kept_.a, a);
        if (b) copy(kept_.b, b);
      };
    return std::make_shared<const FactoredOperator>(shape(), indices.size(), layout_, std::move(some), team_);
  }

  Layout layout_;
  Source source_;
  std::shared_ptr<const Team> team_;
  Index block_ = 0;
  Vectors kept_;
};

}  // namespace tightrope
