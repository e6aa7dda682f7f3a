#include "core/conformance/unread.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "core/engine/objectives/problem_objective.hpp"
#include "core/engine/trace.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/penalty.hpp"
#include "core/interfaces/perturbation.hpp"
#include "core/interfaces/projection.hpp"
#include "core/interfaces/target.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::conformance {

namespace {

/// What a plugin does, byte by byte.
class Doings {
 public:
  void put(Real value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(const Mat& values) {
    put(static_cast<Real>(values.n_rows));
    bytes_.append(reinterpret_cast<const char*>(values.memptr()), values.n_elem * sizeof(Real));
  }
  void put(const Factors& point) {
    for (const Mat& block : point.blocks) put(block);
  }
  void put(const LowRank& X) {
    put(X.left);
    put(X.right);
  }
  void put(const Lane& lane) {
    bytes_ += lane.trace().csv() + lane.end()->reason;
    put(lane.iterate().point);
  }
  /// What it does not do is told, too.
  template <class Call>
  void attempt(const Call& call) {
    try {
      call();
    } catch (const std::exception& error) {
      bytes_ += error.what();
    }
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// As many iterations as may be needed until a rule that comes every few of them has come.
constexpr Index iterations = 40;

template <class Interface>
void run_everywhere(const Subject& subject, Doings& doings,
                    void (*add)(const Bench&, std::shared_ptr<const Interface>, LaneSetup&)) {
  doings.attempt([&] {
    const auto [bench, plugin] = made<Interface>(subject);
    for (const Real size : {1.0, 10.0}) {
      LaneSetup given = bench->lane();
      scale(given.start, size);
      given.stop.iterations = iterations;
      add(*bench, plugin, given);
      doings.put(*parts::run(std::move(given)));
    }
  });
  doings.attempt([&] {
    const auto it = made_for_regression<Interface>(subject);
    if (!it) return;
    LaneSetup given = lane_on_regression(*it->bench);
    given.optimizer = std::make_shared<const parts::Downhill>();
    given.step_size = std::make_shared<const parts::Fixed>(0.2);
    given.stop.iterations = iterations;
    add(*it->bench, it->plugin, given);
    doings.put(*parts::run(std::move(given)));
  });
}

template <class Interface>
void make_everywhere(const Subject& subject, Doings& doings,
                     const std::function<void(const Bench&, const Interface&)>& ask) {
  Subject wide = subject;
  wide.sizes.rank = ConformanceProblem::oblong.rows;  // what fills up columns has some to fill
  for (const Subject& there : {subject, wide})
    doings.attempt([&] {
      const auto it = made<Interface>(there);
      ask(*it.bench, *it.plugin);
    });
  doings.attempt([&] {
    if (const auto it = made_for_regression<Interface>(subject)) ask(*it->bench, *it->plugin);
  });
}

void ask_space(const Space& space, Doings& doings) {
  const Factors point = random_point(1, space.blocks()), direction = random_point(2, space.blocks());
  Factors gradient = zeros(space.blocks()), moved;
  doings.put(space.add_penalty(point, Blocks::all(), &gradient));
  doings.put(gradient);
  doings.attempt([&] {
    space.precondition(point, 0.1, direction, moved);
    doings.put(moved);
  });
  doings.attempt([&] {
    space.retract(point, 0.1, direction, moved);
    doings.put(moved);
  });
  doings.attempt([&] { doings.put(space.start()); });
}

void ask_operator(const Subject& subject, Doings& doings) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  Vec z;
  op->forward(Mat(Stream(1, "X").normal_matrix(op->rows(), op->cols())), z);
  doings.put(z);
}

void ask_loss(const Subject& subject, Doings& doings) {
  const auto [bench, loss] = made<Loss>(subject);
  const Vec& y = bench->problem->data;
  for (const Real size : {1e-3, 0.1, 1.0, 10.0, 1e3}) {
    const Vec z = y + size * random_vector(1, y.n_elem);
    Vec slope(y.n_elem, arma::fill::zeros);
    doings.put(loss->evaluate(0, {z.memptr(), z.n_elem}, {y.memptr(), y.n_elem}, {slope.memptr(), y.n_elem}));
    doings.put(slope);
    doings.attempt([&, &of = *loss] {
      of.curvature(0, {z.memptr(), z.n_elem}, {y.memptr(), y.n_elem}, {slope.memptr(), y.n_elem});
      doings.put(slope);
    });
  }
}

void ask_model(const Subject& subject, Doings& doings) {
  const auto [bench, model] = made<FactorizationModel>(subject);
  const Factors point = random_point(1, model->blocks());
  LowRank X;
  model->expand(point, X);
  doings.put(X);
  doings.put(model->from_svd(svd(X)));
  ask_space(*model, doings);
}

void ask_problem(const Subject& subject, Doings& doings) {
  const auto [bench, problem] = made_for<Problem>(subject, Shape{});
  for (const Real size : {0.5, 20.0}) {
    LaneSetup given;
    given.objective = std::make_shared<ProblemObjective>(problem, "the problem");
    given.start = random_point(1, problem->blocks());
    scale(given.start, size);
    given.optimizer = std::make_shared<const parts::Downhill>();
    given.step_size = std::make_shared<const parts::Fixed>(1e-3);
    given.watches = {{observer_of(problem), {}, true, "the problem"}};
    given.stop.iterations = 5;
    doings.put(*parts::run(std::move(given)));
  }
  ask_space(*problem, doings);
}

void ask_optimizer(const Subject& subject, Doings& doings) {
  run_everywhere<Optimizer>(subject, doings,
                            [](const Bench& bench, std::shared_ptr<const Optimizer> optimizer, LaneSetup& given) {
                              given.optimizer = std::move(optimizer);
                              if (!bench.maker->takes_step_size()) given.step_size = nullptr;
                            });
}

void ask_step_size(const Subject& subject, Doings& doings) {
  run_everywhere<StepSize>(subject, doings, [](const Bench&, std::shared_ptr<const StepSize> rule, LaneSetup& given) {
    given.step_size = std::move(rule);
  });
}

void ask_observer(const Subject& subject, Doings& doings) {
  run_everywhere<Observer>(subject, doings,
                           [](const Bench&, std::shared_ptr<const Observer> observer, LaneSetup& given) {
                             given.watches = {{std::move(observer), {}, true}};
                           });
}

void ask_around(const Subject& subject, Doings& doings) {
  const std::string kind = subject.kind();
  if (kind == Initialization::kind)
    make_everywhere<Initialization>(subject, doings,
                                    [&](const Bench&, const Initialization& start) { doings.put(start.start()); });
  if (kind == Target::kind)
    make_everywhere<Target>(subject, doings, [&](const Bench&, const Target& target) {
      doings.put(target.matrix().dense());
      doings.put(static_cast<Real>(target.rank()));
    });
  if (kind == Noise::kind)
    make_everywhere<Noise>(subject, doings, [&](const Bench& bench, const Noise& noise) {
      if (!bench.is_sensing()) return;
      const Vec& exact = bench.problem->data;
      Vec data = exact;
      noise.disturb(0, bench.problem->signal, {exact.memptr(), exact.n_elem}, {data.memptr(), data.n_elem});
      doings.put(data);
    });
  if (kind == Penalty::kind)
    make_everywhere<Penalty>(subject, doings, [&](const Bench& bench, const Penalty& penalty) {
      if (!bench.is_sensing()) return;
      const LowRank X = random_pair(5, bench.shape, 3);
      LowRank gradient{0 * X.left, 0 * X.right};
      doings.put(penalty.add(X, &gradient));
      doings.put(gradient);
    });
  if (kind == Perturbation::kind)
    make_everywhere<Perturbation>(subject, doings, [&](const Bench&, const Perturbation& perturbation) {
      for (const Index iteration : {0U, 1U, 2U, 3U, 1000U}) doings.put(perturbation.matrix(iteration));
    });
  if (kind == Projection::kind)
    make_everywhere<Projection>(subject, doings, [&](const Bench& bench, const Projection& projection) {
      for (const Real size : {0.01, 1.0, 100.0}) {
        Factors point = random_point(1, bench.is_sensing() ? bench.model->blocks() : bench.regression->blocks());
        scale(point, size);
        if (size == 1) point[0] *= 10;  // uneven, too
        projection.project(point);
        doings.put(point);
      }
    });
}

std::string doings_of(const Subject& subject) {
  static const std::map<std::string, void (*)(const Subject&, Doings&)> asks = {
      {MeasurementOperator::kind, ask_operator},
      {Loss::kind, ask_loss},
      {FactorizationModel::kind, ask_model},
      {Problem::kind, ask_problem},
      {Optimizer::kind, ask_optimizer},
      {StepSize::kind, ask_step_size},
      {Observer::kind, ask_observer}};
  const auto found = asks.find(subject.kind());
  Doings doings;
  doings.attempt([&] { (found == asks.end() ? ask_around : found->second)(subject, doings); });
  return doings.bytes();
}

/// Other values of a parameter than the one that it has.
std::vector<std::string> other_values(const Bench& bench, const Parameter& parameter) {
  if (parameter.is_file) return {};
  if (!parameter.choices.empty()) return parameter.choices;
  std::vector<std::string> values = {"true", "false", "0.5",  "3",   "0.25", "2",     "11",
                                     "1",    "0",     "1e-3", "1e3", "-2",   "[0.5]", "[3]"};
  std::erase_if(values, [&](const std::string& value) {
    return value == bench.setting(parameter.name) || parameter.assign(parse_yaml(value, "another value"));
  });
  return values;
}

/// Variants in which one other number is another one, too: a spectrum is none until the condition is above 1.
std::vector<Variant> with_other_numbers(const Bench& bench, const Parameter& parameter) {
  std::vector<Variant> all;
  for (const Parameter& other : bench.parameters.all()) {
    if (other.name == parameter.name || !other.choices.empty()) continue;
    const std::vector<std::string> values = other_values(bench, other);
    for (std::size_t i = 0; i < values.size() && i < 3; ++i) all.push_back({{{other.name, values[i]}}});
  }
  return all;
}

}  // namespace

void check_parameters_are_read(const Subject& subject, const std::vector<Variant>& variants,
                               const std::function<void(const Variant&)>& announce, Report& report) {
  Subject there = subject;
  const auto doings_there = [&] {
    announce(there.variant);
    return doings_of(there);
  };
  std::map<std::string, std::string> known;  // what it does in each variant
  const auto is_read_in = [&](const std::vector<Variant>& all, const std::string& name,
                              const std::vector<std::string>& values) {
    for (const Variant& variant : all) {
      there.variant = variant;
      std::string& plain = known[variant.text()];
      if (plain.empty()) plain = doings_there();
      for (const std::string& value : values) {
        there.variant = variant;
        there.variant.settings.emplace_back(name, value);
        if (doings_there() != plain) return true;
      }
    }
    return false;
  };
  const Bench bench(subject, subject.kind() == Problem::kind ? Shape{} : ConformanceProblem::oblong);
  for (const Parameter& parameter : bench.parameters.all()) {
    std::vector<std::string> values = other_values(bench, parameter);
    if (!values.empty() && parameter.choices.empty() && parameter.type == "text") continue;
    if (values.empty() || is_read_in(variants, parameter.name, values) ||
        is_read_in(with_other_numbers(bench, parameter), parameter.name, values))
      continue;
    const std::string text = fmt::format("the parameter {} changes nothing here, whatever its value ({}): is it read?",
                                         parameter.name, fmt::join(values, ", "));
    // A choice may be between ways to the same numbers; and what came with the program has tests of its own.
    if (!parameter.choices.empty() || Catalog::is_installed(subject.library.file()))
      report.remark(text);
    else
      report.add(text);
  }
}

}  // namespace tightrope::conformance
