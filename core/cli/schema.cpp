#include "core/cli/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

#include "core/claims/claim.hpp"
#include "core/cli/papers.hpp"
#include "core/cli/verb.hpp"
#include "core/conformance/columns.hpp"
#include "core/experiment/section.hpp"
#include "core/grid/form.hpp"
#include "core/grid/ranges.hpp"
#include "core/tree/declared.hpp"
#include "core/tree/quantity.hpp"
#include "core/tree/yaml.hpp"

namespace tightrope::cli {

namespace {

using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

constexpr Real largest_index = 9007199254740992;  // as Parameters have it

// --- small pieces ---

Json refer(const std::string& name) { return {{"$ref", "#/definitions/" + name}}; }

/// Sections may be null where leaving them out means something.
Json types(Words names, bool or_null) {
  if (or_null) names.emplace_back("null");
  return names.size() == 1 ? Json(names[0]) : Json(names);
}

Json is_object_with(const std::string& key, Json schema) {
  return {{"type", "object"}, {"required", Json::array({key})}, {"properties", {{key, std::move(schema)}}}};
}

/// The schema of what lies at a path, if it is there.
Json at(const Words& path, Json schema) {
  for (auto part = path.rbegin(); part != path.rend(); ++part) schema = {{"properties", {{*part, std::move(schema)}}}};
  return schema;
}

/// Holds if something lies at the path, and satisfies the schema.
Json has(const Words& path, Json schema) {
  for (auto part = path.rbegin(); part != path.rend(); ++part) schema = is_object_with(*part, std::move(schema));
  return schema;
}

/// Holds for a map with one of the keys.
Json has_one_of(const Words& keys) { return {{"not", {{"propertyNames", {{"not", {{"enum", keys}}}}}}}}; }

Json any_of(Json alternatives) { return {{"anyOf", std::move(alternatives)}}; }
Json unless(Json condition, Json schema) { return {{"if", std::move(condition)}, {"else", std::move(schema)}}; }
Json when(Json condition, Json schema) { return {{"if", std::move(condition)}, {"then", std::move(schema)}}; }

std::string joined(const Words& path) { return fmt::format("{}", fmt::join(path, ".")); }
Words longer(Words path, const std::string& last) {
  path.push_back(last);
  return path;
}

// --- texts with a grammar of their own ---

const std::string decimal = R"((\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)", number = "[-+]?" + decimal;

/// Regular expressions of words, one after the other.
std::string spaced(const Words& words) { return fmt::format("{}", fmt::join(words, R"(\s+)")); }
std::string one_of(const Words& alternatives) { return fmt::format("({})", fmt::join(alternatives, "|")); }
Json text_like(const std::string& expression, const std::string& description) {
  return {{"type", "string"}, {"pattern", R"(^\s*)" + expression + R"(\s*$)"}, {"description", description}};
}

const std::string comparison = spaced({"(<|<=|>|>=)", number}),
                  deviation = spaced({"deviation", "of", R"(\S+)", "from", R"(\S+)"});

std::string quantity_expression() {
  const std::string column = one_of({deviation, R"(\S+)"}), clock = "(iterations|passes|seconds)";
  return one_of({clock, spaced({"(initial|final|smallest|largest)", column}), spaced({column, "at", R"(\d+)"}),
                 spaced({column, "at", "(smallest|largest)", R"(\S+)"}), spaced({clock, "to", column, comparison}),
                 spaced({"(rate|exponent)", "of", column, "over", R"(\S+)"}), spaced({"rate", "of", column})});
}

std::string that_expression() {
  const std::string quantity = quantity_expression();
  return one_of({"end", quantity, spaced({"success", "of", one_of({quantity, R"(\S+)"}), comparison}),
                 spaced({"(rate|exponent)", "of", quantity, "over", R"(\S+)"}),
                 spaced({"slope", "of", quantity, "over", R"((log10\s+)?\S+)"})});
}

/// A positive number with a unit.
Json quantity_of(const Units& units, const std::string& description) {
  Words names;
  for (const auto& [name, size] : units)
    if (!name.empty()) names.push_back(name);
  return {{"type", {"number", "string"}},
          {"exclusiveMinimum", 0},
          {"pattern", R"(^\+?(?=[.\d]*[1-9]))" + decimal + " *" + one_of(names) + "?$"},
          {"description", description}};
}

// --- parameters ---

void bound(Json& schema, const Range& range) {
  if (std::isfinite(range.low)) schema[range.low_open ? "exclusiveMinimum" : "minimum"] = json_number(range.low);
  if (std::isfinite(range.high)) schema[range.high_open ? "exclusiveMaximum" : "maximum"] = json_number(range.high);
}

Json value_of(const Parameter& parameter) {
  Json schema;
  const Declared found = declared(parameter);
  switch (found.kind) {
    case Declared::Kind::number:
      schema["type"] = "number";
      bound(schema, found.bounds);
      break;
    case Declared::Kind::whole_number:
      schema["type"] = "integer";
      bound(schema, found.bounds);
      if (!std::isfinite(found.bounds.high)) schema["maximum"] = json_number(largest_index);
      break;
    case Declared::Kind::truth_value:
      schema["type"] = "boolean";
      break;
    case Declared::Kind::text:
      if (!parameter.choices.empty())
        schema["enum"] = parameter.choices;
      else
        schema["type"] = {"string", "number", "boolean"};
      break;
    case Declared::Kind::file:
      schema["type"] = {"string", "number", "boolean"};
      schema["minLength"] = 1;
      break;
  }
  if (found.is_list) schema = {{"type", "array"}, {"items", std::move(schema)}};
  if (found.is_optional) schema["type"] = {schema["type"], "null"};
  return schema;
}

Json schema_of(const Parameter& parameter) {
  Json schema = value_of(parameter);
  schema["description"] =
      parameter.doc + (parameter.unit_text.empty() ? "" : fmt::format(" [{}]", parameter.unit_text));
  if (!parameter.default_text.empty())
    schema["default"] = json_tree(parse_yaml(parameter.default_text, "the default of " + parameter.name));
  if (!parameter.example_text.empty())
    schema["examples"] =
        Json::array({json_tree(parse_yaml(parameter.example_text, "the example of " + parameter.name))});
  return schema;
}

Json closed(Json properties) { return {{"properties", std::move(properties)}, {"additionalProperties", false}}; }

Json closed_map(const std::vector<Parameter>& parameters) {
  Json schema = {{"type", "object"}}, properties = Json::object(), required = Json::array();
  for (const Parameter& parameter : parameters) {
    properties[parameter.name] = schema_of(parameter);
    if (parameter.is_required) required.push_back(parameter.name);
  }
  schema.update(closed(std::move(properties)));
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

// --- the whole ---

/// Leaving them out means something: nothing of the kind, or the default.
bool is_optional(const Section& section) {
  static const Words needed = {"problem", "target", "operator", "model", "initialization", "optimizer", "step", "stop"};
  return std::find(needed.begin(), needed.end(), section.name) == needed.end();
}
/// Always a list of plugins.
bool is_list(const Section& section) { return section.name == "observers"; }

/// Something that must be there. In a study it may come from elsewhere: from an axis, or from every method.
struct Need {
  Words section;     // path of the section
  std::string type;  // of the plugin that needs it; "" for any
  std::string key;   // what is needed
  bool is_plugin = false;
};

/// What can be recorded beside the columns that a run always has: their names, numbers in them left open. Null, if that
/// is not known of every observer and problem.
std::optional<Words> recordable_columns(const Catalog& catalog) {
  std::set<std::string> expressions = {"validation_error"};
  for (const char* kind : {"observers", "problems"})
    for (const std::string& name : catalog.names(kind)) {
      const auto columns = announced_columns(*catalog.find(kind, name));
      if (!columns) return std::nullopt;
      for (const std::string& column : *columns)
        expressions.insert(std::regex_replace(column, std::regex("(^|_)[0-9]+(?=_|$)"), "$1\\d+"));
    }
  return Words(expressions.begin(), expressions.end());
}

class Writer {
 public:
  explicit Writer(const Catalog& catalog) : catalog_(catalog) {
    for (const std::filesystem::path& folder : catalog.folders())
      if (std::error_code ignored; std::filesystem::exists(folder / "defaults.yaml", ignored)) {
        defaults_ = read_yaml(folder / "defaults.yaml");
        break;
      }
  }

  Json file(bool is_layer) {
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", is_layer ? "A layer of a Tightrope config" : "A Tightrope config"},
                   {"type", "object"}};
    Json properties = Json::object(), parts = Json::object();
    for (const Section& section : sections()) {
      if (section.name.empty()) {
        for (const Parameter& parameter : section.parameters) properties[parameter.name] = schema_of(parameter);
        properties["name"] = name_of_a_folder(properties["name"]);
        if (properties.contains("seed")) parts["seed"] = path_values_["seed"] = properties["seed"];
        schema["description"] = section.text;
      } else if (section.of_cell) {
        properties[section.name] = usage(section, {}, is_layer);
        parts[section.name] = usage(section, {}, true);
      }
    }
    write_values();
    write_study(std::move(parts));
    write_claim();
    for (const Section& section : sections())
      if (!section.name.empty() && !section.of_cell) {
        properties[section.name] = section.name == "claims"
                                       ? Json{{"type", "array"}, {"items", refer("claim")}}
                                       : Json{{"type", "object"}, {"allOf", Json::array({refer(section.name)})}};
        properties[section.name]["description"] = section.text;
      }
    properties["plugin_path"] = {{"type", {"string", "array"}},
                                 {"items", {{"type", "string"}}},
                                 {"description", "a folder with plugins, or a list of such folders"}};
    schema.update(closed(std::move(properties)));
    if (!is_layer) schema["allOf"] = rules();
    schema["definitions"] = std::move(definitions_);
    return schema;
  }

 private:
  // --- plugins ---

  /// A section as it stands in its parent. In a part (a layer, a method) what is needed may be left out.
  Json usage(const Section& section, const Words& parent, bool is_part) {
    const Words path = longer(parent, section.name);
    const bool or_null = is_optional(section) && !is_list(section);
    Json schema;
    if (section.name == "problem") {
      schema = problem(section, is_part);
    } else if (section.name == "keep") {
      schema = text_like(R"(smallest\s+\S+)", "");
      schema["type"] = types({"string"}, true);
    } else if (!section.plugin.empty()) {
      define_kind(section, path);
      const Json one = refer(section.plugin);
      schema["type"] = types(is_list(section)         ? Words{"array"}
                             : section.may_be_list    ? Words{"string", "object", "array"}
                             : section.name == "step" ? Words{"string", "number", "object"}
                                                      : Words{"string", "object"},
                             or_null);
      const Json items = {{"items", {{"allOf", Json::array({one, refer(section.plugin + " complete")})}}}};
      if (is_list(section))
        schema.update(items);
      else if (section.may_be_list)
        schema.update({{"if", {{"type", "array"}}}, {"then", items}, {"else", one}});
      else
        schema["allOf"] = Json::array({one});
    } else {
      Json properties = Json::object();
      for (const Parameter& parameter : section.parameters) {
        properties[parameter.name] = schema_of(parameter);
        path_values_[joined(longer(path, parameter.name))] = properties[parameter.name];
        if (parameter.is_required) need({path, "", parameter.name, false});
      }
      if (section.name == "stop") add_stop_rules(properties, path);
      schema["type"] = types({"object"}, or_null);
      schema.update(closed(std::move(properties)));
      if (section.name == "stop") add_columns(schema);
    }
    schema["description"] = section.text;
    path_values_[joined(path)] = schema;
    return schema;
  }

  struct Plugin {
    std::string name, summary;
    std::vector<Parameter> parameters;
    bool takes_step_size = false;
  };

  const std::vector<Plugin>& plugins(const std::string& kind) {
    auto [known, is_new] = plugins_.try_emplace(kind);
    if (is_new)
      for (const std::string& name : catalog_.names(kind)) {
        const auto library = catalog_.find(kind, name);
        const auto maker = make_maker(*library);
        Parameters parameters;
        declare_parameters(*library, *maker, parameters);
        known->second.push_back({name, library->manifest().summary, parameters.all(), maker->takes_step_size()});
      }
    return known->second;
  }

  Words names(const std::string& kind) {
    Words names;
    for (const Plugin& plugin : plugins(kind)) names.push_back(plugin.name);
    return names;
  }

  static void document(Json& schema, const std::vector<Plugin>& plugins) {
    schema["enum"] = Json::array();
    schema["enumDescriptions"] = Json::array();
    for (const Plugin& plugin : plugins) {
      schema["enum"].push_back(plugin.name);
      schema["enumDescriptions"].push_back(plugin.summary);
    }
  }

  /// What one plugin takes; `own` are the keys that the core reads beside them.
  Json map_of(const std::string& kind, const Plugin& plugin, const Json& own) {
    Json properties = {{"type", {{"const", plugin.name}}}};
    for (const Parameter& parameter : plugin.parameters) properties[parameter.name] = schema_of(parameter);
    for (const auto& [key, schema] : own.items())
      properties[key] = key == "step" && !plugin.takes_step_size
                            ? Json{{"type", "null"}, {"description", "this method takes no step size"}}
                            : schema;
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
        if (key == "type") continue;
        Json bare = schema;
        for (const char* word : {"description", "default", "examples"}) bare.erase(word);
        if (!seen[key].insert(bare.dump()).second) continue;
        if (!all.contains(key)) {
          all[key] = schema;
        } else {
          if (!all[key].contains("anyOf")) all[key] = any_of(Json::array({all[key]}));
          all[key]["anyOf"].push_back(schema);
        }
      }
    return closed(std::move(all));
  }

