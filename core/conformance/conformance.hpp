// What is asked of a plugin of each kind, whoever wrote it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"
#include "core/plugin/library.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

/// A number that a check has seen.
struct Measurement {
  std::string what;      // "relative error of ⟨A(X), z⟩ = ⟨X, A*(z)⟩"
  Real value = 0;        // of many, the worst
  std::string expected;  // "at most 1e-12"; empty: it is told, not judged
  std::string text() const;
};

/// One check, and what came of it.
struct Answer {
  std::string variant;  // of the plugin's parameters: "as in the sample", "reduction: mean"
  std::string check;    // what was asked: "adjoint identity"
  std::vector<Measurement> measured;
  std::vector<std::string> faults;   // what the plugin does and should not, each a sentence with its numbers
  std::vector<std::string> remarks;  // what could be better, though it breaks no promise
  std::string refused;               // why the plugin will not be made with this variant; then nothing was asked
  bool broke = false;                // it threw or ended its process: then nothing is known of the rest of the check
  bool is_good() const { return faults.empty(); }
};

/// Plugins are tried on a problem of the first shape or, if they refuse that, of the second: recover a matrix of five
/// singular values, two of which count as signal, from dense random measurements with a factorization of rank 3.
struct ConformanceProblem {
  static constexpr Shape oblong{9, 7}, square{8, 8};
  static constexpr Index measurements = 120, rank = 3;
};

/// Asks a plugin whether it keeps the contract of its kind.
///
/// `sample` is a map of parameters as in YAML; of those that it leaves out the examples of their declarations are
/// taken, and small files for data files that must be named. The plugin is tried with these parameters, and then with
/// each other value of each parameter that has few (choices, true or false), and with 0.5 in place of each number that
/// is 0, or left out, and may be more: one change at a time. Other values may ask for another problem than those tried
/// here and be refused (Unsuitable), the sample itself not.
///
/// What the plugin throws is a fault, whatever it is. A crash is one of the caller: nothing is done in a process of its
/// own (core/conformance/process/isolated.hpp). Parameters need a line of documentation, names of their own, and
/// defaults and examples that they accept.
///
/// - all: each number and truth value among the parameters changes something; no clock is read, and no random numbers
///   are taken but from the stream, as far as the symbols of a library and the text of a script say.
/// - operators: ⟨A(X), z⟩ = ⟨X, A*(z)⟩, linearity, every cheaper form against its definition; E‖A(X)‖² = ‖X‖², for X in
///   a row or a column alone, too, unless its parameter `normalization` is `none` (on symmetric matrices, if it cannot
///   see others); evaluate against forward, loss and pull_back; its bits whatever else is in the batch, for 1, 2 and 4
///   threads and four callers at a time; evaluate and forward over consecutive rows, which add up to the whole, give
///   the same predictions, and hand the loss the right indices; no memory is touched but what is lent (losses, too);
///   `along`; `reads`; restrictions, dense rows; entries().
/// - losses: the slope is the derivative at residuals and data of every scale (away from kinks), blocks add up, nothing
///   is paid for a perfect fit, if they are of residuals; separable ones look at no other measurement; a curvature,
///   where there is one, is the derivative of the slope and at least 0.
/// - models: f = ℓ(A(X(p))) + penalty has a gradient of Taylor slope 2, push_forward is the derivative of expand,
///   pull_back reads what sides() says and leaves unwanted blocks at zero, from_svd gives X back; semidefinite ones
///   are; and what is asked of a space.
/// - problems: the gradient has Taylor slope 2 (away from kinks), unwanted blocks stay at zero, parts of the samples
///   add up to the whole, columns are filled, gradient descent goes down; and what is asked of a space.
/// - spaces, of models and problems: the penalty has a gradient of Taylor slope 2 that is added to wanted blocks; the
///   metric is symmetric and positive and keeps blocks of zeros; retract leaves the point at a step of 0 and agrees
///   with p + μd to first order; transport is linear, and the identity from a point to itself; start() fits.
/// - optimizers: no move where the gradient is zero; 25 iterations of step size 0.2 (if it takes one) make f smaller;
///   as many evaluations in an iteration as phases() says; columns of its own are filled; another object goes on, in
///   the middle of an iteration, to the same bits, and so does one that has another run beside it; if it accepts a
///   problem that is not sensing, it goes down there, too.
/// - step sizes: a positive step along −∇f, or an end with a reason, never `failed`; something sensible at a zero
///   gradient, and along ∇f if it needs descent; 25 iterations make f smaller; another object goes on to the same bits;
///   methods that go block by block, and problems that are not sensing, may use it.
/// - observers: a run has the same bits with and without; columns have descriptions, names of their own, no theory
///   twice, and are defined at least once; a value is finite, or NaN for undefined; it depends on the snapshot alone;
///   estimates other than X, minibatches, outliers and partly known gradients are borne.
/// - initializations: points of the model's shapes, finite, decided by the stream alone, also in the space of a problem
///   if they accept it.
/// - targets: the shape of the problem (turned, if its parameter `transpose` is true), at least the rank they say.
/// - noises: decided by index, exact value, signal and stream, in whatever blocks (those that need all measurements at
///   once say so by Unsuitable); finite; added to what is there, if additive; outliers in increasing order, within
///   range, and really spoilt; another stream is another noise.
/// - penalties: a function of X, whatever pair it is given as, with a gradient of Taylor slope 2 that is added.
/// - perturbations: n1 × n2, finite, a pure function of the iteration.
/// - projections: shapes are kept, values finite, also of zeros and of deficient ranks; a projected point is a fixed
///   point to 1e-10.
///
///     const auto library = Library::open(file);
///     for (const Answer& answer : check_conformance(*library, parse_yaml("{beta: 0.5}", "the sample")))
///       for (const std::string& fault : answer.faults) std::cout << answer.check << ": " << fault << '\n';
std::vector<Answer> check_conformance(const Library& library, const Node& sample);

/// What is asked, and who hears of it.
struct Examination {
  bool quick = false;     // only what takes a fraction of a second: shapes, the adjoint identity, slopes, of the sample
  std::size_t first = 0;  // questions before this one are left out
  std::function<void(std::size_t question, const std::string& variant, const std::string& check)> asked;
  std::function<void(const Answer&)> answered;
};
void examine(const Library& library, const Node& sample, const Examination& examination);

}  // namespace tightrope
