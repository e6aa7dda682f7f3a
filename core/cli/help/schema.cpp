#include "core/cli/help/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/table.hpp"
#include "core/base/text/word_list.hpp"
#include "core/claims/reading/schema.hpp"
#include "core/cli/papers.hpp"
#include "core/cli/verb.hpp"
#include "core/conformance/columns.hpp"
#include "core/experiment/experiment.hpp"
#include "core/experiment/section.hpp"
#include "core/grid/form.hpp"
#include "core/grid/ranges.hpp"
#include "core/tree/declared.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

namespace {

using Json = nlohmann::ordered_json;

// --- small pieces ---

Json read(const std::string& yaml) { return json_tree(parse_yaml(yaml, "a schema")); }
Json refer(const std::string& name) { return {{"$ref", "#/definitions/" + name}}; }
/// A reference beside which other words count.
Json all_of(Json one) { return {{"allOf", Json::array({std::move(one)})}}; }
Json any_of(Json alternatives) { return {{"anyOf", std::move(alternatives)}}; }
Json unless(Json condition, Json schema) { return {{"if", std::move(condition)}, {"else", std::move(schema)}}; }
Json when(Json condition, Json schema) { return {{"if", std::move(condition)}, {"then", std::move(schema)}}; }
Json closed(Json properties) { return {{"properties", std::move(properties)}, {"additionalProperties", false}}; }
Json types(Words names, bool or_null) {
  if (or_null) names.emplace_back("null");
  return names.size() == 1 ? Json(names[0]) : Json(names);
}

/// The schema of what lies at a path, if it is there.
Json at(const Words& path, Json schema) {
  for (auto part = path.rbegin(); part != path.rend(); ++part) schema = {{"properties", {{*part, std::move(schema)}}}};
  return schema;
}
/// Holds if something lies at the path, and satisfies the schema.
Json has(const Words& path, Json schema) {
  for (auto part = path.rbegin(); part != path.rend(); ++part)
    schema = {{"type", "object"}, {"required", {*part}}, {"properties", {{*part, std::move(schema)}}}};
  return schema;
}
const Json something = {{"not", {{"type", "null"}}}};
/// Holds for a map with one of the keys.
Json has_one_of(const Words& keys) { return {{"not", {{"propertyNames", {{"not", {{"enum", keys}}}}}}}}; }

std::string dotted(const Words& path) { return fmt::format("{}", fmt::join(path, ".")); }
Words longer(Words path, const std::string& last) {
  path.push_back(last);
  return path;
}

// --- parameters ---

Json schema_of(const Parameter& parameter) {
  using Kind = Declared::Kind;
  const Declared found = declared(parameter);
  Json schema;
  if (found.kind == Kind::truth_value) schema["type"] = "boolean";
  if (found.kind == Kind::text && !parameter.choices.empty()) schema["enum"] = parameter.choices;
  if (!schema.is_object()) schema["type"] = {"string", "number", "boolean"};  // a bare 5 is a text, too
  if (found.kind == Kind::file) schema["minLength"] = 1;
  if (found.kind == Kind::number || found.kind == Kind::whole_number) {
    const bool is_whole = found.kind == Kind::whole_number;
    const Range& range = found.bounds;
    schema["type"] = is_whole ? "integer" : "number";
    if (std::isfinite(range.low)) schema[range.low_open ? "exclusiveMinimum" : "minimum"] = json_number(range.low);
    if (std::isfinite(range.high)) schema[range.high_open ? "exclusiveMaximum" : "maximum"] = json_number(range.high);
    if (is_whole && !std::isfinite(range.high)) schema["maximum"] = std::int64_t{9007199254740992};
  }
  if (found.is_list) schema = {{"type", "array"}, {"items", std::move(schema)}};
  if (found.is_optional) schema["type"] = {schema["type"], "null"};
  schema["description"] =
      parameter.doc + (parameter.unit_text.empty() ? "" : fmt::format(" [{}]", parameter.unit_text));
  if (!parameter.default_text.empty()) schema["default"] = read(parameter.default_text);
  if (!parameter.example_text.empty()) schema["examples"] = Json::array({read(parameter.example_text)});
  return schema;
}

Json properties_of(const std::vector<Parameter>& parameters) {
  Json properties = Json::object();
  for (const Parameter& parameter : parameters) properties[parameter.name] = schema_of(parameter);
  return properties;
}

Json closed_map(const std::vector<Parameter>& parameters) {
  Json schema = {{"type", "object"}, {"required", Json::array()}};
  for (const Parameter& parameter : parameters)
    if (parameter.is_required) schema["required"].push_back(parameter.name);
  schema.update(closed(properties_of(parameters)));
  return schema;
}

/// What a section says of itself beside its parameters.
void refine(Json& properties, const Section& section) {
  if (section.schema.empty()) return;
  const Json own = read(section.schema);
  if (own.contains("properties"))
    for (const auto& [key, schema] : own["properties"].items()) properties[key].update(schema);
}

// --- the whole ---

struct Plugin {
  std::string name, summary;
  std::vector<Parameter> parameters;
  std::vector<Parameter> common;  // of the keys that all of its kind can have, those that it takes
};

/// Something that must be there. In a study it may come from elsewhere: from an axis, or from every method.
struct Need {
  Words section;     // path of the section
  std::string type;  // of the plugin that needs it; "" for any
  Words keys;        // one of which is needed
  bool of_plugin = false, of_sensing = false;
};

class Writer {
 public:
  explicit Writer(const Catalog& catalog) : catalog_(catalog), columns_(recordable_columns(catalog)) {
    for (const std::filesystem::path& folder : catalog.folders())
      if (std::error_code ignored; std::filesystem::exists(folder / "defaults.yaml", ignored)) {
        defaults_ = read_yaml(folder / "defaults.yaml");
        break;
      }
  }

