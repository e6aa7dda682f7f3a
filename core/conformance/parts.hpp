// Small parts with known answers, around which plugins are tried: they depend on no plugin.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/engine/objectives/sensing_objective.hpp"
#include "core/interfaces/problem.hpp"
#include "core/numbers/gram.hpp"
#include "core/operators/dense_operator.hpp"

namespace tightrope::parts {

inline Context context(Shape shape, unsigned threads = 1) {
  return Context(shape, Stream(1, "test"), std::make_shared<Team>(threads));
}

/// Rows of independent N(0, 1/m) numbers.
class RandomRows final : public DenseOperator {
 public:
  RandomRows(const Context& given, Index measurements)
      : DenseOperator(given, measurements, {Storage::float64, false, 1 / std::sqrt(static_cast<Real>(measurements))},
                      [&](Index row, Index begin, Index end, Real* entries) {
                        given.stream.fill_normal(row * given.shape.entries() + begin, {entries, end - begin});
                      }) {}
};

/// Σ (z − y)²/2.
class HalfSquare final : public Loss {
 public:
  explicit HalfSquare(bool separable = true) : separable_(separable) {}
  Real evaluate(Index, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      slope[i] = z[i] - y[i];
      sum += slope[i] * slope[i];
    }
    return sum / 2;
  }
  bool separable() const override { return separable_; }
  void curvature(Index, std::span<const Real>, std::span<const Real>, std::span<Real> curvature) const override {
    std::fill(curvature.begin(), curvature.end(), 1.0);
  }

 private:
  bool separable_;
};

/// Σ (z − y)²/2 + (z − y)³/6: smooth, with curvature of its own.
class Cubic final : public Loss {
 public:
  Real evaluate(Index, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real r = z[i] - y[i];
      slope[i] = r + r * r / 2;
      sum += r * r / 2 + r * r * r / 6;
    }
    return sum;
  }
};

/// Σ w_i (z_i − y_i)²/2, w_i = 1 + (i mod 7)/7: whoever miscounts the measurements gets another value.
class Weighted final : public Loss {
 public:
  Real evaluate(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real weight = 1 + static_cast<Real>((first + i) % 7) / 7, r = z[i] - y[i];
      slope[i] = weight * r;
      sum += weight * r * r / 2;
    }
    return sum;
  }
};

/// X = V Wᵀ.
class TwoFactors final : public FactorizationModel {
 public:
  TwoFactors(Shape shape, Index rank) : shape_(shape), rank_(rank) {}
  std::vector<Block> blocks() const override { return {{"V", shape_.rows, rank_}, {"W", shape_.cols, rank_}}; }
  Index rank() const override { return rank_; }
  void expand(const Factors& point, LowRank& X) const override {
    X.left = point[0];
    X.right = point[1];
  }
  void pull_back(const Factors& point, const LowRank& gradient_of_X, Blocks wanted, Factors& gradient) const override {
    assign_zeros_like(gradient, point);
    if (wanted.has(0)) gradient[0] = gradient_of_X.left;
    if (wanted.has(1)) gradient[1] = gradient_of_X.right;
  }
  void push_forward(const Factors& point, const Factors& direction, LowRank& dX) const override {
    dX = {arma::join_rows(direction[0], point[0]), arma::join_rows(point[1], direction[1])};
  }
  Sides sides(Blocks wanted) const override { return {wanted.has(0), wanted.has(1)}; }
  void precondition(const Factors& point, Real damping, const Factors& gradient, Factors& direction) const override {
    direction = {{gram_solve(point[1], damping, gradient[0]), gram_solve(point[0], damping, gradient[1])}};
  }
  Factors from_svd(const Svd& parts) const override {
    const LowRank X = balanced(truncated(parts, rank_));
    return {{X.left, X.right}};
  }

 private:
  Shape shape_;
  Index rank_;
};

