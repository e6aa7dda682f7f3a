// tightrope verify: whether what is stored is what was written, and whether it comes out again.
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <iostream>

#include "core/cli/verb.hpp"
#include "core/engine/engine.hpp"
#include "core/store/cells/checkpoint.hpp"
#include "core/store/files/files.hpp"
#include "core/store/remake.hpp"
#include "core/store/verify.hpp"

namespace tightrope::cli {

namespace {

/// The part of the cells that is run again: "5%" or a number of cells.
std::size_t sample_size(const Call& call, std::size_t cells) {
  std::string text = call.text("sample");
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.pop_back();
  const auto value = to_real(Node::make_scalar(text, {}));
  if (!value || *value < 0 || (percent && *value > 100))
    throw Error(Exit::config, fmt::format("--sample must be a part such as 5% or a number of runs, but it is '{}'",
                                          call.text("sample")));
  const double wanted = percent ? std::ceil(*value / 100 * static_cast<double>(cells)) : *value;
  return std::min(cells, static_cast<std::size_t>(wanted));
}

/// Iterations of a run: from the first, through the last.
struct Window {
  Index first = 0, last = 0;
};

/// "400-600"
Window window_of(const Call& call) {
  const std::string text = call.text("window");
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto part = [&](std::size_t begin, std::size_t end) {
    return to_index(Node::make_scalar(text.substr(begin, end - begin), {}));
  };
  const auto first = part(0, dash);
  const auto last = part(std::min(dash + 1, text.size()), text.size());
  if (!first || !last || *first >= *last)
    throw Error(Exit::config,
                fmt::format("--window must be two iterations, the earlier one first, such as 400-600, but "
                            "it is '{}'",
                            text));
  return {*first, *last};
}

/// Also where numbers are not finite, which compare in ways of their own.
bool same_bytes(const Mat& a, const Mat& b) {
  return a.n_rows == b.n_rows && a.n_cols == b.n_cols &&
         (a.is_empty() || std::memcmp(a.memptr(), b.memptr(), a.n_elem * sizeof(Real)) == 0);
}

/// What of a run that was made again differs from the stored one in its end; empty if nothing does.
std::string end_differs(const Lane& lane, const StoredCell& stored) {
  if (lane.state() != read_file(stored.folder / "state.bin"))
    return (stored.folder / "state.bin").string() + " does not come out again: the end of a new run differs";
  const std::vector<NamedArray> arrays = final_arrays(lane);
  const auto same = [](const NamedArray& a, const NamedArray& b) {
    return a.name == b.name && same_bytes(a.values, b.values);
  };
  if (!std::equal(arrays.begin(), arrays.end(), stored.factors.begin(), stored.factors.end(), same))
    return (stored.folder / "final.npz").string() + " does not come out again: the factors of a new run differ";
  return "";
}

/// The latest state of a run that is stored and not behind an iteration: of a run with a smaller budget, or of one that
/// is in progress.
class Entrance {
 public:
  Entrance(const fs::path& out, const CellSpec& cell, const StoredCell& stored, Index latest) : cell_(cell) {
    for (const fs::path& folder : CellStore(out).all(cell))
      if (folder != stored.folder)
        consider([&, folder](Lane& lane) { continue_from(folder, cell_, lane); }, read_cell(folder).end.iteration,
                 latest);
  }
  /// With a lane to try them on: what a checkpoint holds is known when it has been taken up.
  void consider_checkpoints(const fs::path& out, Lane& lane, Index latest) {
    for (const fs::path& file : checkpoints_of(out, cell_)) {
      restore_checkpoint(file, cell_, lane);
      consider([&, file](Lane& other) { restore_checkpoint(file, cell_, other); }, lane.iterate().iteration, latest);
    }
  }
  Index iteration() const { return iteration_; }
  void take(Lane& lane) const {
    if (take_) take_(lane);
  }

 private:
  void consider(std::function<void(Lane&)> take, Index iteration, Index latest) {
    if (iteration > latest || iteration <= iteration_) return;
    take_ = std::move(take);
    iteration_ = iteration;
  }

