// export --bundle: a run with all that it takes to check it.
#include <fmt/format.h>

#include <iostream>
#include <set>

#include "core/base/digest.hpp"
#include "core/cli/export/exports.hpp"
#include "core/cli/export/temporary_folder.hpp"
#include "core/cli/output/documents.hpp"
#include "core/plugin/script.hpp"
#include "core/report/report.hpp"
#include "core/report/tables/summary_tables.hpp"
#include "core/store/files/archive.hpp"
#include "core/store/remake.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

namespace {

using Files = std::map<std::string, std::string>;

/// All files below a folder, at `prefix` of the archive.
void add_folder(Files& files, const fs::path& folder, const std::string& prefix) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[prefix + entry.path().lexically_relative(folder).generic_string()] = read_file(entry.path());
}

void add_report(Files& files, const StoredRun& run, const Catalog& catalog, const std::shared_ptr<const Team>& team) {
  const TemporaryFolder folder;
  StoredRun copy = run;
  copy.folder = folder.path();
  write_report(copy, pictures_of(run, catalog, team));
  add_folder(files, folder.path(), "");
}

void add_tables(Files& files, const StoredRun& run) {
  const Summary summary = summarize(run);
  for (const auto& [format, extension] : {std::pair{"csv", "csv"}, {"markdown", "md"}, {"latex", "tex"}})
    files[std::string("tables/summary.") + extension] = tables_of(summary, format, true);
  Json json = document_of(run);
  json.erase("out");  // where it lay when the bundle was made
  json["summary"] = document_of(summary, run);
  files["tables/summary.json"] = pretty(json);
  files["tables/traces.csv"] = traces_csv(run);
}

void add_configs(Files& files, const StoredRun& run) {
  std::error_code ignored;
  for (const char* name : {"config.yaml", "trials.json"})
    if (fs::exists(run.folder / name, ignored)) files[name] = read_file(run.folder / name);
  std::string text;
  for (const StoredCell& cell : run.cells) {
    if (!text.empty()) text += "---\n";
    text += "# " + cell.key + "\n";
    for (const auto& [axis, value] : cell.labels) text += "# " + axis + ": " + excerpt(value) + "\n";
    text += to_yaml(cell.spec);
  }
  files["resolved.yaml"] = text;
}

/// What a run needs and the bundle does not have, each with the reason.
using Lacking = std::vector<std::pair<std::string, std::string>>;

/// Data files keep the name that the config gives them, so that it finds them from its own folder.
void add_data(Files& files, const StoredRun& run, Lacking& lacking) {
  std::set<std::string> seen;
  for (const StoredCell& cell : run.cells)
    for (const RecordedFile& file : data_files_of(cell)) {
      if (!seen.insert(file.written).second) continue;
      const fs::path inside = fs::path(file.written).lexically_normal();
      if (inside.is_absolute() || inside.begin()->string() == ".." || inside.begin()->string() == "~" ||
          files.count(inside.generic_string()) > 0)
        lacking.emplace_back("the data file " + file.written, "it does not lie in the folder of the config");
      else if (file.place.empty())
        lacking.emplace_back("the data file " + file.written, "it is no longer there");
      else
        files[inside.generic_string()] = read_file(file.place);
    }
}

/// What records hold of a plugin's file.
std::string hash_of(const fs::path& plugin) {
  return is_script(plugin) ? Library::open(plugin)->content_hash() : sha256_file(plugin);
}

/// Plugins that did not come with the program, where --plugin-path looks for them.
void add_plugins(Files& files, const StoredRun& run, Lacking& lacking) {
  std::set<std::string> seen;
  for (const StoredCell& cell : run.cells) {
    const Node* places = cell.provenance.find("plugins");
    if (!places || !places->is_map()) continue;
    for (const Node& plugin : cell.record.find("plugins")->items) {
      const std::string name = plugin.find("kind")->scalar + "/" + plugin.find("name")->scalar;
      const Node* place = places->find(name);
      std::error_code ignored;
      if (!place || !seen.insert(name).second) continue;
      if (!fs::is_regular_file(place->scalar, ignored))
        lacking.emplace_back("the plugin " + name, "it is no longer there");
      else if (hash_of(place->scalar) != plugin.find("sha256")->scalar)
        lacking.emplace_back("the plugin " + name, "it has changed since the run");
      else
        files["plugins/" + name + fs::path(place->scalar).extension().string()] = read_file(place->scalar);
    }
  }
}

