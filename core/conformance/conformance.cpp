#include "core/conformance/conformance.hpp"

#include <algorithm>
#include <map>

#include "core/conformance/trial.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/target.hpp"
#include "core/tree/yaml.hpp"

namespace tightrope {

namespace conformance {

namespace {

Checks joined(Checks first, const Checks& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Checks checks_of(const std::string& kind) {
  static const std::map<std::string, Checks> checks = {
      {"operators", joined(operator_checks(), row_checks())},
      {"losses", loss_checks()},
      {"models", model_checks()},
      {"problems", problem_checks()},
      {"optimizers", optimizer_checks()},
      {"step_sizes", step_size_checks()},
      {"observers", observer_checks()},
      {"initializations", initialization_checks()},
      {"targets", target_checks()},
      {"noises", noise_checks()},
      {"penalties", penalty_checks()},
      {"perturbations", perturbation_checks()},
      {"projections", projection_checks()},
  };
  const auto found = checks.find(kind);
  return found == checks.end() ? Checks() : found->second;
}

/// The sample, and it with each other value of each parameter that has few.
std::vector<Variant> variants_of(const Bench& bench) {
  std::vector<Variant> all = {{}};
  for (const Parameter& parameter : bench.parameters.all()) {
    if (parameter.is_required) continue;
    const std::string current = bench.setting(parameter.name);
    std::vector<std::string> values = parameter.choices;
    if (parameter.type == "true or false") values = {"true", "false"};
    // A weight that is zero, or left out, hides what it weighs.
    const bool is_weight = parameter.range.starts_with("at least 0") || parameter.range.starts_with("above 0") ||
                           parameter.range.starts_with("between 0");
    if (parameter.type == "number" && is_weight && (current.empty() || current == "0") &&
        !parameter.assign(parse_yaml("0.5", "a weight")))
      values = {"0.5"};
    for (const std::string& value : values)
      if (value != current) all.push_back({parameter.name, value});
  }
  return all;
}

/// Refused by problems of every kind that there is here, it refuses the sample.
void make_somewhere(const Subject& subject) {
  const auto make = [&](Shape shape) {
    const Bench bench(subject, shape);
    make_any_component(bench.library, *bench.maker, bench.context);
  };
  try {
    return make(ConformanceProblem::oblong);
  } catch (const Unsuitable&) {
  }
  try {
    return make(ConformanceProblem::square);
  } catch (const Unsuitable&) {
  }
  make(Shape{});
}

}  // namespace

}  // namespace conformance

std::vector<Finding> check_conformance(const Library& library, const Node& sample) {
  return check_conformance(library, [&](Shape) { return sample; });
}

std::vector<Finding> check_conformance(const Library& library, const SampleOf& sample) {
  using namespace conformance;
  std::vector<Finding> findings;
  Report report(findings);
  Subject subject{library, sample, {}};
  std::vector<Variant> variants;
  report.ask(subject.variant, "its parameters are declared and documented", [&] {
    const Bench bench(subject, subject.kind() == "problems" ? Shape{} : ConformanceProblem::oblong);
    variants = variants_of(bench);
    for (const Parameter& parameter : bench.parameters.all())
      report.expect(!parameter.doc.empty(), "the parameter {} has no line of documentation", parameter.name);
  });
  const Checks checks = checks_of(subject.kind());
  for (const Variant& variant : variants) {
    subject.variant = variant;
    if (!report.ask(variant, "it can be made", [&] { make_somewhere(subject); })) continue;
    for (const Check& check : checks) report.ask(variant, check.name, [&] { check.ask(subject, report); });
  }
  return findings;
}

}  // namespace tightrope
