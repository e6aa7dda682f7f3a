// From a kind and a name to a plugin.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/plugin/library.hpp"

namespace tightrope {

/// A kind of plugin: its folder, the word for one of them, and where it stands in a config.
struct PluginKind {
  const char* folder;    // "optimizers"
  const char* singular;  // "optimizer"
};
const std::vector<PluginKind>& plugin_kinds();
/// Accepts "optimizers", "optimizer" and "step_size"/"step-size"; throws Error(config) with the nearest kind.
const PluginKind& plugin_kind(const std::string& word);

/// Finds plugins as FOLDER/<kind>/<name>.so, or .py, in an ordered list of folders. Only asked-for files are opened;
/// only names() looks into folders. An ordinary object, made in main and passed by reference; all methods may be
/// called from several threads.
class Catalog {
 public:
  /// Folders in order of search. Relative ones are refused.
  explicit Catalog(std::vector<std::filesystem::path> folders);
  /// The standard list: `extra` (command line, config), TIGHTROPE_PLUGIN_PATH, the folder installed with the program.
  static std::vector<std::filesystem::path> standard_folders(const std::vector<std::filesystem::path>& extra);
  /// Whether a plugin's file came with the program.
  static bool is_installed(const std::filesystem::path& file);

  /// Throws Error(plugin): no such name (with folders searched and nearest names), or whatever Library::open finds.
  std::shared_ptr<const Library> find(const std::string& kind, const std::string& name) const;
  std::vector<std::string> names(const std::string& kind) const;  // sorted
  const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  struct Opened;
  std::vector<std::filesystem::path> folders_;
  std::shared_ptr<Opened> opened_;
};

/// A fresh maker of the library's plugin, and the declarations of its parameters. Errors of the plugin's own code
/// become Error(plugin) with its name and file.
std::unique_ptr<Maker> make_maker(const Library& library);
void declare_parameters(const Library& library, Maker& maker, Parameters& parameters);
/// Constructs the component. Unsuitable passes through; anything else thrown by the plugin becomes Error(plugin)
/// "operator 'x' (FILE) failed while it was made: …" with a copied text.
template <class Interface>
std::shared_ptr<const Interface> make_component(const Library& library, const Maker& maker, const Context& context);
std::shared_ptr<const Component> make_any_component(const Library& library, const Maker& maker, const Context& context);

template <class Interface>
std::shared_ptr<const Interface> make_component(const Library& library, const Maker& maker, const Context& context) {
  return std::dynamic_pointer_cast<const Interface>(make_any_component(library, maker, context));
}

}  // namespace tightrope
