// The configs that come with the program: found by name, and those of papers in folders of their own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/cli/verb.hpp"

namespace tightrope::cli {

/// One config of a paper's folder, with what paper.yaml says of it.
struct PaperExperiment {
  std::string name;  // "condition", of condition.yaml
  std::filesystem::path file;
  std::string shows;   // the law that is seen to hold
  std::string is;      // "replica" of something published, or "derived" from a theorem
  std::string source;  // "Fig. 2"
  std::string figure;  // name of the SVG that stands for it in the gallery; "": the first
};

/// A folder with a paper.yaml.
struct Paper {
  std::string name;  // "papers/liu2025"
  std::filesystem::path folder;
  std::string authors, title, published, link, cite, summary;
  std::vector<PaperExperiment> experiments;  // in reading order
};

/// Reads DIR/paper.yaml. Throws ConfigError.
Paper read_paper(const std::filesystem::path& folder);
/// What stands in it beside `experiments`, and for each of these.
std::vector<Parameter> paper_parameters();
std::vector<Parameter> paper_experiment_parameters();
/// All papers that come with the program, by name.
std::vector<Paper> shipped_papers();

/// What a name on the command line stands for: a path that exists is itself, else FILE, FILE.yaml or a folder of this
/// name among the configs that come with the program. Throws Error(config) with the nearest name if there is none.
std::filesystem::path located_config(const std::string& name);
/// The configs that a file or a folder stands for: itself; those of a paper in reading order; or all of a folder but
/// layers, by name. Throws Error(config) if there is none.
std::vector<std::filesystem::path> configs_of(const std::filesystem::path& target);
/// A layer that lies beside a config: condition.quick.yaml beside condition.yaml.
std::filesystem::path layer_of(const std::filesystem::path& config, const std::string& layer);

/// What a paper's page says of a config; nothing if it lies in no paper's folder, or the page does not have it.
std::optional<PaperNote> paper_note(const std::filesystem::path& config);

/// The one config that a verb takes.
std::filesystem::path single_config(const Call& call);

}  // namespace tightrope::cli