  /// definitions: KIND, a section that chooses one; "KIND NAME", its parameters; "KIND any"; "KIND complete".
  void define_kind(const Section& section, const Words& path) {
    const std::string& kind = section.plugin;
    Json own = Json::object();
    for (const Section& inside : section.inside) own[inside.name] = usage(inside, path, true);
    for (const Parameter& parameter : section.parameters) {
      own[parameter.name] = schema_of(parameter);
      if (parameter.name == "every") {
        own["every"]["type"] = {"integer", "string"};
        own["every"]["pattern"] = "^geometric$";
      }
    }
    const std::vector<Plugin>& all = plugins(kind);
    std::vector<Json> maps;
    Json by_type = Json::array(), complete = Json::array(), settings = Json::object();
    Words bare;
    for (const Plugin& plugin : all) {
      const std::string definition = kind + " " + plugin.name;
      maps.push_back(map_of(kind, plugin, own));
      definitions_[definition] = maps.back();
      const Json is_this = is_object_with("type", {{"const", plugin.name}});
      by_type.push_back(when(is_this, refer(definition)));
      Json required = Json::array();
      for (const Parameter& parameter : plugin.parameters)
        if (parameter.is_required) required.push_back(parameter.name);
      if (plugin.takes_step_size && own.contains("step")) required.push_back("step");
      if (required.empty())
        bare.push_back(plugin.name);
      else
        complete.push_back(when(is_this, {{"required", required}}));
      settings[plugin.name] = {{"type", {"object", "null"}}, {"allOf", Json::array({refer(definition)})}};
      if (!required.empty()) settings[plugin.name]["required"] = required;
      if (!is_list(section))
        for (const auto& key : required) need({path, plugin.name, key, true});
    }
    need({path, "", "type", true});
    definitions_[kind + " any"] = union_of(maps);
    for (const auto& [key, schema] : definitions_[kind + " any"]["properties"].items())
      if (!is_list(section)) path_values_.try_emplace(joined(longer(path, key)), schema);
    Json type = Json::object();
    document(type, all);
    path_values_[joined(longer(path, "type"))] = type;

    Json chosen = {{"allOf", Json::array({at({"type"}, type)})}};
    for (const Json& one : by_type) chosen["allOf"].push_back(one);
    Json untyped = refer(kind + " any");
    if (is_list(section))  // `- NAME: {…}`
      untyped = {{"if", {{"minProperties", 1}, {"maxProperties", 1}}},
                 {"then", closed(std::move(settings))},
                 {"else", {{"required", {"type"}}}}};
    Json schema = {{"title", plugin_kind(kind).singular},
                   {"if", {{"type", "string"}}},
                   {"then", type},
                   {"else", {{"if", {{"required", {"type"}}}}, {"then", chosen}, {"else", untyped}}}};
    if (section.name == "step") add_number(schema);
    if (is_list(section)) schema["type"] = {"string", "object"};
    definitions_[kind] = schema;
    complete.push_back(when({{"type", "string"}}, {{"enum", bare}}));
    if (!is_list(section)) complete.push_back(when({{"type", "object"}}, {{"required", {"type"}}}));
    if (!is_list(section)) complete.push_back({{"type", {"string", "object"}}});
    if (is_list(section) || section.may_be_list) definitions_[kind + " complete"] = {{"allOf", complete}};
  }

