// What a verb of the command line is, and what all verbs share.
#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/experiment/experiment.hpp"
#include "core/report/report.hpp"
#include "core/report/tables/table.hpp"
#include "core/store/files/json.hpp"
#include "core/store/run_folder.hpp"

namespace tightrope {
class Ranks;
}

namespace tightrope::cli {

namespace fs = std::filesystem;
namespace po = boost::program_options;

/// The arguments of one call, parsed.
struct Call {
  po::variables_map options;
  std::vector<std::string> positional;
  bool quiet = false;
  std::string format;      // "" if the verb has no --format
  Ranks* ranks = nullptr;  // that hold operators together; null where this process computes alone

  bool has(const std::string& option) const { return options.count(option) > 0 && !options[option].defaulted(); }
  template <class T>
  T get(const std::string& option) const {
    return options[option].as<T>();
  }
  /// What was given or is the default; "" for neither.
  std::string text(const std::string& option) const {
    return options.count(option) > 0 ? get<std::string>(option) : "";
  }
  /// Of an option that may be given several times.
  std::vector<std::string> texts(const std::string& option) const {
    return options.count(option) > 0 ? get<std::vector<std::string>>(option) : std::vector<std::string>();
  }
};

/// A signal ended the command: exit code 128 + its number.
class Interrupted : public std::runtime_error {
 public:
  Interrupted(int signal, const std::string& message) : std::runtime_error(message), signal_(signal) {}
  int exit_code() const { return 128 + signal_; }

 private:
  int signal_;
};

struct Verb {
  std::string name, arguments, summary, text;  // text: further lines of help
  std::function<void(po::options_description&)> declare;
  std::vector<std::string> formats;  // the first is the default; empty: no --format
  std::size_t least = 0, most = 0;   // positional arguments
  std::function<Exit(const Call&)> run;
};

/// All verbs, in the order of `help`: those of the files of core/cli/verbs. NAME.cpp defines `Verb NAME_verb()`.
const std::vector<Verb>& verbs();

/// `tightrope VERB -h`
std::string help_of(const Verb& verb);
std::string version_line();

// --- options ---
/// The value of an option, which help calls `name`.
inline auto* text(const char* name) { return po::value<std::string>()->value_name(name); }
/// Of an option that may be given several times.
inline auto* texts(const char* name) { return po::value<std::vector<std::string>>()->value_name(name)->composing(); }
void declare_config_options(po::options_description& options);     // --set, -c, --layer and where plugins are
void declare_selection_options(po::options_description& options);  // --only, --skip
void declare_plugin_options(po::options_description& options);     // --plugin-path
void declare_thread_option(po::options_description& options);      // --threads

/// The merged tree of the file, its layers, the environment and --set.
Node read_layers(const Call& call, const fs::path& file);
/// The cells of a study that --only and --skip pick.
Selection read_selection(const Call& call);
/// The catalog for a call; `tree` may add folders (plugin_path) if --allow-plugin-path is given.
Catalog make_catalog(const Call& call, const Node* tree = nullptr);
/// What --threads says, or all cores, of which each rank has its share.
unsigned threads_of(const Call& call);
std::shared_ptr<const Team> make_team(const Call& call);
/// What -j says, or `otherwise`. Throws Error(config) if it is no number from 1 to 1024.
unsigned job_count(const Call& call, unsigned otherwise);

/// What a report shows beyond the stored numbers, for few enough cells; else nothing. `known` is the truth of a run of
/// one cell that is at hand. What cannot be had again is left out, with a line on standard error.
Pictures pictures_of(const StoredRun& run, const Catalog& catalog, const std::shared_ptr<const Team>& team,
                     const std::shared_ptr<const Truth>& known = nullptr);
/// Throws Error(integrity) with the name of a data file that has changed since the runs were made with it.
void refuse_changed_data(const StoredRun& run);
/// For verbs that tell what is stored: says the same on standard error when they are done, and returns their exit code.
Exit noting_changed_data(const StoredRun& run);

/// What trials chose, in one line for each setting or, where they are many, for each method and value.
std::string tuned_lines(const std::vector<Tuned>& tuned);

/// A JSON number; "inf" or "-inf" where it is infinite, null where it is none.
Json json_number(Real value);
Json json_tree(const Node& node);

}  // namespace tightrope::cli