/// Σ_i (⟨A_i, S⟩ + ⟨c_i, t⟩ − y_i)²/2 over 24 samples of entries N(0, 1/24), in blocks S (4 × 3) and t (2 × 1): an
/// objective that is not low-rank sensing, of smallest value 0, with a start of its own and without a metric.
class LinearRegression final : public Problem {
 public:
  LinearRegression()
      : of_S_(Stream(6, "A").normal_matrix(12, 24) / std::sqrt(24.0)),
        of_t_(Stream(6, "c").normal_matrix(2, 24) / std::sqrt(24.0)),
        y_(of_S_.t() * arma::vectorise(Stream(6, "S").normal_matrix(4, 3)) +
           of_t_.t() * Stream(6, "t").normal_matrix(2, 1)) {}
  std::vector<Block> blocks() const override { return {{"S", 4, 3}, {"t", 2, 1}}; }
  Factors start() const override { return {{Mat(4, 3, arma::fill::ones), Mat(2, 1, arma::fill::ones)}}; }
  Index samples() const override { return y_.n_elem; }
  Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const override {
    Real sum = 0;
    for (Index i = rows.first; i < rows.end(); ++i) {
      const Vec a = of_S_.col(i), c = of_t_.col(i);
      const Real r = arma::dot(a, arma::vectorise(point[0])) + arma::dot(c, point[1]) - y_[i];
      sum += r * r / 2;
      if (gradient && wanted.has(0)) (*gradient)[0] += r * arma::reshape(Mat(a), 4, 3);
      if (gradient && wanted.has(1)) (*gradient)[1] += r * c;
    }
    return sum;
  }

 private:
  Mat of_S_, of_t_;  // one column per sample
  Vec y_;
};

/// Steepest descent, in all blocks or in one after the other.
class Downhill final : public DirectionOptimizer {
 public:
  explicit Downhill(bool by_block = false) : by_block_(by_block) {}
  void direction(const Iterate& at, Objective&, Memory&, Factors& towards) const override {
    towards = at.gradient;
    scale(towards, -1);
  }
  Index phases(const Space& space) const override { return by_block_ ? space.blocks().size() : 1; }
  Blocks blocks(Index phase) const override { return by_block_ ? Blocks::only(phase) : Blocks::all(); }

 private:
  bool by_block_;
};

class Fixed final : public StepSize {
 public:
  explicit Fixed(Real step) : step_(step) {}
  Step choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return step_; }

 private:
  Real step_;
};

/// A run of Downhill with a fixed step for half the sum of squares, from a random start; nobody watches.
inline LaneSetup bare_setup(const std::shared_ptr<const SensingProblem>& of, Index rank, Real step) {
  LaneSetup result;
  const auto model = std::make_shared<const TwoFactors>(of->shape, rank);
  result.name = "test";
  result.problem = of;
  result.objective = std::make_shared<SensingObjective>(of, std::make_shared<const HalfSquare>(), model);
  result.optimizer = std::make_shared<const Downhill>();
  result.step_size = std::make_shared<const Fixed>(step);
  result.stop.iterations = 100;
  result.start = {{Stream(3, "V").normal_matrix(of->shape.rows, rank) * 0.1,
                   Stream(3, "W").normal_matrix(of->shape.cols, rank) * 0.1}};
  return result;
}

/// Runs side by side, to their ends.
inline std::vector<std::unique_ptr<Lane>> run_together(std::vector<LaneSetup> given) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (LaneSetup& one : given) lanes.push_back(std::make_unique<Lane>(std::move(one)));
  Engine().run(lanes);
  return lanes;
}

inline std::unique_ptr<Lane> run(LaneSetup given) {
  std::vector<LaneSetup> one;
  one.push_back(std::move(given));
  return std::move(run_together(std::move(one)).front());
}

inline bool same_bits(const Mat& a, const Mat& b) {
  return arma::size(a) == arma::size(b) && std::equal(a.begin(), a.end(), b.begin());
}
inline bool same_bits(const Factors& a, const Factors& b) {
  return std::equal(a.blocks.begin(), a.blocks.end(), b.blocks.begin(), b.blocks.end(),
                    [](const Mat& x, const Mat& y) { return same_bits(x, y); });
}

}  // namespace tightrope::parts