  Json file(bool is_layer) {
    is_layer_ = is_layer;
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", is_layer ? "A layer of a Tightrope config" : "A Tightrope config"},
                   {"type", "object"}};
    Json properties = Json::object(), parts = Json::object();
    for (const Section& section : sections()) {
      if (section.name.empty()) {
        properties = properties_of(section.parameters);
        refine(properties, section);
        schema["description"] = section.text;
        for (const auto& [key, value] : properties.items())
          if (contains(keys_of_cells(), key)) parts[key] = path_values_[key] = value;
      } else if (section.of_cell) {
        properties[section.name] = usage(section, {}, is_layer);
        parts[section.name] = usage(section, {}, true);
      } else {
        properties[section.name] = read(section.schema);
        if (properties[section.name].contains("$ref")) properties[section.name] = all_of(properties[section.name]);
        if (!section.text.empty()) properties[section.name]["description"] = section.text;
      }
    }
    write_values();
    write_study(std::move(parts));
    definitions_["claim"] = claim_schema();
    definitions_["goal"] = goal_schema();
    definitions_["success"] = success_schema();
    schema.update(closed(std::move(properties)));
    if (!is_layer) schema["allOf"] = rules();
    schema["definitions"] = std::move(definitions_);
    return schema;
  }

 private:
  bool is_required(const Section& section) { return section.is_required && !defaults_.find(section.name); }

  /// A section as it stands in its parent. In a part (a layer, a method) what is needed may be left out.
  Json usage(const Section& section, const Words& parent, bool is_part) {
    const Words path = longer(parent, section.name);
    const bool or_null = !is_required(section) && !section.is_list;
    Json schema;
    if (!section.alternative.empty()) {
      schema = alternatives(section, is_part);
    } else if (!section.plugin.empty()) {
      define_kind(section, path);
      const Json one = refer(section.plugin);
      const bool has_number = shorthand(section) != nullptr;
      schema["type"] = types(section.is_list       ? Words{"array"}
                             : section.may_be_list ? Words{"string", "object", "array"}
                             : has_number          ? Words{"string", "number", "object"}
                                                   : Words{"string", "object"},
                             or_null);
      const Json items = {{"items", {{"allOf", {one, refer(section.plugin + " complete")}}}}};
      if (section.is_list)
        schema.update(items);
      else if (section.may_be_list)
        schema.update({{"if", {{"type", "array"}}}, {"then", items}, {"else", one}});
      else
        schema["allOf"] = Json::array({one});
    } else if (section.parameters.empty()) {
      schema = read(section.schema);
    } else {
      Json properties = properties_of(section.parameters);
      refine(properties, section);
      if (section.has_columns)
        for (const std::string& observer : catalog_.names(Observer::kind))
          properties[observer] = {{"type", "number"}, {"description", "the run has converged when it is at most this"}};
      for (const Parameter& parameter : section.parameters)
        if (parameter.is_required) need({path, "", {parameter.name}});
      if (!section.one_of.empty()) need({path, "", section.one_of});
      for (const auto& [key, value] : properties.items()) path_values_[dotted(longer(path, key))] = value;
      schema["type"] = types({"object"}, or_null);
      schema.update(closed(std::move(properties)));
      if (section.has_columns && columns_)
        schema["patternProperties"] = {{*columns_, {{"type", "number"}}}};
      else if (section.has_columns)
        schema["additionalProperties"] = {{"type", "number"}};
    }
    if (!section.text.empty()) schema["description"] = section.text;
    path_values_[dotted(path)] = schema;
    return schema;
  }