  const CellSpec& cell_;
  std::function<void(Lane&)> take_;
  Index iteration_ = 0;
};

/// Runs a window of a stored cell again, from the nearest stored state before it; `from` is told which one. Empty if
/// the bits are the same.
std::string replay_window(const fs::path& out, const StoredCell& stored, Window window, const Catalog& catalog,
                          const std::shared_ptr<const Team>& team, Index& from) {
  Experiment experiment = remake_experiment(stored, catalog);
  CellSpec& cell = experiment.cells.front();
  const CellSpec whole = cell;
  const bool to_the_end = window.last >= stored.end.iteration;
  if (!to_the_end) {
    cell.stop.iterations = window.last;
    cell.stop.seconds.reset();
  }
  Entrance entrance(out, whole, stored, window.first);
  entrance.consider_checkpoints(out, *build_lanes(experiment, team).front(), window.first);
  auto lanes = build_lanes(experiment, team);
  Lane& lane = *lanes.front();
  entrance.take(lane);
  from = entrance.iteration();
  Engine().run(lanes);
  const std::string trace = (stored.folder / "trace.csv").string();
  for (std::size_t i = 0; i < stored.trace.rows.size(); ++i) {
    const std::vector<Real>& expected = stored.trace.rows[i];
    if (expected[0] > static_cast<Real>(window.last)) break;
    // Where the window ends, a new run records everything, and the stored one what was due.
    const bool is_last = !to_the_end && expected[0] == static_cast<Real>(window.last);
    bool same = i < lane.trace().rows.size();
    for (std::size_t c = 0; same && c < expected.size(); ++c) {
      const Real found = lane.trace().rows[i][c];
      same = found == expected[c] || (std::isnan(expected[c]) && (is_last || std::isnan(found)));
    }
    if (!same)
      return fmt::format("{} does not come out again: iteration {:.0f} of a new run differs", trace, expected[0]);
  }
  return to_the_end ? end_differs(lane, stored) : "";
}

/// Runs a stored cell again from its start. Empty if the bytes are the same, else the file that differs and how.
std::string replay(const StoredCell& stored, const Catalog& catalog, const std::shared_ptr<const Team>& team) {
  const Experiment experiment = remake_experiment(stored, catalog);
  auto lanes = build_lanes(experiment, team);
  Engine().run(lanes);
  const Lane& lane = *lanes.front();
  if (lane.trace().csv() != read_file(stored.folder / "trace.csv"))
    return (stored.folder / "trace.csv").string() + " does not come out again: the trace of a new run differs";
  return end_differs(lane, stored);
}

Exit verify(const Call& call) {
  const fs::path folder = call.positional[0];
  if (std::error_code ignored; !fs::exists(folder / "run.json", ignored) && !fs::exists(folder / "cells", ignored))
    read_run(folder);  // says what it is instead, unless it is a single run's folder
  std::size_t checked = 0;
  const std::vector<Damage> damages = check_digests(folder, checked);
  for (const Damage& damage : damages) std::cerr << "tightrope: error: " << damage.what << "\n";
  if (!damages.empty()) return Exit::integrity;

  const StoredRun run = read_run(folder);
  refuse_changed_data(run);
  const std::size_t sample = sample_size(call, run.cells.size());
  std::optional<Window> window;
  if (call.has("window")) window = window_of(call);
  const Catalog catalog = make_catalog(call);
  const auto team = make_team(call);
  std::size_t again = 0;
  bool same = true;
  Index earliest = 0, latest = 0;
  for (std::size_t i = 0; i < sample; ++i) {
    // Evenly over the study: nobody can know beforehand which ones, and everybody gets the same ones.
    const StoredCell& cell = run.cells[i * run.cells.size() / sample];
    const Node* const stop = cell.spec.find("stop");
    if (cell.end.end_class == EndClass::limit && !(stop && stop->find("iterations"))) continue;
    if (window && cell.end.iteration <= window->first) continue;
    std::string difference;
    Index from = 0;
    try {
      difference = window ? replay_window(folder, cell, *window, catalog, team, from) : replay(cell, catalog, team);
    } catch (const Error& error) {
      if (error.code() != Exit::integrity) throw;
      difference = error.what();
    }
    earliest = again == 0 ? from : std::min(earliest, from);
    latest = std::max(latest, from);
    ++again;
    if (difference.empty()) continue;
    same = false;
    std::cerr << "tightrope: error: " << difference << "\n";
  }
  if (window && sample > 0 && again == 0)
    throw Error(Exit::config, fmt::format("no run of the sample goes beyond iteration {}, with which the window begins",
                                          window->first));
  if (call.quiet || !same) return same ? Exit::ok : Exit::integrity;
  std::cout << fmt::format("{}: {} intact, {} run again with the same bits", run.name, checked, again);
  if (window)
    std::cout << fmt::format(", iterations {} to {}, from the state at iteration {}{}", window->first, window->last,
                             earliest, latest > earliest ? fmt::format(" to {}", latest) : "");
  std::cout << "\n";
  return Exit::ok;
}

}  // namespace

Verb verify_verb() {
  return {
      "verify",
      "RUN",
      "check every byte of a stored run, and run a sample of it again",
      "Exit code 4 if a file is not what was written, a data file has changed since, or a run does not come out again\n"
      "bit by bit.",
      [](po::options_description& options) {
        options.add_options()("sample", text("PART")->default_value("5%"),
                              "how many of the runs to run again: 5%, 100%, or a number; 0 for none");
        options.add_options()("window", text("FROM-TO"),
                              "run only these iterations again, such as 400-600, from the nearest state before them "
                              "that is stored: of a run with a smaller budget, a checkpoint, or the start");
        declare_plugin_options(options);
        declare_thread_option(options);
      },
      {},
      1,
      1,
      verify};
}

}  // namespace tightrope::cli
