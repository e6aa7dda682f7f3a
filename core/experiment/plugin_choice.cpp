// Plugins as a config chooses them, and their parameters.
#include <fmt/format.h>

#include "core/arrays/arrays.hpp"
#include "core/base/digest.hpp"
#include "core/base/table.hpp"
#include "core/base/text/word_list.hpp"
#include "core/conformance/columns.hpp"
#include "core/experiment/resolver.hpp"
#include "core/tree/declared.hpp"

namespace tightrope {

namespace {

/// Everything about a node that its resolution can depend on.
void append_identity(std::string& text, const Node& node) {
  const auto append_place = [&](const Position& position) {
    text += std::to_string(position.line) + ':' + std::to_string(position.column) + ':' + position.file + '\n';
  };
  text += static_cast<char>('0' + static_cast<int>(node.kind));
  text += node.quoted ? '"' : ' ';
  text += node.scalar + '\n';
  append_place(node.position);
  for (const Node& item : node.items) append_identity(text, item);
  for (const Node::Entry& entry : node.entries) {
    text += entry.key + '\n';
    append_place(entry.position);
    append_identity(text, entry.value);
  }
  text += ';';
}

/// The current folder is not searched: a plugin that lies there alone is refused, not missing.
void refuse_current_folder(const std::string& kind, const std::string& name) {
  const std::string folder = plugin_kind(kind).folder;
  for (const std::filesystem::path& place : {std::filesystem::path(), std::filesystem::path(folder)})
    for (const char* ending : {".so", ".py"}) {
      const std::filesystem::path file = place / (name + ending);
      std::error_code ignored;
      if (name.find('/') != std::string::npos || !std::filesystem::is_regular_file(file, ignored)) continue;
      throw Error(Exit::plugin,
                  fmt::format("there is a {} '{}' in the current folder alone ({}), where plugins are not "
                              "looked for; {}give --plugin-path .",
                              plugin_kind(kind).singular, name, file.string(),
                              place.empty() ? "move it to " + folder + " and " : ""));
    }
}

}  // namespace

bool looks_like_number(const Node& node) { return node.is_scalar() && !node.quoted && to_real(node).has_value(); }

const std::vector<std::string>& Resolver::names(const std::string& kind) {
  auto& known = names_[kind];
  if (known.empty()) known = catalog.names(kind);
  return known;
}

void Resolver::add_file(std::vector<DataFile>& files, const std::string& written, const std::string& path) {
  if (std::error_code ignored; !std::filesystem::is_regular_file(path, ignored)) return;
  std::string& digest = digests_[path];
  if (digest.empty()) digest = sha256_file(path);
  files.push_back({split_member(written).file, path, digest});
}

bool Resolver::is_column(const std::string& name) {
  if (!columns_) columns_.emplace(recordable_columns(catalog).value_or(".*"));
  return std::regex_match(name, *columns_);
}

void Resolver::check_given(const Section& section, const Node& parent) {
  const Node* given = value_at(parent, section.name);
  if (given && !given->is_map() && !section.alternative.empty())
    complain(given->position, fmt::format("{} must be a map, but it is {}", section.name, given->description()));
  if (given && given->is_sequence() && section.may_be_list)
    for (const Node& item : given->items)
      if (item.is_sequence() || (item.is_scalar() && looks_like_number(item)))
        complain(item.position, fmt::format("'{}' must name one of {}, but it is {}", section.name,
                                            list_of(names(section.plugin)), item.description()));
  if (!given || !given->is_map()) return;
  for (const Section& inner : section.inside) check_given(inner, *given);
  const std::string kind = section.plugin.empty() ? section.alternative : section.plugin;
  const Node* type = given->find("type");
  const bool chooses = !kind.empty() && type && type->is_scalar() && contains(names(kind), type->scalar);
  if (section.plugin.empty() && !chooses)
    tightrope::check_given(section.parameters, only(*given, names_of(section.parameters)), section.name, {},
                           diagnostics);
  if (!chooses) return;
  PluginSpec choice;
  choice.library = catalog.find(kind, type->scalar);
  const auto maker = make_maker(*choice.library);
  Parameters parameters;
  declare_parameters(*choice.library, *maker, parameters);
  std::vector<std::string> reserved = {"type"};
  for (const Parameter& common : common_parameters(*choice.library)) reserved.push_back(common.name);
  if (!section.plugin.empty())  // what stands in its place has none of its parts
    for (const Section& inner : section.inside) reserved.push_back(inner.name);
  tightrope::check_given(parameters.all(), *given, choice.description(), reserved, diagnostics);
}

Node Resolver::read_parameters(Parameters& parameters, const Node& map, const std::string& owner,
                               const std::vector<std::string>& reserved, Node resolved) {
  static const std::vector<std::string> top_keys = joined(keys_of_cells(), keys_of_files());
  Node own = map;
  const std::vector<std::string> known = joined(parameters.names(), reserved);
  for (const Node::Entry& entry : map.entries) {
    if (contains(known, entry.key) || !contains(top_keys, entry.key)) continue;
    const bool is_value = entry.key == "name" || entry.key == "seed";
    complain(entry.position, fmt::format("'{}' {}belongs at the top of the file, not inside of {}", entry.key,
                                         is_value ? "" : "is a section of its own: it ", owner));
    own.erase(entry.key);
  }
  parameters.read(own, owner, reserved, diagnostics);
  for (const std::string& name : parameters.names()) {
    const Node* const value = map.find(name);
    resolved.set(name, value ? *value : Node{});
  }
  parameters.write(resolved);
  return resolved;
}

PluginSpec Resolver::choose(const std::string& kind, const std::string& key, const Node& parent, CellSpec& cell,
                            Node& resolved, const std::vector<std::string>& also) {
  const Node* given = parent.find(key);
  const Position& place = given ? given->position : parent.position;
  if (!given || given->is_null()) given = defaults.find(key);
  if (!given) {
    complain(place, fmt::format("'{}' is missing; choose one of {}", key, list_of(names(kind))));
    return {};
  }
  // The cells of a study have most of their sections in common.
  std::string identity = kind + '\n' + key + '\n';
  append_identity(identity, *given);
  auto [known, is_new] = chosen_.try_emplace(std::move(identity));
  if (is_new) read_choice(kind, key, *given, also, known->second);
  const auto& [choice, files] = known->second;
  cell.files.insert(cell.files.end(), files.begin(), files.end());
  if (choice.maker) resolved.set(key, *choice.resolved);
  return choice;
}

void Resolver::read_choice(const std::string& kind, const std::string& key, const Node& given,
                           const std::vector<std::string>& also, Chosen& chosen) {
  PluginSpec& choice = chosen.choice;
  const Node* type = given.is_map() ? given.find("type") : &given;
  if (!type) {
    complain(given.position, fmt::format("'{}' needs 'type', one of {}", key, list_of(names(kind))));
    for (const Node::Entry& entry : given.entries)
      if (nearest(entry.key, {"type"}))
        complain(entry.position, fmt::format("'{}' has no parameter '{}'{}", key, excerpt(entry.key),
                                             did_you_mean(entry.key, {"type"})));
    return;
  }
  if (!type->is_scalar() || looks_like_number(*type))
    return complain(type->position, fmt::format("'{}' must name one of {}, but it is {}", key, list_of(names(kind)),
                                                type->description()));
  choice.position = type->position;
  const std::vector<std::string>& known = names(kind);
  try {
    if (!contains(known, type->scalar)) {
      refuse_current_folder(kind, type->scalar);
      return complain(type->position,
                      fmt::format("there is no {} '{}'{}", plugin_kind(kind).singular, type->scalar,
                                  did_you_mean_or_list(type->scalar, known,
                                                       known.size() == 1 ? "; there is only " : "; there are ")));
    }
    choice.library = catalog.find(kind, type->scalar);
    const std::shared_ptr<Maker> maker = make_maker(*choice.library);
    Parameters parameters;
    declare_parameters(*choice.library, *maker, parameters);
    Node map = given.is_map() ? given : Node::make_map(given.position);
    Node type_alone = Node::make_map(given.position);
    type_alone.set("type", *type);
    choice.resolved = std::make_shared<const Node>(
        read_parameters(parameters, map, choice.description(), joined({"type"}, also), std::move(type_alone)));
    for (const Parameter& parameter : parameters.all())
      if (const Node* value = parameter.is_file ? map.find(parameter.name) : nullptr; value && value->is_scalar())
        add_file(chosen.files, value->scalar, file_path(*value));
    choice.maker = maker;
  } catch (const ConfigError&) {
    throw;
  } catch (const Error& error) {
    throw Error(error.code(), Diagnostic{type->position, error.what()}.text());
  }
}

std::vector<PluginSpec> Resolver::choose_some(const std::string& kind, const std::string& key, const Node& parent,
                                              CellSpec& cell, Node& resolved) {
  const Node* const given = value_at(parent, key);
  if (!given) return {};
  if (!given->is_sequence()) return {choose(kind, key, parent, cell, resolved)};
  std::vector<PluginSpec> all;
  Node list = Node::make_sequence(given->position);
  for (const Node& item : given->items) {
    Node holder = Node::make_map(item.position), chosen = Node::make_map(item.position);
    holder.set(key, item);
    all.push_back(choose(kind, key, holder, cell, chosen));
    if (const Node* one = chosen.find(key)) list.items.push_back(*one);
  }
  resolved.set(key, std::move(list));
  return all;
}

}  // namespace tightrope
