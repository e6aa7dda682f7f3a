// Models: maps from factors to matrices, with their derivatives.
#include <future>

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
  expect_gradient(report, "the gradient",
                  try_gradient([&](const Factors& point) { return objective.value(point, Rows::all()); }, at.point,
                               at.gradient, blocks));
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

/// What a model says at a point, all of it.
struct Answers {
  LowRank X, dX;
  Factors gradient;
  bool operator==(const Answers& other) const {
    return parts::same_bits(X.left, other.X.left) && parts::same_bits(X.right, other.X.right) &&
           parts::same_bits(dX.left, other.dX.left) && parts::same_bits(dX.right, other.dX.right) &&
           parts::same_bits(gradient, other.gradient);
  }
};

/// What a model is asked, made beforehand: random numbers cost more than the answers.
struct Question {
  Factors point, direction;
  LowRank gradient_of_X;
};

Question question(const FactorizationModel& model, std::uint64_t seed) {
  Question asked{random_point(seed, model.blocks()), random_point(seed + 1, model.blocks()), {}};
  LowRank X;
  model.expand(asked.point, X);
  asked.gradient_of_X = random_pair(seed, X.shape(), X.rank());
  return asked;
}

/// `answers`: what the outputs hold before.
Answers answers_of(const FactorizationModel& model, const Question& asked, Answers answers = {}) {
  model.expand(asked.point, answers.X);
  model.push_forward(asked.point, asked.direction, answers.dX);
  model.pull_back(asked.point, asked.gradient_of_X, Blocks::all(), answers.gradient);
  return answers;
}

/// Without the checks of the engine, which are made for one thread.
void check_repetition(const Subject& subject, Report& report) {
  const auto [bench, model] = made<FactorizationModel>(subject);
  const std::vector<Question> questions = {question(*model, 1), question(*model, 3), question(*model, 5),
                                           question(*model, 7)};
  const Answers first = answers_of(*model, questions[0]);
  report.expect(answers_of(*model, questions[0]) == first,
                "asked twice, it does not say the same: it is not deterministic");
  const Answers before = answers_of(*model, questions[3]);
  report.expect(answers_of(*model, questions[0], before) == first,
                "what its outputs hold before a call shows in them afterwards: it adds where it should overwrite");
  report.expect(answers_of(*model, questions[0]) == first,
                "it says something else after it was asked about another point: it keeps something between calls");
  const auto other = made<FactorizationModel>(subject);
  answers_of(*other.plugin, questions[2]);
  report.expect(answers_of(*model, questions[0]) == first && answers_of(*other.plugin, questions[0]) == first,
                "two objects do not say the same of one point: they share something (a static variable)");
  std::vector<Answers> expected;
  for (const Question& one : questions) expected.push_back(answers_of(*model, one));
  std::vector<std::future<bool>> callers;
  for (std::size_t caller = 0; caller < questions.size(); ++caller)
    callers.push_back(std::async(std::launch::async, [&, &of = *model, caller] {
      bool same = true;
      for (int time = 0; time < 50; ++time) same = same && answers_of(of, questions[caller]) == expected[caller];
      return same;
    }));
  for (auto& caller : callers)
    report.expect(caller.get(), "called from four threads at once it gives other bits than alone");
}

void check_edges(const Subject& subject, Report& report) {
  at_edges(subject, report, [&](const Subject& there, Shape shape) {
    const auto plain = made_for<FactorizationModel>(there, shape);
    const auto model = CheckedModel::of(plain.plugin, shape, "the model");
    SensingObjective objective(plain.bench->problem, std::make_shared<const parts::Cubic>(), model);
    Iterate at;
    at.point = random_point(1, model->blocks());
    scale(at.point, 0.5);
    objective.evaluate(at, Blocks::all());
    expect_gradient(report, "the gradient",
                    try_gradient([&](const Factors& point) { return objective.value(point, Rows::all()); }, at.point,
                                 at.gradient, model->blocks()));
    check_metric(*model, report);
    check_moves(*model, report);
  });
}

void check_allocations(const Subject& subject, Report& report) {
  const auto [bench, model] = made<FactorizationModel>(subject);
  const Factors point = random_point(1, model->blocks());
  LowRank X;
  model->expand(point, X);
  const LowRank gradient_of_X = random_pair(2, X.shape(), X.rank());
  Factors gradient;
  check_allocations_of(report, "expand", Allocating::is_wrong, [&, &of = *model] { of.expand(point, X); });
  check_allocations_of(report, "pull_back", Allocating::is_wrong,
                       [&, &of = *model] { of.pull_back(point, gradient_of_X, Blocks::all(), gradient); });
}

}  // namespace

Checks model_checks() {
  return {{"gradient slope", check_gradient, true},
          {"pull_back reads no side of the gradient that sides() does not name", check_sides},
          {"gradient slope of the penalty",
           [](const Subject& subject, Report& report) { check_penalty(*checked(subject).model, report); }, true},
          {"from_svd gives X back", check_spectral_point},
          {"metric symmetric and positive, retract, transport, start", check_geometry},
          {"the same bits again, from another object, after others", check_repetition},
          {"edge shapes", check_edges},
          {"allocations at work", check_allocations}};
}

}  // namespace tightrope::conformance
