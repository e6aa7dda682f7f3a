// Models: maps from factors to matrices, with their derivatives.
#include "core/conformance/trial.hpp"

namespace tightrope::conformance {

namespace {

struct Checked {
  std::unique_ptr<Bench> bench;
  std::shared_ptr<const CheckedModel> model;
};

Checked checked(const Subject& subject) {
  auto plain = made<FactorizationModel>(subject);
  auto model = CheckedModel::of(plain.plugin, plain.bench->shape, "the model");
  return {std::move(plain.bench), std::move(model)};
}

void check_gradient(const Subject& subject, Report& report) {
  const auto [bench, model] = checked(subject);
  SensingObjective objective(bench->problem, std::make_shared<const parts::Cubic>(), model);
  const std::vector<Block> blocks = model->blocks();
  Iterate at;
  at.point = random_point(1, blocks);
  scale(at.point, 0.5);
  objective.evaluate(at, Blocks::all());
  const Factors direction = random_point(2, blocks);
  LowRank dX;
  model->push_forward(at.point, direction, dX);
  const auto moved = [&, &start = at.point](Real h) {
    Factors point = start;
    add_scaled(point, h, direction);
    return point;
  };
  const std::string wrong = wrong_gradient([&](const Factors& point) { return objective.value(point, Rows::all()); },
                                           at.point, at.gradient, blocks);
  report.expect(wrong.empty(), "the gradient is not the derivative: {}", wrong);
  const Mat start = at.X.dense(), change = dX.dense();
  const Real of_X = slope_of(
      [&, &of = *model](Real h) {
        LowRank X;
        of.expand(moved(h), X);
        return frobenius_norm(X.dense() - start - h * change);
      },
      1e-2, 1e-4, 1e-14 * frobenius_norm(start));
  report.expect(of_X > 1.9,
                "push_forward is not the derivative of expand: the Taylor remainder has slope {:.2f} instead of 2",
                of_X);
  for (Index b = 0; b < blocks.size(); ++b) {
    Iterate partial;
    partial.point = at.point;
    objective.evaluate(partial, Blocks::only(b));
    for (Index other = 0; other < blocks.size(); ++other) {
      if (other == b)
        report.expect(agree(partial.gradient[b], at.gradient[b], 1e-12, norm(at.gradient)),
                      "the gradient of block {} is another one when it is wanted alone", blocks[b].name);
      else
        report.expect(partial.gradient[other].is_zero(), "the gradient of block {} is not zero, but only {} was wanted",
                      blocks[other].name, blocks[b].name);
    }
  }
}

void check_sides(const Subject& subject, Report& report) {
  const auto [bench, model] = checked(subject);
  const Factors point = random_point(1, model->blocks());
  LowRank X;
  model->expand(point, X);
  const LowRank gradient_of_X = random_pair(2, bench->shape, X.rank());
  std::vector<std::pair<Blocks, std::string>> choices = {{Blocks::all(), "all blocks"}};
  for (Index b = 0; b < model->blocks().size(); ++b)
    choices.emplace_back(Blocks::only(b), "block " + model->blocks()[b].name);
  for (const auto& choice : choices) {
    Factors expected, found;
    model->pull_back(point, gradient_of_X, choice.first, expected);
    const Sides sides = model->sides(choice.first);
    for (const bool left : {true, false}) {
      if (left ? sides.left : sides.right) continue;
      LowRank without = gradient_of_X;
      (left ? without.left : without.right).fill(arma::datum::nan);
      model->pull_back(point, without, choice.first, found);
      report.expect(parts::same_bits(found, expected),
                    "sides() does not name the {} side of the gradient of X for {}, but pull_back reads it",
                    left ? "left" : "right", choice.second);
    }
  }
}

void check_spectral_point(const Subject& subject, Report& report) {
  const auto [bench, model] = checked(subject);
  LowRank X, again;
  model->expand(random_point(1, model->blocks()), X);
  model->expand(model->from_svd(svd(X)), again);
  report.expect(relative_error(again, X) < 1e-12, "from_svd does not give X back: relative error {:g}",
                relative_error(again, X));
  if (!model->is_semidefinite()) return;
  const Mat dense = X.dense();
  report.require(dense.is_square() && agree(dense, dense.t(), 1e-14, frobenius_norm(dense)),
                 "it says that it is semidefinite, but X is not symmetric");
  const Vec values = arma::eig_sym(Mat((dense + dense.t()) / 2));
  report.expect(values[0] >= -1e-12 * values[values.n_elem - 1],
                "it says that it is semidefinite, but X has the eigenvalue {:g}", values[0]);
}

void check_geometry(const Subject& subject, Report& report) {
  const auto [bench, model] = checked(subject);
  check_metric(*model, report);
  check_moves(*model, report);
  check_start(*model, report);
}

}  // namespace

Checks model_checks() {
  return {{"the gradient has Taylor slope 2, push-forward is the derivative, unwanted blocks are zero", check_gradient},
          {"pull_back reads no side of the gradient that sides() does not name", check_sides},
          {"the penalty has a gradient of Taylor slope 2, which is added to wanted blocks",
           [](const Subject& subject, Report& report) { check_penalty(*checked(subject).model, report); }},
          {"spectral points stand for what they are made of", check_spectral_point},
          {"geometry is consistent, and everything has the shapes of the blocks", check_geometry}};
}

}  // namespace tightrope::conformance
