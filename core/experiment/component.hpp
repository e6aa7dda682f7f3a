// How a chosen plugin is made and asked, so that what it says becomes an error at the place where it was chosen.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "core/engine/attribute_errors.hpp"
#include "core/experiment/experiment.hpp"

namespace tightrope {

[[noreturn]] inline void refuse(const Position& position, std::string message) {
  throw ConfigError({{position, std::move(message)}});
}

[[noreturn]] inline void refuse_part(const PluginSpec& choice, const std::string& reason) {
  throw UnsuitableCell({choice.position, choice.description() + " " + reason});
}

/// Asks a chosen plugin for something. What it throws becomes an error at the place where it was chosen.
template <class Work>
auto ask(const PluginSpec& choice, const Work& work) {
  try {
    return work();
  } catch (const Unsuitable& reason) {
    refuse_part(choice, reason.what());
  } catch (const ConfigError&) {
    throw;
  } catch (const Error& error) {
    throw Error(error.code(), Diagnostic{choice.position, error.what()}.text());
  }
}

/// The warnings of the component get its name.
template <class Interface>
std::shared_ptr<const Interface> make(const PluginSpec& choice, const Context& context) {
  const std::size_t before = context.warnings->size();
  return ask(choice, [&] {
    auto made = make_component<Interface>(*choice.library, *choice.maker, context);
    if (!made)
      throw Error(Exit::plugin,
                  fmt::format("{} ({}) made an object of another kind; end its source with TIGHTROPE_PLUGIN(…)",
                              choice.description(), choice.library->file().string()));
    for (std::size_t i = before; i < context.warnings->size(); ++i)
      (*context.warnings)[i].insert(0, choice.description() + " ");
    return made;
  });
}

/// What a part that was made hands over, once, before the run begins.
template <class Work>
auto part_of(const PluginSpec& choice, const Work& work) {
  return ask(choice, [&] {
    std::optional<Unsuitable> unsuitable;
    try {
      return attribute_errors_to(choice.description(), [&] {
        try {
          return work();
        } catch (const Unsuitable& reason) {
          unsuitable = reason;
          throw;
        }
      });
    } catch (const PluginFailure&) {
      if (unsuitable) throw *unsuitable;
      throw;
    }
  });
}

/// Refuses what cannot fit into memory before any of it is made.
void require_room(Index times, Index numbers, const std::string& what);
inline void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace tightrope
