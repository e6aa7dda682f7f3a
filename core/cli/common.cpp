// What several verbs share: layers of config, catalog, numbers.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "core/base/limits.hpp"
#include "core/cli/papers.hpp"
#include "core/numbers/ranks.hpp"
#include "core/store/remake.hpp"
#include "core/tree/paths.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

void declare_plugin_options(po::options_description& options) {
  options.add_options()("plugin-path", texts("DIR"), "folder with plugins, searched first (repeatable)");
}

void declare_config_options(po::options_description& options) {
  options.add_options()("set", texts("PATH=VALUE"),
                        "set a value, e.g. --set optimizer.step=0.5; several, or a range, make a study (repeatable)");
  options.add_options()("config,c", texts("FILE"),
                        "lay another config over FILE (repeatable, left to right); - is standard input, also as FILE");
  options.add_options()(
      "layer", texts("NAME"),
      "lay FILE.NAME.yaml, beside FILE.yaml, over it: --layer quick sees the law of a paper in seconds");
  declare_plugin_options(options);
  options.add_options()("allow-plugin-path", "open plugins from the folders that the config names in plugin_path");
  options.add_options()("allow-failing-plugins", "use plugins whose mathematics fails the examination at loading");
}

void declare_thread_option(po::options_description& options) {
  options.add_options()("threads", text("N"),
                        "threads for tiles (default: all cores); the results do not depend on it");
}

Node read_layers(const Call& call, const fs::path& file) {
  Node tree = read_yaml(file);
  for (const std::string& name : call.texts("layer")) merge(tree, read_yaml(layer_of(file, name)));
  for (const std::string& layer : call.texts("config")) merge(tree, read_yaml(layer));
  std::vector<Diagnostic> diagnostics;
  const auto assign = [&](const std::string& assignment, const char* origin) {
    try {
      tightrope::assign(tree, assignment, origin);
    } catch (const ConfigError& error) {
      diagnostics.insert(diagnostics.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  };
  if (const char* variable = std::getenv("TIGHTROPE_SET")) {
    const std::string text = variable;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(';', begin), text.size());
      if (end > begin) assign(text.substr(begin, end - begin), "TIGHTROPE_SET");
      begin = end + 1;
    }
  }
  for (const std::string& assignment : call.texts("set")) assign(assignment, "--set");
  if (!diagnostics.empty()) throw ConfigError(std::move(diagnostics));
  return tree;
}

void declare_selection_options(po::options_description& options) {
  options.add_options()("only", texts("AXIS=VALUES"),
                        "cells of a study to keep, e.g. --only method=gd,condition=10,100 (repeatable)");
  options.add_options()("skip", texts("AXIS=VALUES"), "cells of a study to leave out (repeatable)");
}

Selection read_selection(const Call& call) {
  Selection selection;
  std::vector<Diagnostic> diagnostics;
  for (const auto& [option, nodes] : {std::pair{"only", &selection.only}, std::pair{"skip", &selection.skip}}) {
    if (!call.has(option)) continue;
    for (const std::string& text : call.texts(option)) try {
        nodes->push_back(parse_selection(text, std::string("--") + option));
      } catch (const ConfigError& error) {
        diagnostics.insert(diagnostics.end(), error.diagnostics().begin(), error.diagnostics().end());
      }
  }
  if (!diagnostics.empty()) throw ConfigError(std::move(diagnostics));
  return selection;
}

Catalog make_catalog(const Call& call, const Node* tree) {
  std::vector<fs::path> extra;
  for (const std::string& folder : call.texts("plugin-path")) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
      throw Error(Exit::config, fmt::format("--plugin-path must name a folder, but '{}' is none", folder));
    extra.push_back(resolved_path(folder));
  }
  if (const Node* named = tree && tree->is_map() ? tree->find("plugin_path") : nullptr) {
    if (!call.has("allow-plugin-path"))
      throw Error(Exit::plugin,
                  Diagnostic{named->position,
                             "this config names folders with plugins, which are programs that run with your rights; "
                             "give --allow-plugin-path if you trust them"}
                      .text());
    std::vector<Node> folders = named->items;
    if (named->is_scalar()) folders.push_back(*named);
    for (const Node& folder : folders) extra.emplace_back(file_path(folder));
  }
  return Catalog(Catalog::standard_folders(extra));
}

unsigned threads_of(const Call& call) {
  unsigned threads = default_threads();
  if (call.ranks) threads = std::max(1U, threads / static_cast<unsigned>(call.ranks->on_this_machine()));
  if (call.has("threads")) {
    const std::string text = call.text("threads");
    const auto given = to_index(Node::make_scalar(text, {}));
    if (!given || *given < 1 || *given > 256)
      throw Error(Exit::config,
                  fmt::format("--threads must be a whole number between 1 and 256, but it is '{}'", text));
    threads = static_cast<unsigned>(*given);
  }
  return threads;
}

std::shared_ptr<const Team> make_team(const Call& call) {
  const unsigned threads = threads_of(call);
  return call.ranks ? std::make_shared<const Team>(threads, *call.ranks) : std::make_shared<const Team>(threads);
}

unsigned job_count(const Call& call, unsigned otherwise) {
  if (!call.has("jobs")) return otherwise;
  const std::string text = call.text("jobs");
  const auto given = to_index(Node::make_scalar(text, {}));
  if (!given || *given < 1 || *given > 1024)
    throw Error(Exit::config, fmt::format("-j must be a whole number between 1 and 1024, but it is '{}'", text));
  return static_cast<unsigned>(*given);
}

void refuse_changed_data(const StoredRun& run) {
  if (const std::string text = changed_data_of(run.cells); !text.empty()) throw Error(Exit::integrity, text);
}

Exit noting_changed_data(const StoredRun& run) {
  const std::string text = changed_data_of(run.cells);
  if (text.empty()) return Exit::ok;
  std::cout.flush();
  std::cerr << "tightrope: error: " << text << "\n";
  return Exit::integrity;
}

nlohmann::ordered_json json_number(Real value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

nlohmann::ordered_json json_tree(const Node& node) { return nlohmann::ordered_json::parse(to_json(node)); }

}  // namespace tightrope::cli
