// tightrope new: the beginnings of a plugin of one's own, as a project that builds.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iostream>

#include "core/base/installation.hpp"
#include "core/cli/help/pages.hpp"
#include "core/engine/trace.hpp"
#include "core/interfaces/observer.hpp"
#include "core/interfaces/problem.hpp"
#include "core/plugin/script.hpp"
#include "core/store/files/files.hpp"

namespace tightrope::cli {

namespace {

constexpr std::size_t longest_name = 60;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Letters, digits, and single underscores between them.
bool is_plugin_name(const std::string& name) {
  if (name.empty() || name.size() > longest_name || !is_lower(name.front()) || name.back() == '_') return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (!is_lower(name[i]) && !is_digit(name[i]) && !(name[i] == '_' && name[i - 1] != '_')) return false;
  return true;
}

/// "My-Method 2" → "my_method_2"; "" where nothing of a name is left.
std::string plugin_name_like(const std::string& text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= 'A' && c <= 'Z') {
      if (i > 0 && (is_lower(text[i - 1]) || is_digit(text[i - 1]))) name += '_';
      name += static_cast<char>(c - 'A' + 'a');
    } else if (is_lower(c) || (is_digit(c) && !name.empty())) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  name.resize(std::min(name.size(), longest_name));
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

/// Throws Error(config) if a plugin of this kind cannot be called so.
void check_name(const std::string& name, const PluginKind& kind, const Catalog& catalog) {
  if (!is_plugin_name(name)) {
    const std::string near = plugin_name_like(name);
    throw Error(
        Exit::config,
        fmt::format("'{}' cannot name a plugin: a name has up to {} lower-case letters and digits, begins with a "
                    "letter, and has single underscores between words{}",
                    excerpt(name), longest_name, near.empty() ? "" : fmt::format(", such as '{}'", near)));
  }
  const std::vector<std::string> taken = catalog.names(kind.folder);
  if (std::ranges::find(taken, name) != taken.end())
    throw Error(Exit::config,
                fmt::format("there is a plugin {} '{}' already; take another name, or see 'tightrope list {}'",
                            kind.singular, name, kind.folder));
  const auto refuse = [&](const char* why) {
    throw Error(Exit::config, fmt::format("a plugin cannot be called '{}', which {}; take another name", name, why));
  };
  for (const char* word : {"true", "false", "yes", "no", "on", "off", "null", "nan", "inf", "y", "n"})
    if (name == word) refuse("means something else in YAML");
  const std::vector<Column> columns = Trace::own_columns();
  if (kind.folder == std::string(Observer::kind))
    for (const Column& column : columns)
      if (name == column.name) refuse("is a column that every trace has");
  if (kind.folder == std::string(Problem::kind) && name == "sensing") refuse("is the problem that has no plugin");
}

/// "my_method" → "MyMethodPlugin": no class of the core ends so.
std::string class_name(const std::string& name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (name[i] != '_')
      text +=
          i == 0 || name[i - 1] == '_' ? static_cast<char>(std::toupper(static_cast<unsigned char>(name[i]))) : name[i];
  return text.ends_with("Plugin") ? text : text + "Plugin";
}

using Replacements = std::vector<std::pair<std::string, std::string>>;

std::string replaced(const std::string& text, const Replacements& replacements) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = std::ranges::find_if(replacements, [&](const auto& replacement) {
      return text.compare(at, replacement.first.size(), replacement.first) == 0;
    });
    if (found == replacements.end()) {
      result += text[at++];
    } else {
      result += found->second;
      at += found->first.size();
    }
  }
  return result;
}

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  const bool is_plain = std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string("/._-+=:,@%").find(c) != std::string::npos;
  });
  if (is_plain && !text.empty()) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

/// What cmake must be told to find Tightrope: nothing where it looks by itself.
std::string prefix_option() {
  const fs::path prefix = installation_prefix();
  if (prefix == "/usr" || prefix == "/usr/local") return "";
  return " -DCMAKE_PREFIX_PATH=" + shell_word(prefix.string());
}

Exit make_new(const Call& call) {
  const PluginKind& kind = plugin_kind(call.positional[0]);
  const std::string& name = call.positional[1];
  const bool in_python = call.has("python");
  if (const auto& kinds = script_kinds(); in_python && std::ranges::find(kinds, kind.folder) == kinds.end())
    throw Error(Exit::config, fmt::format("{} can be written in Python, and {} cannot; leave --python out",
                                          fmt::join(kinds, ", "), kind.folder));
  check_name(name, kind, make_catalog(call));
  const fs::path folder = call.has("dir") ? call.text("dir") : name;
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(folder, ignored)) &&
      !(fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored)))
    throw Error(Exit::config,
                fmt::format("'{}' exists already; --dir names a folder that is new or empty", folder.string()));

  const fs::path templates = shared_folder("templates");
  if (templates.empty())
    throw Error(Exit::plugin, "the templates of plugins did not come with this program; install Tightrope again");
  const Replacements replacements = {
      {"my_plugin", name}, {"MyPlugin", class_name(name)}, {"my_folder", kind.folder}, {"my_kind", kind.singular}};
  std::vector<std::pair<fs::path, fs::path>> files;
  if (!in_python) files.emplace_back("common/CMakeLists.txt", "CMakeLists.txt");
  files.emplace_back(in_python ? "common/README.python.md" : "common/README.md", "README.md");
  const fs::path own = kind.folder;
  const std::string ending = in_python ? ".py" : ".cpp";
  files.emplace_back(own / "my_plugin.yaml", name + ".yaml");
  files.emplace_back(own / ("my_plugin" + ending), own / (name + ending));
  for (const auto& [from, to] : files) {
    const fs::path file = folder / to;
    if (!fs::create_directories(file.parent_path(), ignored) && ignored) fail_at(file.parent_path(), "made");
    write_atomically(file, replaced(read_file(templates / from), replacements));
  }
  if (call.quiet) return Exit::ok;
  for (const auto& [from, to] : files) std::cout << (folder / to).string() << "\n";
  const std::string experiment = shell_word((folder / (name + ".yaml")).string());
  if (in_python) {
    std::cout << "\nRun it:\n  tightrope run " << experiment << " --plugin-path " << shell_word(folder.string())
              << "\n";
    return Exit::ok;
  }
  const std::string here = shell_word(folder.string()), build = shell_word((folder / "build").string());
  std::cout << "\nBuild it, test it, run it:\n"
            << "  cmake -S " << here << " -B " << build << prefix_option() << "\n"
            << "  cmake --build " << build << "\n"
            << "  ctest --test-dir " << build << "\n"
            << "  tightrope run " << experiment << " --plugin-path "
            << shell_word((folder / "build" / "plugins").string()) << "\n";
  return Exit::ok;
}

}  // namespace

Verb new_verb() {
  return {
      "new",
      "KIND NAME",
      "begin a plugin of your own: a project that builds, with a test and an experiment",
      "Writes DIR with a source that works and says what to put where, an experiment that uses it, CMakeLists.txt and\n"
      "notes, and prints the commands that build, test and run it. KIND is one of\n" +
          lines_of_kinds() + ".",
      [](po::options_description& options) {
        options.add_options()("dir", text("DIR"), "the folder to write, which is new or empty (default: NAME)");
        options.add_options()("python", "a script, which needs no compiler: an optimizer, loss, operator or observer");
        declare_plugin_options(options);
      },
      {},
      2,
      2,
      make_new};
}

}  // namespace tightrope::cli
