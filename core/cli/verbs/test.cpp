// tightrope test: does a plugin keep the contract of its kind?
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "core/cli/verb.hpp"
#include "core/conformance/process/isolated.hpp"
#include "core/plugin/script.hpp"
#include "core/report/text.hpp"
#include "core/store/files/json.hpp"
#include "core/tree/paths.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope::cli {

namespace {

constexpr double patience = 60;  // seconds that a question may take

/// One plugin on trial: where it lies, or why it cannot be opened.
struct Tested {
  std::string kind, name, file, refusal;
  std::shared_ptr<const Library> library;
  std::vector<Answer> answers;

  bool loads() const { return library != nullptr; }
  bool is_good() const {
    return loads() && std::ranges::all_of(answers, [](const Answer& one) { return one.is_good(); });
  }
  std::string title() const { return loads() ? fmt::format("{} '{}'", plugin_kind(kind).singular, name) : file; }
};

Tested opened(const std::function<std::shared_ptr<const Library>()>& open, const std::string& what) {
  Tested tested;
  tested.file = what;
  try {
    tested.library = open();
    tested.kind = tested.library->manifest().kind;
    tested.name = tested.library->manifest().name;
    tested.file = tested.library->file().string();
  } catch (const Error& refusal) {
    if (refusal.code() != Exit::plugin) throw;
    tested.refusal = refusal.what();
  }
  return tested;
}

/// All plugins of a folder: FOLDER/<kind>/<name>.so or .py, or the files of one such <kind>.
std::vector<Tested> of_folder(const fs::path& folder) {
  std::vector<Tested> all;
  const Catalog catalog({folder});
  for (const PluginKind& kind : plugin_kinds())
    for (const std::string& name : catalog.names(kind.folder))
      all.push_back(opened([&] { return catalog.find(kind.folder, name); }, (folder / kind.folder / name).string()));
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".so" || is_script(entry.path())) files.insert(entry.path());
  for (const fs::path& file : files) all.push_back(opened([&] { return Library::open(file); }, file.string()));
  if (all.empty())
    throw Error(Exit::config, fmt::format("{} holds no plugins: they lie as <kind>/<name>.so in it", folder.string()));
  return all;
}

/// A name of which the kind is not said, among those that can be found.
Tested by_name(const Catalog& catalog, const std::string& name) {
  std::vector<std::string> kinds, names;
  for (const PluginKind& kind : plugin_kinds())
    for (const std::string& known : catalog.names(kind.folder)) {
      names.push_back(known);
      if (known == name) kinds.emplace_back(kind.folder);
    }
  if (kinds.size() == 1) return opened([&] { return catalog.find(kinds[0], name); }, kinds[0] + "/" + name);
  if (kinds.empty())
    throw Error(Exit::plugin, fmt::format("there is no file, folder or plugin '{}'{}; give the path of a plugin, or "
                                          "KIND/NAME",
                                          name, did_you_mean(name, names)));
  throw Error(Exit::config, fmt::format("'{}' is the name of several plugins; say which: {}/{}", name,
                                        fmt::join(kinds, fmt::format("/{}, ", name)), name));
}

std::vector<Tested> targets(const Call& call) {
  const std::string target = call.positional[0];
  const fs::path path = resolved_path(target);
  std::error_code ignored;
  if (call.positional.size() == 2) {
    const std::string kind = plugin_kind(target).folder, name = call.positional[1];
    return {opened([&] { return make_catalog(call).find(kind, name); }, kind + "/" + name)};
  }
  if (fs::is_directory(path, ignored)) return of_folder(path);
  const std::size_t slash = target.find('/');
  // What looks like a file is one; the gate says what is wrong with it.
  if (fs::exists(fs::symlink_status(path, ignored)) || target.ends_with(".so") || is_script(target) || slash == 0 ||
      std::ranges::count(target, '/') > 1)
    return {opened([&] { return Library::open(path); }, target)};
  const Catalog catalog = make_catalog(call);
  if (slash == std::string::npos) return {by_name(catalog, target)};
  const std::string kind = plugin_kind(target.substr(0, slash)).folder, name = target.substr(slash + 1);
  return {opened([&] { return catalog.find(kind, name); }, target)};
}

