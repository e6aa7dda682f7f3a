// tightrope run: from a config to results, a summary and a report.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "core/base/limits.hpp"
#include "core/base/process/failure.hpp"
#include "core/base/text/word_list.hpp"
#include "core/claims/judging/judge.hpp"
#include "core/cli/output/documents.hpp"
#include "core/cli/output/progress.hpp"
#include "core/cli/output/run_summary.hpp"
#include "core/cli/outside_plugins.hpp"
#include "core/cli/papers.hpp"
#include "core/cli/ranks.hpp"
#include "core/cli/verb.hpp"
#include "core/experiment/ranks.hpp"
#include "core/report/report.hpp"
#include "core/store/cells/checkpoint.hpp"
#include "core/store/index.hpp"
#include "core/study/batch.hpp"
#include "core/study/findings/remarks.hpp"
#include "core/study/findings/verdicts.hpp"
#include "core/study/in_process.hpp"
#include "core/study/interrupt.hpp"
#include "core/study/status.hpp"
#include "core/study/tasks/remote.hpp"
#include "core/study/tuner.hpp"
#include "core/study/workers/workers.hpp"
#include "core/tree/scalars/quantity.hpp"

namespace tightrope::cli {

namespace {

Real quantity(const Call& call, const std::string& option, const Units& units) {
  const std::string text = call.text(option);
  const auto value = to_quantity(text, units);
  if (!value) throw Error(Exit::config, fmt::format("--{} {}", option, must_be_quantity(text, units)));
  return *value;
}

/// What the config says of its study, and above it the flags.
StudyOptions study_options(const Call& call, const StudyRules& rules, const fs::path& out, const Catalog& catalog) {
  const unsigned cores = default_threads();
  StudyOptions options;
  options.out = out;
  options.plugin_folders = catalog.folders();
  options.workers = job_count(call, cores);
  const bool solo = call.has("solo") || (rules.solo && (!call.has("jobs") || call.has("on")));
  if (solo) options.workers = 1;
  options.threads = call.has("threads") ? make_team(call)->threads() : std::max(1U, cores / options.workers);
  options.lanes = !call.has("no-lanes") && !solo;
  options.cell_seconds = rules.cell_seconds;
  options.memory = rules.memory;
  if (call.has("checkpoint")) options.checkpoint_seconds = std::min(quantity(call, "checkpoint", times), 1e9);
  if (call.has("cell-time")) options.cell_seconds = quantity(call, "cell-time", times);
  if (call.has("cell-memory"))
    options.memory = static_cast<std::uint64_t>(std::min(quantity(call, "cell-memory", sizes), 1e18));
  return options;
}

const std::vector<std::string> places = {"slurm", "files"};  // where a study can run besides this process

/// Throws Error(config) for a place that is none, and for what is said of one where none is given.
void check_place(const Call& call) {
  const std::string place = call.text("on");
  if (call.has("on") && !contains(places, place))
    throw Error(Exit::config, fmt::format("a study cannot run on '{}'{}", place,
                                          did_you_mean_or_list(place, places, "; it can run on: ")));
  for (const char* option : {"batch", "sbatch"})
    if (call.has(option) && !call.has("on"))
      throw Error(Exit::config, fmt::format("--{} needs --on slurm or --on files", option));
  if (call.text("sbatch").find('\n') != std::string::npos)
    throw Error(Exit::config, "--sbatch must be one line of options, as behind #SBATCH");
}

RemoteOptions remote_options(const Call& call, const StudyOptions& study) {
  RemoteOptions options;
  options.study = study;
  if (call.has("batch")) options.length = quantity(call, "batch", times);
  options.at_a_time = job_count(call, options.at_a_time);
  options.sbatch = call.text("sbatch");
  return options;
}

/// One call of `run`: what is needed from its start to its end.
class Run {
 public:
  /// Results go to `out` or, if that is empty, to results/NAME.
  Run(const Call& call, const Node& tree, const Catalog& catalog, const fs::path& file, const fs::path& out)
      : call_(call),
        tree_(tree),
        selection_(read_selection(call)),
        experiment_(resolve_experiment(tree, catalog, selection_)),
        catalog_(catalog),
        out_(out.empty() ? fs::path("results") / experiment_.name : out),
        options_(study_options(call, experiment_.rules, out_, catalog)) {
    experiment_.paper = paper_note(file);
  }

