// Minibatches: which rows an iteration sees, and that the mean over an epoch is the whole, in value, gradient,
// curvature and scale; perturbed gradients; the derivatives that the operator gives beyond the gradient.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "core/engine/objectives/problem_objective.hpp"
#include "tests/support/parts.hpp"

using namespace tightrope;
using namespace tightrope::parts;

namespace {

constexpr Shape shape{12, 9};
constexpr Index m = 200, rank = 2;

BatchRule rule(Index size, BatchRule::Order order = BatchRule::Order::in_turn) { return {size, order}; }
Batches batches(Index size, BatchRule::Order order = BatchRule::Order::in_turn, std::uint64_t seed = 1) {
  return Batches(m, rule(size, order), Stream(seed, "batch"));
}

/// Σ w_i cosh(z_i − y_i): convex, of slope w_i sinh and curvature w_i cosh, w_i = 1 + (i mod 5)/5.
class Hyperbolic final : public Loss {
 public:
  Real evaluate(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      slope[i] = weight(first + i) * std::sinh(z[i] - y[i]);
      sum += weight(first + i) * std::cosh(z[i] - y[i]);
    }
    return sum;
  }
  void curvature(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> out) const override {
    for (std::size_t i = 0; i < z.size(); ++i) out[i] = weight(first + i) * std::cosh(z[i] - y[i]);
  }
  static Real weight(Index i) { return 1 + static_cast<Real>(i % 5) / 5; }
};

std::shared_ptr<SensingProblem> noisy(const SensingProblem& exact = *problem()) {
  auto of = std::make_shared<SensingProblem>(exact);
  of->data += Vec(0.3 * Stream(8, "noise").normal_matrix(m, 1));
  return of;
}

std::unique_ptr<SensingObjective> objective(const std::shared_ptr<const SensingProblem>& of, SensingExtras extras = {},
                                            std::shared_ptr<const Loss> loss = std::make_shared<const Hyperbolic>()) {
  return std::make_unique<SensingObjective>(of, std::move(loss), std::make_shared<const TwoFactors>(of->shape, rank),
                                            SensingNames{}, std::move(extras));
}

Factors random_factors(Shape size, std::uint64_t seed) {
  return {
      {0.5 * Stream(seed, "V").normal_matrix(size.rows, rank), 0.5 * Stream(seed, "W").normal_matrix(size.cols, rank)}};
}

Iterate at_point(const Factors& point, Objective& of, Rows rows = Rows::all()) {
  Iterate at;
  at.point = point;
  at.rows = rows;
  of.evaluate(at, Blocks::all());
  return at;
}

void add(Factors& sum, const Factors& more) {
  if (sum.blocks.empty()) assign_zeros_like(sum, more);
  add_scaled(sum, 1, more);
}
Real distance(const Factors& a, const Factors& b) {
  Factors d = a;
  add_scaled(d, -1, b);
  return norm(d);
}

Vec flat(const Factors& factors) { return arma::join_cols(arma::vectorise(factors[0]), arma::vectorise(factors[1])); }
Factors unflat(const Vec& v, const Factors& like) {
  const Index n = like[0].n_elem;
  return {{arma::reshape(Mat(v.head(n)), like[0].n_rows, rank),
           arma::reshape(Mat(v.tail(v.n_elem - n)), like[1].n_rows, rank)}};
}

/// The derivative of p ↦ A(V Wᵀ), from the operator's rows: ⟨A_i, dV Wᵀ + V dWᵀ⟩.
Mat jacobian(const MeasurementOperator& op, const Factors& p) {
  Mat rows(op.shape().entries(), op.measurements()), J(op.measurements(), p[0].n_elem + p[1].n_elem);
  op.dense_rows(0, op.measurements(), rows.memptr());
  for (Index i = 0; i < op.measurements(); ++i) {
    const Mat A = arma::reshape(rows.col(i), op.shape().rows, op.shape().cols);
    J.row(i) = flat({{A * p[1], A.t() * p[0]}}).t();
  }
  return J;
}

/// E_t = (t + 1) E
class Growing final : public Perturbation {
 public:
  explicit Growing(Mat E) : E_(std::move(E)) {}
  Mat matrix(Index iteration) const override { return static_cast<Real>(iteration + 1) * E_; }

