// Small parts with known answers, for tests of the engine that must not depend on any plugin.
#pragma once

#include "core/engine/engine.hpp"
#include "core/engine/sensing_objective.hpp"
#include "core/interfaces/dense_operator.hpp"
#include "core/numbers/gram.hpp"

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

/// The same map, given by its definition alone: everything else is the interface's default.
class Plain final : public MeasurementOperator {
 public:
  explicit Plain(const MeasurementOperator& of)
      : MeasurementOperator(of.shape(), of.measurements()), rows_(of.shape().entries(), of.measurements()) {
    of.dense_rows(0, of.measurements(), rows_.memptr());
  }

 private:
  void do_forward(const Mat& X, Vec& z) const override { z = rows_.t() * arma::vectorise(X); }
  void do_adjoint(const Vec& z, Mat& G) const override { G = arma::reshape(rows_ * z, rows(), cols()); }
  Mat rows_;  // column i = vec(A_i)
};

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

 private:
  bool separable_;
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

class Downhill final : public Optimizer {
 public:
  explicit Downhill(bool by_block = false) : by_block_(by_block) {}
  void direction(const Iterate& at, Objective&, Memory&, Factors& towards) const override {
    towards = at.gradient;
    scale(towards, -1);
  }
  Index phases(const FactorizationModel& model) const override { return by_block_ ? model.blocks().size() : 1; }
  Blocks blocks(Index phase) const override { return by_block_ ? Blocks::only(phase) : Blocks::all(); }

 private:
  bool by_block_;
};

class Fixed final : public StepSize {
 public:
  explicit Fixed(Real step) : step_(step) {}
  Real choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return step_; }

 private:
  Real step_;
};

class Error final : public Observer {
 public:
  std::vector<Column> columns() const override { return {{"error", "relative error", 1, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = relative_error(seen.iterate.X, seen.truth->X);
  }
};

/// A 12 × 9 problem of rank 2 with 200 random measurements, κ = 2.
inline std::shared_ptr<const SensingProblem> problem(unsigned threads = 1) {
  auto result = std::make_shared<SensingProblem>();
  const Context given = context({12, 9}, threads);
  result->shape = given.shape;
  result->team = given.team;
  result->op = std::make_shared<const RandomRows>(given, 200);
  const Mat U = orthonormal_basis(Stream(2, "U").normal_matrix(12, 2)),
            V = orthonormal_basis(Stream(2, "V").normal_matrix(9, 2));
  result->truth = make_truth(balanced({U, Vec{1, 0.5}, V}), 2);
  result->op->forward(result->truth->X, result->data);
  return result;
}

inline LaneSetup setup(const std::shared_ptr<const SensingProblem>& of, Index rank = 2, Real step = 0.4) {
  LaneSetup result;
  const auto model = std::make_shared<const TwoFactors>(of->shape, rank);
  result.name = "test";
  result.problem = of;
  result.objective = std::make_shared<SensingObjective>(of, std::make_shared<const HalfSquare>(), model);
  result.optimizer = std::make_shared<const Downhill>();
  result.step_size = std::make_shared<const Fixed>(step);
  result.watches = {{std::make_shared<const Error>(), {}, true}};
  result.stop.iterations = 100;
  result.start = {{Stream(3, "V").normal_matrix(12, rank) * 0.1, Stream(3, "W").normal_matrix(9, rank) * 0.1}};
  return result;
}

inline std::unique_ptr<Lane> run(LaneSetup given) {
  std::vector<std::unique_ptr<Lane>> lanes;
  lanes.push_back(std::make_unique<Lane>(std::move(given)));
  Engine().run(lanes);
  return std::move(lanes.front());
}

inline bool same_bits(const Factors& a, const Factors& b) {
  if (a.size() != b.size()) return false;
  for (Index i = 0; i < a.size(); ++i)
    if (arma::size(a[i]) != arma::size(b[i]) || !std::equal(a[i].begin(), a[i].end(), b[i].begin())) return false;
  return true;
}

}  // namespace tightrope::parts