  void check() const {
    check_place(call_);
    make_team(call_);  // complains about --threads
  }

  Exit run() {
    const auto start = std::chrono::steady_clock::now();
    check();  // before anything is written
    if (call_.ranks) begin_experiment(*call_.ranks, catalog_.folders());
    const std::vector<std::string> not_passed = examine_outside_plugins(call_, experiment_);
    std::vector<Labels> labels;
    for (const CellSpec& cell : experiment_.cells) labels.push_back(cell.labels);
    for (const std::string& sentence : too_few_repetitions(experiment_.claims, labels)) warn(sentence);
    const std::optional<fs::path> made = prepare_output(out_);
    const Lock lock(out_);
    if (!lock.missing().empty()) warn(lock.missing());
    // Others may be writing there, and what they have begun is not to be removed.
    const bool is_shared = !lock.missing().empty() || (call_.has("on") ? has_tasks(out_) : may_be_at_work(out_));
    if (!is_shared) clean_output(out_);
    catch_interrupts();
    StatusFile status(out_, experiment_.name);
    StudyResult result;
    try {
      if (!experiment_.settings.empty()) result = tune(lock, status);
      if (result.signal == 0 && result.handed_out == 0)
        result = experiment_.is_study || call_.has("on") ? run_cells(experiment_, experiment_.name, lock, status)
                                                         : run_alone(status);
    } catch (...) {
      if (made) abandon_output(out_, *made);
      throw;
    }
    status.finish();
    if (result.signal != 0) return say_interrupted(result);
    if (result.handed_out > 0) return say_handed_out(result);
    say_skipped(result, made);

    if (!not_passed.empty() && !call_.quiet)
      std::cerr << fmt::format("tightrope: note: not yet passed by 'tightrope test': {}\n",
                               fmt::join(not_passed, ", "));
    publish_run(out_, experiment_, result.missing, {});
    StoredRun stored = read_run(out_);
    for (const std::string& warning : warnings_of(stored)) warn(warning);
    warn_of_unknown_success(stored);
    stored.claims = judged(experiment_.claims, stored);
    warn_of_shared_seconds(stored);
    if (!stored.claims.empty()) publish_run(out_, experiment_, result.missing, stored.claims);
    if (call_.format == "json")
      std::cout << pretty(document_of(stored));
    else if (!call_.quiet)
      print_summary(stored, stored_before_,
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    std::cout.flush();  // all that matters is said before what can be made again at any time
    attempt("index of the stored runs", [&] { refresh_index(out_, stored.cells); });
    const bool is_wanted = !call_.has("no-report") && !stored.cells.empty();
    if (is_wanted && attempt("report", [&] { report(stored); }) && call_.format != "json" && !call_.quiet)
      std::cout << "Report: " << (out_ / "report.html").string() << "\n";
    return is_as_expected(experiment_.claims, stored) ? Exit::ok : Exit::claim_false;
  }

 private:
  void warn(const std::string& text) const { std::cerr << "tightrope: warning: " << text << "\n"; }

  /// Runs the trials; after them the cells of the experiment have their values. When interrupted, they all wait.
  StudyResult tune(const Lock& lock, StatusFile& status) {
    const Experiment waiting = experiment_;
    Tuner tuner(waiting, catalog_);
    while (true) {
      const Experiment& round = tuner.open(out_);
      if (round.cells.empty()) break;
      StudyResult result = run_cells(round, experiment_.name + ", trials", lock, status);
      if (result.signal != 0 || result.handed_out > 0) {
        result.missing.clear();
        for (const CellSpec& cell : waiting.cells)
          result.missing.push_back({Missing::Kind::unfinished, cell.labels, cell.key, ""});
        return result;
      }
      std::map<std::string, std::size_t> reasons;
      for (const Missing& trial : result.missing)
        if (trial.kind == Missing::Kind::failed) ++reasons[trial.reason];
      for (const auto& [reason, count] : reasons)
        warn(fmt::format("{} {} failed: {}", count, count == 1 ? "trial" : "trials", reason));
      tuner.close(out_);
    }
    write_trials(out_, tuner.trials());
    const std::optional<PaperNote> paper = experiment_.paper;
    experiment_ = resolve_experiment(tree_, catalog_, selection_, tuner.results());
    experiment_.paper = paper;
    return {};
  }

  StudyResult run_cells(const Experiment& experiment, const std::string& title, const Lock& lock, StatusFile& status) {
    Progress line(title, call_.quiet);
    status.rename(title);
    StudyListener listener;
    listener.progress = [&](const StudyProgress& progress) {
      stored_before_ = progress.stored;
      line.show(progress);
      status.show(progress);
    };
    listener.warning = [&](const std::string& text) {
      line.finish();
      warn(text);
    };
    listener.printed = [&](const std::string& whose, const std::string& text) {
      line.finish();
      std::cerr << "[" << whose << "] " << text << "\n";
    };
    const std::string place = call_.text("on");
    const StudyResult result = call_.ranks ? run_study_in_process(experiment, options_, make_team(call_), listener)
                               : place == "slurm" ? run_on_slurm(experiment, remote_options(call_, options_), listener)
                               : place == "files" ? write_batches(experiment, remote_options(call_, options_))
                                                  : run_study(experiment, fitting(experiment), &lock, listener);
    line.finish();
    // What was being written on a node that died.
    if (lock.missing().empty() && !has_tasks(out_)) clean_output(out_);
    return result;
  }

  /// The options, with no more workers than fit into memory and pay.
  StudyOptions fitting(const Experiment& experiment) const {
    const CellStore shelf(out_);
    std::vector<const CellSpec*> cells;
    for (const CellSpec& cell : experiment.cells)
      if (!shelf.has(cell)) cells.push_back(&cell);
    StudyOptions options = options_;
    const auto team = make_team(call_);
    const Workforce force = workforce(cells, options, call_.has("jobs"), team->threads(), team);
    if (call_.has("jobs") && force.workers < options.workers)
      warn(fmt::format("{} {} at a time and not {}: {}", force.workers, force.workers == 1 ? "worker" : "workers",
                       options.workers, force.reason));
    options.workers = force.workers;
    options.threads = force.threads;
    return options;
  }

  /// A plain run stays in this process.
  StudyResult run_alone(StatusFile& status) {
    StudyProgress progress;
    progress.total = 1;
    const CellSpec& cell = experiment_.cells.front();
    if (CellStore(out_).has(cell)) {
      remove_checkpoint(out_, cell);  // whoever stored it may have died before that
      stored_before_ = progress.stored = 1;
      status.show(progress);
      return {};
    }
    progress.running = 1;
    Progress line(experiment_.name, call_.quiet);
    const auto start = std::chrono::steady_clock::now();
    BatchListener listener;
    listener.stop = [] { return interrupted() != 0; };
    listener.warning = [&](const std::string& text) { warn(text); };
    listener.done = [&](std::size_t) { progress.done = 1; };
    listener.round = [&](const auto& lanes) {
      line.show(lanes);
      progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const auto limit = lanes.front()->setup().stop.iterations;
      const auto at = static_cast<double>(lanes.front()->iterate().iteration);
      progress.fraction = limit && *limit > 0 ? at / static_cast<double>(*limit) : 0;
      status.show(progress);
    };
    StudyResult result;
    const auto lanes =
        run_batch(experiment_, make_team(call_), {out_, options_.checkpoint_seconds, options_.cell_seconds}, listener);
    line.finish();
    progress.running = 0;
    status.show(progress);
    const auto& end = lanes.front()->end();
    if (const auto& problem = lanes.front()->setup().problem) truth_ = problem->truth;
    if (!end) {
      result.signal = interrupted();
      result.missing.push_back({Missing::Kind::unfinished, cell.labels, cell.key, ""});
    } else if (end->end_class == EndClass::failed) {
      result.missing.push_back({Missing::Kind::failed, cell.labels, cell.key, end->reason});
    }
    return result;
  }

  /// What was stored before has its seconds from then.
  void warn_of_shared_seconds(const StoredRun& stored) const {
    const auto shared = std::ranges::count_if(stored.cells, [](const StoredCell& cell) { return !cell.solo; });
    if (experiment_.is_study && options_.solo() && shared > 0)
      warn(
          fmt::format("{} of {} runs were stored before with seconds that they shared with others; a new folder gets "
                      "honest ones",
                      shared, stored.cells.size()));
  }

  /// A line for each reason to skip cells; if it is all of them, the study is wrong.
  void say_skipped(const StudyResult& result, const std::optional<fs::path>& made) const {
    std::map<std::string, std::size_t> reasons;
    std::size_t skipped = 0;
    for (const Missing& cell : result.missing)
      if (cell.kind == Missing::Kind::skipped && ++skipped) ++reasons[cell.reason];
    if (skipped > 0 && skipped == experiment_.cells.size()) {
      if (made) abandon_output(out_, *made);
      throw Error(Exit::config, result.missing.front().reason);
    }
    for (const auto& [reason, count] : reasons)
      std::cerr << fmt::format("tightrope: {} {} skipped: {}\n", count, count == 1 ? "cell is" : "cells are", reason);
  }

  Exit say_interrupted(const StudyResult& result) const {
    publish_run(out_, experiment_, result.missing, {});
    if (!result.detached_from.empty())
      std::cerr << fmt::format(
          "{}: detached; Slurm job {} goes on, and {} of {} runs have a result. `tightrope watch {}` shows how far it "
          "is, "
          "and the same command attaches to it again.\n",
          experiment_.name, result.detached_from, experiment_.cells.size() - result.missing.size(),
          experiment_.cells.size(), out_.string());
    else if (!call_.quiet)
      std::cerr << fmt::format(
          "{}: interrupted; {} of {} runs are finished and the others keep their checkpoints. The same "
          "command goes on from there.\n",
          experiment_.name, experiment_.cells.size() - result.missing.size(), experiment_.cells.size());
    return static_cast<Exit>(128 + result.signal);
  }

  /// What somebody has to do now.
  Exit say_handed_out(const StudyResult& result) const {
    publish_run(out_, experiment_, result.missing, {});
    const std::string work = fmt::format("{} work {}", fs::read_symlink("/proc/self/exe").string(),
                                         fs::absolute(out_).lexically_normal().string());
    std::cout << fmt::format(
        "{}: {} for {}, in any order and as many at a time as you like:\n  seq 0 {} | parallel -j 2 {} --batch {{}}\n"
        "or each by itself, on a machine that sees the same files:\n  ssh HOST {} --batch 0\n"
        "Then the same command makes the report.\n",
        experiment_.name, counted(result.handed_out, "batch"), counted(result.missing.size(), "run"),
        result.handed_out - 1, work, work);
    return Exit::ok;
  }

  /// Worker processes do not know what success is, so that nobody has looked for its column so far.
  void warn_of_unknown_success(const StoredRun& stored) const {
    if (!stored.success || stored.cells.empty()) return;
    std::vector<std::string> columns;
    for (const StoredCell& cell : stored.cells)
      for (const Column& column : cell.trace.columns) columns.push_back(column.name);
    if (std::ranges::find(columns, stored.success->column) == columns.end())
      warn(fmt::format("no run records the column '{}' that success speaks of{}", stored.success->column,
                       did_you_mean(stored.success->column, columns)));
  }

  void report(const StoredRun& stored) const {
    refuse_changed_data(stored);
    write_report(stored, pictures_of(stored, catalog_, make_team(call_), truth_));
  }

  /// Makes what follows from the stored runs. If it fails, they are as good as before: one sentence, no other exit
  /// code.
  template <class Make>
  bool attempt(const std::string& what, Make make) const {
    try {
      make();
      return true;
    } catch (...) {
      warn(fmt::format("the {} could not be made, all else is stored: {}", what, current_failure().what()));
    }
    return false;
  }

  const Call& call_;
  const Node& tree_;
  const Selection selection_;
  Experiment experiment_;
  const Catalog& catalog_;
  const fs::path out_;
  const StudyOptions options_;
  std::size_t stored_before_ = 0;
  std::shared_ptr<const Truth> truth_;  // of a plain run that was not stored
};

/// The configs of a folder one after the other: the worst of their ends is that of the whole.
Exit run_folder(const Call& call, const std::vector<fs::path>& files) {
  if (call.format == "json")
    throw Error(Exit::config, "--format json prints one document: give one config, not a folder");
  Exit worst = Exit::ok;
  for (const fs::path& file : files) {
    if (!call.quiet) std::cout << (file == files.front() ? "" : "\n") << file.string() << std::endl;
    const Node tree = read_layers(call, file);
    const Catalog catalog = make_catalog(call, &tree);
    const std::string folder = call.text("out");
    const Exit end = Run(call, tree, catalog, file, folder.empty() ? fs::path() : fs::path(folder) / file.stem()).run();
    if (end != Exit::ok && end != Exit::claim_false) return end;
    worst = std::max(worst, end);
  }
  return worst;
}

Exit run_files(const Call& call) {
  if (call.has("out") && call.text("out").empty())
    throw Error(Exit::config, "--out must name a folder for the results, but it is empty");
  const fs::path target = located_config(call.positional[0]);
  const std::vector<fs::path> files = configs_of(target);
  if (std::error_code ignored; fs::is_directory(target, ignored)) return run_folder(call, files);
  const Node tree = read_layers(call, files.front());
  const Catalog catalog = make_catalog(call, &tree);
  return Run(call, tree, catalog, files.front(), call.text("out")).run();
}

/// What can be said of the configs without running them. Standard input can be read only once.
void check_files(const Call& call) {
  std::vector<std::string> names = call.texts("config");
  names.push_back(call.positional[0]);
  if (std::ranges::find(names, "-") != names.end()) return;
  for (const fs::path& file : configs_of(located_config(call.positional[0]))) {
    const Node tree = read_layers(call, file);
    const Catalog catalog = make_catalog(call, &tree);
    Run(call, tree, catalog, file, call.text("out")).check();
  }
}

Exit run(const Call& call) { return run_on_ranks(call, check_files, run_files); }

}  // namespace

Verb run_verb() {
  return {
      "run",
      "FILE",
      "run an experiment, or all of a folder: results, summary and report",
      "FILE is a config, or the name of one that came with the program (quickstart), or a folder of configs, such as\n"
      "papers/liu2025: these are run one after the other, with --out DIR into DIR/CONFIG. 'tightrope list papers' "
      "shows\n"
      "what there is.\n"
      "\n"
      "Writes to results/NAME unless --out says otherwise. What is stored there is not run again; what was "
      "interrupted\n"
      "goes on. Layers of the config, each over the one before: defaults of the plugins, FILE, -c FILE from left to\n"
      "right, the environment variable TIGHTROPE_SET (assignments separated by ';'), --set. With --format json "
      "standard\n"
      "output is one document.\n"
      "\n"
      "Exit codes: 0 all good, 1 a run failed, or diverged unclaimed, or a claim is false, 2 usage or config, 3 "
      "plugin,\n"
      "4 damaged results, 5 memory, disk or permission, 6 folder in use, 70 a fault of this program, 128+n ended by "
      "signal n.",
      [](po::options_description& options) {
        declare_config_options(options);
        declare_selection_options(options);
        options.add_options()("out,o", text("DIR"), "folder for the results");
        options.add_options()(
            "jobs,j", text("N"),
            "worker processes of a study (default: all cores); with --on slurm, tasks at a time (default: 10)");
        declare_thread_option(options);
        options.add_options()("ranks", text("P"),
                              "processes that hold the operator together, started by mpirun; the results do not depend "
                              "on it");
        options.add_options()("checkpoint", text("TIME"), "time between two checkpoints, e.g. 500 ms (default: 5 s)");
        options.add_options()("cell-time", text("TIME"), "a run that computes longer has failed");
        options.add_options()("cell-memory", text("SIZE"), "a run of a study that needs more has failed, e.g. 1.5 GiB");
        options.add_options()("no-lanes", "run each cell of a study by itself; the results are the same");
        options.add_options()("on", text("PLACE"),
                              "where the runs are made instead of here: slurm, in the tasks of an array; files, by "
                              "commands that it prints");
        options.add_options()("batch", text("TIME"),
                              "with --on: about how long one task computes, e.g. 15 min (default: an eighth of the "
                              "whole, between 10 s and 15 min)");
        options.add_options()("sbatch", text("OPTIONS"),
                              "with --on slurm: options of sbatch, e.g. \"--partition=x --mem=8G\"");
        options.add_options()("solo", "one run at a time with all threads, for honest seconds");
        options.add_options()("no-report", "write no report.html and no figures");
      },
      {"table", "json"},
      1,
      1,
      run};
}

}  // namespace tightrope::cli
