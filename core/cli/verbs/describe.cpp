// tightrope describe: what a plugin does and takes; without a name, the whole reference page.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "core/claims/condition_form.hpp"
#include "core/claims/topic.hpp"
#include "core/cli/help/pages.hpp"
#include "core/experiment/section.hpp"
#include "core/report/citations.hpp"
#include "core/store/files/json.hpp"
#include "core/tree/declared.hpp"

namespace tightrope::cli {

namespace {

struct Described {
  PluginKind kind;
  std::string name, summary;
  std::vector<Parameter> parameters;
  std::vector<std::string> sources;  // keys of docs/references.bib
};

Described describe(const PluginKind& kind, const Library& library) {
  Parameters parameters;
  const auto maker = make_maker(library);
  declare_parameters(library, *maker, parameters);
  return {kind, library.manifest().name, library.manifest().summary, parameters.all(),
          keys_of(library.manifest().sources)};
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

/// The keys under which a section that chooses a plugin of this kind stands in a config: {"problem", "operator"}.
std::vector<std::string> place_of(const PluginKind& kind, const std::vector<Section>& sections) {
  for (const Section& section : sections) {
    if (section.plugin == kind.folder) return {section.name};
    if (std::vector<std::string> below = place_of(kind, section.inside); !below.empty()) {
      below.insert(below.begin(), section.name);
      return below;
    }
  }
  return {};
}

/// A piece of config to lay over another: every parameter with what it means, those that have a default as remarks.
std::string commented_template(const Described& plugin) {
  std::string text, indent;
  std::vector<std::string> place = place_of(plugin.kind, sections());
  if (place.empty()) place = {plugin.kind.singular};  // a problem stands for the section itself
  for (const std::string& key : place) {
    text += indent + key + ":\n";
    indent += "  ";
  }
  const bool is_entry = plugin.kind.folder == std::string(Observer::kind);  // of a list
  text += fmt::format("{}# {}\n{}{}type: {}\n", indent, plugin.summary, indent, is_entry ? "- " : "", plugin.name);
  if (is_entry) indent += "  ";
  for (const Parameter& p : plugin.parameters) {
    std::string facts = p.type;
    if (!p.range.empty()) facts += (p.range.starts_with("at ") ? " of " : " ") + p.range;
    if (!p.unit_text.empty()) facts += ", in " + p.unit_text;
    if (p.is_required) facts += ", required";
    const std::string& value = p.default_text.empty() || p.is_required ? p.example_text : p.default_text;
    text += fmt::format("{}# {} ({})\n{}{}{}: {}\n", indent, p.doc, facts, indent, p.is_required ? "" : "#", p.name,
                        value.empty() ? declared(p).is_optional ? "null"
                                        : p.is_file             ? "FILE"
                                                                : "''"
                                      : value);
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

std::string capitalized(std::string text) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// "step sizes"
std::string words_of(const PluginKind& kind) {
  std::string text = kind.folder;
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

constexpr const char* page_head = R"(# Reference

Written by `./dev describe --format markdown > docs/reference.md`; change the declarations, not this page.

- [Config](#config): sections, layers, stop rules, observers, claims, studies
- Plugins: {}
- [Command line](#command-line) and [exit codes](#exit-codes)

## Config

A config is a YAML file, a map of sections. A plugin is chosen as `{{type: name, parameter: value, …}}`, or by its bare
name where it needs nothing more. Paths of data files start at the folder of the file that names them.

Layers, each laid over those before: defaults of the plugins, FILE, each `-c FILE` from left to right, the assignments
in the environment variable `TIGHTROPE_SET` (separated by `;`), each `--set path=value`. Maps merge key by key and
everything else is replaced; a plugin of another `type` replaces the one below with all its parameters. In a path, a
number picks an entry of a list, from 0. `tightrope show --resolved FILE` prints every value with its origin.
)";

constexpr const char* page_claims = R"(
### claims

What must come out: a list of `{{that: QUANTITY, where: {{LABEL: value}}, is: CONDITION}}`. A false claim makes `run` exit
with 1. QUANTITY is a number of each run:

| quantity | such as | meaning |
| -------- | ------- | ------- |
{0}
`deviation of COLUMN from COLUMN` may take the place of the first COLUMN in each of them: it is |a/b - 1| in the rows in
which both are defined and b is not 0. `from: ITERATION` and `to: ITERATION` bound the rows of {2}.
They speak of `that` alone.

CONDITION is `<`, `<=`, `>` or `>=` and a number, or `between A and B`; put it in quotes if it starts with `>`, which
means something else in YAML. `relative to: QUANTITY` divides by a second quantity of the same run. `of: every run` (the
default), `some run`, or `median` or `mean` over the repetitions.

```yml
claims:
  - {{that: relative_error at smallest validation_error, relative to: smallest relative_error, is: <= 1.02}}
  - {{that: largest deviation of sigma_1 from sigma_1_theory, from: 10, to: 80, is: < 0.05}}
  - {{that: iterations to deviation of sigma_1 from sigma_1_theory > 0.05, is: '> 80'}}
```

Claims about several runs hold if they hold in every setting, that is, for all values of the other labels; repetitions
belong to one setting. The setting that fits a claim least decides, and what was measured there is told.

| claim | meaning |
| ----- | ------- |
{1}| `{{that: QUANTITY, where: {{method: a}}, compared with: {{method: b}}, is: '> 5'}}` | the ratio of the medians of paired runs; `p: 0.05` also asks for Wilcoxon's signed-rank test of the repetitions in each setting, with Holm's correction over all settings of all claims of the file |
{3}
Fits over a label take all repetitions. There is none, and the claim is false, if a run has not reached its target or has
a value without a logarithm that the fit needs; labels without one are refused before the runs.
)";

std::string code(const std::string& text) { return "`" + text + "`"; }

/// One row for each form of a claim: how it is written, and what it means.
std::string reference_of_claims() {
  std::string quantities, topics, windows, conditions;
  for (const QuantityForm& form : quantity_forms()) {
    std::string written;
    for (const std::string& pattern : patterns_of(form)) {
      written += (written.empty() ? "" : ", ") + code(pattern);
      if (form.has_window) windows += (windows.empty() ? "" : ", ") + code(pattern);
    }
    quantities += fmt::format("| {} | `{}` | {} |\n", written, form.example, form.meaning);
  }
  for (const TopicForm& form : topic_forms()) topics += fmt::format("| `{}` | {} |\n", form.example, form.meaning);
  for (const ConditionForm& form : condition_forms())
    conditions += fmt::format("| `{}` | {} |\n", form.example, form.meaning);
  return fmt::format(page_claims, quantities, topics, windows, conditions);
}

/// docs/reference.md. Depends on the plugins that are found, and on nothing else of the machine.
std::string reference(const Catalog& catalog) {
  std::string kinds;
  for (const PluginKind& kind : plugin_kinds()) {
    std::string anchor = kind.folder;
    std::replace(anchor.begin(), anchor.end(), '_', '-');
    kinds += fmt::format("{}[{}](#plugins-{})", kinds.empty() ? "" : ", ", words_of(kind), anchor);
  }
  std::string page = fmt::format(page_head, kinds);
  const auto document = [&](const std::string& name, const Section& section) {
    if (section.text.empty()) return;
    page += fmt::format("\n### {}\n\n{}\n", name, section.text);
    if (!section.parameters.empty()) page += "\n" + table_of(section.parameters).text("markdown");
  };
  for (const Section& section : sections()) {
    document(section.name.empty() ? "config" : section.name, section);
    for (const Section& inner : section.inside) document(section.name + "." + inner.name, inner);
  }
  page += reference_of_claims();
  for (const std::filesystem::path& folder : catalog.folders())
    if (std::ifstream defaults(folder / "defaults.yaml"); defaults) {
      page +=
          fmt::format("\n### defaults\n\n```yaml\n{}```\n", std::string(std::istreambuf_iterator<char>(defaults), {}));
      break;
    }
  for (const PluginKind& kind : plugin_kinds()) {
    page += fmt::format("\n## Plugins: {}\n", words_of(kind));
    for (const std::string& name : catalog.names(kind.folder)) {
      const Described plugin = describe(kind, *catalog.find(kind.folder, name));
      page += fmt::format("\n### {} {}\n\n{}.\n", kind.singular, name, capitalized(plugin.summary));
      if (!plugin.sources.empty())
        page += fmt::format("[Sources](references.md): `{}`.\n", fmt::join(plugin.sources, "`, `"));
      if (!plugin.parameters.empty()) page += "\n" + table_of(plugin.parameters).text("markdown");
    }
  }
  page +=
      "\n## Command line\n\nResults go to standard output, progress and messages to standard error. `./dev VERB` "
      "builds "
      "the program first, if need be.\n";
  for (const Verb& verb : verbs()) page += fmt::format("\n### {}\n\n```text\n{}```\n", verb.name, help_of(verb));
  Table exits({"code", "meaning"});
  for (const auto& [code, meaning] : exit_codes()) exits.add({code, meaning});
  return page + "\n### Exit codes\n\n" + exits.text("markdown");
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
      if (candidate != name) continue;
      found.push_back(describe(kind, *catalog.find(kind.folder, name)));
      for (const Parameter& common : common_parameters(*catalog.find(kind.folder, name)))
        found.back().parameters.push_back(common);
    }
  }
  if (found.empty() && call.positional.size() == 1)
    for (const PluginKind& kind : plugin_kinds())
      if (name == kind.folder || name == kind.singular)
        throw Error(Exit::config, fmt::format("'{}' is a kind of plugin; name one of them: {}", name,
                                              fmt::join(catalog.names(kind.folder), ", ")));
  if (found.empty())
    throw Error(Exit::plugin,
                fmt::format("there is no plugin '{}'{}; see 'tightrope list'", name, did_you_mean(name, names)));
  auto json = nlohmann::ordered_json::array();
  for (const Described& plugin : found) {
    if (call.format == "json") {
      json.push_back({{"kind", plugin.kind.folder},
                      {"name", plugin.name},
                      {"summary", plugin.summary},
                      {"sources", plugin.sources},
                      {"parameters", json_of(plugin.parameters)}});
      continue;
    }
    if (call.format == "yaml") {
      std::cout << (&plugin == &found.front() ? "" : "\n") << commented_template(plugin);
      continue;
    }
    std::cout << (&plugin == &found.front() ? "" : "\n") << plugin.kind.singular << " " << plugin.name << ": "
              << plugin.summary << "\n";
    if (!plugin.sources.empty()) std::cout << fmt::format("Sources: {}.\n", fmt::join(plugin.sources, ", "));
    if (!plugin.parameters.empty()) std::cout << "\n" << table_of(plugin.parameters).text(call.format);
    std::cout << "\n"
              << (call.format == "markdown" ? "```yaml\n" : "") << template_of(plugin)
              << (call.format == "markdown" ? "\n```\n" : "\n");
  }
  if (call.format == "json") std::cout << pretty(found.size() == 1 ? json[0] : json);
  return Exit::ok;
}

}  // namespace

Verb describe_verb() {
  return {"describe",
          "[[KIND] NAME]",
          "show what a plugin does and which parameters it has",
          "KIND (optimizer, observer, …) is needed only where plugins of two kinds share a name. Below the parameters\n"
          "stands a piece of YAML to copy; with --format yaml a piece of config, each parameter with what it means.\n"
          "With --format markdown and no name: the reference of all sections and plugins.",
          declare_plugin_options,
          {"table", "json", "markdown", "yaml"},
          0,
          2,
          describe_call};
}

}  // namespace tightrope::cli