 private:
  Mat E_;
};

}  // namespace

TEST_CASE("in every epoch each row is seen once, but for batches drawn at random") {
  using Order = BatchRule::Order;
  for (const Order order : {Order::in_turn, Order::shuffled, Order::random})
    for (const Index size : {1U, 7U, 50U, 60U, 199U, 200U}) {
      const Batches of = batches(size, order), again = batches(size, order);
      const Index count = of.count();
      CHECK(count == (m + size - 1) / size);
      std::set<std::vector<Index>> orders;
      for (Index epoch = 0; epoch < 6; ++epoch) {
        std::vector<Index> seen, firsts;
        for (Index t = 0; t < count; ++t) {
          const Rows rows = of.rows_of(epoch * count + t);
          REQUIRE(rows.end() <= m);
          CHECK(rows.count == std::min(size, m - rows.first));
          CHECK(rows.first % size == 0);
          if (order == Order::in_turn) CHECK(rows.first == t * size);
          firsts.push_back(rows.first);
          for (Index i = rows.first; i < rows.end(); ++i) seen.push_back(i);
        }
        orders.insert(firsts);
        if (order == Order::random) continue;
        std::sort(seen.begin(), seen.end());
        REQUIRE(seen.size() == m);
        for (Index i = 0; i < m; ++i) CHECK(seen[i] == i);
      }
      if (order != Order::in_turn && count > 20) CHECK(orders.size() == 6);
      if (order == Order::in_turn) CHECK(orders.size() == 1);
      // A pure function of the iteration, in whatever order it is asked.
      for (const Index t : {20U, 3U, 21U, 0U, 3U}) CHECK(again.rows_of(t) == of.rows_of(t));
    }
  // Random batches are drawn with replacement, each as likely as another: five deviations of a binomial number.
  const Batches of = batches(50, Order::random);
  Vec hits(4, arma::fill::zeros);
  for (Index t = 0; t < 4000; ++t) hits[of.rows_of(t).first / 50] += 1;
  for (const Real count : hits) CHECK(std::abs(count - 1000) < 5 * std::sqrt(4000 * 0.25 * 0.75));
}

TEST_CASE("the mean over an epoch is the whole: value, gradient, products with H and the scale") {
  const auto of = noisy();
  const auto whole = objective(of);
  const Factors point = random_factors(shape, 1), d = random_factors(shape, 2);
  const Iterate at = at_point(point, *whole);
  Factors Hd;
  whole->sensing()->curvature_times(at, d, Blocks::all(), Hd);
  for (const Index size : {40U, 60U, 199U}) {
    const auto part = objective(of, {batches(size), nullptr});
    const Index count = batches(size).count();
    Real value = 0, value_alone = 0, scale = 0;
    Factors gradient, product;
    Index rows = 0;
    for (Index t = 0; t < count; ++t) {
      const Iterate some = at_point(point, *part, part->rows_of(t));
      CHECK(some.rows.count == part->rows_of(t).count);
      CHECK(some.prediction.n_elem == some.rows.count);
      value += some.value;
      value_alone += part->value(point, some.rows);
      scale += part->scale(some);
      add(gradient, some.gradient);
      Factors one;
      part->sensing()->curvature_times(some, d, Blocks::all(), one);
      add(product, one);
      rows += some.rows.count;
    }
    REQUIRE(rows == m);
    const auto n = static_cast<Real>(count);
    tightrope::scale(gradient, 1 / n);
    tightrope::scale(product, 1 / n);
    CHECK(value / n == doctest::Approx(at.value).epsilon(1e-13));
    CHECK(value_alone / n == doctest::Approx(at.value).epsilon(1e-13));
    CHECK(scale / n == doctest::Approx(whole->scale(at)).epsilon(1e-13));
    CHECK(distance(gradient, at.gradient) < 1e-13 * norm(at.gradient));
    CHECK(distance(product, Hd) < 1e-13 * norm(Hd));
    CHECK(part->counters().passes() == doctest::Approx(3).epsilon(1e-12));  // evaluations, values and products
    CHECK(part->counters().bytes == doctest::Approx(static_cast<double>(3 * of->op->bytes())).epsilon(1e-12));
  }
  CHECK(whole->scale(at) == doctest::Approx(arma::dot(of->data, of->data) / 2).epsilon(1e-14));
}