  // --- plugins ---

  const std::vector<Plugin>& plugins(const std::string& kind) {
    auto [known, is_new] = plugins_.try_emplace(kind);
    if (is_new)
      for (const std::string& name : catalog_.names(kind)) {
        const auto library = catalog_.find(kind, name);
        const auto maker = make_maker(*library);
        Parameters parameters;
        declare_parameters(*library, *maker, parameters);
        known->second.push_back({name, library->manifest().summary, parameters.all(), {}});
        known->second.back().common = common_parameters(*library);
      }
    return known->second;
  }

  static Json names_of_types(const std::vector<Plugin>& plugins) {
    Json schema = {{"enum", Json::array()}, {"enumDescriptions", Json::array()}};
    for (const Plugin& plugin : plugins) {
      schema["enum"].push_back(plugin.name);
      schema["enumDescriptions"].push_back(plugin.summary);
    }
    return schema;
  }

  /// What one plugin takes; `own` are the keys that the core reads beside them.
  static Json map_of(const std::string& kind, const Plugin& plugin, const Json& own) {
    Json properties = {{"type", {{"const", plugin.name}}}};
    properties.update(properties_of(plugin.parameters));
    for (const auto& [key, schema] : own.items())
      properties[key] = find_named(plugin.common, key) ? schema : Json{{"type", "null"}};
    Json schema = {{"title", plugin_kind(kind).singular + std::string(" ") + plugin.name},
                   {"description", plugin.summary}};
    schema.update(closed(std::move(properties)));
    return schema;
  }

  /// Each key that some plugin of the kind takes, as any of them takes it: where it is not known which it is.
  static Json union_of(const std::vector<Json>& maps) {
    std::map<std::string, std::set<std::string>> seen;
    Json all = Json::object();
    for (const Json& map : maps)
      for (const auto& [key, schema] : map["properties"].items()) {
        Json bare = schema;
        for (const char* word : {"description", "default", "examples"}) bare.erase(word);
        if (key == "type" || schema == Json{{"type", "null"}} || !seen[key].insert(bare.dump()).second) continue;
        all[key]["anyOf"].push_back(schema);
      }
    for (auto& [key, schema] : all.items())
      if (schema["anyOf"].size() == 1) schema = Json(schema["anyOf"][0]);
    return closed(std::move(all));
  }

