// observers: what is recorded, and how often.
#include <fmt/format.h>

#include "core/base/text/word_list.hpp"
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

struct ObserverKeys {
  Index every = 1;
  void declare(Parameters& p) {
    p.add("every", every, at_least(1),
          "look at every n-th iteration, or `geometric`: densely at first, then at steps of a tenth of the iteration; "
          "the first and the last iterate are always recorded");
  }
};

void resolve(Resolver& resolver, const Node& tree, CellSpec& cell) {
  Node resolved = Node::make_sequence(tree.position);
  if (const Node* given = tree.find("observers")) {
    if (!given->is_sequence())
      resolver.complain(given->position, "observers must be a list, but it is " + given->description());
    resolved.position = given->position;
    for (const Node& item : given->items) {
      // `- name`, `- {type: name, …}` and `- name: {…}` mean the same.
      Node map = item;
      if (item.is_map() && !item.find("type") && item.entries.size() == 1) {
        const Node::Entry& only_entry = item.entries.front();
        const bool is_observer = contains(resolver.names("observers"), only_entry.key);
        if (is_observer && !only_entry.value.is_map() && !only_entry.value.is_null()) {
          resolver.complain(only_entry.value.position,
                            fmt::format("the settings of observer '{}' must be a map, but they are {}", only_entry.key,
                                        only_entry.value.description()));
          continue;
        }
        map = Node::make_map(only_entry.value.position);
        map.set("type", Node::make_scalar(only_entry.key, only_entry.position));
        for (const Node::Entry& entry : only_entry.value.entries) map.entries.push_back(entry);
      }
      Node holder = Node::make_map(item.position);
      holder.set("observer", map);
      Node result = Node::make_map(item.position);
      CellSpec::Watched watched;
      watched.choice = resolver.choose("observers", "observer", holder, cell, result, {"every"});
      Node* settings = result.find("observer");
      if (!settings) continue;
      if (const Node* every = map.find("every")) {
        watched.schedule = read_schedule(resolver, *every, watched.choice);
        settings->set("every", *every);
      }
      resolved.items.push_back(*settings);
      cell.observers.push_back(std::move(watched));
    }
  }
  cell.resolved.set("observers", std::move(resolved));
}

}  // namespace

std::optional<Schedule> to_schedule(const Node& every) {
  if (every.is_scalar() && every.scalar == "geometric") return Schedule{1, true};
  const auto n = to_index(every);
  return n && *n >= 1 ? std::optional(Schedule{*n, false}) : std::nullopt;
}

Schedule read_schedule(Resolver& resolver, const Node& every, const PluginSpec& choice) {
  if (const auto schedule = to_schedule(every)) return *schedule;
  resolver.complain(every.position,
                    fmt::format("'every' of {} must be a whole number of at least 1, or geometric, but it is {}",
                                choice.description(), every.description()));
  return {};
}

Section observers_section() {
  return {.name = "observers",
          .order = 110,
          .text = "A list of observers, each a name or a name with its parameters. This key is common to all.",
          .parameters = parameters_of<ObserverKeys>(),
          .plugin = "observers",
          .may_be_list = true,
          .is_list = true,
          .schema = "{properties: {every: {type: [integer, string], pattern: ^geometric$}}}",
          .of_cell = resolve};
}

}  // namespace tightrope