TEST_CASE("a batch of a problem that is not sensing: the mean over an epoch is the whole, and samples are counted") {
  const auto of = std::make_shared<const LinearRegression>();
  ProblemObjective whole(of, "the problem");
  const Factors point{{Stream(1, "S").normal_matrix(4, 3), Stream(1, "t").normal_matrix(2, 1)}};
  const Iterate at = at_point(point, whole);
  CHECK(whole.counters().passes() == 1);
  ProblemObjective part(of, "the problem", Batches(of->samples(), rule(7), Stream(1, "batch")));
  Real value = 0, value_alone = 0;
  Factors gradient;
  for (Index t = 0; t < 4; ++t) {
    const Iterate some = at_point(point, part, part.rows_of(t));
    value += some.value;
    value_alone += part.value(point, some.rows);
    add(gradient, some.gradient);
  }
  scale(gradient, 0.25);
  CHECK(value / 4 == doctest::Approx(at.value).epsilon(1e-13));
  CHECK(value_alone / 4 == doctest::Approx(at.value).epsilon(1e-13));
  CHECK(distance(gradient, at.gradient) < 1e-13 * norm(at.gradient));
  CHECK(part.counters().passes() == doctest::Approx(2).epsilon(1e-13));
}

TEST_CASE(
    "a perturbation E adds E W to the gradient in V and Eᵀ V to that in W, once, whatever part of the rows is seen") {
  for (const Shape size : {Shape{12, 9}, Shape{8, 8}}) {
    auto of = std::make_shared<SensingProblem>();
    const Context given = context(size);
    of->shape = size;
    of->op = std::make_shared<const RandomRows>(given, m);
    of->data = Stream(1, "y").normal_matrix(m, 1);
    const Mat E = Stream(1, "E").normal_matrix(size.rows, size.cols);
    const auto growing = std::make_shared<const Growing>(E);
    const Factors p = random_factors(size, 3);
    for (const bool in_batches : {false, true})
      for (const Index iteration : {0U, 4U}) {
        std::optional<Batches> some;
        if (in_batches) some = batches(60);
        const auto plain = objective(of, {some, nullptr}), disturbed = objective(of, {some, growing});
        Iterate a, b;
        a.iteration = b.iteration = iteration;
        a.point = b.point = p;
        a.rows = b.rows = plain->rows_of(iteration);
        plain->evaluate(a, Blocks::all());
        disturbed->evaluate(b, Blocks::all());
        CHECK(a.value == b.value);
        Factors added = b.gradient;
        add_scaled(added, -1, a.gradient);
        const auto t = static_cast<Real>(iteration + 1);
        CHECK(distance(added, {{t * E * p[1], t * E.t() * p[0]}}) < 1e-12 * (norm(a.gradient) + norm(b.gradient)));
        // No part of it is in a block that nobody wants.
        disturbed->evaluate(b, Blocks::only(1));
        CHECK(b.gradient[0].is_zero());
        CHECK(arma::norm(b.gradient[1] - a.gradient[1] - t * E.t() * p[0], "fro") < 1e-12 * norm(a.gradient));
      }
  }
}