  /// definitions: KIND, a section that chooses one; "KIND NAME", its parameters; "KIND any"; "KIND complete".
  void define_kind(const Section& section, const Words& path) {
    const std::string& kind = section.plugin;
    Json own = properties_of(section.parameters);
    refine(own, section);
    for (const Section& inside : section.inside) own[inside.name] = usage(inside, path, true);
    std::vector<Json> maps;
    Json chosen = Json::array({at({"type"}, names_of_types(plugins(kind)))}), complete = Json::array(),
         settings = Json::object();
    Words bare;
    for (const Plugin& plugin : plugins(kind)) {
      const std::string definition = kind + " " + plugin.name;
      maps.push_back(map_of(kind, plugin, own));
      definitions_[definition] = maps.back();
      const Json is_this = has({"type"}, {{"const", plugin.name}});
      chosen.push_back(when(is_this, refer(definition)));
      Words required;
      for (const Parameter& parameter : joined_parameters(plugin.parameters, section.parameters))
        if (parameter.is_required &&
            (find_named(plugin.common, parameter.name) || find_named(plugin.parameters, parameter.name)))
          required.push_back(parameter.name);
      settings[plugin.name] = {{"type", {"object", "null"}}, {"allOf", {refer(definition)}}};
      if (required.empty()) {
        bare.push_back(plugin.name);
        continue;
      }
      settings[plugin.name]["type"] = "object";
      settings[plugin.name]["required"] = required;
      complete.push_back(when(is_this, {{"required", required}}));
      for (const std::string& key : required)
        if (!section.is_list) need({path, plugin.name, {key}, true});
    }
    if (!section.is_list) need({path, "", {"type"}, true});
    definitions_[kind + " any"] = union_of(maps);
    if (!section.is_list)
      for (const auto& [key, schema] : definitions_[kind + " any"]["properties"].items())
        path_values_.try_emplace(dotted(longer(path, key)), schema);
    path_values_[dotted(longer(path, "type"))] = names_of_types(plugins(kind));

    Json untyped = refer(kind + " any");
    if (section.is_list)  // `- NAME: {…}`
      untyped = {{"if", {{"minProperties", 1}, {"maxProperties", 1}}},
                 {"then", closed(std::move(settings))},
                 {"else", {{"required", {"type"}}}}};
    Json schema = {
        {"title", plugin_kind(kind).singular},
        {"if", {{"type", "string"}}},
        {"then", names_of_types(plugins(kind))},
        {"else", {{"if", {{"required", {"type"}}}}, {"then", {{"allOf", chosen}}}, {"else", std::move(untyped)}}}};
    if (const Parameter* number = shorthand(section))
      schema["allOf"] = Json::array({when({{"type", "number"}}, schema_of(*number))});
    if (section.is_list) schema["type"] = {"string", "object"};
    definitions_[kind] = schema;
    complete.push_back(when({{"type", "string"}}, {{"enum", bare}}));
    if (!section.is_list) complete.push_back(when({{"type", "object"}}, {{"required", {"type"}}}));
    if (!section.is_list) complete.push_back({{"type", {"string", "object"}}});
    if (section.may_be_list) definitions_[kind + " complete"] = {{"allOf", complete}};
  }