  /// A bare number is short for a rule.
  void add_number(Json& schema) {
    const Node* shorthand = defaults_.find("step");
    const Node* type = shorthand ? shorthand->find("type") : nullptr;
    const Node* parameter = shorthand ? shorthand->find("number") : nullptr;
    if (!type || !parameter) return;
    for (const Plugin& plugin : plugins("step_sizes"))
      for (const Parameter& own : plugin.parameters)
        if (plugin.name == type->scalar && own.name == parameter->scalar)
          schema["allOf"] = Json::array({when({{"type", "number"}}, schema_of(own))});
  }

  // --- sections with something of their own ---

  Json problem(const Section& section, bool is_part) {
    const Words path = {section.name};
    if (!definitions_.contains("sensing")) {
      Json sensing = Json::object();
      for (const Parameter& parameter : section.parameters) {
        if (parameter.name == "type") continue;
        sensing[parameter.name] = schema_of(parameter);
        path_values_[joined(longer(path, parameter.name))] = sensing[parameter.name];
      }
      sensing["shape"]["minItems"] = sensing["shape"]["maxItems"] = 2;
      path_values_["problem.shape"] = sensing["shape"];
      for (const Section& inside : section.inside) sensing[inside.name] = usage(inside, path, true);
      Json with_type = sensing;
      with_type["type"] = {{"const", "sensing"}};
      definitions_["sensing"] = closed(std::move(with_type));
      std::vector<Json> maps = {definitions_["sensing"]};
      for (const Plugin& plugin : plugins("problems")) {
        maps.push_back(map_of("problems", plugin, Json::object()));
        definitions_["problems " + plugin.name] = maps.back();
        for (const Parameter& parameter : plugin.parameters) {
          path_values_.try_emplace(joined(longer(path, parameter.name)), schema_of(parameter));
          if (parameter.is_required) need({path, plugin.name, parameter.name, true});
        }
      }
      definitions_["problems any"] = union_of(maps);
    }
    Json type;
    std::vector<Plugin> all = {{"sensing", "a matrix seen through linear measurements", {}, false}};
    for (const Plugin& plugin : plugins("problems")) all.push_back(plugin);
    document(type, all);
    path_values_["problem.type"] = type;
    Json chosen = Json::array({at({"type"}, type)});
    chosen.push_back(
        when(is_part ? is_object_with("type", {{"const", "sensing"}}) : at({"type"}, {{"const", "sensing"}}),
             refer("sensing")));
    for (const Plugin& plugin : plugins("problems"))
      chosen.push_back(when(is_object_with("type", {{"const", plugin.name}}), refer("problems " + plugin.name)));
    if (is_part) chosen.push_back(unless({{"required", {"type"}}}, refer("problems any")));
    return {{"type", "object"}, {"allOf", chosen}};
  }

