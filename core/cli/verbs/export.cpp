// tightrope export: stored results, and the problems behind them, for other programs.
#include <fmt/format.h>

#include <iostream>
#include <set>

#include "core/base/limits.hpp"
#include "core/cli/bundle.hpp"
#include "core/cli/documents.hpp"
#include "core/cli/verb.hpp"
#include "core/report/citations.hpp"
#include "core/report/figures/curves/plot_data.hpp"
#include "core/report/tables/summary_tables.hpp"
#include "core/store/remake.hpp"

namespace tightrope::cli {

namespace {

std::string label_of(const StoredCell& cell) {
  std::string text;
  for (const auto& [axis, value] : cell.labels) text += (text.empty() ? "" : ", ") + value;
  return text.empty() ? cell.key.substr(0, 16) : text;
}

/// The cell that --cell names by a label's value or by its key; without the option the only one.
const StoredCell& chosen(const Call& call, const StoredRun& run) {
  if (!call.has("cell")) {
    if (run.cells.size() == 1) return run.cells.front();
  } else {
    const std::string wanted = call.get<std::string>("cell");
    for (const StoredCell& cell : run.cells) {
      if (wanted.size() >= 6 && cell.key.rfind(wanted, 0) == 0) return cell;
      for (const auto& [axis, value] : cell.labels)
        if (value == wanted || axis + "=" + value == wanted) return cell;
    }
  }
  std::vector<std::string> names;
  for (const StoredCell& cell : run.cells) names.push_back(label_of(cell));
  throw Error(Exit::config,
              fmt::format("{}; choose one with --cell: {}",
                          call.has("cell") ? "there is no run '" + call.get<std::string>("cell") + "' here"
                                           : "there are several runs here",
                          fmt::join(names, ", ")));
}

std::string arrays_npz(const Call& call, const StoredRun& run) {
  const StoredCell& cell = chosen(call, run);
  std::vector<NamedArray> arrays = cell.factors;
  for (Index c = 0; c < cell.trace.columns.size(); ++c)
    arrays.push_back({"trace_" + cell.trace.columns[c].name, Vec(cell.trace.column(c)), true});
  return npz_bytes(arrays);
}

/// A as m × n1·n2 with vec(A_i) row by row, so that NumPy's A.reshape(m, *shape)[i] is A_i. Of operators that store no
/// A_i it is made from what they do to unit matrices or unit vectors, whichever are fewer.
Mat matrix_of(const MeasurementOperator& op) {
  const Index m = op.measurements(), rows = op.rows(), cols = op.cols();
  Mat A(m, op.shape().entries());
  if (op.is_dense()) {
    Mat row(rows, cols);
    for (Index i = 0; i < m; ++i) {
      op.dense_rows(i, 1, row.memptr());
      A.row(i) = arma::vectorise(row, 1);
    }
  } else if (m < op.shape().entries()) {
    Vec unit(m, arma::fill::zeros);
    Mat row;
    for (Index i = 0; i < m; ++i) {
      unit[i] = 1;
      op.adjoint(unit, row);
      A.row(i) = arma::vectorise(row, 1);
      unit[i] = 0;
    }
  } else {
    Mat unit(rows, cols, arma::fill::zeros);
    Vec column;
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j) {
        unit(i, j) = 1;
        op.forward(unit, column);
        A.col(i * cols + j) = column;
        unit(i, j) = 0;
      }
  }
  return A;
}

/// A, y, the truth and the shape.
std::string problem_npz(const Call& call, const StoredRun& run) {
  const StoredCell& cell = chosen(call, run);
  const Sizes& sizes = cell.sizes;
  if (sizes.rows == 0) throw Error(Exit::config, "the problem of this run has no operator and no data to export");
  require_memory(3.0L * 8 * static_cast<long double>(sizes.measurements) * static_cast<long double>(sizes.rows) *
                     static_cast<long double>(sizes.cols),
                 fmt::format("exporting needs 3 × measurements × rows × columns × 8 bytes = 3 × {} × {} × {} × 8",
                             sizes.measurements, sizes.rows, sizes.cols));
  auto problem = remake_problem(cell, make_catalog(call), make_team(call));
  const MeasurementOperator& op = *problem->op;
  std::vector<NamedArray> arrays = {{"A", matrix_of(op)},
                                    {"y", problem->data, true},
                                    {"shape", Vec{static_cast<Real>(op.rows()), static_cast<Real>(op.cols())}, true}};
  if (problem->truth) arrays.push_back({"truth", problem->truth->X.dense()});
  problem.reset();  // the operator, before the file takes as much again
  return npz_bytes(arrays);
}

/// BibTeX of the papers behind the plugins of a run, and of the one that its config is from.
std::string methods_bib(const Call& call, const StoredRun& run) {
  const Catalog catalog = make_catalog(call);
  std::set<std::pair<std::string, std::string>> plugins;
  for (const StoredCell& cell : run.cells)
    if (const Node* used = cell.record.find("plugins"))
      for (const Node& plugin : used->items) plugins.emplace(plugin.find("kind")->scalar, plugin.find("name")->scalar);
  std::vector<Citation> citations;
  if (run.paper && !run.paper->cite.empty()) citations.push_back({"the experiment", run.paper->cite});
  for (const auto& [kind, name] : plugins)
    citations.push_back(
        {fmt::format("{} {}", plugin_kind(kind).singular, name), catalog.find(kind, name)->manifest().sources});
  const Bibliography bibliography = bibliography_of(citations);
  for (const std::string& text : bibliography.unknown) std::cerr << "tightrope: warning: " << text << "\n";
  return bibliography.text;
}

/// Whatever a run is made of or consists of is not written over.
void refuse_to_overwrite(const StoredRun& run, const std::filesystem::path& file) {
  std::error_code ignored;
  for (const StoredCell& cell : run.cells)
    for (const RecordedFile& data : data_files_of(cell))
      if (!data.place.empty() && std::filesystem::equivalent(file, data.place, ignored))
        throw Error(Exit::config, fmt::format("{} is a data file of this run; choose another name", file.string()));
  if (is_part_of_run(run.folder, file))
    throw Error(Exit::config, fmt::format("{} is a part of this run; choose another name", file.string()));
}

std::string results(const Call& call, const StoredRun& run, const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".csv") return traces_csv(run);
  if (extension == ".npz") return arrays_npz(call, run);
  if (extension == ".bib") return methods_bib(call, run);
  SummaryOptions options;
  if (call.has("column")) options.columns = {call.get<std::string>("column")};
  const Summary summary = summarize(run, options);
  if (extension == ".json") {
    Json json = document_of(run);
    json["summary"] = document_of(summary, run);
    return pretty(json);
  }
  if (extension == ".tex") return tables_of(summary, "latex", true);
  if (extension == ".md") return tables_of(summary, "markdown", true);
  if (extension == ".dat" && !summary.columns.empty())
    return plot_data(run, summary, summary.columns.front(), file.filename().string());
  throw Error(Exit::config, fmt::format("'{}' must end in .csv (traces), .npz (factors and traces), .json (all numbers "
                                        "but the traces), .tex or .md (tables), or .dat (curves for pgfplots)",
                                        file.string()));
}

