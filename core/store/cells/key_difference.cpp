#include "core/store/cells/key_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/store/cells/cell.hpp"
#include "core/store/cells/identity.hpp"
#include "core/store/files/files.hpp"
#include "core/store/files/json.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

using Facts = std::map<std::string, std::string>;

void collect(const Json& json, const std::string& path, Facts& facts) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) collect(value, path.empty() ? key : path + "." + key, facts);
  } else if (json.is_array() &&
             std::any_of(json.begin(), json.end(), [](const Json& v) { return v.is_structured(); })) {
    for (std::size_t i = 0; i < json.size(); ++i) collect(json[i], fmt::format("{}[{}]", path, i), facts);
  } else {
    facts[path] = json.is_string() ? json.get<std::string>() : json.dump();
  }
}

/// Everything that a key is made of, by name.
Facts facts_of(const Json& record) {
  Facts facts;
  collect(record.at("spec"), "", facts);
  facts.erase("name");
  facts["version of tightrope"] = record.at("tightrope").get<std::string>();
  facts["arithmetic of tightrope"] = record.at("build").value("arithmetic", "not stated");
  for (const Json& plugin : record.at("plugins"))
    facts[fmt::format("plugin {}/{}", plugin.at("kind").get<std::string>(), plugin.at("name").get<std::string>())] =
        plugin.at("sha256").get<std::string>();
  for (const Json& data : record.at("data"))
    facts["data file " + data.at("file").get<std::string>()] = data.at("sha256").get<std::string>();
  return facts;
}

std::vector<std::string> differences(const Facts& own, const Facts& stored) {
  std::vector<std::string> lines;
  const auto value = [](const Facts& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string("nothing") : excerpt(found->second, 40);
  };
  Facts all = own;
  all.insert(stored.begin(), stored.end());
  for (const auto& [name, unused] : all)
    if (value(own, name) != value(stored, name))
      lines.push_back(fmt::format("{}: {}, stored with {}", name, value(own, name), value(stored, name)));
  return lines;
}

}  // namespace

std::vector<std::string> key_differences(const fs::path& out, const CellSpec& cell) {
  const CellStore shelf(out);
  if (shelf.has(cell)) return {};
  const Facts own = facts_of(identity_of(cell));
  std::optional<std::vector<std::string>> nearest_lines;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(out / "cells", ignored)) {
    if (entry.path().filename().string()[0] == '.') continue;
    const fs::path file = entry.path() / "record.json";
    try {
      auto lines = differences(own, facts_of(parse_json(file, read_file(file))));
      if (!nearest_lines || lines.size() < nearest_lines->size()) nearest_lines = std::move(lines);
    } catch (const Json::exception& error) {
      throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), error.what()));
    }
  }
  if (!nearest_lines) return {"nothing is stored there"};
  return *nearest_lines;
}

}  // namespace tightrope
