// tightrope list: which plugins there are.
#include <iostream>

#include "core/cli/help/pages.hpp"
#include "core/cli/papers.hpp"
#include "core/store/files/json.hpp"

namespace tightrope::cli {

namespace {

Exit list_papers(const Call& call) {
  Table table({"paper", "config", "is", "source", "what is seen"});
  Json json = Json::array();
  for (const Paper& paper : shipped_papers()) {
    Json experiments = Json::array();
    for (const PaperExperiment& experiment : paper.experiments) {
      table.add({paper.name, experiment.name, experiment.is, experiment.source, experiment.shows});
      experiments.push_back({{"name", experiment.name},
                             {"config", experiment.file.string()},
                             {"is", experiment.is},
                             {"source", experiment.source},
                             {"shows", experiment.shows},
                             {"figure", experiment.figure}});
    }
    json.push_back({{"name", paper.name},
                    {"authors", paper.authors},
                    {"title", paper.title},
                    {"published", paper.published},
                    {"link", paper.link},
                    {"summary", paper.summary},
                    {"experiments", experiments}});
  }
  std::cout << (call.format == "json" ? pretty(json) : table.text(call.format));
  return Exit::ok;
}

Exit list(const Call& call) {
  if (!call.positional.empty() && call.positional[0] == "papers") return list_papers(call);
  const Catalog catalog = make_catalog(call);
  std::vector<PluginKind> kinds = plugin_kinds();
  if (!call.positional.empty()) kinds = {plugin_kind(call.positional[0])};
  Table table({"kind", "name", "summary"});
  Json json = Json::array();
  bool fine = true;
  for (const PluginKind& kind : kinds)
    for (const std::string& name : catalog.names(kind.folder)) try {
        const auto library = catalog.find(kind.folder, name);
        table.add({kind.singular, name, library->manifest().summary});
        json.push_back({{"kind", kind.folder}, {"name", name}, {"summary", library->manifest().summary}});
        if (call.has("verbose")) std::cerr << kind.singular << " " << name << ": " << library->file().string() << "\n";
      } catch (const Error& error) {
        if (error.code() == Exit::resources) throw;  // no plugin is to blame
        std::cerr << "tightrope: error: " << error.what() << "\n";
        fine = false;
      }
  std::cout << (call.format == "json" ? pretty(json) : table.text(call.format));
  return fine ? Exit::ok : Exit::plugin;
}

}  // namespace

Verb list_verb() {
  return {
      "list",
      "[KIND | papers]",
      "list the plugins, all or of one kind, or the papers",
      "KIND is one of\n" + lines_of_kinds() +
          ",\nor papers, whose experiments 'tightrope run papers/NAME' runs. 'tightrope describe NAME' shows what a\n"
          "plugin takes.",
      [](po::options_description& options) {
        declare_plugin_options(options);
        options.add_options()("verbose,v", "say where each plugin lies, on standard error");
      },
      {"table", "json", "markdown", "csv", "latex"},
      0,
      1,
      list};
}

}  // namespace tightrope::cli
