// tightrope verify: whether what is stored is what was written, and whether it comes out again.
#include <fmt/format.h>

#include <iostream>
#include <numeric>

#include "core/cli/verb.hpp"
#include "core/engine/engine.hpp"
#include "core/store/files.hpp"
#include "core/store/verify.hpp"

namespace tightrope::cli {

namespace {

namespace fs = std::filesystem;

/// The part of the cells that is run again: "5%" or a number of cells.
std::size_t sample_size(const Call& call, std::size_t cells) {
  std::string text = call.get<std::string>("sample");
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.pop_back();
  const auto value = to_real(Node::make_scalar(text, {}));
  if (!value || *value < 0 || (percent && *value > 100))
    throw Error(Exit::config, fmt::format("--sample must be a part such as 5% or a number of runs, but it is '{}'",
                                          call.get<std::string>("sample")));
  const double wanted = percent ? std::ceil(*value / 100 * static_cast<double>(cells)) : *value;
  return std::min(cells, static_cast<std::size_t>(wanted));
}

/// Runs a stored cell again from its start. Empty if the bytes are the same, else the file that differs and how.
std::string replay(const StoredCell& stored, const Catalog& catalog, const std::shared_ptr<const Team>& team) {
  Experiment experiment = resolve_again(stored, catalog);
  if (experiment.cells.front().key != stored.key)
    return fmt::format("{} cannot be run again: a plugin, a data file or this program is not the one it was made with",
                       stored.folder.string());
  auto lanes = build_lanes(experiment, team);
  Engine().run(lanes);
  const Lane& lane = *lanes.front();
  if (lane.trace().csv() != read_file(stored.folder / "trace.csv"))
    return (stored.folder / "trace.csv").string() + " does not come out again: the trace of a new run differs";
  if (lane.state() != read_file(stored.folder / "state.bin"))
    return (stored.folder / "state.bin").string() + " does not come out again: the end of a new run differs";
  for (Index b = 0; b < stored.factors.size(); ++b)
    if (!arma::approx_equal(lane.iterate().point[b], stored.factors[b].values, "absdiff", 0))
      return (stored.folder / "final.npz").string() + " does not come out again: the factors of a new run differ";
  return "";
}

Exit verify(const Call& call) {
  const fs::path folder = call.positional[0];
  std::size_t checked = 0;
  const std::vector<Damage> damages = check_digests(folder, checked);
  for (const Damage& damage : damages) std::cerr << "tightrope: error: " << damage.what << "\n";
  if (!damages.empty()) return Exit::integrity;

  const StoredRun run = read_run(folder);
  const std::size_t sample = sample_size(call, run.cells.size());
  bool same = true;
  const Catalog catalog = make_catalog(call);
  const auto team = make_team(call);
  for (std::size_t i = 0; i < sample; ++i) {
    // Evenly over the study: nobody can know beforehand which ones, and everybody gets the same ones.
    const StoredCell& cell = run.cells[i * run.cells.size() / sample];
    if (cell.end.end_class == EndClass::limit && !cell.spec.find("stop")->find("iterations")) continue;
    const std::string difference = replay(cell, catalog, team);
    if (difference.empty()) continue;
    same = false;
    std::cerr << "tightrope: error: " << difference << "\n";
  }
  if (!call.quiet && same)
    std::cout << fmt::format("{}: {} intact, {} run again with the same bits\n", run.name, checked, sample);
  return same ? Exit::ok : Exit::integrity;
}

}  // namespace

Verb verify_verb() {
  return {"verify",
          "RUN",
          "check every byte of a stored run, and run a sample of it again",
          "Exit code 4 if a file is not what was written, or a run does not come out again bit by bit.",
          [](po::options_description& options) {
            options.add_options()("sample", po::value<std::string>()->value_name("PART")->default_value("5%"),
                                  "how many of the runs to run again: 5%, 100%, or a number; 0 for none");
            declare_plugin_options(options);
            declare_thread_option(options);
          },
          {},
          1,
          1,
          verify};
}

}  // namespace tightrope::cli
