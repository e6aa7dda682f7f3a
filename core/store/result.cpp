#include "core/store/result.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/config/yaml.hpp"
#include "core/plugin/manifest.hpp"

extern "C" {
char* openblas_get_config();
char* openblas_get_corename();
}

namespace tightrope {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int record_version = 1;
constexpr std::size_t folder_digits = 16;  // of a cell's key

[[noreturn]] void fail(const fs::path& file, const std::string& action) {
  const int reason = errno;
  throw Error(Exit::resources, fmt::format("{} cannot be {}: {}", file.string(), action, std::strerror(reason)));
}

/// Closes a descriptor when it goes out of scope.
struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
};

void sync_folder(const fs::path& folder) {
  const Descriptor descriptor{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (descriptor.value < 0 || fsync(descriptor.value) != 0) fail(folder, "written to disk");
}

void write_durably(const fs::path& file, const std::string& bytes) {
  const Descriptor descriptor{open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (descriptor.value < 0) fail(file, "created");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = write(descriptor.value, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(file, "written");
    done += static_cast<std::size_t>(written);
  }
  if (fsync(descriptor.value) != 0) fail(file, "written to disk");
}

std::string read_bytes(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(Exit::integrity, fmt::format("{} is missing or cannot be read", file.string()));
  return {std::istreambuf_iterator<char>(stream), {}};
}

Json number(Real value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

Json plugins_of(const CellSpec& cell) {
  Json plugins = Json::array();
  const auto add = [&](const Choice& choice) {
    if (choice.library)
      plugins.push_back({{"kind", choice.library->manifest().kind},
                         {"name", choice.library->manifest().name},
                         {"sha256", choice.library->content_hash()}});
  };
  if (cell.target) add(*cell.target);
  if (cell.noise) add(*cell.noise);
  for (const Choice* choice :
       {&cell.op, &cell.loss, &cell.model, &cell.initialization, &cell.optimizer, &cell.step_size})
    add(*choice);
  for (const CellSpec::Watched& watched : cell.observers) add(watched.choice);
  return plugins;
}

/// Everything that decides or states the result, and nothing else: equal runs give equal bytes.
Json record_of(const CellSpec& cell, const Lane& lane, const std::string& trace, const std::string& arrays) {
  Json record = {
      {"format", record_version}, {"tightrope", TIGHTROPE_VERSION}, {"key", cell.key}, {"labels", cell.labels}};
  record["end"] = {{"class", to_string(lane.end()->end_class)},
                   {"reason", lane.end()->reason},
                   {"iteration", lane.end()->iteration}};
  record["metrics"] = Json::object();
  record["columns"] = Json::array();
  for (Index c = 0; c < lane.trace().columns.size(); ++c) {
    const Column& column = lane.trace().columns[c];
    record["metrics"][column.name] = number(lane.trace().last(c));
    record["columns"].push_back({{"name", column.name},
                                 {"description", column.description},
                                 {"prominence", column.prominence},
                                 {"positive", column.positive}});
  }
  const Counters& counters = lane.counters();
  record["counters"] = {{"passes", counters.passes()},
                        {"fused", counters.fused},
                        {"forwards", counters.forwards},
                        {"adjoints", counters.adjoints},
                        {"bytes", counters.bytes}};
  record["spec"] = Json::parse(to_json(cell.resolved));
  record["plugins"] = plugins_of(cell);
  record["data"] = Json::array();
  for (const DataFile& file : cell.files) record["data"].push_back({{"file", file.written}, {"sha256", file.sha256}});
  record["files"] = {{"trace.csv", sha256(trace)}, {"final.npz", sha256(arrays)}};
  record["build"] = {{"interface", TIGHTROPE_HEADER_DIGEST},
                     {"facts", TIGHTROPE_BUILD_FACTS},
                     {"blas", openblas_get_config()},
                     {"blas_kernels", openblas_get_corename()}};
  return record;
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0 && line.find(':') + 2 < line.size()) return line.substr(line.find(':') + 2);
  return "unknown";
}

Json provenance_of(const CellSpec& cell, const Lane& lane) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  char time[32] = "";
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  Json provenance = {{"finished", time}, {"host", host}, {"processor", processor()}, {"seconds", lane.seconds()}};
  if (lane.setup().problem && lane.setup().problem->team) provenance["threads"] = lane.setup().problem->team->threads();
  provenance["files"] = Json::object();
  for (const DataFile& file : cell.files) provenance["files"][file.written] = file.path;
  return provenance;
}

std::string timing_of(const Trace& trace) {
  std::string text = "iteration,seconds\n";
  for (std::size_t i = 0; i < trace.rows.size(); ++i)
    text += shortest(trace.rows[i][0]) + "," + shortest(trace.seconds[i]) + "\n";
  return text;
}

std::string pretty(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

/// Puts the folder `fresh` in the place of `final`, in one step if there is an older one.
void publish_folder(const fs::path& fresh, const fs::path& final) {
  if (rename(fresh.c_str(), final.c_str()) == 0) return;
  if (errno != EEXIST && errno != ENOTEMPTY) fail(final, "published");
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, final.c_str(), RENAME_EXCHANGE) != 0) {
    const fs::path old = fresh.string() + "-old";
    if (rename(final.c_str(), old.c_str()) != 0 || rename(fresh.c_str(), final.c_str()) != 0) fail(final, "published");
    fs::remove_all(old);
    return;
  }
  fs::remove_all(fresh);
}