/// The parameters that --set gives, as a map.
Node sample_of(const Call& call) {
  Node sample = Node::make_map({});
  for (const std::string& assignment : call.texts("set")) apply_assignment(sample, assignment, "--set");
  return sample;
}

/// "slope of the Taylor remainder 2 (2), …"
std::string measured_text(const Answer& answer) {
  std::string text;
  for (const Measurement& one : answer.measured) text += (text.empty() ? "" : "; ") + one.text();
  return text;
}

/// Says each answer as it comes; of other variants only what is new.
class Teller {
 public:
  void hear(const Answer& answer) {
    const bool is_sample = answer.variant == "as in the sample";
    if (!is_sample && answer.variant != variant_) {
      close();
      variant_ = answer.variant;
    }
    ++(is_sample ? asked_ : asked_of_variant_);
    if (is_sample || !answer.is_good()) say(answer, is_sample);
    if (!answer.refused.empty()) refused_ = answer.refused;
  }
  void close() {
    if (variant_.empty()) return;
    std::cout << fmt::format("  {} with {}: ",
                             wrong_of_variant_ > 0   ? "✗"
                             : asked_of_variant_ > 1 ? "✓"
                                                     : "–",
                             variant_);
    if (asked_of_variant_ == 1 && !refused_.empty())
      std::cout << "not asked, for it " << refused_ << "\n";
    else if (wrong_of_variant_ == 0)
      std::cout << counted(asked_of_variant_, "check") << " hold\n";
    else
      std::cout << wrong_of_variant_ << " of " << counted(asked_of_variant_, "check")
                << (wrong_of_variant_ == 1 ? " does" : " do") << " not hold\n";
    std::cout.flush();
    asked_of_variant_ = wrong_of_variant_ = 0;
    refused_.clear();
    variant_.clear();
  }

 private:
  void say(const Answer& answer, bool is_sample) {
    if (!answer.is_good() && !is_sample) ++wrong_of_variant_;
    const std::string numbers = measured_text(answer);
    if (is_sample)
      std::cout << fmt::format("  {} {}{}\n", answer.is_good() ? "✓" : "✗", answer.check,
                               numbers.empty() ? "" : ": " + numbers);
    for (const std::string& fault : answer.faults)
      if (printed_.insert(answer.check + fault).second)
        std::cout << (is_sample ? "      " : "      with " + answer.variant + ", " + answer.check + ": ") << fault
                  << "\n";
    for (const std::string& remark : answer.remarks)
      if (printed_.insert(answer.check + remark).second) std::cout << "    ! " << remark << "\n";
    std::cout.flush();
  }

  std::string variant_, refused_;
  std::size_t asked_ = 0, asked_of_variant_ = 0, wrong_of_variant_ = 0;
  std::set<std::string> printed_;
};

std::string verdict(const Tested& tested) {
  std::set<std::string> wrong, asked, variants;
  const Answer* first = nullptr;
  for (const Answer& answer : tested.answers) {
    asked.insert(answer.check);
    if (answer.variant != "as in the sample" && answer.refused.empty()) variants.insert(answer.variant);
    if (answer.is_good()) continue;
    wrong.insert(answer.check);
    if (!first) first = &answer;
  }
  if (!first)
    return fmt::format("{} is right: it keeps the contract of its kind in {}{}.", tested.title(),
                       counted(asked.size(), "check"),
                       variants.empty() ? "" : fmt::format(", also with {}", fmt::join(variants, ", ")));
  const std::string where = first->variant == "as in the sample" ? "" : " with " + first->variant;
  return fmt::format("{} is wrong: {} of {} not hold. Look first at {}{}: {}.", tested.title(), wrong.size(),
                     counted(asked.size(), "check") + (wrong.size() == 1 ? " does" : " do"), first->check, where,
                     first->faults.front());
}