/// What the runs were made with, as their records state it; sorted, each line once.
std::string versions_of(const StoredRun& run) {
  std::set<std::string> lines;
  const auto text = [](const Node* node) { return node ? node->scalar : std::string("unknown"); };
  for (const StoredCell& cell : run.cells) {
    lines.insert("tightrope " + text(cell.record.find("tightrope")));
    if (const Node* build = cell.record.find("build"))
      for (const Node::Entry& entry : build->entries) lines.insert("build " + entry.key + ": " + entry.value.scalar);
    if (const Node* plugins = cell.record.find("plugins"))
      for (const Node& plugin : plugins->items)
        lines.insert(fmt::format("plugin {}  {}/{}", text(plugin.find("sha256")), text(plugin.find("kind")),
                                 text(plugin.find("name"))));
    if (const Node* data = cell.record.find("data"))
      for (const Node& file : data->items)
        lines.insert(fmt::format("data {}  {}", text(file.find("sha256")), text(file.find("file"))));
  }
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

std::string readme_of(const StoredRun& run, const Files& files, const Lacking& lacking) {
  const bool has_plugins =
      std::ranges::any_of(files, [](const auto& file) { return file.first.starts_with("plugins/"); });
  const std::string plugins = has_plugins ? " --plugin-path plugins" : "";
  std::string text = fmt::format("# {}\n\n", run.name);
  text += fmt::format("{} {} of Tightrope, as {} stored, with all that is needed to check {} and to run {} again.\n\n",
                      run.cells.size(), run.cells.size() == 1 ? "run" : "runs",
                      run.cells.size() == 1 ? "it is" : "they are", run.cells.size() == 1 ? "it" : "them",
                      run.cells.size() == 1 ? "it" : "them");
  const auto holding = std::ranges::count_if(run.claims, [](const StoredClaim& claim) { return claim.holds; });
  if (!run.claims.empty()) text += fmt::format("{} of {} claims hold.\n\n", holding, run.claims.size());
  if (!run.missing.empty())
    text += fmt::format("{} more {} no result; `tables/summary.json` says why.\n\n", run.missing.size(),
                        run.missing.size() == 1 ? "run has" : "runs have");
  text += "## Check that it is whole\n\n```sh\nsha256sum -c SHA256SUMS\ntightrope verify ." + plugins +
          "\n```\n\nThe first needs nothing but coreutils. The second also runs a sample of the runs again and "
          "compares every "
          "bit (`--sample 100%` for all of them); for that it must be the version, and the plugins the binaries, that "
          "`versions.txt` lists.\n\n"
          "## Look at it\n\nOpen `report.html` in a browser; it needs no network. `tightrope report ." +
          plugins + "` writes it again, `tightrope compare .` prints the tables.\n\n## Run it again\n\n";
  if (const auto config = files.find("config.yaml"); config != files.end()) {
    const bool names_folders = parse_yaml(config->second, "config.yaml").find("plugin_path") != nullptr;
    text += fmt::format(
        "```sh\ntightrope run config.yaml{}{} --out again\n```\n\nThe random numbers are a function of the config: the "
        "same version gives the same numbers.\n\n",
        plugins, names_folders ? " --allow-plugin-path" : "");
  } else {
    text += "`resolved.yaml` holds the config of each run; `tightrope run` takes any one of them.\n\n";
  }
  if (has_plugins)
    text +=
        "`plugins/` holds plugins that did not come with the program. They are programs that run with your rights.\n\n";
  for (const auto& [what, reason] : lacking)
    text += fmt::format("- Not in this bundle: {}, because {}.\n", what, reason);
  if (!lacking.empty()) text += "\nIt must lie where the config says before anything is run again.\n\n";
  text += "## What is here\n\n| file | what |\n| --- | --- |\n";
  const std::pair<const char*, const char*> meanings[] = {
      {"config.yaml", "the config as it was asked for, all layers merged"},
      {"resolved.yaml", "the config of every run with all its defaults"},
      {"trials.json", "what the values that were tried were worth"},
      {"run.json", "which runs there are, and the claims with their verdicts"},
      {"report.html", "the report; its figures are in `figures/`"},
      {"versions.txt", "versions, and SHA-256 of plugins and data"},
      {"SHA256SUMS", "SHA-256 of every file"}};
  for (const auto& [file, meaning] : meanings)
    if (files.count(file) || std::string(file) == "SHA256SUMS") text += fmt::format("| `{}` | {} |\n", file, meaning);
  text +=
      "| `tables/` | summary.csv, .md, .tex and .json: every setting and every pair of methods; traces.csv: every "
      "recorded number |\n"
      "| `cells/` | a folder for each run: `record.json` (spec, end, digests), `trace.csv`, `final.npz` (the factors), "
      "`state.bin` (where a longer run goes on), `timing.csv` and `provenance.json` (when, where, how long) |\n";
  return text;
}

}  // namespace

