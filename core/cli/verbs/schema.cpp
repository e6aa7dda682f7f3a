// tightrope schema: what a config may hold, as JSON Schema.
#include <iostream>

#include "core/cli/help/schema.hpp"
#include "core/cli/verb.hpp"
#include "core/store/files/json.hpp"

namespace tightrope::cli {

namespace {

/// A line for each key at the top and each of their keys: of long documents, so that changes of them can be read.
std::string in_lines(const Json& schema) {
  std::string text;
  for (const auto& [key, value] : schema.items()) {
    text += (text.empty() ? "{\n" : ",\n") + Json(key).dump() + ": ";
    if (!value.is_object()) {
      text += value.dump();
      continue;
    }
    std::string lines;
    for (const auto& [name, one] : value.items())
      lines += (lines.empty() ? "{\n  " : ",\n  ") + Json(name).dump() + ": " + one.dump();
    text += lines + "}";
  }
  return text + "}\n";
}

Exit schema_call(const Call& call) {
  const std::string what = call.positional.empty() ? "config" : call.positional[0];
  if (what == "paper") {
    std::cout << in_lines(paper_schema());
  } else if (what == "config" || what == "layer") {
    const Catalog catalog = make_catalog(call);
    std::cout << in_lines(what == "layer" ? layer_schema(catalog) : config_schema(catalog));
  } else {
    throw Error(Exit::config, "there is no schema '" + what + "'" + did_you_mean(what, {"config", "layer", "paper"}) +
                                  "; there are config, layer and paper");
  }
  return Exit::ok;
}

}  // namespace

Verb schema_verb() {
  return {"schema",
          "[config|layer|paper]",
          "print the JSON Schema of configs, for editors",
          "Of a config (the default), of a layer, which is laid over a config and may leave out everything, or of the\n"
          "page of a paper; with the plugins that are found, so that those of --plugin-path are known to the editor,\n"
          "too. An editor with the YAML language server completes and checks a file whose first line is\n"
          "# yaml-language-server: $schema=FILE, where FILE holds what this verb prints.",
          declare_plugin_options,
          {},
          0,
          1,
          schema_call};
}

}  // namespace tightrope::cli
