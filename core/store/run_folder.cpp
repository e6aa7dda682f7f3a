#include "core/store/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <limits>

#include "core/base/digest.hpp"
#include "core/base/limits.hpp"
#include "core/plugin/manifest.hpp"
#include "core/store/files/files.hpp"
#include "core/store/files/json.hpp"
#include "core/tree/paths.hpp"
#include "core/tree/yaml/yaml.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

Missing::Kind kind_of(const std::string& text) {
  return text == "failed"    ? Missing::Kind::failed
         : text == "skipped" ? Missing::Kind::skipped
                             : Missing::Kind::unfinished;
}

void link_atomically(const fs::path& link, const fs::path& target) {
  const fs::path fresh = temporary_name(link);
  std::error_code error;
  fs::remove(fresh, error);
  if (symlink(target.c_str(), fresh.c_str()) != 0 || rename(fresh.c_str(), link.c_str()) != 0) {
    const int reason = errno;
    fs::remove(fresh, error);
    errno = reason;
    fail_at(link, "linked");
  }
}

/// run.json states its own digest: that of the document without it.
std::string sealed(Json run) {
  run.erase("sha256");
  run["sha256"] = sha256(pretty(run));
  return pretty(run);
}

Json read_sealed(const fs::path& file) {
  const std::string text = read_file(file);
  const Json run = parse_json(file, text);
  try {
    check_version(file, run);
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), error.what()));
  }
  if (text != sealed(run))
    throw Error(Exit::integrity,
                fmt::format("{} is damaged: its SHA-256 is not the one that it states; `tightrope run` "
                            "writes it again",
                            file.string()));
  return run;
}

[[noreturn]] void no_run(const fs::path& folder, const std::string& why) {
  check_readable(folder);
  std::vector<std::string> names;
  std::error_code ignored;
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(parent, ignored))
    if (fs::exists(entry.path() / "run.json", ignored)) names.push_back(entry.path().filename().string());
  throw Error(Exit::config, fmt::format("{} {}; expected a folder that 'tightrope run' has written{}", folder.string(),
                                        why, did_you_mean(folder.filename().string(), names)));
}

SuccessCriterion stored_success(const fs::path& file, const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  const auto success = read_success(Node::make_scalar(text, {}), diagnostics);
  if (!success)
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), diagnostics.front().message));
  return *success;
}

Tuned tuned_of(const Json& json) {
  Tuned tuned;
  tuned.labels = json.at("labels").get<Labels>();
  tuned.path = json.at("path").get<std::string>();
  tuned.value = node_of(json.at("value"), "run.json");
  tuned.goal = json.at("goal").get<std::string>();
  if (const Json& merit = json.at("merit"); merit == "inf")
    tuned.merit = std::numeric_limits<Real>::infinity();
  else if (!merit.is_null())
    tuned.merit = merit.get<Real>();
  tuned.values = json.at("values").get<Index>();
  tuned.trials = json.at("trials").get<Index>();
  tuned.iterations = json.at("iterations").get<Index>();
  tuned.passes = json.at("passes").get<Index>();
  tuned.note = json.at("note").get<std::string>();
  return tuned;
}

fs::path failure_file(const fs::path& out, const CellSpec& cell) {
  return out / "failed" / (folder_name(cell) + ".json");
}

}  // namespace

const char* to_string(Missing::Kind kind) {
  return kind == Missing::Kind::failed ? "failed" : kind == Missing::Kind::skipped ? "skipped" : "unfinished";
}