  void add_stop_rules(Json& properties, const Words& path) {
    properties["time"] = quantity_of(times, properties["time"]["description"]);
    properties["time"]["type"].push_back("null");
    for (const std::string& observer : names("observers"))
      if (!properties.contains(observer))
        properties[observer] = {{"type", "number"}, {"description", "the run has converged when it is at most this"}};
    for (const auto& [key, schema] : properties.items()) path_values_[joined(longer(path, key))] = schema;
  }

  /// The other columns that can be recorded; any key, if that is not known of all observers.
  void add_columns(Json& stop) {
    if (const auto columns = recordable_columns(catalog_))
      stop["patternProperties"] = {{"^" + one_of(*columns) + "$", {{"type", "number"}}}};
    else
      stop["additionalProperties"] = {{"type", "number"}};
  }

  static Json name_of_a_folder(Json schema) {
    schema["pattern"] = R"(^(?!\.{1,2}$)[^\u0000-\u002C\u002F\u003A-\u0040\u005B-\u005E\u0060\u007B-\u00A0]{1,100}$)";
    return schema;
  }

  // --- studies ---

  /// definitions: "values", PATH → one value; "axes", PATH → several; "range".
  void write_values() {
    Words range_names;
    for (const ValueRange& range : value_ranges()) range_names.push_back(range.name);
    definitions_["range"] = {
        {"pattern", fmt::format(R"(^\s*{}\(\s*{}(\s*,\s*{})+\s*\)\s*$)", one_of(range_names), number, number)},
        {"description", "a range, such as " + range_examples()}};
    Json values = Json::object(), axes = Json::object();
    for (const auto& [path, schema] : path_values_) {
      values[path] = schema;
      axes[path] = values_of(refer("values/properties/" + path));
    }
    const std::string entry = R"(^(observers|problem\.noise|problem\.shape)\.\d+(\.|$))";
    definitions_["values"] = closed(values);
    definitions_["values"]["patternProperties"] = {{entry, Json::object()}};
    definitions_["axes"] = {{"type", "object"}, {"minProperties", 1}};
    definitions_["axes"].update(closed(axes));
    definitions_["axes"]["patternProperties"] = {{entry, values_of(Json::object())}};
  }

