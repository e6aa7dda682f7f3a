// What a shell offers for the word that is being typed: verbs, options, plugins and parameters of this very program.
#include <algorithm>
#include <cctype>
#include <set>

#include "core/cli/help/pages.hpp"
#include "core/cli/papers.hpp"
#include "core/experiment/section.hpp"
#include "core/grid/grid.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

namespace {

std::string name_of(const po::option_description& option) { return "--" + option.long_name(); }
bool takes_value(const po::option_description& option) { return option.semantic()->max_tokens() > 0; }

/// A section inside of another one, or at the top of a config; null if there is none, or nobody knows what it is in.
const Section* section_in(const Section* outer, const std::string& name) {
  if (!outer) return nullptr;
  for (const Section& section : outer->name.empty() ? sections() : outer->inside)
    if (!section.name.empty() && section.name == name) return &section;
  return nullptr;
}

/// The kind of plugin that a section chooses, or may choose; null if it chooses none.
const PluginKind* kind_of(const Section* section) {
  if (section)
    for (const PluginKind& kind : plugin_kinds())
      if (section->plugin == kind.folder || (section->plugin.empty() && section->name == kind.singular)) return &kind;
  return nullptr;
}

/// One call of the program, as far as it has been typed.
class Line {
 public:
  explicit Line(const std::vector<std::string>& words) : words_(words), current_(words.empty() ? "" : words.back()) {}

  std::vector<std::string> candidates() {
    if (words_.size() <= 1) {
      for (const Verb& verb : verbs()) offer(verb.name, verb.summary);
      return lines_;
    }
    const auto verb = std::ranges::find(verbs(), words_[0], &Verb::name);
    if (verb == verbs().end()) return {};
    verb_ = &*verb;
    const po::options_description options = options_of(*verb_);
    const po::option_description* open = nullptr;  // waits for its value
    for (std::size_t i = 1; i + 1 < words_.size(); ++i) {
      const std::string& word = words_[i];
      if (open) {
        values_.emplace_back(open->long_name(), word);
        open = nullptr;
      } else if (word.starts_with("-") && word != "-") {
        const auto equals = word.find('=');
        open = option(options, word.substr(0, equals));
        if (open && equals != std::string::npos) values_.emplace_back(open->long_name(), word.substr(equals + 1));
        if (open && (equals != std::string::npos || !takes_value(*open))) open = nullptr;
      } else {
        positional_.push_back(word);
      }
    }
    if (open) {
      offer_value(*open);
    } else if (const auto equals = current_.find('='); current_.starts_with("--") && equals != std::string::npos) {
      before_ = current_.substr(0, equals + 1);
      current_.erase(0, equals + 1);
      if (const auto* given = option(options, before_.substr(0, equals))) offer_value(*given);
    } else if (current_.starts_with("-")) {
      for (const auto& known : options.options()) offer(name_of(*known), known->description());
    } else {
      offer_positional();
    }
    return lines_;
  }

 private:
  void offer(const std::string& word, const std::string& description = "") {
    if (!word.starts_with(current_)) return;
    if (!offered_.insert(word).second) return;
    std::string line = before_ + word;
    if (!description.empty()) line += "\t" + description.substr(0, description.find('\n'));
    lines_.push_back(line);
  }

  static const po::option_description* option(const po::options_description& options, const std::string& word) {
    for (const auto& known : options.options())
      if (word == name_of(*known) ||
          word == known->canonical_display_name(po::command_line_style::allow_dash_for_short))
        return known.get();
    return nullptr;
  }

  const Catalog& catalog() {
    if (!catalog_) {
      std::vector<fs::path> extra;
      for (const auto& [name, value] : values_)
        if (std::error_code error; name == "plugin-path" && fs::is_directory(value, error))
          extra.push_back(fs::absolute(value));
      catalog_.emplace(Catalog::standard_folders(extra));
    }
    return *catalog_;
  }

