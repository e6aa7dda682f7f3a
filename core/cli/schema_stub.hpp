#pragma once
#include <vector>
#include <string>
#include <sstream>
#include "core/experiment/experiment.hpp"
namespace tightrope {
struct Section {
  std::string name;
  std::string text = {};
  std::vector<Parameter> parameters = {};
  std::string plugin = {};
  bool may_be_list = false;
  bool of_sensing = false;
  std::vector<Section> inside = {};
  bool of_cell = true;
};
inline std::vector<Section> make_sections() {
  std::map<std::string, SectionDoc> docs;
  for (SectionDoc& d : config_reference()) docs[d.name] = d;
  const auto own = [&](const char* n) { return docs[n].parameters; };
  const std::string one = docs["model, initialization, loss, optimizer"].text, opt = docs["perturbation, projection"].text;
  return {
    {"", docs["config"].text, own("config")},
    {"seeds", docs["seeds"].text, own("seeds")},
    {"problem", docs["problem"].text, own("problem"), "", false, false, {{"target","",{},"targets"},{"operator","",{},"operators"},{"noise","",{},"noises",true},{"hold_out",docs["problem.hold_out"].text,own("problem.hold_out")}}},
    {"model", one, {}, "models", false, true},
    {"initialization", one, {}, "initializations"},
    {"loss", one, {}, "losses", false, true},
    {"optimizer", one, {}, "optimizers", false, false, {{"step","",{},"step_sizes"}}},
    {"perturbation", opt, {}, "perturbations", false, true},
    {"projection", opt, {}, "projections"},
    {"batch", docs["batch"].text, own("batch")},
    {"keep", docs["keep"].text},
    {"observers", docs["observers"].text, own("observers"), "observers"},
    {"stop", docs["stop"].text, own("stop")},
    {"study", docs["study"].text, own("study"), "", false, false, {}, false},
    {"claims", "What must come out.", {}, "", false, false, {}, false}};
}
inline const std::vector<Section>& sections() { static const auto all = make_sections(); return all; }
struct StudyForm { std::string name, type, doc; };
inline const std::vector<StudyForm>& study_forms() { static const auto all = [] { std::vector<StudyForm> f; for (const Section& s : sections()) if (s.name == "study") for (auto& p : s.parameters) f.push_back({p.name, p.type, p.doc}); return f; }(); return all; }
struct ValueRange { std::string name; };
inline const std::vector<ValueRange>& value_ranges() { static const std::vector<ValueRange> all = {{"log"},{"linear"},{"integers"}}; return all; }
inline std::string range_examples() { return "log(1e-6, 1e-2, 5), linear(0.1, 1, 10) or integers(1, 8)"; }
constexpr std::size_t most_values = 100'000;
}