void link_atomically(const fs::path& link, const fs::path& target) {
  const fs::path fresh = link.string() + fmt::format(".tmp-{}", getpid());
  std::error_code error;
  fs::remove(fresh, error);
  fs::create_symlink(target, fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (error) {
    errno = error.value();
    fail(link, "linked");
  }
}

Json parse_json(const fs::path& file, const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: it is no JSON ({})", file.string(), error.what()));
  }
}

EndClass end_class(const std::string& word) {
  for (const EndClass end : {EndClass::converged, EndClass::stalled, EndClass::limit, EndClass::diverged})
    if (word == to_string(end)) return end;
  return EndClass::failed;
}

std::string checked_bytes(const fs::path& file, const std::string& digest) {
  std::string bytes = read_bytes(file);
  if (const std::string found = sha256(bytes); found != digest)
    throw Error(Exit::integrity, fmt::format("{} is damaged: its SHA-256 is {}, but record.json states {}",
                                             file.string(), found, digest));
  return bytes;
}

StoredCell read_cell(const fs::path& folder) {
  const fs::path file = folder / "record.json";
  const Json record = parse_json(file, read_bytes(file));
  StoredCell cell;
  cell.folder = folder;
  try {
    if (record.at("format").get<int>() > record_version)
      throw Error(Exit::integrity, fmt::format("{} was written by a newer version ({}); read it with that",
                                               file.string(), record.at("tightrope").get<std::string>()));
    cell.key = record.at("key").get<std::string>();
    cell.labels = record.at("labels").get<std::map<std::string, std::string>>();
    cell.end = {end_class(record.at("end").at("class").get<std::string>()),
                record.at("end").at("reason").get<std::string>(), record.at("end").at("iteration").get<Index>()};
    const Json& counters = record.at("counters");
    cell.counters = {counters.at("fused").get<Index>(), counters.at("forwards").get<Index>(),
                     counters.at("adjoints").get<Index>(), counters.at("bytes").get<std::uint64_t>()};
    cell.record = parse_yaml(record.dump(), file.string());
    cell.spec = *cell.record.find("spec");
    cell.trace =
        Trace::from_csv(checked_bytes(folder / "trace.csv", record.at("files").at("trace.csv").get<std::string>()),
                        (folder / "trace.csv").string());
    const Json& columns = record.at("columns");
    for (std::size_t c = 0; c < cell.trace.columns.size(); ++c)
      cell.trace.columns[c] = {columns.at(c).at("name").get<std::string>(),
                               columns.at(c).at("description").get<std::string>(),
                               columns.at(c).at("prominence").get<int>(), columns.at(c).at("positive").get<bool>()};
    checked_bytes(folder / "final.npz", record.at("files").at("final.npz").get<std::string>());
    for (const std::string& name : npz_names(folder / "final.npz"))
      cell.factors.push_back({name, read_npz(folder / "final.npz", name), false});
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), error.what()));
  } catch (const ConfigError& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), error.what()));
  }
  // Times and places are not part of the result; a folder without them is still whole.
  if (std::error_code ignored; fs::exists(folder / "provenance.json", ignored)) {
    const Json provenance = parse_json(folder / "provenance.json", read_bytes(folder / "provenance.json"));
    cell.provenance = parse_yaml(provenance.dump(), (folder / "provenance.json").string());
    cell.seconds = provenance.value("seconds", 0.0);
  }
  if (std::error_code ignored; fs::exists(folder / "timing.csv", ignored)) {
    const Trace timing = Trace::from_csv(read_bytes(folder / "timing.csv"), (folder / "timing.csv").string());
    if (timing.rows.size() == cell.trace.rows.size() && timing.columns.size() == 2)
      cell.trace.seconds = timing.column(1);
  }
  return cell;
}

[[noreturn]] void no_run(const fs::path& folder, const std::string& why) {
  std::vector<std::string> names;
  std::error_code ignored;
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(parent, ignored))
    if (fs::exists(entry.path() / "run.json", ignored)) names.push_back(entry.path().filename().string());
  throw Error(Exit::config, fmt::format("{} {}; expected a folder that 'tightrope run' has written{}", folder.string(),
                                        why, did_you_mean(folder.filename().string(), names)));
}

}  // namespace