std::string traces_csv(const StoredRun& run) {
  if (run.cells.size() == 1 && run.cells[0].labels.empty()) return run.cells[0].trace.csv();
  std::vector<std::string> axes, columns;
  for (const StoredCell& cell : run.cells) {
    for (const auto& [axis, value] : cell.labels)
      if (std::ranges::find(axes, axis) == axes.end()) axes.push_back(axis);
    for (const Column& column : cell.trace.columns)
      if (std::ranges::find(columns, column.name) == columns.end()) columns.push_back(column.name);
  }
  std::vector<std::string> header = axes;
  header.insert(header.end(), columns.begin(), columns.end());
  Table table(header);
  for (const StoredCell& cell : run.cells)
    for (const std::vector<Real>& values : cell.trace.rows) {
      std::vector<std::string> row;
      for (const std::string& axis : axes) row.push_back(cell.labels.count(axis) ? cell.labels.at(axis) : "");
      for (const std::string& column : columns) {
        const auto at = cell.trace.find(column);
        row.push_back(at && !std::isnan(values[*at]) ? shortest(values[*at]) : "");
      }
      table.add(std::move(row));
    }
  return table.text("csv");
}

std::string bundle_of(const StoredRun& run, const Catalog& catalog, const std::shared_ptr<const Team>& team) {
  std::error_code ignored;
  if (!fs::exists(run.folder / "run.json", ignored))
    throw Error(Exit::config, fmt::format("{} is one cell of a run; a bundle is made of the whole run's folder",
                                          run.folder.string()));
  Files files;
  files["run.json"] = read_file(run.folder / "run.json");
  for (const StoredCell& cell : run.cells)
    add_folder(files, cell.folder, "cells/" + cell.folder.filename().string() + "/");
  add_configs(files, run);
  add_report(files, run, catalog, team);
  add_tables(files, run);
  files["versions.txt"] = versions_of(run);
  Lacking lacking;
  add_data(files, run, lacking);
  add_plugins(files, run, lacking);
  for (const auto& [what, reason] : lacking)
    std::cerr << fmt::format("tightrope: warning: {} is not part of the bundle: {}\n", what, reason);
  files["README.md"] = readme_of(run, files, lacking);
  std::string sums;
  for (const auto& [path, bytes] : files) sums += sha256(bytes) + "  " + path + "\n";
  files["SHA256SUMS"] = sums;
  Files rooted;
  for (auto& [path, bytes] : files) rooted[run.name + "/" + path] = std::move(bytes);
  return tar_gz(rooted);
}

}  // namespace tightrope::cli
