#include "core/plugin/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "core/base/digest.hpp"
#include "core/base/installation.hpp"
#include "core/base/limits.hpp"
#include "core/base/process/asked.hpp"
#include "core/base/text/word_list.hpp"
#include "core/plugin/script.hpp"

namespace tightrope {

namespace fs = std::filesystem;

const std::vector<PluginKind>& plugin_kinds() {
  static const std::vector<PluginKind> kinds = {{"operators", "operator"},
                                                {"targets", "target"},
                                                {"noises", "noise"},
                                                {"losses", "loss"},
                                                {"models", "model"},
                                                {"penalties", "penalty"},
                                                {"initializations", "initialization"},
                                                {"optimizers", "optimizer"},
                                                {"step_sizes", "step size"},
                                                {"observers", "observer"},
                                                {"problems", "problem"},
                                                {"perturbations", "perturbation"},
                                                {"projections", "projection"}};
  return kinds;
}

const PluginKind& plugin_kind(const std::string& word) {
  std::string plain = word;
  std::replace(plain.begin(), plain.end(), '-', '_');
  std::vector<std::string> folders;
  for (const PluginKind& kind : plugin_kinds()) {
    std::string singular = kind.singular;
    std::replace(singular.begin(), singular.end(), ' ', '_');
    if (plain == kind.folder || plain == singular || word == kind.singular) return kind;
    folders.emplace_back(kind.folder);
  }
  throw Error(Exit::config, fmt::format("there is no kind of plugin '{}'{}", word,
                                        did_you_mean_or_list(word, folders, "; the kinds are ")));
}

struct Catalog::Opened {
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Library>> libraries;
};

Catalog::Catalog(std::vector<fs::path> folders) : folders_(std::move(folders)), opened_(std::make_shared<Opened>()) {
  for (const fs::path& folder : folders_)
    if (!folder.is_absolute())
      throw Error(Exit::plugin, fmt::format("the plugin folder '{}' is a relative path; give it as an absolute one",
                                            folder.string()));
}

bool Catalog::is_installed(const fs::path& file) {
  return fs::weakly_canonical(file).parent_path().parent_path() == plugin_folder();
}

std::vector<fs::path> Catalog::standard_folders(const std::vector<fs::path>& extra) {
  std::vector<fs::path> folders = extra;
  if (const char* listed = std::getenv("TIGHTROPE_PLUGIN_PATH")) {
    std::string text = listed;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(':', begin), text.size());
      if (end > begin) folders.emplace_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  if (!plugin_folder().empty()) folders.push_back(plugin_folder());
  return folders;
}

namespace {

/// Of two different plugins of one name, in folders that somebody named, neither is taken: who knows which is meant?
/// One that came with the program gives way.
void refuse_another(const Library& chosen, const std::vector<fs::path>& folders, const std::string& kind,
                    const std::string& name) {
  if (Catalog::is_installed(chosen.file())) return;
  for (const fs::path& folder : folders) {
    const fs::path other = folder / kind / (name + ".so");
    std::error_code ignored;
    if (!fs::is_regular_file(other, ignored) || Catalog::is_installed(other)) continue;
    if (fs::equivalent(other, chosen.file(), ignored) || sha256_file(other) == chosen.content_hash()) continue;
    throw Error(Exit::plugin, fmt::format("there are two plugins '{}' among the {}, {} and {}; rename one of them, or "
                                          "leave its folder out",
                                          name, kind, chosen.file().string(), other.string()));
  }
}

}  // namespace

std::shared_ptr<const Library> Catalog::find(const std::string& kind, const std::string& name) const {
  const std::string folder_name = plugin_kind(kind).folder, word = plugin_kind(kind).singular;
  const std::lock_guard lock(opened_->mutex);
  auto& library = opened_->libraries[{folder_name, name}];
  if (library) return library;
  const bool plain = !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
  for (const fs::path& folder : folders_) {
    if (!plain) continue;
    // A link that leads nowhere is a mistake to report, not a plugin that is missing.
    const auto is_there = [](const fs::path& file) {
      std::error_code ignored;
      return fs::exists(fs::symlink_status(file, ignored));
    };
    const fs::path compiled = folder / folder_name / (name + ".so"), script = folder / folder_name / (name + ".py");
    const bool is_compiled = is_there(compiled), is_scripted = is_there(script);
    if (!is_compiled && !is_scripted) continue;
    if (is_compiled && is_scripted)
      throw Error(Exit::plugin, fmt::format("the {} '{}' is there twice, as {} and as {}; remove one of them", word,
                                            name, compiled.string(), script.string()));
    const fs::path& file = is_compiled ? compiled : script;
    auto opened = Library::open(file);
    const Manifest& manifest = opened->manifest();
    if (manifest.kind != folder_name)
      throw Error(Exit::plugin,
                  fmt::format("{} provides one of the {}, but it lies in the folder of the {}; move it to {}",
                              file.string(), manifest.kind, folder_name, (folder / manifest.kind).string()));
    if (manifest.name != name)
      throw Error(
          Exit::plugin,
          fmt::format("{} calls itself '{}'; name the file {}.so, or change the name in its TIGHTROPE_PLUGIN line",
                      file.string(), manifest.name, manifest.name));
    refuse_another(*opened, folders_, folder_name, name);
    library = std::move(opened);
    return library;
  }
  const std::string searched =
      list_of(folders_, [&](const fs::path& folder) { return (folder / folder_name).string(); });
  throw Error(Exit::plugin, fmt::format("there is no {} '{}'{}; folders searched: {}", word, name,
                                        did_you_mean(name, names(kind)), searched.empty() ? "none" : searched));
}

std::vector<std::string> Catalog::names(const std::string& kind) const {
  std::set<std::string> names;
  for (const fs::path& folder : folders_) {
    std::error_code error;
    const fs::directory_iterator entries(folder / plugin_kind(kind).folder, error);
    if (error) refuse_shortage(error.value(), (folder / plugin_kind(kind).folder).string() + " cannot be read");
    for (const auto& entry : entries)
      if (entry.path().extension() == ".so" || is_script(entry.path())) names.insert(entry.path().stem().string());
  }
  return {names.begin(), names.end()};
}

namespace {

std::string description(const Library& library) {
  return fmt::format("{} '{}' ({})", plugin_kind(library.manifest().kind).singular, library.manifest().name,
                     library.file().string());
}

/// Calls into plugin code. Exceptions of other types are turned into ours, with a text of our own: theirs may refer to
/// memory of the plugin.
template <class Call>
auto guarded(const Library& library, const char* doing, Call call) -> decltype(call()) {
  const Asking asking(description(library) + " while " + doing);
  try {
    return call();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(Exit::resources, fmt::format("{} ran out of memory while {}", description(library), doing));
  } catch (const std::exception& error) {
    throw Error(Exit::plugin, fmt::format("{} failed while {}: {}; this is for its author to mend",
                                          description(library), doing, error.what()));
  } catch (...) {
    throw Error(Exit::plugin, fmt::format("{} failed while {}, with an exception that is no std::exception; this is "
                                          "for its author to mend",
                                          description(library), doing));
  }
}

}  // namespace

std::unique_ptr<Maker> make_maker(const Library& library) {
  auto maker = guarded(library, "it was made ready", [&] { return library.maker(); });
  if (!maker)
    throw Error(Exit::plugin, description(library) +
                                  " gives nothing to make it with; end its source with "
                                  "TIGHTROPE_PLUGIN(…)");
  return maker;
}

void declare_parameters(const Library& library, Maker& maker, Parameters& parameters) {
  guarded(library, "it declared its parameters", [&] { maker.declare(parameters); });
}

std::shared_ptr<const Component> make_any_component(const Library& library, const Maker& maker,
                                                    const Context& context) {
  auto component = guarded(library, "it was made", [&] { return maker.make(context); });
  if (!component)
    throw Error(Exit::plugin, description(library) +
                                  " made nothing when it was asked for an object; end its source "
                                  "with TIGHTROPE_PLUGIN(…)");
  return component;
}

}  // namespace tightrope