  void offer_value(const po::option_description& option) {
    const std::string shown = option.format_parameter(), name = shown.substr(0, shown.find(' '));  // "FORMAT (=table)"
    if (name == "DIR") lines_.push_back(":folders");
    if (name == "FILE") lines_.push_back(":files");
    if (name == "FORMAT")
      for (const std::string& format : verb_->formats) offer(format);
    if (name == "PATH=VALUE") offer_path();
    if (option.long_name() == "layer") offer_layers();
  }

  /// The words in capitals of what the verb takes stand for names; others are to be typed as they are.
  void offer_positional() {
    std::vector<std::string> kinds;
    std::string token;
    for (const char c : verb_->arguments + " ") {
      if (std::isalpha(static_cast<unsigned char>(c)) || c == '-' || c == '.') {
        token += c;
      } else if (!token.empty()) {
        kinds.push_back(token);
        token.clear();
      }
    }
    // `--option VALUE` is none of them.
    for (std::size_t i = 0; i < kinds.size();)
      if (kinds[i].starts_with("--"))
        kinds.erase(kinds.begin() + static_cast<std::ptrdiff_t>(i),
                    kinds.begin() + static_cast<std::ptrdiff_t>(std::min(i + 2, kinds.size())));
      else
        ++i;
    std::size_t place = 0;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const std::string& kind = kinds[i];
      const bool is_literal = std::islower(static_cast<unsigned char>(kind[0])) != 0;
      if (is_literal && positional_.empty()) offer(kind);
      if (is_literal) continue;
      const bool may_be_left_out = kind == "KIND" && i + 1 < kinds.size() && kinds[i + 1] == "NAME" && verb_->least < 2;
      if (place == positional_.size() || (verb_->most > kinds.size() && i + 1 == kinds.size())) offer_kind(kind);
      if (may_be_left_out && positional_.empty()) offer_kind("NAME");
      ++place;
    }
  }

  void offer_kind(const std::string& what) {
    if (what == "VERB")
      for (const Verb& verb : verbs()) offer(verb.name, verb.summary);
    if (what == "KIND")
      for (const PluginKind& kind : plugin_kinds()) offer(kind.folder);
    if (what == "NAME" && verb_->least < 2)
      for (const PluginKind& kind : plugin_kinds())
        if (positional_.empty() || plugin_kind(positional_[0]).folder == std::string(kind.folder))
          for (const std::string& name : catalog().names(kind.folder)) offer(name, kind.singular);
    if (what == "FILE")
      for (const std::string& name : shipped_names()) offer(name);
    if (what == "FILE" || what == "TARGET") lines_.push_back(":files");
    if (what == "RUN" || what == "DIR") lines_.push_back(":folders");
  }

  /// The first config that the line names.
  std::optional<fs::path> config() const {
    if (positional_.empty()) return {};
    return configs_of(located_config(positional_[0])).front();
  }

