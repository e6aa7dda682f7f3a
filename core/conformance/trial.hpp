// A plugin on trial: its parameters, the known parts around it, and what is found.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/conformance/conformance.hpp"
#include "core/conformance/parts.hpp"
#include "core/plugin/catalog.hpp"

namespace tightrope::conformance {

/// A parameter that has another value than in the sample; none in the first of all variants.
struct Variant {
  std::string parameter, value;
  bool is_sample() const { return parameter.empty(); }
  std::string text() const { return is_sample() ? "as in the sample" : parameter + ": " + value; }
};

struct Subject {
  const Library& library;
  const SampleOf& sample;
  Variant variant;
  std::string kind() const { return library.manifest().kind; }
};

/// Gathers what is found.
class Report {
 public:
  explicit Report(std::vector<Finding>& findings) : findings_(findings) {}

  /// Calls a check. What it throws is found, too, unless a variant other than the sample is refused. Answers whether it
  /// came to its end.
  template <class Body>
  bool ask(const Variant& variant, const std::string& check, const Body& body) {
    begin(variant, check);
    try {
      body();
      return true;
    } catch (const Stop&) {
    } catch (const Unsuitable& reason) {
      if (variant.is_sample()) add(reason.what());
    } catch (const std::exception& error) {
      add(error.what());
    } catch (...) {
      add("it threw something that is no exception");
    }
    return false;
  }

  template <class... Values>
  bool expect(bool holds, fmt::format_string<Values...> text, Values&&... values) {
    if (!holds) add(fmt::format(text, std::forward<Values>(values)...));
    return holds;
  }
  /// Leaves the check if it does not hold.
  template <class... Values>
  void require(bool holds, fmt::format_string<Values...> text, Values&&... values) {
    if (!expect(holds, text, std::forward<Values>(values)...)) throw Stop();
  }
  void add(const std::string& message);

 private:
  struct Stop {};
  void begin(const Variant& variant, const std::string& check);

  std::vector<Finding>& findings_;
  std::string variant_, check_;
  int found_ = 0;
};

/// A plugin among known parts, of which it is shown those that exist when one of its kind is made in a run.
class Bench {
 public:
  /// A shape without entries stands for a problem that is not sensing.
  explicit Bench(const Subject& subject, Shape shape = ConformanceProblem::oblong, unsigned threads = 1,
                 std::uint64_t seed = 1);
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  template <class Interface>
  std::shared_ptr<const Interface> make() const {
    auto made = make_component<Interface>(library, *maker, context);
    if (!made) throw tightrope::Error(Exit::plugin, "it made an object of another kind than its own");
    return made;
  }
  bool is_sensing() const { return shape.entries() > 0; }
  /// The value of a parameter as text; empty if the plugin has none of that name.
  std::string setting(const std::string& name) const;
  /// From now on the matrix to recover is that of `start`: f and its gradient are zero there.
  void explain_start();
  /// 25 iterations of Downhill with a fixed step of 0.2, from `start`.
  LaneSetup lane() const;

  Shape shape;
  Context context;
  std::shared_ptr<const parts::HalfSquare> loss = std::make_shared<const parts::HalfSquare>();
  std::shared_ptr<const SensingProblem> problem;  // null if it is not sensing
  std::shared_ptr<const CheckedModel> model;      // of `problem`
  std::shared_ptr<const parts::LinearRegression> regression = std::make_shared<const parts::LinearRegression>();
  Factors start;  // a small random point of the model, or of the regression
  const Library& library;
  std::unique_ptr<Maker> maker;
  Parameters parameters;  // bound to the maker's variables

 private:
  void make_problem();
  void measure(LowRank X, Index rank);
  void show_parts(const std::string& kind);
  void read_parameters(const Subject& subject);

  std::shared_ptr<SensingProblem> problem_;
  Counters counters_;
  std::unique_ptr<CountedSensing> sensing_;
};

template <class Interface>
struct Made {
  std::unique_ptr<Bench> bench;
  std::shared_ptr<const Interface> plugin;
};

template <class Interface>
Made<Interface> made_for(const Subject& subject, Shape shape, unsigned threads = 1, std::uint64_t seed = 1) {
  Made<Interface> result{std::make_unique<Bench>(subject, shape, threads, seed), nullptr};
  result.plugin = result.bench->template make<Interface>();
  return result;
}

/// Made for an oblong problem or, where the plugin refuses that, for a square one.
template <class Interface>
Made<Interface> made(const Subject& subject, unsigned threads = 1, std::uint64_t seed = 1) {
  try {
    return made_for<Interface>(subject, ConformanceProblem::oblong, threads, seed);
  } catch (const Unsuitable&) {
    return made_for<Interface>(subject, ConformanceProblem::square, threads, seed);
  }
}

/// Made for a problem that is not sensing; nothing, where the plugin, or what it reads, does not fit that.
template <class Interface>
std::optional<Made<Interface>> made_for_regression(const Subject& subject) {
  try {
    return made_for<Interface>(subject, Shape{});
  } catch (const tightrope::Error& refusal) {
    if (refusal.code() != Exit::config) throw;
    return std::nullopt;
  }
}

struct Check {
  const char* name;
  void (*ask)(const Subject& subject, Report& report);
};
using Checks = std::vector<Check>;

Checks operator_checks();
Checks row_checks();  // of operators, too
Checks loss_checks();
Checks model_checks();
Checks problem_checks();
Checks optimizer_checks();
Checks step_size_checks();
Checks observer_checks();
Checks initialization_checks();
Checks target_checks();
Checks noise_checks();
Checks penalty_checks();
Checks perturbation_checks();
Checks projection_checks();

/// Of models and problems.
void check_penalty(const Space& space, Report& report);
void check_metric(const Space& space, Report& report);
void check_moves(const Space& space, Report& report);
void check_start(const Space& space, Report& report);

/// What a trace asks of the columns of one observer, method or problem.
void check_columns(const std::vector<Column>& columns, Report& report);

// --- Numbers ---

LowRank random_pair(std::uint64_t seed, Shape shape, Index rank);
Factors random_point(std::uint64_t seed, const std::vector<Block>& blocks);
Vec random_vector(std::uint64_t seed, Index size);

/// Whether two matrices agree but for rounding: ‖a − b‖ ≤ tolerance·size.
bool agree(const Mat& a, const Mat& b, Real tolerance, Real size);
bool agree(const Mat& a, const Mat& b, Real tolerance = 1e-12);  // against ‖b‖

/// Least-squares slope of log|remainder(h)| against log h, for h = from, from/2, … down to `to`. Remainders of at most
/// `rounding` are left out; 2 if fewer than three are left: a Taylor remainder that vanishes is in order.
template <class Remainder>
Real slope_of(const Remainder& remainder, Real from, Real to, Real rounding) {
  std::vector<Real> x, y;
  for (Real h = from; h > to; h /= 2) {
    const Real size = std::abs(remainder(h));
    if (size <= rounding) continue;
    x.push_back(std::log(h));
    y.push_back(std::log(size));
  }
  if (x.size() < 3) return 2;
  const Vec centred = Vec(x) - arma::mean(Vec(x));
  return arma::dot(centred, Vec(y)) / arma::dot(centred, centred);
}

using Function = std::function<Real(const Factors&)>;
/// How a gradient at a point contradicts values of the function: by the slope of its Taylor remainder for steps of at
/// most `from`, or by differences along one block. Empty if it does not.
std::string wrong_gradient(const Function& f, const Factors& point, const Factors& gradient,
                           const std::vector<Block>& blocks, Real from = 1e-2);

}  // namespace tightrope::conformance