Exit export_call(const Call& call) {
  const StoredRun run = read_run(call.positional[0]);
  if (!call.has("to") && !call.has("problem") && !call.has("bundle"))
    throw Error(
        Exit::config,
        "say what to export: --to FILE.csv (or .npz, .json, .tex, .md, .dat), --bundle FILE.tar.gz or --problem "
        "FILE.npz");
  const auto write = [&](const std::filesystem::path& file, const std::string& bytes) {
    write_atomically(file, bytes);
    if (!call.quiet) std::cout << file.string() << "\n";
  };
  for (const char* option : {"to", "bundle", "problem"})
    if (call.has(option)) refuse_to_overwrite(run, call.get<std::string>(option));
  if (call.has("bundle") || call.has("problem")) refuse_changed_data(run);
  if (call.has("to")) {
    const std::filesystem::path file = call.get<std::string>("to");
    write(file, results(call, run, file));
  }
  if (call.has("bundle")) {
    const std::string file = call.get<std::string>("bundle");
    if (!file.ends_with(".tar.gz")) throw Error(Exit::config, fmt::format("'{}' must end in .tar.gz", file));
    write(file, bundle_of(run, make_catalog(call), make_team(call)));
  }
  if (call.has("problem")) {
    const std::filesystem::path file = call.get<std::string>("problem");
    if (file.extension() != ".npz") throw Error(Exit::config, fmt::format("'{}' must end in .npz", file.string()));
    write(file, problem_npz(call, run));
  }
  return noting_changed_data(run);
}

}  // namespace

Verb export_verb() {
  return {
      "export",
      "RUN --to FILE | --bundle FILE.tar.gz | --problem FILE.npz",
      "write results, or the problem behind them, for other programs",
      "--to FILE.csv: the traces. FILE.npz: the factors by name and the trace's columns. FILE.json: ends, last values\n"
      "and the summary of 'compare'. FILE.tex, FILE.md: its tables (LaTeX with the package booktabs).\n"
      "FILE.dat: median curves with quartiles for pgfplots, with the commands that draw them.\n"
      "--bundle FILE.tar.gz: all that a reviewer needs: runs, config, data files, outside plugins, report, tables,\n"
      "versions, digests.\n"
      "--problem FILE.npz: A (m × n1·n2; A.reshape(m, n1, n2)[i] is A_i), y, truth and shape.\n"
      "What the run is made of is never written over. Exit code 4 if a data file has changed since.",
      [](po::options_description& options) {
        options.add_options()("to", po::value<std::string>()->value_name("FILE"),
                              "file for the results (.csv, .npz, .json, .tex, .md or .dat)");
        options.add_options()("bundle", po::value<std::string>()->value_name("FILE"),
                              "file for everything, as a reviewer needs it (.tar.gz)");
        options.add_options()("problem", po::value<std::string>()->value_name("FILE"),
                              "file for operator, data and truth (.npz)");
        options.add_options()("cell", po::value<std::string>()->value_name("NAME"),
                              "which run, by label or key, where there are several");
        declare_plugin_options(options);
        declare_thread_option(options);
      },
      {},
      1,
      1,
      export_call};
}

}  // namespace tightrope::cli
