// Initializations, targets and noises, which come before a run; penalties, perturbations and projections, which go
// along with it.
#include <algorithm>
#include <cmath>

#include "core/conformance/trial.hpp"
#include "core/engine/objectives/penalized_model.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/penalty.hpp"
#include "core/interfaces/perturbation.hpp"
#include "core/interfaces/projection.hpp"
#include "core/interfaces/target.hpp"

namespace tightrope::conformance {

namespace {

template <class Interface>
struct Placed {
  Made<Interface> made, again;
};

/// Where the plugin can be made, twice: for a model, for the space of a problem that is not sensing, or for both.
template <class Interface>
std::vector<Placed<Interface>> everywhere(const Subject& subject) {
  std::vector<Placed<Interface>> places;
  std::optional<Unsuitable> refusal;
  try {
    places.push_back({made<Interface>(subject), made<Interface>(subject, 4)});
  } catch (const Unsuitable& reason) {
    refusal = reason;
  }
  if (auto first = made_for_regression<Interface>(subject))
    places.push_back({std::move(*first), std::move(*made_for_regression<Interface>(subject))});
  if (places.empty()) throw *refusal;
  return places;
}

std::vector<Block> blocks_of(const Bench& bench) {
  return bench.is_sensing() ? bench.model->blocks() : bench.regression->blocks();
}

void check_initialization(const Subject& subject, Report& report) {
  for (const auto& place : everywhere<Initialization>(subject)) {
    const Initialization& initialization = *place.made.plugin;
    const Factors start = initialization.start();
    const std::string wrong = wrong_shapes(start, blocks_of(*place.made.bench));
    report.require(wrong.empty(), "the start does not fit the model: {}", wrong);
    report.expect(is_finite(start), "the start is not finite");
    report.expect(parts::same_bits(start, initialization.start()), "the start is another one the second time");
    report.expect(parts::same_bits(start, place.again.plugin->start()),
                  "another object of the same stream, with other threads, starts elsewhere");
  }
}

void check_target(const Subject& subject, Report& report) {
  const auto [bench, target] = made<Target>(subject);
  const LowRank X = target->matrix();
  const Shape given = bench->shape,
              expected = bench->setting("transpose") == "true" ? Shape{given.cols, given.rows} : given;
  report.require(X.shape() == expected && X.left.n_cols == X.right.n_cols,
                 "the matrix is {} × {}, of {} and {} columns, instead of {} × {}", X.rows(), X.cols(), X.left.n_cols,
                 X.right.n_cols, expected.rows, expected.cols);
  report.require(X.left.is_finite() && X.right.is_finite(), "the matrix is not finite");
  const Vec sigma = singular_values(X);
  report.require(target->rank() >= 1 && target->rank() <= sigma.n_elem && sigma[target->rank() - 1] > 1e-12 * sigma[0],
                 "it announces rank {}, which the matrix does not have", target->rank());
  report.expect(parts::same_bits(target->matrix().dense(), X.dense()), "the matrix is another one the second time");
  report.expect(parts::same_bits(bench->make<Target>()->matrix().dense(), X.dense()),
                "another object of the same stream has another matrix");
}

/// A noise upon measurements that hold `exact` and whatever else was there.
Vec disturbed(const Noise& noise, const Noise::Signal& signal, Index first, const Vec& exact, Vec data) {
  noise.disturb(first, signal, {exact.memptr(), exact.n_elem}, {data.memptr(), data.n_elem});
  return data;
}

void check_noise(const Subject& subject, Report& report) {
  const auto [bench, noise] = made<Noise>(subject);
  const Vec& exact = bench->problem->data;
  const Index m = exact.n_elem;
  const Noise::Signal& signal = bench->problem->signal;
  const Vec y = disturbed(*noise, signal, 0, exact, exact);
  report.require(y.is_finite(), "the noise is not finite");
  report.expect(!parts::same_bits(y, exact), "it changes nothing");
  report.expect(parts::same_bits(y, disturbed(*noise, signal, 0, exact, exact)), "the second time it is another one");
  report.expect(parts::same_bits(y, disturbed(*bench->make<Noise>(), signal, 0, exact, exact)),
                "another object of the same stream is another noise");
  const auto other = made<Noise>(subject, 1, 2);
  report.expect(!parts::same_bits(y, disturbed(*other.plugin, signal, 0, exact, exact)),
                "another stream gives the same noise");

  const std::vector<Index> outliers = noise->outliers(m);
  report.expect(outliers == noise->outliers(m), "the second time it has other outliers");
  for (std::size_t i = 0; i < outliers.size(); ++i) {
    report.require(outliers[i] < m, "measurement {} is called an outlier, but there are {}", outliers[i], m);
    report.expect(i == 0 || outliers[i - 1] < outliers[i], "the outliers are not in increasing order: {} before {}",
                  outliers[i == 0 ? 0 : i - 1], outliers[i]);
    report.expect(y[outliers[i]] != exact[outliers[i]], "measurement {} is called an outlier, but it is exact",
                  outliers[i]);
  }
  if (!noise->is_additive()) return;
  // What is no outlier may hold the noises of others, to which this one is added.
  const Vec before = exact + random_vector(3, m), after = disturbed(*noise, signal, 0, exact, before);
  for (Index i = 0; i < m; ++i)
    if (!std::binary_search(outliers.begin(), outliers.end(), i))
      report.expect(std::abs((after[i] - before[i]) - (y[i] - exact[i])) <= 1e-12 * (1 + std::abs(y[i])),
                    "it is not added to what measurement {} holds", i);
}

void check_noise_blocks(const Subject& subject, Report& report) {
  const auto [bench, noise] = made<Noise>(subject);
  const Vec& exact = bench->problem->data;
  const Index m = exact.n_elem;
  const Noise::Signal& signal = bench->problem->signal;
  const Vec y = disturbed(*noise, signal, 0, exact, exact);
  const auto check_block = [&, &of = *noise](Index first, Index count) {
    const Vec part = count == 0 ? Vec() : Vec(exact.subvec(first, first + count - 1));
    Vec found;
    try {
      found = disturbed(of, signal, first, part, part);
    } catch (const Unsuitable&) {
      return;  // it needs all of them at once, and says so
    }
    report.expect(std::equal(found.begin(), found.end(), y.begin() + first),
                  "measurements {} to {} get another noise alone than among all", first, first + count);
  };
  for (Index cut = 0; cut <= m; ++cut) {
    check_block(0, cut);
    check_block(cut, m - cut);
  }
  for (const Index size : {Index{1}, Index{7}, Index{64}})
    for (Index first = (m - 1) / size * size; first > 0; first -= size) check_block(first, std::min(size, m - first));
}

/// As a part of the model, where its gradient goes through the chain rule; and as a function of X.
void check_penalty_of_X(const Subject& subject, Report& report) {
  const auto [bench, penalty] = made<Penalty>(subject);
  check_penalty(PenalizedModel(bench->model, {{penalty, "the penalty"}}), report);
  const LowRank X = random_pair(5, bench->shape, 3);
  const Mat mixing = arma::eye(3, 3) + 0.5 * Mat(Stream(6, "mixing").normal_matrix(3, 3));
  const LowRank same{X.left * mixing, X.right * arma::inv(mixing).t()};
  const Real value = penalty->add(X, nullptr), of_same = penalty->add(same, nullptr);
  report.expect(std::abs(of_same - value) <= 1e-9 * std::abs(value),
                "it is no function of X: another pair with the same product has the value {:g} instead of {:g}",
                of_same, value);
  const LowRank before = random_pair(7, bench->shape, 3);
  LowRank gradient{0 * X.left, 0 * X.right}, sum = before;
  penalty->add(X, &gradient);
  penalty->add(X, &sum);
  report.expect(agree(sum.left, before.left + gradient.left) && agree(sum.right, before.right + gradient.right),
                "the gradient is not added to what is there");
  report.expect(penalty->add(X, nullptr) == value && bench->make<Penalty>()->add(X, nullptr) == value,
                "the value is another one when it is asked for again, or of another object of the same stream");
}

void check_perturbation(const Subject& subject, Report& report) {
  const auto [bench, perturbation] = made<Perturbation>(subject);
  const auto other = bench->make<Perturbation>();
  std::vector<Mat> first;
  for (const Index iteration : {0U, 1U, 2U, 3U, 1000U}) {
    first.push_back(perturbation->matrix(iteration));
    const Mat& E = first.back();
    report.require(E.n_rows == bench->shape.rows && E.n_cols == bench->shape.cols,
                   "it gave a {} × {} matrix instead of {} × {}", E.n_rows, E.n_cols, bench->shape.rows,
                   bench->shape.cols);
    report.expect(E.is_finite(), "the matrix of iteration {} is not finite", iteration);
  }
  for (const Index iteration : {3U, 0U, 2U, 1U, 1U}) {
    report.expect(parts::same_bits(perturbation->matrix(iteration), first[iteration]),
                  "asked again, it gives another matrix for iteration {}", iteration);
    report.expect(parts::same_bits(other->matrix(iteration), first[iteration]),
                  "another object of the same stream gives another matrix for iteration {}", iteration);
  }
}

/// Of all scales, of uneven blocks, of deficient rank, and zero.
std::vector<Factors> points_to_project(const std::vector<Block>& blocks) {
  std::vector<Factors> points;
  for (const Real size : {1.0, 1e-6, 1e6}) {
    points.push_back(random_point(1, blocks));
    scale(points.back(), size);
  }
  points.push_back(random_point(2, blocks));
  points.back()[0] *= 100;
  points.push_back(random_point(3, blocks));
  for (Mat& block : points.back().blocks)
    if (block.n_cols > 1) block.col(0) = block.col(1);
  points.push_back(zeros(blocks));
  return points;
}

void check_projection(const Subject& subject, Report& report) {
  for (const auto& place : everywhere<Projection>(subject)) {
    const Projection& projection = *place.made.plugin;
    const std::vector<Block> blocks = blocks_of(*place.made.bench);
    for (const Factors& point : points_to_project(blocks)) {
      Factors once = point, again = point;
      projection.project(once);
      const std::string wrong = wrong_shapes(once, blocks);
      report.require(wrong.empty(), "the projected point does not fit the model: {}", wrong);
      report.require(is_finite(once), "the projection of a point of norm {:g} is not finite", norm(point));
      place.again.plugin->project(again);
      report.expect(parts::same_bits(again, once), "another object projects to another point");
      Factors twice = once;
      projection.project(twice);
      add_scaled(twice, -1, once);
      report.expect(norm(twice) <= 1e-10 * norm(once),
                    "a projected point is no fixed point: it moves by {:g} times its norm", norm(twice) / norm(once));
    }
  }
}

}  // namespace

Checks initialization_checks() {
  return {{"points of the model's shapes, decided by the stream alone", check_initialization, true},
          {"edge shapes", [](const Subject& subject, Report& report) {
             at_edges(subject, report, [&](const Subject& there, Shape shape) {
               const auto [bench, initialization] = made_for<Initialization>(there, shape);
               const Factors start = initialization->start();
               const std::string wrong = wrong_shapes(start, bench->model->blocks());
               report.require(wrong.empty(), "the start does not fit the model: {}", wrong);
               report.expect(is_finite(start), "the start is not finite");
             });
           }}};
}

Checks target_checks() {
  return {{"the announced shape and rank, decided by the stream alone", check_target, true},
          {"edge shapes", [](const Subject& subject, Report& report) {
             at_edges(subject, report, [&](const Subject& there, Shape shape) {
               const auto [bench, target] = made_for<Target>(there, shape);
               if (bench->setting("transpose") == "true") return;
               const LowRank X = target->matrix();
               report.expect(X.rows() == shape.rows && X.cols() == shape.cols, "the matrix is {} × {}", X.rows(),
                             X.cols());
               report.expect(X.left.is_finite() && X.right.is_finite(), "the matrix is not finite");
             });
           }}};
}

Checks noise_checks() {
  return {{"decided by the stream alone, finite, and really there", check_noise, true},
          {"the same noise in whatever blocks", check_noise_blocks},
          {"edge shapes", [](const Subject& subject, Report& report) {
             at_edges(subject, report, [&](const Subject& there, Shape shape) {
               const auto [bench, noise] = made_for<Noise>(there, shape);
               const Vec& exact = bench->problem->data;
               report.expect(disturbed(*noise, bench->problem->signal, 0, exact, exact).is_finite(),
                             "the noise is not finite");
               for (const Index outlier : noise->outliers(exact.n_elem))
                 report.expect(outlier < exact.n_elem, "measurement {} is called an outlier, but there are {}", outlier,
                               exact.n_elem);
             });
           }}};
}

Checks penalty_checks() {
  return {{"a function of X, with its gradient added", check_penalty_of_X, true},
          {"edge shapes", [](const Subject& subject, Report& report) {
             at_edges(subject, report, [&](const Subject& there, Shape shape) {
               const auto [bench, penalty] = made_for<Penalty>(there, shape);
               const LowRank X = random_pair(5, shape, there.sizes.rank);
               LowRank gradient{0 * X.left, 0 * X.right};
               report.expect(
                   std::isfinite(penalty->add(X, &gradient)) && gradient.left.is_finite() && gradient.right.is_finite(),
                   "the penalty or its gradient is not finite");
             });
           }}};
}

Checks perturbation_checks() {
  return {{"n1 × n2, finite, a pure function of the iteration", check_perturbation, true},
          {"edge shapes", [](const Subject& subject, Report& report) {
             at_edges(subject, report, [&](const Subject& there, Shape shape) {
               const Mat E = made_for<Perturbation>(there, shape).plugin->matrix(1);
               report.expect(E.n_rows == shape.rows && E.n_cols == shape.cols && E.is_finite(),
                             "it gave a {} × {} matrix, or one that is not finite", E.n_rows, E.n_cols);
             });
           }}};
}

Checks projection_checks() {
  return {{"a projected point is a fixed point of the same shapes", check_projection, true},
          {"edge shapes", [](const Subject& subject, Report& report) {
             at_edges(subject, report, [&](const Subject& there, Shape shape) {
               const auto [bench, projection] = made_for<Projection>(there, shape);
               Factors point = random_point(1, bench->model->blocks());
               projection->project(point);
               const std::string wrong = wrong_shapes(point, bench->model->blocks());
               report.require(wrong.empty(), "the projected point does not fit the model: {}", wrong);
               report.expect(is_finite(point), "the projected point is not finite");
             });
           }}};
}

}  // namespace tightrope::conformance
