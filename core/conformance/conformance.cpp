#include "core/conformance/conformance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "core/conformance/process/functions.hpp"
#include "core/conformance/trial.hpp"
#include "core/conformance/unread.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/target.hpp"
#include "core/plugin/script.hpp"
#include "core/tree/yaml/yaml.hpp"

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

/// The sample; it with each other value of each parameter that has few; it with a weight of 0.5 in the place of each
/// that is 0 or left out, which hides what it weighs; and with both.
std::vector<Variant> variants_of(const Bench& bench) {
  std::vector<Variant> all = {{}}, weighted;
  for (const Parameter& parameter : bench.parameters.all()) {
    const std::string current = bench.setting(parameter.name);
    std::vector<std::string> values = parameter.choices;
    if (parameter.type == "true or false") values = {"true", "false"};
    for (const std::string& value : values)
      if (value != current) all.push_back({{{parameter.name, value}}});
    const bool may_be_weight = parameter.range.starts_with("at least 0") || parameter.range.starts_with("above 0") ||
                               parameter.range.starts_with("between 0");
    const bool is_open = !parameter.is_required && (current.empty() || current == "0");
    if (parameter.type == "number" && may_be_weight && is_open && !parameter.assign(parse_yaml("0.5", "a weight")))
      weighted.push_back({{{parameter.name, "0.5"}}});
  }
  const std::vector<Variant> plain = all;
  for (const Variant& weight : weighted)
    for (const Variant& other : plain) {
      all.push_back(other);
      all.back().settings.insert(all.back().settings.end(), weight.settings.begin(), weight.settings.end());
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

/// Each parameter is a variable of its own.
void check_bindings(const Parameters& parameters, Report& report) {
  const auto texts = [&] {
    std::vector<std::string> all;
    for (const Parameter& parameter : parameters.all()) all.push_back(tightrope::to_json(parameter.current()));
    return all;
  };
  for (std::size_t p = 0; p < parameters.all().size(); ++p) {
    const Parameter& parameter = parameters.all()[p];
    if (parameter.is_file) continue;
    std::vector<std::string> values = parameter.choices;
    for (const char* value : {"true", "false", "0.5", "3", "0.25", "11", "-2", "[0.5]", "[3]"}) values.push_back(value);
    const std::vector<std::string> before = texts();
    const auto other = std::find_if(values.begin(), values.end(), [&](const std::string& value) {
      return value != parameter.current().scalar && !parameter.assign(parse_yaml(value, "another value"));
    });
    if (other == values.end()) continue;
    const std::vector<std::string> after = texts();
    report.expect(after[p] != before[p], "the parameter {} keeps its value when it is set to {}", parameter.name,
                  *other);
    for (std::size_t q = 0; q < after.size(); ++q)
      report.expect(q == p || after[q] == before[q], "setting the parameter {} changes {}: they share a variable",
                    parameter.name, parameters.all()[q].name);
  }
}

void check_declaration(const Subject& subject, Report& report) {
  const Manifest& manifest = subject.library.manifest();
  report.expect(!checks_of(manifest.kind).empty(), "'{}' is no kind of plugin", manifest.kind);
  report.expect(subject.library.file().stem() == manifest.name,
                "it calls itself '{}', but its file is {}: a run finds it by the name of its file", manifest.name,
                subject.library.file().filename().string());
  report.expect(std::string(manifest.summary).size() > 0, "it has no summary, the line that `list` shows");
  const auto maker = make_maker(subject.library);
  Parameters parameters;
  declare_parameters(subject.library, *maker, parameters);
  report.measure("parameters", static_cast<Real>(parameters.all().size()));
  std::set<std::string> names;
  for (const Parameter& parameter : parameters.all()) {
    const std::string& name = parameter.name;
    report.expect(!name.empty(), "a parameter has no name");
    report.expect(name != "type", "a parameter is called 'type', which chooses the plugin");
    report.expect(names.insert(name).second, "there are two parameters of the name {}", name);
    report.expect(!parameter.doc.empty(), "the parameter {} has no line of documentation", name);
    if (!parameter.is_required && !parameter.default_text.empty())
      if (const auto complaint = parameter.assign(parameter.current()))
        report.expect(false, "the default of the parameter {}, {}, is not one of its values: it {}", name,
                      parameter.default_text, *complaint);
    if (!parameter.example_text.empty())
      if (const auto complaint = parameter.assign(parse_yaml(parameter.example_text, "an example")))
        report.expect(false, "the example of the parameter {}, {}, is not one of its values: it {}", name,
                      parameter.example_text, *complaint);
    const std::set<std::string> choices(parameter.choices.begin(), parameter.choices.end());
    report.expect(choices.size() == parameter.choices.size(), "the parameter {} has the same choice twice", name);
  }
  check_bindings(parameters, report);
  for (const std::string& source : undetermined_sources(subject.library.file())) report.add(source);
}

}  // namespace

}  // namespace conformance