std::optional<fs::path> prepare_output(const fs::path& out) {
  std::error_code error;
  std::optional<fs::path> made;
  for (fs::path folder = resolved_path(out); !fs::exists(folder, error); folder = folder.parent_path()) made = folder;
  if (fs::exists(out, error) && !fs::is_directory(out, error))
    throw Error(Exit::resources, fmt::format("{} is a file; choose a folder for the results with --out", out.string()));
  if (fs::is_symlink(out, error) && !fs::exists(out, error))
    throw Error(Exit::resources, fmt::format("{}: {}", out.string(), missing_file(out)));
  check_readable(out);
  // Emptiness first: what another start puts there meanwhile is known as ours.
  const bool is_empty = !fs::is_directory(out, error) || fs::is_empty(out, error);
  const bool is_ours =
      fs::exists(out / "run.json", error) || fs::exists(out / "cells", error) || fs::exists(out / ".lock", error);
  if (!is_empty && !is_ours)
    throw Error(
        Exit::resources,
        fmt::format("{} holds other files; choose an empty or new folder for the results with --out", out.string()));
  for (const char* folder : {"cells", "unfinished", "failed"}) {
    fs::create_directories(out / folder, error);
    if (error)
      throw Error(Exit::resources, fmt::format("{} cannot be created: {}", (out / folder).string(), error.message()));
  }
  const fs::path trial = temporary_name(out / "cells" / "trial");
  const Descriptor descriptor(open(trial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!descriptor) fail_at(out, "written to");
  unlink(trial.c_str());
  return made;
}

void abandon_output(const fs::path& out, const fs::path& made) {
  std::error_code ignored;
  for (const char* folder : {"cells", "unfinished", "failed"})
    if (!fs::is_empty(out / folder, ignored)) return;
  fs::remove_all(made, ignored);
}

void clean_output(const fs::path& out) {
  for (const char* folder : {"", "cells", "unfinished", "failed"}) remove_temporaries(out / folder);
}

void write_failure(const fs::path& out, const CellSpec& cell, const std::string& reason) {
  write_atomically(failure_file(out, cell), pretty({{"key", cell.key}, {"labels", cell.labels}, {"reason", reason}}),
                   false);
}

void remove_failure(const fs::path& out, const CellSpec& cell) { unlink(failure_file(out, cell).c_str()); }

void publish_run(const fs::path& out, const Experiment& experiment, const std::vector<Missing>& missing,
                 const std::vector<StoredClaim>& claims) {
  Json run = {{"format", record_version},
              {"tightrope", TIGHTROPE_VERSION},
              {"name", experiment.name},
              {"study", experiment.is_study}};
  run["axes"] = Json::array();
  for (const StudyAxis& axis : experiment.axes) {
    Json entry = {{"label", axis.label}, {"path", axis.path}, {"values", axis.values}};
    if (!axis.unit.empty()) entry["unit"] = axis.unit;
    run["axes"].push_back(std::move(entry));
  }
  if (const auto& paper = experiment.paper)
    run["paper"] = {{"authors", paper->authors}, {"title", paper->title}, {"published", paper->published},
                    {"link", paper->link},       {"is", paper->is},       {"source", paper->source},
                    {"shows", paper->shows},     {"cite", paper->cite}};
  if (experiment.success) run["success"] = experiment.success->text();
  run["cells"] = Json::array();
  for (const CellSpec& cell : experiment.cells) {
    const bool is_missing = std::any_of(missing.begin(), missing.end(), [&](const Missing& entry) {
      return entry.key == cell.key && entry.labels == cell.labels;
    });
    if (!is_missing) run["cells"].push_back({{"folder", folder_name(cell)}, {"labels", cell.labels}});
  }
  run["missing"] = Json::array();
  for (const Missing& entry : missing)
    run["missing"].push_back(
        {{"kind", to_string(entry.kind)}, {"labels", entry.labels}, {"key", entry.key}, {"reason", entry.reason}});
  run["claims"] = Json::array();
  for (const StoredClaim& claim : claims)
    run["claims"].push_back(
        {{"that", claim.text}, {"holds", claim.holds}, {"measured", claim.measured}, {"source", claim.source}});
  for (const Tuned& tuned : experiment.tuned) run["tuned"].push_back(to_json(tuned));
  if (!experiment.is_study && missing.empty())
    for (const char* file : {"record.json", "trace.csv", "final.npz", "provenance.json", "timing.csv"})
      link_atomically(out / file, fs::path("cells") / folder_name(experiment.cells.front()) / file);
  const std::string config = to_yaml(experiment.config);
  run["config"] = sha256(config);
  write_atomically(out / "config.yaml", config);
  write_atomically(out / "run.json", sealed(std::move(run)));
}

Json to_json(const Tuned& tuned) {
  Json json = {{"method", nullptr},
               {"labels", tuned.labels},
               {"path", tuned.path},
               {"value", Json::parse(to_json(tuned.value))},
               {"goal", tuned.goal},
               {"merit", nullptr},
               {"values", tuned.values},
               {"trials", tuned.trials},
               {"iterations", tuned.iterations},
               {"passes", tuned.passes},
               {"note", tuned.note}};
  if (const auto method = tuned.labels.find("method"); method != tuned.labels.end()) json["method"] = method->second;
  if (tuned.merit) json["merit"] = std::isinf(*tuned.merit) ? Json("inf") : Json(*tuned.merit);
  return json;
}

StoredRun read_run(const fs::path& given) {
  std::error_code error;
  fs::path folder = given.filename() == "record.json" ? given.parent_path() : given;
  if (!fs::exists(folder, error)) no_run(given, "does not exist");
  StoredRun run;
  run.folder = folder;
  const fs::path file = folder / "run.json";
  if (!fs::exists(file, error)) {
    if (!fs::exists(folder / "record.json", error)) no_run(given, "is no result of a run");
    run.cells.push_back(read_cell(folder));
    const Node* name = run.cells.front().provenance.find("name");
    run.name = name ? name->scalar : folder.filename().string();
    return run;
  }
  const Json json = read_sealed(file);
  try {
    run.name = json.at("name").get<std::string>();
    run.is_study = json.at("study").get<bool>();
    for (const Json& axis : json.value("axes", Json::array())) {  // runs of older versions have none
      StudyAxis& own = run.axes.emplace_back();
      own.label = axis.at("label").get<std::string>();
      own.path = axis.at("path").get<std::string>();
      own.values = axis.at("values").get<std::vector<std::string>>();
      own.unit = axis.value("unit", "");
    }
    if (json.contains("success")) run.success = stored_success(file, json.at("success").get<std::string>());
    const Json& cells = json.at("cells");
    run.cells.resize(cells.size());
    Team(default_threads()).for_each_tile(cells.size(), [&](Index i) {
      run.cells[i] = read_cell(folder / "cells" / cells[i].at("folder").get<std::string>());
      run.cells[i].labels = cells[i].at("labels").get<std::map<std::string, std::string>>();
    });
    for (const Json& entry : json.at("missing"))
      run.missing.push_back({kind_of(entry.at("kind").get<std::string>()),
                             entry.at("labels").get<std::map<std::string, std::string>>(),
                             entry.at("key").get<std::string>(), entry.at("reason").get<std::string>()});
    for (const Json& claim : json.at("claims"))
      run.claims.push_back({claim.at("that").get<std::string>(), claim.at("measured").get<std::string>(),
                            claim.at("holds").get<bool>(), claim.value("source", "")});
    for (const Json& tuned : json.value("tuned", Json::array())) run.tuned.push_back(tuned_of(tuned));
    if (json.contains("paper")) {
      const auto text = [&](const char* name) { return json.at("paper").at(name).get<std::string>(); };
      run.paper = {text("authors"), text("title"),  text("published"), text("link"),
                   text("is"),      text("source"), text("shows"),     json.at("paper").value("cite", "")};
    }
  } catch (const Json::exception& problem) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), problem.what()));
  }
  return run;
}

