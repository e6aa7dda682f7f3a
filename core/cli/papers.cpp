#include "core/cli/papers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/installation.hpp"
#include "core/base/text/word_list.hpp"
#include "core/cli/help/pages.hpp"
#include "core/tree/parameters.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

namespace {

constexpr const char* paper_file = "paper.yaml";

/// Where the configs lie that came with the program; "" if they did not come.
const fs::path& shipped_folder() {
  static const fs::path folder = shared_folder("configs");
  return folder;
}

/// NAME.yaml; not a layer, NAME.LAYER.yaml.
bool is_config(const fs::path& file) {
  return file.extension() == ".yaml" && file.filename() != paper_file && !file.stem().has_extension();
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

/// As one would type it from here.
fs::path from_here(const fs::path& path) {
  std::error_code ignored;
  const fs::path relative = fs::proximate(path, ignored);
  return relative.empty() || relative.string().starts_with("..") ? path : relative;
}

void declare(PaperExperiment& experiment, Parameters& parameters) {
  parameters.add("shows", experiment.shows, {}, "the law that is seen to hold").required();
  parameters.add("is", experiment.is, {"replica", "derived"}, "whether it was published with these parameters")
      .required();
  parameters.add("source", experiment.source, {}, "figure, table, theorem or program").required();
  parameters.add("figure", experiment.figure, {}, "the SVG that stands for it");
}

void declare(Paper& paper, Parameters& parameters) {
  parameters.add("authors", paper.authors, {}, "authors");
  parameters.add("title", paper.title, {}, "title").required();
  parameters.add("published", paper.published, {}, "journal or conference, and year");
  parameters.add("link", paper.link, {}, "where to read it");
  parameters.add("cite", paper.cite, {}, "its key in docs/references.bib");
  parameters.add("summary", paper.summary, {}, "problem, method, and what is seen here").required();
}

template <class Declared>
std::vector<Parameter> parameters_of() {
  Declared declared;
  Parameters parameters;
  declare(declared, parameters);
  return parameters.all();
}

PaperExperiment read_experiment(const Node::Entry& entry, const fs::path& folder,
                                std::vector<Diagnostic>& diagnostics) {
  PaperExperiment experiment{entry.key, folder / (entry.key + ".yaml"), "", "", "", ""};
  Parameters parameters;
  declare(experiment, parameters);
  parameters.read(entry.value, "experiment '" + entry.key + "'", {}, diagnostics);
  if (!fs::exists(experiment.file))
    diagnostics.push_back({entry.position, missing_file(experiment.file) + ": '" + experiment.file.string() + "'"});
  return experiment;
}

}  // namespace

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  if (shipped_folder().empty()) return names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(shipped_folder())) {
    fs::path name = fs::relative(entry.path(), shipped_folder());
    if (is_config(entry.path()) || fs::exists(entry.path() / paper_file)) names.push_back(name.replace_extension());
  }
  std::ranges::sort(names);
  return names;
}

Paper read_paper(const fs::path& folder) {
  const Node tree = read_yaml(folder / paper_file);
  Paper paper;
  paper.folder = folder;
  paper.name = folder.parent_path().filename() / folder.filename();
  std::vector<Diagnostic> diagnostics;
  Parameters parameters;
  declare(paper, parameters);
  parameters.read(tree, "the paper", {"experiments"}, diagnostics);
  if (const Node* experiments = tree.find("experiments"); experiments && experiments->is_map())
    for (const Node::Entry& entry : experiments->entries)
      paper.experiments.push_back(read_experiment(entry, folder, diagnostics));
  else
    diagnostics.push_back({tree.position, "a paper needs a map 'experiments'"});
  if (!diagnostics.empty()) throw ConfigError(std::move(diagnostics));
  return paper;
}

std::vector<Parameter> paper_parameters() { return parameters_of<Paper>(); }
std::vector<Parameter> paper_experiment_parameters() { return parameters_of<PaperExperiment>(); }

std::vector<Paper> shipped_papers() {
  std::vector<Paper> papers;
  if (const fs::path folder = shipped_folder() / "papers"; fs::is_directory(folder))
    for (const fs::path& entry : sorted_entries(folder))
      if (fs::exists(entry / paper_file)) papers.push_back(read_paper(entry));
  return papers;
}

fs::path located_config(const std::string& name) {
  std::error_code ignored;
  if (name == "-" || fs::exists(fs::symlink_status(name, ignored))) return name;
  if (!shipped_folder().empty() && fs::path(name).is_relative())
    for (const char* const ending : {"", ".yaml"})
      if (const fs::path file = shipped_folder() / (name + ending); fs::exists(file)) return from_here(file);
  if (fs::path(name).has_extension() || shipped_folder().empty()) return name;  // read_yaml says what is wrong with it
  throw Error(Exit::config, fmt::format("there is no file '{0}', and no config of this name came with the program{1}",
                                        name, did_you_mean(name, shipped_names())));
}

std::vector<fs::path> configs_of(const fs::path& target) {
  std::error_code ignored;
  if (!fs::is_directory(target, ignored)) return {target};
  std::vector<fs::path> files;
  if (fs::exists(target / paper_file)) {
    for (const PaperExperiment& experiment : read_paper(target).experiments) files.push_back(experiment.file);
  } else {
    for (const fs::path& file : sorted_entries(target))
      if (is_config(file)) files.push_back(file);
  }
  if (files.empty())
    throw Error(Exit::config, fmt::format("the folder '{}' holds no config, no file NAME.yaml", target.string()));
  return files;
}

fs::path layer_of(const fs::path& config, const std::string& layer) {
  return fs::path(config).replace_extension("." + layer + ".yaml");
}

std::optional<PaperNote> paper_note(const fs::path& config) {
  const fs::path folder = fs::absolute(config).parent_path();
  if (std::error_code ignored; !fs::exists(folder / paper_file, ignored)) return {};
  const Paper paper = read_paper(folder);
  for (const PaperExperiment& experiment : paper.experiments)
    if (experiment.file.filename() == config.filename())
      return PaperNote{paper.authors, paper.title,       paper.published,  paper.link,
                       experiment.is, experiment.source, experiment.shows, paper.cite};
  return {};
}

fs::path single_config(const Call& call) {
  const fs::path target = located_config(call.positional[0]);
  const std::vector<fs::path> files = configs_of(target);
  if (files.size() == 1) return files.front();
  const std::string names = list_of(files, [](const fs::path& file) { return file.string(); });
  throw Error(Exit::config,
              fmt::format("'{}' holds {} configs; give one of them: {}", target.string(), files.size(), names));
}

}  // namespace tightrope::cli
