// tightrope describe: what a plugin does and takes; without a name, the whole reference page.
#include <fmt/format.h>

#include <iostream>

#include "core/cli/verb.hpp"

namespace tightrope::cli {

namespace {

struct Described {
  PluginKind kind;
  std::string name, summary;
  std::vector<Parameter> parameters;
};

Described describe(const PluginKind& kind, const Library& library) {
  Parameters parameters;
  const auto maker = make_maker(library);
  declare_parameters(library, *maker, parameters);
  return {kind, library.manifest().name, library.manifest().summary, parameters.all()};
}

Table table_of(const std::vector<Parameter>& parameters) {
  Table table({"parameter", "type", "default", "range", "meaning"});
  for (const Parameter& p : parameters) {
    const std::string unit = p.unit_text.empty() ? "" : " [" + p.unit_text + "]";
    table.add({p.name, p.type, p.is_required ? "required" : p.default_text, p.range, p.doc + unit});
  }
  return table;
}

std::string template_of(const Described& plugin) {
  std::string text = "type: " + plugin.name;
  for (const Parameter& p : plugin.parameters) {
    const std::string value =
        p.is_required || p.default_text.empty() ? (p.example_text.empty() ? "…" : p.example_text) : p.default_text;
    text += fmt::format("\n{}{}: {}", p.is_required ? "" : "# ", p.name, value);
  }
  return text;
}

nlohmann::ordered_json json_of(const std::vector<Parameter>& parameters) {
  auto json = nlohmann::ordered_json::array();
  for (const Parameter& p : parameters)
    json.push_back({{"name", p.name},
                    {"type", p.type},
                    {"required", p.is_required},
                    {"default", p.default_text},
                    {"range", p.range},
                    {"choices", p.choices},
                    {"unit", p.unit_text},
                    {"example", p.example_text},
                    {"meaning", p.doc}});
  return json;
}

std::string titled(std::string word) {
  word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  for (char& c : word)
    if (c == '_') c = ' ';
  return word;
}

/// docs/reference.md
std::string reference(const Catalog& catalog) {
  std::string page =
      "# Reference\n\nWritten by `tightrope describe --format markdown`; change the declarations, not this page.\n\n"
      "A config is a YAML file. A plugin is chosen as `{type: name, parameter: value, …}`, or by its bare name if it "
      "needs "
      "nothing more. Layers: defaults of the plugins < FILE < each `-c FILE` from left to right < `TIGHTROPE_SET` "
      "(assignments separated by `;`) < `--set path=value`.\n\n## Sections\n";
  for (const SectionDoc& section : config_reference())
    page +=
        fmt::format("\n### {}\n\n{}\n\n{}", section.name, section.text, table_of(section.parameters).text("markdown"));
  page +=
      "\n### claims\n\nA list of `{that: QUANTITY, is: COMPARISON}`. QUANTITY is `final COLUMN`, `initial COLUMN`, "
      "`smallest COLUMN`, "
      "`largest COLUMN`, `COLUMN at ITERATION` or `iterations`; COMPARISON is `<`, `<=`, `>` or `>=` and a number "
      "(quote it if it starts "
      "with `>`). Optional: `relative to: QUANTITY` divides by a second quantity of the same run; `where: {method: "
      "name}` picks runs; "
      "`of: some run` asks for one run instead of every one. A false claim makes `run` exit with 1.\n";
  for (const PluginKind& kind : plugin_kinds()) {
    page += fmt::format("\n## {}\n", titled(kind.folder));
    for (const std::string& name : catalog.names(kind.folder)) {
      const Described plugin = describe(kind, *catalog.find(kind.folder, name));
      page += fmt::format("\n### {}\n\n{}.\n", name, titled(plugin.summary));
      if (!plugin.parameters.empty()) page += "\n" + table_of(plugin.parameters).text("markdown");
    }
  }
  return page;
}

Exit describe_call(const Call& call) {
  const Catalog catalog = make_catalog(call);
  if (call.positional.empty()) {
    if (call.format != "markdown")
      throw Error(Exit::config,
                  "describe needs a name, e.g. 'tightrope describe optimizer NAME'; --format markdown alone prints the "
                  "whole reference");
    std::cout << reference(catalog);
    return Exit::ok;
  }
  std::vector<Described> found;
  std::vector<std::string> names;
  const std::string& name = call.positional.back();
  for (const PluginKind& kind : plugin_kinds()) {
    if (call.positional.size() == 2 && plugin_kind(call.positional[0]).folder != std::string(kind.folder)) continue;
    for (const std::string& candidate : catalog.names(kind.folder)) {
      names.push_back(candidate);
      if (candidate == name) found.push_back(describe(kind, *catalog.find(kind.folder, name)));
    }
  }
  if (found.empty())
    throw Error(Exit::plugin,
                fmt::format("there is no plugin '{}'{}; see 'tightrope list'", name, did_you_mean(name, names)));
  auto json = nlohmann::ordered_json::array();
  for (const Described& plugin : found) {
    if (call.format == "json") {
      json.push_back({{"kind", plugin.kind.folder},
                      {"name", plugin.name},
                      {"summary", plugin.summary},
                      {"parameters", json_of(plugin.parameters)}});
      continue;
    }
    std::cout << (&plugin == &found.front() ? "" : "\n") << plugin.kind.singular << " " << plugin.name << ": "
              << plugin.summary << "\n";
    if (!plugin.parameters.empty()) std::cout << "\n" << table_of(plugin.parameters).text(call.format);
    std::cout << "\n"
              << (call.format == "markdown" ? "```yaml\n" : "") << template_of(plugin)
              << (call.format == "markdown" ? "\n```\n" : "\n");
  }
  if (call.format == "json") std::cout << (found.size() == 1 ? json[0] : json).dump(2) << "\n";
  return Exit::ok;
}

}  // namespace

Verb describe_verb() {
  return {"describe",
          "[[KIND] NAME]",
          "show what a plugin does and which parameters it has",
          "With --format markdown and no name: the reference of all sections and plugins.",
          declare_plugin_options,
          {"table", "json", "markdown"},
          0,
          2,
          describe_call};
}

}  // namespace tightrope::cli
