// tightrope export: stored results, and the problems behind them, for other programs.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "core/base/limits.hpp"
#include "core/cli/export/exports.hpp"
#include "core/cli/output/documents.hpp"
#include "core/cli/table_options.hpp"
#include "core/report/citations.hpp"
#include "core/report/figures/curves/curves.hpp"
#include "core/report/figures/figures.hpp"
#include "core/report/tables/paper_tables.hpp"
#include "core/store/remake.hpp"

namespace tightrope::cli {

namespace {

constexpr Real column_width = 85;  // of a paper, mm

struct Output {
  std::filesystem::path file;
  std::string bytes;
};

std::string label_of(const StoredCell& cell) {
  const std::string text = values_in_words(cell.labels);
  return text.empty() ? cell.key.substr(0, 16) : text;
}

/// The cell that --cell names by a label's value or by its key; without the option the only one.
const StoredCell& chosen(const Call& call, const StoredRun& run) {
  if (!call.has("cell")) {
    if (run.cells.size() == 1) return run.cells.front();
  } else {
    const std::string wanted = call.text("cell");
    for (const StoredCell& cell : run.cells) {
      if (wanted.size() >= 6 && cell.key.rfind(wanted, 0) == 0) return cell;
      for (const auto& [axis, value] : cell.labels)
        if (value == wanted || axis + "=" + value == wanted) return cell;
    }
  }
  std::vector<std::string> names;
  for (const StoredCell& cell : run.cells) names.push_back(label_of(cell));
  throw Error(Exit::config, fmt::format("{}; choose one with --cell: {}",
                                        call.has("cell") ? "there is no run '" + call.text("cell") + "' here"
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

/// "85mm", "8.5 cm", "3.3in", "240pt" or "85": millimetres.
Real width_of(const Call& call) {
  if (!call.has("width")) return column_width;
  const std::string text = call.text("width");
  std::size_t end = 0;
  Real value = 0;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception&) {
    end = 0;
  }
  static const std::map<std::string, Real> units = {{"", 1}, {"mm", 1}, {"cm", 10}, {"in", 25.4}, {"pt", 25.4 / 72.27}};
  const std::size_t begin = text.find_first_not_of(' ', end);
  const auto unit = units.find(begin == std::string::npos ? "" : text.substr(begin));
  if (end == 0 || unit == units.end())
    throw Error(Exit::config,
                fmt::format("--width must be a length such as 85mm, 8.5cm, 3.35in or 242pt, but it is '{}'", text));
  const Real width = value * unit->second;
  if (!(width >= 40 && width <= 400))
    throw Error(Exit::config, fmt::format("--width must be between 40mm and 400mm, but it is '{}'", text));
  return width;
}

/// "figures/error.tex", 2 → "figures/error-2.tex"
std::filesystem::path numbered(const std::filesystem::path& file, std::size_t sheet) {
  if (sheet == 1) return file;
  return file.parent_path() / fmt::format("{}-{}{}", file.stem().string(), sheet, file.extension().string());
}

/// A figure as it is in one column of a paper, one file for each of its sheets.
std::vector<Output> figure_files(const Figures& figures, const std::string& name, const std::filesystem::path& file,
                                 Real width) {
  const std::string extension = file.extension().string();
  DrawOptions options;
  options.as = extension == ".tex" ? DrawnAs::latex : DrawnAs::svg;
  options.width = width;
  options.of = name;
  std::vector<Output> files;
  draw(figures, options, [&](const std::string&, const std::string& text) {
    files.push_back({numbered(file, files.size() + 1), extension == ".pdf" ? pdf_of(text) : text});
  });
  return files;
}

/// The figure that the call asks for: by --figure, or by the name of the file; "" for none. Error(config) for one that
/// the report does not have.
std::string wanted_figure(const Call& call, const std::vector<std::string>& names, const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  const bool is_drawing = extension == ".svg" || extension == ".pdf";
  const bool is_named = call.has("figure");
  const std::string name = is_named ? call.text("figure") : file.stem().string();
  if (std::ranges::find(names, name) != names.end()) return name;
  if (!is_named && !is_drawing) return "";
  throw Error(Exit::config,
              fmt::format("{}; there are: {}",
                          is_named ? fmt::format("the report has no figure '{}'{}", name, did_you_mean(name, names))
                                   : "say with --figure which figure of the report is meant",
                          fmt::join(names, ", ")));
}

/// Tables and figures for a paper.
std::vector<Output> for_paper(const Call& call, StoredRun& run, const std::filesystem::path& file) {
  TableOptions layout = read_layout(call);
  const Summary summary = read_summary(call, run);
  check(layout, summary, summary.columns.empty() ? "" : summary.columns.front());
  const Real width = width_of(call);
  if (!call.has("table") || file.extension() != ".tex") {
    Figures figures = figures_of(run, summary);
    if (const std::string figure = wanted_figure(call, names_of(figures), file); !figure.empty()) {
      for (const char* option : {"table", "columns", "pivot", "bold"})
        if (call.has(option)) throw Error(Exit::config, fmt::format("--{} lays out tables, not figures", option));
      rename(figures, layout.names);
      return figure_files(figures, figure, file, width);
    }
  }
  std::vector<std::string> names = paper_table_names(summary);
  if (call.has("table")) {
    const std::string name = call.text("table");
    if (std::ranges::find(names, name) == names.end())
      throw Error(Exit::config, fmt::format("there is no table '{}'{}; there are: {}", name, did_you_mean(name, names),
                                            fmt::join(names, ", ")));
    names = {name};
  } else if (!layout.pivot.empty()) {
    names = {"settings"};
  }
  if (layout.bold) layout.tests = tests_of(run, summary);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "\n") + paper_table(summary, name, layout, width);
  return {{file, text}};
}

std::vector<Output> results(const Call& call, StoredRun& run, const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  const bool is_for_paper = extension == ".tex" || extension == ".svg" || extension == ".pdf";
  if (!is_for_paper)
    for (const char* option :
         {"figure", "table", "width", "by", "success", "pool", "columns", "pivot", "rename", "bold"})
      if (call.has(option))
        throw Error(Exit::config, fmt::format("--{} is for tables and figures of a paper: --to FILE.tex, .svg or .pdf, "
                                              "not '{}'",
                                              option, file.string()));
  if (is_for_paper) return for_paper(call, run, file);
  if (extension == ".csv") return {{file, traces_csv(run)}};
  if (extension == ".npz") return {{file, arrays_npz(call, run)}};
  if (extension == ".bib") return {{file, methods_bib(call, run)}};
  const Summary summary = read_summary(call, run);
  if (extension == ".json") {
    Json json = document_of(run);
    json["summary"] = document_of(summary, run);
    return {{file, pretty(json)}};
  }
  if (extension == ".md") return {{file, tables_of(summary, "markdown", true)}};
  if (extension == ".dat" && !summary.columns.empty())
    return {{file, plot_data(run, summary, summary.columns.front(), file.filename().string())}};
  throw Error(Exit::config, fmt::format("'{}' must end in .csv (traces), .npz (factors and traces), .json (all numbers "
                                        "but the traces), .md (tables), .dat (curves), or for a paper in .tex (tables "
                                        "or a figure), .svg, .pdf (a figure) or .bib (the papers behind it)",
                                        file.string()));
}

Exit export_call(const Call& call) {
  StoredRun run = read_run(call.positional[0]);
  if (!call.has("to") && !call.has("problem") && !call.has("bundle"))
    throw Error(Exit::config,
                "say what to export: --to FILE.csv (or .npz, .json, .md, .dat, .tex, .svg, .pdf, .bib), --bundle "
                "FILE.tar.gz or --problem FILE.npz");
  if (call.has("figure") && call.has("table"))
    throw Error(Exit::config, "a file holds a figure or tables: give --figure or --table");
  const auto write = [&](const std::filesystem::path& file, const std::string& bytes) {
    write_atomically(file, bytes);
    if (!call.quiet) std::cout << file.string() << "\n";
  };
  for (const char* option : {"to", "bundle", "problem"})
    if (call.has(option)) refuse_to_overwrite(run, call.text(option));
  if (call.has("bundle") || call.has("problem")) refuse_changed_data(run);
  if (call.has("to"))
    for (const Output& output : results(call, run, call.text("to"))) {
      refuse_to_overwrite(run, output.file);
      write(output.file, output.bytes);
    }
  if (call.has("bundle")) {
    const std::string file = call.text("bundle");
    if (!file.ends_with(".tar.gz")) throw Error(Exit::config, fmt::format("'{}' must end in .tar.gz", file));
    write(file, bundle_of(run, make_catalog(call), make_team(call)));
  }
  if (call.has("problem")) {
    const std::filesystem::path file = call.text("problem");
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
      "and the summary of 'compare'. FILE.md: its tables. FILE.dat: median curves with quartiles for pgfplots.\n"
      "For a paper: FILE.tex: tables with captions, or with --figure a figure, which \\input draws; FILE.svg, "
      "FILE.pdf:\n"
      "the figure (PDF by rsvg-convert); FILE.bib: the papers behind the plugins that were used. A figure has the "
      "name\n"
      "of its file in RUN/figures, which may stand in the place of FILE: --to relative_error.tex. Figures of several\n"
      "sheets become FILE.tex, FILE-2.tex, …\n"
      "--bundle FILE.tar.gz: all that a reviewer needs: runs, config, data files, outside plugins, report, tables,\n"
      "versions, digests.\n"
      "--problem FILE.npz: A (m × n1·n2; A.reshape(m, n1, n2)[i] is A_i), y, truth and shape.\n"
      "What the run is made of is never written over. Exit code 4 if a data file has changed since.",
      [](po::options_description& options) {
        options.add_options()("to", text("FILE"),
                              "file for the results (.csv, .npz, .json, .md, .dat, .tex, .svg, .pdf or .bib)");
        options.add_options()("figure", text("NAME"),
                              "of the report, for .tex, .svg and .pdf; an unknown one is answered with their names");
        options.add_options()("table", text("NAME"), "settings or comparisons, for .tex (default: both)");
        options.add_options()("width", text("LENGTH"), "of figures and tables (default: 85mm, one column)");
        declare_table_options(options);
        options.add_options()("bundle", text("FILE"), "file for everything, as a reviewer needs it (.tar.gz)");
        options.add_options()("problem", text("FILE"), "file for operator, data and truth (.npz)");
        options.add_options()("cell", text("NAME"), "which run, by label or key, where there are several");
        declare_plugin_options(options);
        declare_thread_option(options);
      },
      {},
      1,
      1,
      export_call};
}

}  // namespace tightrope::cli