  static std::vector<Parameter> joined_parameters(std::vector<Parameter> all, const std::vector<Parameter>& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// What a bare number in the place of the section means; null if there is none.
  const Parameter* shorthand(const Section& section) {
    const Node* defaults = defaults_.find(section.name);
    const Node* type = defaults ? defaults->find("type") : nullptr;
    const Node* number = defaults ? defaults->find("number") : nullptr;
    const Plugin* plugin = type && number ? find_named(plugins(section.plugin), type->scalar) : nullptr;
    return plugin ? find_named(plugin->parameters, number->scalar) : nullptr;
  }

  /// A section that a plugin of another kind may take for itself.
  Json alternatives(const Section& section, bool is_part) {
    const Words path = {section.name};
    const std::string &kind = section.alternative, usual = find_named(section.parameters, "type")->default_text;
    if (!definitions_.contains(section.name)) {
      Json own = properties_of(section.parameters);
      refine(own, section);
      for (const Section& inside : section.inside) {
        own[inside.name] = usage(inside, path, true);
        if (is_required(inside)) need({path, usual, {inside.name}, false, true});
      }
      need({path, usual, section.one_of, false, true});
      own["type"] = {{"const", usual}};
      for (const auto& [key, schema] : own.items()) path_values_[dotted(longer(path, key))] = schema;
      std::vector<Json> maps = {closed(std::move(own))};
      definitions_[section.name] = maps.back();
      for (const Plugin& plugin : plugins(kind)) {
        maps.push_back(map_of(kind, plugin, properties_of(plugin.common)));
        definitions_[kind + " " + plugin.name] = maps.back();
        for (const Parameter& parameter : plugin.parameters) {
          path_values_.try_emplace(dotted(longer(path, parameter.name)), schema_of(parameter));
          if (parameter.is_required) need({path, plugin.name, {parameter.name}, true});
        }
      }
      definitions_[kind + " any"] = union_of(maps);
    }
    std::vector<Plugin> all = {{usual, section.text.substr(0, section.text.find('.')), {}, {}}};
    for (const Plugin& plugin : plugins(kind)) all.push_back(plugin);
    const Json type = names_of_types(all), is_usual = {{"const", usual}};
    path_values_[dotted(longer(path, "type"))] = type;
    Json chosen = {at({"type"}, type),
                   when(is_part ? has({"type"}, is_usual) : at({"type"}, is_usual), refer(section.name))};
    for (const Plugin& plugin : plugins(kind))
      chosen.push_back(when(has({"type"}, {{"const", plugin.name}}), refer(kind + " " + plugin.name)));
    if (is_part) chosen.push_back(unless({{"required", {"type"}}}, refer(kind + " any")));
    return {{"type", "object"}, {"allOf", chosen}};
  }

  // --- studies ---

  static Json values_of(const Json& value) {
    const Json is_range = {{"type", "string"}, {"pattern", R"(^[A-Za-z_]+\()"}};
    return {{"type", {"array", "string"}},
            {"if", {{"type", "string"}}},
            {"then", refer("range")},
            {"else",
             {{"minItems", 1},
              {"items", {{"not", {{"type", "null"}}}, {"if", is_range}, {"then", refer("range")}, {"else", value}}}}}};
  }

  /// definitions: settings, PATH → one value; axes, PATH → several; values, any of those; range; path.
  void write_values() {
    const std::string number = R"(\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*)";
    definitions_["range"] = {{"pattern", fmt::format(R"(^\s*({})\({}(,{})+\)\s*$)",
                                                     fmt::join(names_of(value_ranges()), "|"), number, number)},
                             {"description", "a range, such as " + range_examples()}};
    Json settings = Json::object(), axes = Json::object();
    Words paths;
    for (const auto& [path, schema] : path_values_) {
      settings[path] = schema;
      axes[path] = values_of(refer("settings/properties/" + path));
      paths.push_back(path);
    }
    // Entries of lists by their number, and what is in them.
    const std::string entry = R"(^[a-z_.]+\.\d+(\.|$))";
    definitions_["path"] = any_of({{{"enum", paths}}, {{"type", "string"}, {"pattern", entry}}});
    definitions_["values"] = values_of(true);
    // What is tried for one path is of its kind.
    Json tuned = Json::array();
    for (const std::string& path : paths)
      tuned.push_back(when(has({"path"}, {{"const", path}}),
                           at({"over"}, unless({{"type", "object"}}, refer("axes/properties/" + path)))));
    definitions_["tuned"] = {{"allOf", tuned}};
    for (auto& [name, properties] : {std::pair{"settings", settings}, std::pair{"axes", axes}}) {
      definitions_[name] = {{"type", "object"}};
      definitions_[name].update(closed(properties));
      definitions_[name]["patternProperties"] = {{entry, name == std::string("axes") ? values_of(true) : Json(true)}};
    }
  }

  void write_study(Json parts) {
    Json properties = Json::object();
    for (const StudyForm& form : study_forms()) {
      Json schema = read(form.schema);
      if (is_layer_) schema.erase("minProperties");  // it is laid over others
      if (schema.contains("$ref")) schema = all_of(schema);
      schema["description"] = form.doc;
      if (form.of_method) parts[form.name] = schema;
      properties[form.name] = std::move(schema);
    }
    definitions_["method"] = {{"type", {"object", "null"}}};
    definitions_["method"].update(closed(std::move(parts)));
    definitions_["study"] = {{"type", "object"}};
    Json keys = Json::array(), enough = Json::array();
    for (const StudyForm& form : study_forms()) {
      keys.push_back(form.name);
      if (form.what == StudyForm::What::axes) enough.push_back({{"required", {form.name}}});
    }
    if (!is_layer_)  // what is misspelt is enough to say
      definitions_["study"].update(when({{"propertyNames", {{"enum", keys}}}}, any_of(enough)));
    definitions_["study"].update(closed(std::move(properties)));
  }

  // --- what must be there ---

  void need(Need need) {
    if (needed_.insert(fmt::format("{} {} {}", dotted(need.section), need.type, dotted(need.keys))).second)
      needs_.push_back(std::move(need));
  }

  Json rules() {
    Json all = Json::array();
    for (const Section& section : sections())
      if (section.of_cell && is_required(section)) need({{}, "", {section.name}, false, section.of_sensing});
    for (const Need& need : needs_) add_rules(all, need);
    // A problem that is a whole objective has no place for some sections.
    Json none = Json::object();
    for (const Section& section : sections())
      if (section.of_sensing) none[section.name] = {{"type", "null"}};
    for (const Section& section : sections())
      if (!section.alternative.empty()) {
        Json others = Json::array();
        for (const Plugin& plugin : plugins(section.alternative)) others.push_back(plugin.name);
        all.push_back(when(has({section.name, "type"}, {{"enum", others}}), {{"properties", none}}));
      }
    return all;
  }

  /// Whether the file's problem is the usual one.
  static Json is_sensing() {
    Json all = Json::array();
    for (const Section& section : sections())
      if (!section.alternative.empty())
        all.push_back(
            at({section.name}, at({"type"}, {{"const", find_named(section.parameters, "type")->default_text}})));
    return {{"allOf", all}};
  }

  /// Whether the study gives one of these paths to all cells.
  Json gives(const Words& paths) {
    const std::string name = "study gives " + paths.front();
    if (!definitions_.contains(name)) {
      const Json one = has_one_of(paths);
      definitions_[name] =
          has({"study"}, any_of({has({"grid"}, one), has({"zip"}, one), has({"set"}, one),
                                 has({"list"}, {{"items", one}}), has({"tune", "path"}, {{"enum", paths}}),
                                 has({"tune", "over"}, {{"type", "object"}, {"allOf", {one}}})}));
    }
    return refer(name);
  }

  static Json each_method(Json schema) {
    return has({"study", "methods"},
               {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", std::move(schema)}});
  }

  void add_rules(Json& all, const Need& need) {
    // A path and what it is a part of: each of them may be an axis.
    Words axes;
    for (const std::string& key : need.keys) axes.push_back(dotted(longer(need.section, key)));
    for (Words above = need.section; !above.empty(); above.pop_back()) axes.push_back(dotted(above));
    const bool is_typed = need.of_plugin && !need.type.empty();
    const Json is_type = {{"const", need.type}};
    Json one_of_keys = Json::array();
    for (const std::string& key : need.keys)
      one_of_keys.push_back(need.keys.size() == 1 ? Json{{"required", {key}}} : has({key}, something));
    Json needed = need.keys.size() == 1 ? one_of_keys[0] : any_of(one_of_keys);
    if (need.of_plugin) {
      needed = when(is_typed ? has({"type"}, is_type) : Json{{"type", "object"}}, needed);
      if (is_typed) needed["not"] = is_type;
    } else if (!need.section.empty()) {
      needed = when({{"type", "object"}}, needed);
    }
    // Where every method has it, or something else in its place, the file needs none.
    Json elsewhere = {has({"grid"}, has_one_of(axes)), has({"tune", "path"}, {{"enum", axes}}),
                      has({"tune", "over"}, has_one_of(axes))};
    Json otherwise = elsewhere;
    for (const std::string& key : need.keys) otherwise.push_back(has(longer(need.section, key), something));
    if (is_typed) {
      otherwise.push_back(
          has(need.section, {{"not", {{"enum", {need.type, nullptr}}}}, {"type", {"string", "number"}}}));
      otherwise.push_back(has(longer(need.section, "type"), {{"not", is_type}}));
    }
    if (need.section.size() > 1 || need.of_sensing)
      for (const Section& section : sections())
        if (!section.alternative.empty()) otherwise.push_back(has({section.name, "type"}, Json::object()));
    Json rule = unless(any_of({gives(axes), each_method(any_of(otherwise))}), at(need.section, needed));
    all.push_back(need.of_sensing ? when(is_sensing(), rule) : rule);
    if (!is_typed) return;
    // A method that takes another plugin than the file inherits nothing of it.
    const Json own = unless(any_of(elsewhere), at(need.section, needed));
    all.push_back(unless(any_of({gives(axes), has(longer(need.section, "type"), is_type), has(need.section, is_type)}),
                         at({"study", "methods"}, {{"additionalProperties", own}})));
  }

  const Catalog& catalog_;
  std::optional<std::string> columns_;
  bool is_layer_ = false;
  Node defaults_;
  Json definitions_ = Json::object();
  std::map<std::string, std::vector<Plugin>> plugins_;
  std::map<std::string, Json> path_values_;  // of every path of a config
  std::vector<Need> needs_;
  std::set<std::string> needed_;
};

}  // namespace

Json config_schema(const Catalog& catalog) { return Writer(catalog).file(false); }
Json layer_schema(const Catalog& catalog) { return Writer(catalog).file(true); }

Json paper_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "The page of a paper"}};
  schema.update(closed_map(paper_parameters()));
  schema["properties"]["experiments"] = {{"type", "object"},
                                         {"description", "NAME → what the config NAME.yaml beside it shows"},
                                         {"additionalProperties", closed_map(paper_experiment_parameters())}};
  schema["required"].push_back("experiments");
  return schema;
}

}  // namespace tightrope::cli