bool is_part_of_run(const fs::path& folder, const fs::path& path) {
  static const std::vector<std::string> names = {
      "run.json",  "config.yaml",     "trials.json", "cells",       "unfinished", "failed",      "batches",
      "printed",   "index.sqlite",    "status.json", "report.html", "figures",    "record.json", "trace.csv",
      "final.npz", "provenance.json", "timing.csv",  "state.bin",   "SHA256SUMS"};
  const fs::path own = fs::weakly_canonical(folder);
  // Not the file itself: the links at the top lead into cells/.
  const fs::path inside =
      (fs::weakly_canonical(fs::absolute(path).parent_path()) / path.filename()).lexically_relative(own);
  return !inside.empty() && std::find(names.begin(), names.end(), inside.begin()->string()) != names.end();
}

std::string damage_of_run(const fs::path& out) {
  try {
    const Json run = read_sealed(out / "run.json");
    const fs::path config = out / "config.yaml";
    if (run.contains("config") && run.at("config") != sha256(read_file(config)))
      return fmt::format(
          "{} is damaged: it is not the file whose SHA-256 run.json states; `tightrope run` writes it again",
          config.string());
    return "";
  } catch (const Error& error) {
    if (error.code() != Exit::integrity) throw;
    return error.what();
  }
}

}  // namespace tightrope
