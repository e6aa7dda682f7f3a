// Runs as the store has them on disk, made in a test and changed there.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/digest.hpp"
#include "core/store/cells/cell.hpp"
#include "core/store/files/json.hpp"
#include "tests/support/experiment.hpp"
#include "tests/support/refusals.hpp"

namespace tightrope {

/// An experiment of a blink with its lanes, which have ended.
struct Runs {
  Experiment experiment;
  std::vector<std::unique_ptr<Lane>> lanes;
  explicit Runs(const std::vector<std::string>& settings = {}) {
    const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
    Node tree = parse_yaml(R"(
name: small
seed: 3
problem:
  shape: [6, 5]
  target: {type: random_low_rank, rank: 1}
  operator: {type: gaussian, measurements: 40}
model: {type: asymmetric, rank: 2}
initialization: {type: small_random, scale: 0.1}
optimizer: {type: gradient_descent, step: 0.2}
stop: {iterations: 3}
keep: smallest relative_error
observers: [relative_error, {imbalance: {every: 2}}]
)",
                           "small.yaml");
    for (const std::string& setting : settings) apply_assignment(tree, setting, "--set");
    experiment = resolve_experiment(tree, catalog);
    lanes = build_lanes(experiment, std::make_shared<const Team>(1));
    Engine().run(lanes);
  }
  const CellSpec& cell(std::size_t i = 0) const { return experiment.cells[i]; }
  void publish(const std::filesystem::path& out) const {
    std::vector<Finished> all;
    for (std::size_t i = 0; i < lanes.size(); ++i) all.push_back({&cell(i), lanes[i].get()});
    publish_cells(out, experiment.name, all);
  }
  static const Runs& plain() {
    static const Runs made;
    return made;
  }
};

/// A folder for results.
struct RunFolder : TemporaryFolder {
  RunFolder() {
    for (const char* folder : {"cells", "unfinished", "failed"}) std::filesystem::create_directory(path / folder);
  }
  std::filesystem::path cell(const Runs& runs) const { return path / "cells" / folder_name(runs.cell()); }
  std::vector<std::string> cells() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path / "cells"))
      names.push_back(entry.path().filename());
    return names;
  }
};

inline const std::vector<std::string> cell_file_names = {"record.json", "trace.csv",  "final.npz",
                                                         "state.bin",   "timing.csv", "provenance.json"};

/// Sums that fit whatever the cell holds now.
inline void write_sums(const std::filesystem::path& cell) {
  std::string sums;
  for (const std::string& name : cell_file_names) sums += sha256(bytes_of(cell / name)) + "  " + name + "\n";
  std::ofstream(cell / "SHA256SUMS", std::ios::binary) << sums;
}
/// Changes a JSON document of a cell, and the sums with it.
inline void change(const std::filesystem::path& cell, const std::string& file, const std::function<void(Json&)>& edit) {
  Json document = Json::parse(bytes_of(cell / file));
  edit(document);
  std::ofstream(cell / file, std::ios::binary) << pretty(document);
  write_sums(cell);
}
/// Changes run.json, and the digest in it.
inline void change_run(const std::filesystem::path& out, const std::function<void(Json&)>& edit) {
  Json document = Json::parse(bytes_of(out / "run.json"));
  document.erase("sha256");
  edit(document);
  document["sha256"] = sha256(pretty(document));
  std::ofstream(out / "run.json", std::ios::binary) << pretty(document);
}

}  // namespace tightrope