std::string Measurement::text() const {
  const std::string number =
      value == std::round(value) && std::abs(value) < 1e6 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
  return fmt::format("{} {}{}", what, number, expected.empty() ? "" : " (" + expected + ")");
}

void examine(const Library& library, const Node& sample, const Examination& examination) {
  using namespace conformance;
  std::size_t question = 0;
  Report report(
      [&](const Answer& answer) {
        if (examination.answered) examination.answered(answer);
      },
      is_script(library.file()));
  Subject subject{library, sample, {}, {}};
  const int rounding = std::fegetround();
  const std::filesystem::path folder = std::filesystem::current_path();
  // Whether it came to its end; what was asked before is not asked again.
  const auto ask = [&](const char* name, std::size_t next, const auto& body) {
    const std::size_t own = question++;
    if (own < examination.first) return true;
    if (examination.asked) examination.asked(next, subject.variant.text(), name);
    return report.ask(subject.variant, name, [&] {
      body();
      volatile Real small = std::numeric_limits<Real>::min();
      report.expect(std::fegetround() == rounding && small / 2 > 0,
                    "it changes how this process rounds, and so the bits of everything else");
      report.expect(std::filesystem::current_path() == folder, "it changes the current folder of this process");
    });
  };
  if (!examination.quick) ask("declaration", question + 1, [&] { check_declaration(subject, report); });
  if (!examination.quick) {
    const char* const name = "every parameter changes something";
    const std::size_t next = question + 1;
    ask(name, next, [&] {
      check_parameters_are_read(
          subject, variants_of(Bench(subject, subject.kind() == "problems" ? Shape{} : ConformanceProblem::oblong)),
          [&](const Variant& variant) {
            if (examination.asked) examination.asked(next, variant.text(), name);
          },
          report);
    });
  }
  Checks checks = checks_of(subject.kind());
  if (examination.quick) std::erase_if(checks, [](const Check& check) { return !check.is_quick; });
  std::vector<Variant> variants = {{}};
  for (std::size_t v = 0; v < variants.size(); ++v) {
    subject.variant = variants[v];
    const std::size_t after = question + 1 + checks.size();
    bool is_made = true;
    if (after > examination.first)
      is_made = ask("construction", after, [&] { make_somewhere(subject); });
    else
      question = after;  // all of it was asked before
    if (question < after && is_made)
      for (const Check& check : checks) ask(check.name, question + 1, [&] { check.ask(subject, report); });
    question = after;
    if (v > 0 || examination.quick || !is_made) continue;
    variants = variants_of(Bench(subject, subject.kind() == "problems" ? Shape{} : ConformanceProblem::oblong));
  }
}

std::vector<Answer> check_conformance(const Library& library, const Node& sample) {
  std::vector<Answer> answers;
  Examination examination;
  examination.answered = [&](const Answer& answer) { answers.push_back(answer); };
  examine(library, sample, examination);
  return answers;
}

}  // namespace tightrope