void write_atomically(const fs::path& file, const std::string& bytes) {
  const fs::path fresh = file.string() + fmt::format(".tmp-{}", getpid());
  try {
    write_durably(fresh, bytes);
    if (rename(fresh.c_str(), file.c_str()) != 0) fail(file, "published");
  } catch (const Error&) {
    unlink(fresh.c_str());
    throw;
  }
  sync_folder(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

void prepare_output(const fs::path& out) {
  std::error_code error;
  if (fs::exists(out, error) && !fs::is_directory(out, error))
    throw Error(Exit::resources, fmt::format("{} is a file; choose a folder for the results with --out", out.string()));
  if (fs::is_directory(out, error) && !fs::is_empty(out, error) && !fs::exists(out / "run.json", error) &&
      !fs::exists(out / "cells", error))
    throw Error(
        Exit::resources,
        fmt::format("{} holds other files; choose an empty or new folder for the results with --out", out.string()));
  fs::create_directories(out / "cells", error);
  if (error)
    throw Error(Exit::resources, fmt::format("{} cannot be created: {}", (out / "cells").string(), error.message()));
  const fs::path trial = out / "cells" / fmt::format(".tmp-{}", getpid());
  const Descriptor descriptor{open(trial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
  if (descriptor.value < 0) fail(out, "written to");
  unlink(trial.c_str());
}

void publish_cell(const fs::path& out, const CellSpec& cell, const Lane& lane) {
  const std::string trace = lane.trace().csv();
  std::vector<NamedArray> arrays;
  const std::vector<Block> blocks = lane.setup().objective->model().blocks();
  for (Index b = 0; b < blocks.size(); ++b) arrays.push_back({blocks[b].name, lane.iterate().point[b], false});
  const std::string final_arrays = npz_bytes(arrays);

  const std::string name = cell.key.substr(0, folder_digits);
  const fs::path fresh = out / "cells" / fmt::format(".tmp-{}-{}", name, getpid());
  try {
    std::error_code error;
    fs::remove_all(fresh, error);
    if (!fs::create_directory(fresh, error)) {
      errno = error.value();
      fail(fresh, "created");
    }
    write_durably(fresh / "trace.csv", trace);
    write_durably(fresh / "final.npz", final_arrays);
    write_durably(fresh / "timing.csv", timing_of(lane.trace()));
    write_durably(fresh / "provenance.json", pretty(provenance_of(cell, lane)));
    write_durably(fresh / "record.json", pretty(record_of(cell, lane, trace, final_arrays)));
    sync_folder(fresh);
    publish_folder(fresh, out / "cells" / name);
    sync_folder(out / "cells");
  } catch (const Error&) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw;
  }
}

void publish_run(const fs::path& out, const Experiment& experiment, const std::vector<StoredClaim>& claims) {
  Json run = {{"format", record_version},
              {"tightrope", TIGHTROPE_VERSION},
              {"name", experiment.name},
              {"study", experiment.is_study}};
  run["cells"] = Json::array();
  for (const CellSpec& cell : experiment.cells)
    run["cells"].push_back({{"folder", cell.key.substr(0, folder_digits)}, {"labels", cell.labels}});
  run["claims"] = Json::array();
  for (const StoredClaim& claim : claims)
    run["claims"].push_back({{"that", claim.text}, {"holds", claim.holds}, {"measured", claim.measured}});
  if (!experiment.is_study)
    for (const char* file : {"record.json", "trace.csv", "final.npz", "provenance.json", "timing.csv"})
      link_atomically(out / file, fs::path("cells") / experiment.cells.front().key.substr(0, folder_digits) / file);
  write_atomically(out / "run.json", pretty(run));
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
    const Node* name = run.cells.front().spec.find("name");
    run.name = name ? name->scalar : folder.filename().string();
    return run;
  }
  const Json json = parse_json(file, read_bytes(file));
  try {
    run.name = json.at("name").get<std::string>();
    run.is_study = json.at("study").get<bool>();
    for (const Json& cell : json.at("cells")) {
      run.cells.push_back(read_cell(folder / "cells" / cell.at("folder").get<std::string>()));
      run.cells.back().labels = cell.at("labels").get<std::map<std::string, std::string>>();
    }
    for (const Json& claim : json.at("claims"))
      run.claims.push_back({claim.at("that").get<std::string>(), claim.at("measured").get<std::string>(),
                            claim.at("holds").get<bool>()});
  } catch (const Json::exception& problem) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), problem.what()));
  }
  return run;
}

}  // namespace tightrope