  static Json values_of(const Json& value) {
    const Json is_range = {{"type", "string"}, {"pattern", R"(^[A-Za-z_]+\()"}};
    return {{"type", {"array", "string"}},
            {"if", {{"type", "string"}}},
            {"then", refer("range")},
            {"else",
             {{"minItems", 1},
              {"items", {{"not", {{"type", "null"}}}, {"if", is_range}, {"then", refer("range")}, {"else", value}}}}}};
  }

  void write_study(Json parts) {
    const Json row = {{"type", "object"}, {"minProperties", 1}, {"allOf", Json::array({refer("values")})}};
    const Json conditions = {{"type", "object"}, {"minProperties", 1}};
    Words shared;
    for (const Section& section : sections())
      if (section.name == "seeds")
        for (const Parameter& parameter : section.parameters) shared.push_back(parameter.name);
    const Json share = {{"enum", shared}};
    const Json known = {
        {"methods", {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", refer("method")}}},
        {"grid", refer("axes")},
        {"zip", refer("axes")},
        {"list", {{"type", "array"}, {"minItems", 1}, {"items", row}}},
        {"set", row},
        {"repetitions",
         {{"type", {"integer", "array"}},
          {"minimum", 1},
          {"maximum", most_values},
          {"minItems", 1},
          {"items", {{"type", "integer"}, {"minimum", 0}, {"maximum", json_number(largest_index)}}}}},
        {"share", {{"if", {{"type", "array"}}}, {"then", {{"items", share}}}, {"else", share}}},
        {"tune", refer("tune")},
        {"timing", {{"enum", {"attributed", "solo"}}}},
        {"limits",
         {{"type", "object"},
          {"minProperties", 1},
          {"properties",
           {{"time", quantity_of(times, "of computing, such as 60 s")},
            {"memory", quantity_of(sizes, "such as 500 MB; a bare number is in MB")}}},
          {"additionalProperties", false}}},
        {"where", conditions},
        {"exclude", {{"type", {"object", "array"}}, {"minProperties", 1}, {"items", conditions}}},
        {"success", text_like(spaced({R"(\S+)", comparison}), "")}};
    Json properties = Json::object();
    for (const StudyForm& form : study_forms()) {
      Json schema = known.contains(form.name) ? known[form.name] : Json::object();
      if (schema.contains("$ref")) schema = {{"allOf", Json::array({schema})}};
      schema["description"] = form.doc;
      properties[form.name] = std::move(schema);
    }
    definitions_["study"] = closed(std::move(properties));
    parts["grid"] = refer("axes");
    parts["tune"] = refer("tune");
    definitions_["method"] = {{"type", {"object", "null"}}};
    definitions_["method"].update(closed(std::move(parts)));

    const std::string column = R"(\S+)";
    const Json trials = {{"type", "integer"}, {"minimum", 2}, {"maximum", 1000}};
    Json over = values_of(Json::object()), bisection = {{"type", "object"}, {"required", {"bisect"}}};
    over["type"] = {"array", "string", "object"};
    bisection.update(closed({{"bisect",
                              {{"type", "array"},
                               {"minItems", 2},
                               {"maxItems", 2},
                               {"items", {{"type", "number"}, {"exclusiveMinimum", 0}}}}},
                             {"trials", trials},
                             {"take", {{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}}}}));
    over = {{"if", {{"type", "object"}}}, {"then", bisection}, {"else", over}};
    Words paths;
    for (const auto& [path, schema] : path_values_) paths.push_back(path);
    definitions_["tune"] = {
        {"type", {"object", "string"}},
        {"if", {{"type", "string"}}},
        {"then", {{"const", "none"}}},
        {"else", closed({{"path", {{"enum", paths}}},
                         {"over", over},
                         {"for", text_like(one_of({spaced({"(iterations|passes)", "to", column, comparison}),
                                                   spaced({"(final|smallest)", column})}),
                                           "what the best value makes smallest")},
                         {"repetitions", {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}}},
                         {"stop", path_values_["stop"]}})}};
  }

  // --- claims ---

  void write_claim() {
    const Json labels = {{"type", "object"}, {"minProperties", 1}};
    const Json scalar = {{"type", {"string", "number", "boolean"}}};
    const auto pattern = [](const std::string& text) {
      return Json{{"type", "string"}, {"pattern", "^\\s*" + text + "\\s*$"}};
    };
    const std::string ends = "(converged|stalled|limit|diverged)";
    const std::string monotone = "(increasing|decreasing|non-increasing|non-decreasing)";
    Json where = labels, compared = labels;
    where["additionalProperties"] = {
        {"type", {"string", "number", "boolean", "array"}}, {"minItems", 1}, {"items", scalar}};
    compared["additionalProperties"] = scalar;
    const Json iteration = {{"type", "integer"}, {"minimum", 0}, {"maximum", json_number(largest_index)}};
    Json schema = {{"type", "object"}, {"required", {"that", "is"}}};
    schema.update(closed(
        {{"that", text_like(that_expression(), "QUANTITY: a number of each run, such as final relative_error")},
         {"is", {{"type", "string"}, {"description", "CONDITION: < 1e-3, between 0.9 and 1.1, increasing, equal"}}},
         {"where", where},
         {"relative to", text_like(quantity_expression(), "QUANTITY that divides")},
         {"compared with", compared},
         {"of", {{"enum", {"every run", "some run", "median"}}}},
         {"in", scalar},
         {"across", scalar},
         {"up to", pattern("\\+?" + decimal + R"(\s*%)")},
         {"from", iteration},
         {"to", iteration},
         {"p", {{"type", "number"}, {"exclusiveMinimum", 0}, {"exclusiveMaximum", 1}}}}));
    const Json is_end = has({"that"}, pattern("end")), is_monotone = has({"is"}, pattern(monotone)),
               is_equal = has({"is"}, pattern("equal")), is_kept = has({"is"}, pattern("(equal|constant)"));
    schema["allOf"] =
        Json::array({{{"if", is_end},
                      {"then", at({"is"}, pattern(ends + R"((\s+or\s+)" + ends + ")*"))},
                      {"else", at({"is"}, pattern(one_of({comparison, spaced({"between", number, "and", number}),
                                                          monotone, "equal", "constant"})))}},
                     {{"if", is_monotone}, {"then", {{"required", {"in"}}}}, {"else", at({"in"}, false)}},
                     {{"if", is_kept}, {"then", {{"required", {"up to"}}}}, {"else", at({"up to"}, false)}},
                     {{"if", {{"allOf", {is_equal, {{"not", {{"required", {"compared with"}}}}}}}}},
                      {"then", {{"required", {"across"}}}},
                      {"else", at({"across"}, false)}},
                     unless({{"required", {"compared with"}}}, at({"p"}, false))});
    definitions_["claim"] = schema;
  }

  // --- what must be there ---

  void need(Need need) {
    const std::string key = fmt::format("{} {} {}", joined(need.section), need.type, need.key);
    if (needed_.insert(key).second) needs_.push_back(std::move(need));
  }

  Json rules() {
    Json all = Json::array();
    for (const Section& section : sections()) {
      if (section.name.empty() || !section.of_cell) continue;
      if (!is_optional(section) && !is_list(section))
        need({{}, section.of_sensing ? "sensing" : "", section.name, false});
      if (section.name == "problem") need({{section.name}, "sensing", "operator", false});
    }
    for (const Need& need : needs_) add_rules(all, need);
    // A problem that is a whole objective has no place for some sections.
    Json none = Json::object();
    for (const Section& section : sections())
      if (section.of_sensing) none[section.name] = {{"type", "null"}};
    all.push_back(when(is_another_problem(), {{"properties", none}}));
    // Measured data tell no target, and a limit is a limit.
    all.push_back(when(is_sensing(), at({"problem"}, when({{"type", "object"}, {"not", {{"required", {"data"}}}}},
                                                          {{"required", {"target"}}}))));
    Json limits = any_of(Json::array({{{"required", {"iterations"}}}, {{"required", {"time"}}}}));
    all.push_back(unless(
        any_of(Json::array({gives({"stop.iterations", "stop.time", "stop"}), each_method(has({"stop"}, limits))})),
        at({"stop"}, when({{"type", "object"}}, limits))));
    return all;
  }

  Json is_another_problem() { return has({"problem", "type"}, {{"enum", names("problems")}}); }
  Json is_sensing() { return {{"not", is_another_problem()}}; }

  /// Whether the study gives one of these paths to all cells.
  Json gives(const Words& paths) {
    const std::string name = "study gives " + paths.front();
    if (!definitions_.contains(name)) {
      const Json one = has_one_of(paths);
      definitions_[name] = has(
          {"study"}, any_of(Json::array({has({"grid"}, one), has({"zip"}, one), has({"set"}, one),
                                         has({"list"}, {{"items", one}}), has({"tune", "path"}, {{"enum", paths}})})));
    }
    return refer(name);
  }

  static Json each_method(Json schema) {
    return has({"study", "methods"},
               {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", std::move(schema)}});
  }

  /// A path and what it is a part of: each of them may be an axis.
  static Words axes_of(const Words& path) {
    Words all;
    for (std::size_t parts = path.size(); parts > 0; --parts)
      all.push_back(joined(Words(path.begin(), path.begin() + static_cast<long>(parts))));
    return all;
  }

  void add_rules(Json& all, const Need& need) {
    const bool of_sensing = need.type == "sensing";
    const Words path = longer(need.section, need.key), axes = axes_of(path);
    const Json is_type = {{"const", need.type}};
    Json needed = {{"required", {need.key}}};
    if (need.is_plugin) {
      needed = when(need.type.empty() ? Json{{"type", "object"}} : is_object_with("type", is_type), needed);
      if (!need.type.empty()) {
        needed["not"] = is_type;
        needed["errorMessage"] = fmt::format("'{}' needs '{}'", need.type, need.key);
      }
    }
    // Where every method has it, or something else in its place, the file needs none.
    Json otherwise = Json::array({has(path, {{"not", {{"type", "null"}}}}), has({"grid"}, has_one_of(axes)),
                                  has({"tune", "path"}, {{"enum", axes}})});
    if (need.is_plugin && !need.type.empty()) {
      const Json is_other = {{"not", {{"enum", {need.type, nullptr}}}}, {"type", {"string", "number"}}};
      otherwise.push_back(has(need.section, is_other));
      otherwise.push_back(has(longer(need.section, "type"), {{"not", is_type}}));
    }
    if (need.section.size() > 1) otherwise.push_back(has({need.section.front(), "type"}, Json::object()));
    if (need.section.empty()) {
      Json rule = unless(any_of(Json::array({gives(axes), each_method(any_of(otherwise))})), needed);
      all.push_back(of_sensing ? when(is_sensing(), rule) : rule);
      return;
    }
    Json rule = unless(any_of(Json::array({gives(axes), each_method(any_of(otherwise))})), at(need.section, needed));
    all.push_back(of_sensing ? when(is_sensing(), rule) : rule);
    if (!need.is_plugin || need.type.empty()) return;
    // A method that takes another plugin than the file inherits nothing of it.
    Json own = unless(any_of(Json::array({has({"grid"}, has_one_of(axes)), has({"tune", "path"}, {{"enum", axes}})})),
                      at(need.section, needed));
    all.push_back(unless(
        any_of(Json::array({gives(axes), has(longer(need.section, "type"), is_type), has(need.section, is_type)})),
        at({"study", "methods"}, {{"additionalProperties", own}})));
  }

  const Catalog& catalog_;
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
