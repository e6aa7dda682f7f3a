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

/// Parameters that have another value than in the sample; none in the first of all variants.
struct Variant {
  std::vector<std::pair<std::string, std::string>> settings;
  bool is_sample() const { return settings.empty(); }
  std::string text() const {
    std::string text;
    for (const auto& [parameter, value] : settings) text += (text.empty() ? "" : ", ") + parameter + ": " + value;
    return is_sample() ? "as in the sample" : text;
  }
};

/// How large the problem is that a plugin is tried on; a model and an operator of its own take theirs from it, too.
struct Sizes {
  Index measurements = ConformanceProblem::measurements, rank = ConformanceProblem::rank;
  bool are_usual() const {
    return measurements == ConformanceProblem::measurements && rank == ConformanceProblem::rank;
  }
};

struct Subject {
  const Library& library;
  const Node& sample;
  Variant variant;
  Sizes sizes;
  std::string kind() const { return library.manifest().kind; }
};

/// Gathers what is found.
class Report {
 public:
  /// `may_allocate`: the plugin is in a language that does so all the time.
  Report(std::function<void(const Answer&)> answered, bool may_allocate)
      : answered_(std::move(answered)), may_allocate_(may_allocate) {}
  bool may_allocate() const { return may_allocate_; }

  /// Calls a check. What it throws is a fault, too, unless a variant other than the sample is refused. Answers whether
  /// it came to its end.
  template <class Body>
  bool ask(const Variant& variant, const std::string& check, const Body& body) {
    answer_ = {variant.text(), check, {}, {}, {}, "", false};
    left_out_ = 0;
    where_.clear();
    bool ended = false;
    try {
      body();
      ended = true;
    } catch (const Stop&) {
    } catch (const Unsuitable& reason) {
      if (variant.is_sample())
        broken(reason.what());
      else
        answer_.refused = reason.what();
    } catch (const std::exception& error) {
      broken(error.what());
    } catch (...) {
      broken("it threw something that is no exception");
    }
    finish();
    return ended;
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
  void remark(const std::string& message) { answer_.remarks.push_back(message); }
  /// Asks in a place of its own, which its faults name. To be refused there is none.
  template <class Body>
  void at(const std::string& where, const Body& body) {
    where_ = where + ": ";
    try {
      body();
    } catch (const Stop&) {
    } catch (const Unsuitable&) {
    } catch (const tightrope::Error& error) {
      if (error.code() != Exit::config) add(error.what());
    } catch (const std::exception& error) {
      add(error.what());
    }
    where_.clear();
  }
  /// Keeps a number; of several of one name the largest.
  void measure(const std::string& what, Real value, const std::string& expected = "");

 private:
  struct Stop {};
  void broken(const std::string& message) {
    answer_.broke = true;
    add(message);
  }
  void finish();

  std::function<void(const Answer&)> answered_;
  bool may_allocate_;
  Answer answer_;
  std::string where_;
  int left_out_ = 0;
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
  Sizes sizes;
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
  std::string data_file(const std::string& kind, bool lists_entries) const;

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

/// Asks where shapes are at an edge: few measurements, rank 1, more rows than columns and the other way round, one row
/// or column. A plugin may refuse a place (Unsuitable); what else it throws is a fault of that place.
template <class Body>
void at_edges(const Subject& subject, Report& report, const Body& body) {
  struct Edge {
    Shape shape;
    Sizes sizes;
  };
  for (const Edge& edge : {Edge{{9, 7}, {3, 1}}, Edge{{7, 9}, {120, 1}}, Edge{{7, 9}, {5, 3}}, Edge{{8, 8}, {65, 1}},
                           Edge{{6, 1}, {4, 1}}, Edge{{1, 6}, {4, 1}}, Edge{{1, 1}, {1, 1}}}) {
    Subject there = subject;
    there.sizes = edge.sizes;
    report.at(fmt::format("for a {} × {} matrix of rank {} and {} measurements", edge.shape.rows, edge.shape.cols,
                          edge.sizes.rank, edge.sizes.measurements),
              [&] { body(there, edge.shape); });
  }
}

struct Check {
  const char* name;
  void (*ask)(const Subject& subject, Report& report);
  bool is_quick = false;  // asked of plugins from outside before their first use
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

/// Of two runs that should be the same: point, iteration and trace.
void require_same_bits(const Lane& one, const Lane& other, Report& report, const char* text);

/// What a trace asks of the columns of one observer, method or problem.
void check_columns(const std::vector<Column>& columns, Report& report);
/// The same, and that the run has written each of them, with numbers.
void check_columns(const std::vector<Column>& columns, const Trace& trace, Report& report);
/// Of a method or a rule that may be done before the limit, but may not fail or diverge.
void require_sound_end(const Lane& lane, Report& report);
/// A run on the problem that is not sensing, to be completed by an optimizer and a step size.
LaneSetup lane_on_regression(const Bench& bench);
/// A part of a run remembers nothing but in Memory, and computes the same with any number of threads: `lane` makes a
/// run with it.
template <class Interface>
void check_same_run_again(const Subject& subject, Report& report,
                          LaneSetup (*lane)(const Bench&, std::shared_ptr<const Interface>)) {
  const auto first = made<Interface>(subject), fresh = made<Interface>(subject), four = made<Interface>(subject, 4);
  const auto run = parts::run(lane(*first.bench, first.plugin));
  require_same_bits(*parts::run(lane(*fresh.bench, fresh.plugin)), *run, report,
                    "a new object that does the same run gets other bits: it is not deterministic, or objects share "
                    "something (a static variable)");
  require_same_bits(*parts::run(lane(*first.bench, first.plugin)), *run, report,
                    "the same run twice with one object gives other bits: it is not deterministic, or remembers "
                    "something outside of Memory (in a member, or a static variable)");
  require_same_bits(*parts::run(lane(*four.bench, four.plugin)), *run, report,
                    "with four threads a run gets other bits than with one");
}

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

/// What is wrong with a matrix that should be another one, and where most: "it is 2 times what it should be; the
/// largest deviation is in row 2, column 3: 0.62 instead of 0.31". Empty if they agree to the tolerance, relative to
/// `expected`.
std::string difference(const Mat& found, const Mat& expected, Real tolerance);

using Function = std::function<Real(const Factors&)>;
struct GradientTrial {
  Real slope = 2;     // of the Taylor remainder
  std::string wrong;  // how the gradient contradicts values of the function, with the cause; empty if it does not
};
/// By the slope of the Taylor remainder for steps of at most `from`, and by differences along each block.
GradientTrial try_gradient(const Function& f, const Factors& point, const Factors& gradient,
                           const std::vector<Block>& blocks, Real from = 1e-2);
/// The same as measurement and fault of a report. `whose`: "the gradient of the penalty".
void expect_gradient(Report& report, const std::string& whose, const GradientTrial& trial);

/// What a call costs that is made again and again: time, and allocations. Of these losses and models may make none; of
/// others they are remarked, since decompositions and solves cannot do without.
enum class Allocating { is_wrong, is_remarked };
void check_allocations_of(Report& report, const std::string& call, Allocating allocating,
                          const std::function<void()>& once);

}  // namespace tightrope::conformance