Json document(const Tested& tested) {
  Json json = {{"kind", tested.kind}, {"name", tested.name}, {"path", tested.file}};
  if (!tested.loads()) {
    json["verdict"] = "does not load";
    json["reason"] = tested.refusal;
    return json;
  }
  json["sha256"] = tested.library->content_hash();
  json["verdict"] = tested.is_good() ? "right" : "wrong";
  json["text"] = verdict(tested);
  json["checks"] = Json::array();
  for (const Answer& answer : tested.answers) {
    auto measured = Json::array();
    for (const Measurement& one : answer.measured)
      measured.push_back({{"what", one.what}, {"value", json_number(one.value)}, {"expected", one.expected}});
    const char* const holds = !answer.refused.empty() ? "not asked" : answer.is_good() ? "holds" : "does not hold";
    json["checks"].push_back({{"check", answer.check},
                              {"with", answer.variant},
                              {"verdict", holds},
                              {"measured", measured},
                              {"faults", answer.faults},
                              {"remarks", answer.remarks},
                              {"refused", answer.refused}});
  }
  return json;
}

void examine(Tested& tested, const Node& sample, bool aloud) {
  if (aloud)
    std::cout << fmt::format("{} ({})\n  ✓ load handshake: interface {}\n", tested.title(), tested.file,
                             TIGHTROPE_HEADER_DIGEST)
              << std::flush;
  Teller teller;
  tested.answers = examine_in_child(tested.library->file(), sample, false, patience, [&](const Answer& answer) {
    if (aloud) teller.hear(answer);
  });
  if (aloud) teller.close();
  remember_verdict(*tested.library, tested.is_good());
}

Exit test(const Call& call) {
  std::vector<Tested> all = targets(call);
  const Node sample = sample_of(call);
  const bool aloud = call.format != "json" && !call.quiet;
  std::size_t wrong = 0, refused = 0;
  for (Tested& tested : all) {
    if (tested.loads()) examine(tested, sample, aloud);
    if (!tested.loads() && call.format != "json")
      std::cout << fmt::format("{}\n  ✗ load handshake\n{} does not load: {}\n", tested.file, tested.file,
                               tested.refusal);
    else if (call.format != "json" && (aloud || !tested.is_good()))
      std::cout << verdict(tested) << "\n";
    if (aloud && &tested != &all.back()) std::cout << "\n";
    if (!tested.is_good()) ++(tested.loads() ? wrong : refused);
  }
  if (call.format == "json") {
    Json plugins = Json::array();
    for (const Tested& tested : all) plugins.push_back(document(tested));
    std::cout << pretty({{"plugins", plugins}});
  } else if (all.size() > 1) {
    std::cout << fmt::format("\n{} of {} {} right{}{}\n", all.size() - wrong - refused, counted(all.size(), "plugin"),
                             all.size() - wrong - refused == 1 ? "is" : "are",
                             wrong > 0 ? fmt::format(", {} wrong", wrong) : "",
                             refused > 0 ? fmt::format(", {} cannot be loaded.", refused) : ".");
  }
  return refused > 0 ? Exit::plugin : wrong > 0 ? Exit::claim_false : Exit::ok;
}

}  // namespace

Verb test_verb() {
  return {
      "test",
      "TARGET",
      "try whether a plugin keeps the contract of its kind",
      "TARGET is the path of a plugin (NAME.so or NAME.py), KIND/NAME or KIND NAME of one that is found, or a folder "
      "of plugins.\n"
      "Its mathematics is asked for: adjoints, gradients, descent; and what the engine relies on: memory, "
      "determinism,\n"
      "threads, shapes at the edge, allocations. Parameters are the examples of their declarations, or those of "
      "--set;\n"
      "then each other choice. Each question is asked in a process of its own, so that a crash is an answer like "
      "others.\n"
      "\n"
      "Of each check it says what was measured and what was expected, and of each fault the cause. That a plugin has\n"
      "passed is remembered by its content.\n"
      "Exit codes: 0 all is right, 1 something is wrong, 2 usage, 3 a plugin that cannot be loaded, 5 memory.",
      [](po::options_description& options) {
        options.add_options()("set", texts("PARAMETER=VALUE"), "a parameter of the plugin (repeatable)");
        declare_plugin_options(options);
      },
      {"text", "json"},
      1,
      2,
      test};
}

}  // namespace tightrope::cli