TEST_CASE(
    "J, its transpose and Jᵀ diag(ℓ″) J against the rows of the operator, over all measurements and over a batch") {
  const auto dense = noisy();
  auto plain = std::make_shared<SensingProblem>(*dense);
  plain->op = std::make_shared<const Plain>(*dense->op);
  plain->row_data = std::make_shared<RowData>();
  const Factors p = random_factors(shape, 5), d = random_factors(shape, 6);
  const Mat J = jacobian(*dense->op, p);
  const Vec y = dense->data;
  for (const auto& of : {std::shared_ptr<const SensingProblem>(dense), std::shared_ptr<const SensingProblem>(plain)})
    for (const bool in_batches : {false, true}) {
      CAPTURE(in_batches);
      std::optional<Batches> some;
      if (in_batches) some = batches(60);
      const auto f = objective(of, {some, nullptr});
      const Rows rows = f->rows_of(2);
      REQUIRE(rows == (in_batches ? Rows{120, 60} : Rows{0, m}));
      const Iterate at = at_point(p, *f, rows);
      const Mat own = J.rows(rows.first, rows.end() - 1);
      Vec z;
      f->sensing()->jacobian_times(at, d, z);
      CHECK(arma::norm(z - own * flat(d)) < 1e-12 * arma::norm(z));
      const Vec s = Stream(2, "s").normal_matrix(rows.count, 1);
      Factors g, Hd;
      f->sensing()->jacobian_transposed_times(at, s, Blocks::all(), g);
      CHECK(distance(g, unflat(own.t() * s, p)) < 1e-12 * norm(g));
      Vec curvature(rows.count);
      for (Index i = 0; i < rows.count; ++i)
        curvature[i] = Hyperbolic::weight(rows.first + i) * std::cosh(at.prediction[i] - y[rows.first + i]);
      if (in_batches) curvature *= 4;
      const Counters before = f->counters();
      f->sensing()->curvature_times(at, d, Blocks::all(), Hd);
      const Factors expected = unflat(own.t() * (curvature % (own * flat(d))), p);
      CHECK(distance(Hd, expected) < 1e-12 * norm(Hd));
      const bool is_fused = of->op->is_dense();
      CHECK(f->counters().fused == before.fused + (is_fused ? 1 : 0));
      CHECK(f->counters().rows == before.rows + (is_fused ? 1 : 2) * rows.count);
      f->sensing()->curvature_times(at, d, Blocks::only(0), Hd);
      CHECK(Hd[1].is_zero());
      CHECK(arma::norm(Hd[0] - expected[0], "fro") < 1e-12 * norm(expected));
      f->sensing()->jacobian_transposed_times(at, s, Blocks::only(1), g);
      CHECK(g[0].is_zero());
    }
}

TEST_CASE("runs of one operator that see other rows, or other data, are none of one another's business") {
  const auto of = problem();
  const auto other = noisy(*of);
  REQUIRE(of->op == other->op);
  const auto made = [&](int i) {
    LaneSetup given = setup(i == 3 ? other : of);
    SensingExtras extras;
    if (i < 3) extras.batches = batches(50, BatchRule::Order::shuffled, i == 0 ? 1 : 2);
    given.objective =
        std::shared_ptr<Objective>(objective(given.problem, std::move(extras), std::make_shared<const HalfSquare>()));
    if (i == 2) given.start = random_factors(shape, 9);
    given.step_size = std::make_shared<const Fixed>(0.1);
    given.stop.iterations = 12;
    return given;
  };
  std::vector<LaneSetup> all;
  for (int i = 0; i < 5; ++i) all.push_back(made(i));
  const auto together = run_together(std::move(all));
  for (int i = 0; i < 5; ++i) {
    CAPTURE(i);
    const auto alone = run(made(i));
    CHECK(same_bits(alone->iterate().point, together[static_cast<std::size_t>(i)]->iterate().point));
    CHECK(alone->trace().csv() == together[static_cast<std::size_t>(i)]->trace().csv());
  }
}

TEST_CASE("data that are made batch by batch are those of all measurements, with their noise") {
  /// Adds the number of the measurement, times what is there exactly.
  class Numbered final : public Noise {
   public:
    void disturb(Index first, const Signal&, std::span<const Real> exact, std::span<Real> data) const override {
      for (std::size_t i = 0; i < data.size(); ++i) data[i] += static_cast<Real>(first + i) * exact[i];
    }
  };
  auto of = std::make_shared<SensingProblem>(*problem());
  const Vec exact = of->data;
  of->noises = {std::make_shared<const Numbered>(), std::make_shared<const Numbered>()};
  of->noise_names = {"one", "two"};
  of->has_all_data = false;
  of->data.reset();
  for (const Rows rows : {Rows{0, m}, Rows{60, 60}, Rows{180, 20}, Rows{60, 60}, Rows{61, 60}}) {
    const Vec& y = of->data_of(rows);
    REQUIRE(y.n_elem == rows.count);
    for (Index j = 0; j < rows.count; ++j)
      CHECK(y[j] ==
            doctest::Approx(static_cast<Real>(1 + 2 * (rows.first + j)) * exact[rows.first + j]).epsilon(1e-12));
  }
}