  void offer_layers() {
    const std::optional<fs::path> file = config();
    if (!file) return;
    const std::string begin = file->stem().string() + ".", end = ".yaml";
    for (const fs::directory_entry& entry : fs::directory_iterator(fs::absolute(*file).parent_path())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(begin) && name.ends_with(end) && name.size() > begin.size() + end.size())
        offer(name.substr(begin.size(), name.size() - begin.size() - end.size()));
    }
  }

  /// The tree that the line runs, with every default if it is complete; else the little that it says.
  Node tree() {
    const std::optional<fs::path> file = config();
    if (!file) return Node::make_map({});
    Node tree = read_yaml(*file);
    for (const auto& [name, value] : values_) {
      if (name == "layer") merge(tree, read_yaml(layer_of(*file, value)));
      if (name == "config") merge(tree, read_yaml(value));
      if (name == "set") assign(tree, value, "--set");
    }
    for (const char* section : {"study", "claims", "plugin_path"}) tree.erase(section);
    try {
      return resolve_experiment(tree, catalog()).cells.front().resolved;
    } catch (const Error&) {
      return tree;
    }
  }

  /// One more part of a path, or the value behind it.
  void offer_path() {
    Node at = tree();
    const Section* section = nullptr;
    for (const Section& top : sections())
      if (top.name.empty()) section = &top;
    const auto equals = current_.find('=');
    const std::string path = current_.substr(0, equals);
    std::size_t begin = 0;  // of the part that is not complete
    for (std::size_t dot; (dot = path.find('.', begin)) != std::string::npos; begin = dot + 1) {
      const std::string part = path.substr(begin, dot - begin);
      const auto i = to_index(Node::make_scalar(part, {}));
      const bool is_item = at.is_sequence() && i && *i < at.items.size();
      const Node* const next = is_item ? &at.items[*i] : at.find(part);
      if (!is_item) section = section_in(section, part);
      at = next ? Node(*next) : Node::make_map({});
    }
    if (equals == std::string::npos)
      offer_keys(path.substr(0, begin), at, section);
    else
      offer_values(path.substr(0, equals) + "=", path.substr(begin), at, section);
  }

  /// What is declared for a section: by the plugin that it chooses, and by the core.
  std::vector<Parameter> parameters_in(const Node& tree, const Section* section) {
    std::vector<Parameter> all;
    const PluginKind* const kind = kind_of(section);
    if (const Node* type = tree.find("type"); kind && type && type->is_scalar()) try {
        const auto library = catalog().find(kind->folder, type->scalar);
        Parameters declared;
        const auto maker = make_maker(*library);
        declare_parameters(*library, *maker, declared);
        all = declared.all();
      } catch (const Error&) {
        // No plugin, such as the type `sensing`: then what the core declares is all.
      }
    if (section) all.insert(all.end(), section->parameters.begin(), section->parameters.end());
    return all;
  }

  void offer_keys(const std::string& before, const Node& tree, const Section* section) {
    const auto offer_key = [&](const std::string& key, bool has_value, bool has_parts) {
      if (has_value) offer(before + key + "=");
      if (has_parts) offer(before + key + ".");
    };
    for (const Node::Entry& entry : tree.entries) {
      const bool has_parts = entry.value.is_map() || entry.value.is_sequence();
      offer_key(entry.key, !has_parts || kind_of(section_in(section, entry.key)), has_parts);
    }
    for (std::size_t i = 0; i < tree.items.size(); ++i) offer(before + std::to_string(i) + ".");
    if (kind_of(section) && tree.is_map()) offer(before + "type=", "which plugin");
    for (const Parameter& parameter : parameters_in(tree, section)) offer(before + parameter.name + "=", parameter.doc);
    if (!section) return;
    for (const Section& inner : section->name.empty() ? sections() : section->inside)
      if (!inner.name.empty())
        offer_key(inner.name, kind_of(&inner) != nullptr, kind_of(&inner) || !inner.parameters.empty());
  }

  void offer_values(const std::string& before, const std::string& name, const Node& tree, const Section* section) {
    if (const PluginKind* const kind = kind_of(name == "type" ? section : section_in(section, name)))
      for (const std::string& plugin : catalog().names(kind->folder)) offer(before + plugin);
    for (const Parameter& parameter : parameters_in(tree, section)) {
      if (parameter.name != name) continue;
      for (const std::string& choice : parameter.choices) offer(before + choice);
      if (parameter.default_text == "true" || parameter.default_text == "false")
        for (const char* word : {"true", "false"}) offer(before + word);
    }
  }

  const std::vector<std::string>& words_;
  std::string current_, before_;  // the word to complete, and what stands before it in the same word
  const Verb* verb_ = nullptr;
  std::vector<std::string> positional_, lines_;
  std::vector<std::pair<std::string, std::string>> values_;
  std::set<std::string> offered_;
  std::optional<Catalog> catalog_;
};

}  // namespace

std::vector<std::string> completions(const std::vector<std::string>& words) {
  try {
    return Line(words).candidates();
  } catch (const std::exception&) {
    return {};  // somebody is still typing
  }
}

}  // namespace tightrope::cli
