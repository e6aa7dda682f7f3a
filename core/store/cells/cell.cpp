#include "core/store/cells/cell.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>

#include "core/arrays/arrays.hpp"
#include "core/base/digest.hpp"
#include "core/base/text/utf8.hpp"
#include "core/experiment/numeric_digest.hpp"
#include "core/plugin/manifest.hpp"
#include "core/store/cells/identity.hpp"
#include "core/store/files/files.hpp"
#include "core/store/files/json.hpp"

extern "C" {
char* openblas_get_config();
char* openblas_get_corename();
}

namespace tightrope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t key_digits = 16;
const std::vector<std::string> cell_files = {"record.json", "trace.csv",  "final.npz",
                                             "state.bin",   "timing.csv", "provenance.json"};
constexpr const char* sums_file = "SHA256SUMS";
constexpr const char* timing_solo = "solo";

Json number(Real value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

Json plugins_of(const CellSpec& cell) {
  Json plugins = Json::array();
  for (const auto& [path, choice] : cell.parts())
    plugins.push_back({{"kind", choice->library->manifest().kind},
                       {"name", choice->library->manifest().name},
                       {"sha256", choice->library->content_hash()}});
  return plugins;
}

Json sizes_of(const Lane& lane) {
  Json sizes = Json::object();
  if (const SensingProblem* problem = lane.setup().problem.get()) {
    sizes = {
        {"rows", problem->shape.rows}, {"cols", problem->shape.cols}, {"measurements", problem->op->measurements()}};
    if (problem->truth) sizes["true_rank"] = problem->truth->rank;
  }
  if (const auto* model = dynamic_cast<const FactorizationModel*>(&lane.setup().objective->space()))
    sizes["rank"] = model->rank();
  return sizes;
}

/// Values of a row of the trace, by column.
Json metrics_of(const Trace& trace, const std::vector<Real>& row) {
  Json metrics = Json::object();
  for (std::size_t c = 0; c < trace.columns.size(); ++c) metrics[trace.columns[c].name] = number(row[c]);
  return metrics;
}

/// Everything that decides or states the result, and nothing else: equal runs give equal bytes.
Json record_of(const CellSpec& cell, const Lane& lane, const std::map<std::string, std::string>& files) {
  Json record = {{"format", record_version}, {"key", cell.key}};
  record["end"] = {{"class", to_string(lane.end()->end_class)},
                   {"reason", lane.end()->reason},
                   {"iteration", lane.end()->iteration}};
  if (!lane.setup().warnings.empty()) record["warnings"] = lane.setup().warnings;
  record["sizes"] = sizes_of(lane);
  record["metrics"] = Json::object();
  record["columns"] = Json::array();
  for (Index c = 0; c < lane.trace().columns.size(); ++c) {
    const Column& column = lane.trace().columns[c];
    record["metrics"][column.name] = number(lane.trace().last(c));
    record["columns"].push_back({{"name", column.name},
                                 {"description", column.description},
                                 {"display_priority", column.display_priority},
                                 {"logarithmic", column.logarithmic}});
    if (!column.theory_of.empty()) record["columns"].back()["theory_of"] = column.theory_of;
    if (!column.phases.empty()) record["columns"].back()["phases"] = column.phases;
  }
  if (const Kept* kept = lane.kept())
    record["kept"] = {{"column", lane.setup().keep->column},
                      {"iteration", number(kept->row.front())},
                      {"metrics", metrics_of(lane.trace(), kept->row)}};
  for (const TraceMark& mark : lane.trace().marks)
    record["marks"].push_back({{"iteration", mark.iteration}, {"word", mark.word}});
  const Counters& counters = lane.counters();
  record["counters"] = {
      {"passes", number(counters.passes())},   {"fused", counters.fused},    {"forwards", counters.forwards},
      {"adjoints", counters.adjoints},         {"rows", counters.rows},      {"bytes", counters.bytes},
      {"measurements", counters.measurements}, {"watched", counters.watched}};
  const Json identity = identity_of(cell);
  for (const auto& [name, value] : identity.items()) record[name] = value;
  record["files"] = Json::object();
  for (const auto& [file, bytes] : files) record["files"][file] = sha256(bytes);
  return record;
}

const std::string& processor() {
  static const std::string name = [] {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
      if (line.rfind("model name", 0) == 0 && line.find(':') + 2 < line.size()) return line.substr(line.find(':') + 2);
    return std::string("unknown");
  }();
  return name;
}

Json provenance_of(const std::string& name, const CellSpec& cell, const Lane& lane) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  char time[32] = "";
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  Json provenance = {
      {"name", name}, {"labels", cell.labels}, {"finished", time}, {"host", host}, {"processor", processor()}};
  provenance["seconds"] = lane.cost().seconds;
  provenance["timing"] = lane.cost().solo ? timing_solo : "attributed";
  provenance["bytes"] = number(std::round(lane.cost().bytes));
  provenance["observing"] = Json::array();
  for (std::size_t w = 0; w < lane.setup().watches.size(); ++w)
    provenance["observing"].push_back(
        {{"observer", lane.setup().watches[w].name}, {"seconds", lane.cost().observing[w]}});
  if (lane.setup().problem && lane.setup().problem->team) provenance["threads"] = lane.setup().problem->team->threads();
  provenance["files"] = Json::object();
  Json notes = Json::array();
  for (const DataFile& file : cell.files) {
    provenance["files"][file.written] = file.path;
    for (const std::string& note : notes_about(file.path))
      if (std::find(notes.begin(), notes.end(), Json(note)) == notes.end()) notes.push_back(note);
  }
  if (!notes.empty()) provenance["notes"] = notes;
  provenance["plugins"] = Json::object();  // those that did not come with the program
  for (const auto& [path, choice] : cell.parts())
    if (const Library& library = *choice->library; !Catalog::is_installed(library.file()))
      provenance["plugins"][fmt::format("{}/{}", library.manifest().kind, library.manifest().name)] =
          library.file().string();
  return provenance;
}

std::string timing_of(const Trace& trace) {
  std::string text = "iteration,seconds\n";
  for (std::size_t i = 0; i < trace.rows.size(); ++i)
    text += shortest(trace.rows[i][0]) + "," + shortest(trace.seconds[i]) + "\n";
  return text;
}

std::string sums_of(const std::map<std::string, std::string>& files) {
  std::string text;
  for (const std::string& name : cell_files) text += sha256(files.at(name)) + "  " + name + "\n";
  return text;
}

std::map<std::string, std::string> files_of(const std::string& name, const Finished& done) {
  std::map<std::string, std::string> files;
  files["trace.csv"] = done.lane->trace().csv();
  files["final.npz"] = npz_bytes(final_arrays(*done.lane));
  files["state.bin"] = done.lane->state();
  files["record.json"] = pretty(record_of(*done.cell, *done.lane, files));
  files["timing.csv"] = timing_of(done.lane->trace());
  files["provenance.json"] = pretty(provenance_of(name, *done.cell, *done.lane));
  files[sums_file] = sums_of(files);
  return files;
}

/// Reads the files of a cell; says which of them is not what was written.
std::map<std::string, std::string> checked_files(const fs::path& folder, std::string& damage) {
  std::map<std::string, std::string> files;
  const std::string sums = read_file(folder / sums_file);
  for (const std::string& name : cell_files) files[name] = read_file(folder / name);
  if (sums == sums_of(files)) return files;
  for (const std::string& name : cell_files)
    if (damage.empty() && sums.find(sha256(files[name]) + "  " + name + "\n") == std::string::npos)
      damage =
          fmt::format("{} is damaged: it is not the file whose SHA-256 {} states", (folder / name).string(), sums_file);
  if (damage.empty()) damage = fmt::format("{} is damaged", (folder / sums_file).string());
  return files;
}

/// What is stored of a cell must be what another process finds for it. A run that is ended by the clock may differ.
void refuse_difference(const fs::path& folder, const std::string& name, const Finished& fresh) {
  if (fresh.cell->stop.seconds) return;
  std::string damage;
  const auto files = checked_files(folder, damage);
  if (!damage.empty()) throw Error(Exit::integrity, damage);
  const fs::path file = folder / "record.json";
  const Json stored = parse_json(file, files.at("record.json"));
  const Json found = Json::parse(files_of(name, fresh).at("record.json"));
  for (const char* part : {"end", "files"})
    if (stored.value(part, Json()) != found.at(part))
      throw Error(Exit::integrity,
                  fmt::format("{} is stored already with other numbers than this process has found for the same run; "
                              "`tightrope verify` says which of them can be had again",
                              folder.string()));
}

EndClass end_class(const std::string& word) {
  for (const EndClass end : {EndClass::converged, EndClass::stalled, EndClass::limit, EndClass::diverged})
    if (word == to_string(end)) return end;
  return EndClass::failed;
}

Sizes read_sizes(const Json& json) {
  Sizes sizes;
  sizes.rows = json.value("rows", Index{0});
  sizes.cols = json.value("cols", Index{0});
  sizes.measurements = json.value("measurements", Index{0});
  sizes.rank = json.value("rank", Index{0});
  if (json.contains("true_rank")) sizes.true_rank = json.at("true_rank").get<Index>();
  return sizes;
}

}  // namespace

std::vector<NamedArray> final_arrays(const Lane& lane) {
  std::vector<NamedArray> arrays;
  const std::vector<Block> blocks = lane.setup().objective->space().blocks();
  for (Index b = 0; b < blocks.size(); ++b) arrays.push_back({blocks[b].name, lane.iterate().point[b], false});
  if (const LowRank* estimate = lane.estimate()) {
    arrays.push_back({estimate_arrays[0], estimate->left, false});
    arrays.push_back({estimate_arrays[1], estimate->right, false});
  }
  if (const Kept* kept = lane.kept())
    for (Index b = 0; b < blocks.size(); ++b) arrays.push_back({"kept_" + blocks[b].name, kept->point[b], false});
  return arrays;
}

Json identity_of(const CellSpec& cell) {
  Node spec = cell.resolved;
  spec.erase("name");
  Json data = Json::array();
  for (const DataFile& file : cell.files) data.push_back({{"file", file.written}, {"sha256", file.sha256}});
  return {{"tightrope", TIGHTROPE_VERSION},
          {"spec", Json::parse(to_json(spec))},
          {"plugins", plugins_of(cell)},
          {"data", data},
          {"build",
           {{"interface", TIGHTROPE_HEADER_DIGEST},
            {"arithmetic", TIGHTROPE_NUMERIC_DIGEST},
            {"facts", TIGHTROPE_BUILD_FACTS},
            {"blas", openblas_get_config()},
            {"blas_kernels", openblas_get_corename()}}}};
}

std::string folder_name(const CellSpec& cell) {
  std::string name = cell.key.substr(0, key_digits);
  if (cell.stop.iterations) name += fmt::format("-{}", *cell.stop.iterations);
  if (cell.stop.seconds) name += fmt::format("-{}s", shortest(*cell.stop.seconds));
  return name;
}

void publish_cells(const fs::path& out, const std::string& name, const std::vector<Finished>& finished) {
  const fs::path cells = out / "cells";
  std::vector<std::pair<fs::path, fs::path>> folders;  // temporary, final
  std::set<fs::path> beaten;                           // by another process that has published the same cell
  try {
    std::error_code error;
    for (const Finished& done : finished) {
      const fs::path final = cells / folder_name(*done.cell), fresh = temporary_name(final);
      if (is_there(final)) {
        refuse_difference(final, name, done);
        continue;
      }
      fs::remove_all(fresh, error);
      folders.emplace_back(fresh, final);
      if (mkdir(fresh.c_str(), 0755) != 0) fail_at(fresh, "created");
      for (const auto& [file, bytes] : files_of(name, done)) write_file(fresh / file, bytes);
    }
    if (folders.size() > 1) {  // one wait instead of many, even if others' files are waited for, too
      sync_file_system(cells);
    } else if (!folders.empty()) {
      const fs::path& fresh = folders.front().first;
      for (const std::string& file : cell_files) sync_path(fresh / file);
      sync_path(fresh / sums_file);
      sync_path(fresh);
    }
    for (const auto& [fresh, final] : folders)
      if (rename(fresh.c_str(), final.c_str()) != 0) {
        if (errno != EEXIST && errno != ENOTEMPTY) fail_at(final, "published");
        beaten.insert(final);
        fs::remove_all(fresh, error);
      }
    if (!folders.empty()) sync_path(cells);
    for (const Finished& done : finished)
      if (const fs::path final = cells / folder_name(*done.cell); beaten.contains(final))
        refuse_difference(final, name, done);
  } catch (const Error&) {
    std::error_code ignored;
    for (const auto& [fresh, final] : folders) fs::remove_all(fresh, ignored);
    throw;
  }
}

std::string damage_of(const fs::path& folder) {
  std::string damage;
  try {
    checked_files(folder, damage);
  } catch (const Error& error) {
    if (error.code() != Exit::integrity) throw;
    damage = error.what();
  }
  return damage;
}

StoredCell read_cell(const fs::path& folder) {
  std::string damage;
  std::map<std::string, std::string> files;
  try {
    files = checked_files(folder, damage);
  } catch (const Error& error) {
    if (error.code() != Exit::integrity) throw;
    damage = error.what();
  }
  if (!damage.empty()) throw Error(Exit::integrity, damage + "; remove that folder to have the run made again");
  fs::path file = folder / "record.json";
  const Json record = parse_json(file, files.at("record.json"));
  StoredCell cell;
  cell.folder = folder;
  try {
    check_version(file, record);
    cell.key = record.at("key").get<std::string>();
    cell.end = {end_class(record.at("end").at("class").get<std::string>()),
                record.at("end").at("reason").get<std::string>(), record.at("end").at("iteration").get<Index>()};
    const Json& counters = record.at("counters");
    cell.counters = {counters.at("fused").get<Index>(), counters.at("forwards").get<Index>(),
                     counters.at("adjoints").get<Index>()};
    cell.counters.bytes = counters.at("bytes").get<std::uint64_t>();
    cell.counters.watched = counters.value("watched", Index{0});
    // Older runs know whole passes alone.
    cell.counters.measurements = counters.value("measurements", Index{1});
    cell.counters.rows = counters.value("rows", counters.at("passes").get<std::uint64_t>());
    cell.sizes = read_sizes(record.at("sizes"));
    for (const char* part : {"spec", "metrics", "build"})
      if (!record.at(part).is_object())
        throw Error(Exit::integrity, fmt::format("{} is damaged: '{}' is no map", file.string(), part));
    for (const Json& data : record.at("data"))
      if (!data.at("file").is_string() || !data.at("sha256").is_string())
        throw Error(Exit::integrity, fmt::format("{} is damaged: its data have no names or digests", file.string()));
    cell.warnings = record.value("warnings", std::vector<std::string>{});
    cell.record = node_of(record, file.string());
    cell.spec = *cell.record.find("spec");
    cell.trace = Trace::from_csv(files.at("trace.csv"), (folder / "trace.csv").string());
    const Json& columns = record.at("columns");
    if (columns.size() != cell.trace.columns.size())
      throw Error(Exit::integrity, fmt::format("{} is damaged: it describes {} columns, but trace.csv has {}",
                                               file.string(), columns.size(), cell.trace.columns.size()));
    for (std::size_t c = 0; c < cell.trace.columns.size(); ++c) {
      const Json& column = columns.at(c);
      // Older runs have other words for two of them.
      cell.trace.columns[c] = {column.at("name").get<std::string>(),
                               column.at("description").get<std::string>(),
                               column.at(column.contains("prominence") ? "prominence" : "display_priority").get<int>(),
                               column.at(column.contains("positive") ? "positive" : "logarithmic").get<bool>(),
                               column.value("theory_of", ""),
                               column.value("phases", std::vector<std::string>{})};
    }
    for (const Json& mark : record.value("marks", Json::array()))
      cell.trace.marks.push_back({mark.at("iteration").get<Index>(), mark.at("word").get<std::string>()});
    if (const Node* kept = cell.record.find("kept")) cell.kept = *kept;
    cell.factors = read_stored_npz(folder / "final.npz");
    file = folder / "provenance.json";
    const Json provenance = parse_json(file, files.at("provenance.json"));
    cell.labels = provenance.at("labels").get<std::map<std::string, std::string>>();
    cell.provenance = node_of(provenance, file.string());
    if (Node* places = cell.provenance.find("files"))
      for (Node::Entry& entry : places->entries) entry.value.scalar = unescape_bytes(entry.value.scalar);
    cell.seconds = provenance.at("seconds").get<Real>();
    cell.bytes = provenance.value("bytes", Real{0});
    cell.solo = provenance.value("timing", "") == timing_solo;
    for (const Json& entry : provenance.value("observing", Json::array()))  // older runs have none
      cell.observing.emplace_back(entry.at("observer").get<std::string>(), entry.at("seconds").get<Real>());
    file = folder / "timing.csv";
    const Trace timing = Trace::from_csv(files.at("timing.csv"), file.string());
    if (timing.columns.size() != 2 || timing.rows.size() != cell.trace.rows.size())
      throw Error(Exit::integrity,
                  fmt::format("{} is damaged: it has {} rows and {} columns, not {} and 2", file.string(),
                              timing.rows.size(), timing.columns.size(), cell.trace.rows.size()));
    cell.trace.seconds = timing.column(1);
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), error.what()));
  }
  return cell;
}

CellStore::CellStore(const fs::path& out) : folder_(out / "cells") {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.size() > key_digits && name[0] != '.') names_.emplace(name.substr(0, key_digits), name);
  }
}

bool CellStore::has(const CellSpec& cell) const {
  const std::string wanted = folder_name(cell);
  const auto [first, last] = names_.equal_range(cell.key.substr(0, key_digits));
  return std::any_of(first, last, [&](const auto& entry) { return entry.second == wanted; });
}

std::vector<fs::path> CellStore::all(const CellSpec& cell) const {
  std::vector<fs::path> folders;
  const auto [first, last] = names_.equal_range(cell.key.substr(0, key_digits));
  for (auto entry = first; entry != last; ++entry) folders.push_back(folder_ / entry->second);
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::optional<fs::path> CellStore::longest_prefix(const CellSpec& cell) const {
  std::optional<fs::path> furthest;
  Index reached = 0;
  const auto [first, last] = names_.equal_range(cell.key.substr(0, key_digits));
  for (auto entry = first; entry != last; ++entry) {
    const StoredCell stored = read_cell(folder_ / entry->second);
    if (stored.key != cell.key) continue;
    const Index at = stored.end.iteration;
    const bool limited = stored.end.end_class == EndClass::limit;
    // At its last iteration a run with this budget would have ended by its limit, whatever else happened there.
    if (cell.stop.iterations && (limited ? at > *cell.stop.iterations : at >= *cell.stop.iterations)) continue;
    if (cell.stop.seconds && stored.seconds >= *cell.stop.seconds) continue;
    if (!furthest || at > reached) {
      furthest = stored.folder;
      reached = at;
    }
  }
  return furthest;
}

void continue_from(const fs::path& folder, const CellSpec& cell, Lane& lane) {
  const StoredCell stored = read_cell(folder);
  if (stored.key != cell.key)
    throw Error(Exit::integrity, fmt::format("{} is not a run of the cell {}", folder.string(), cell.key));
  Cost cost{stored.seconds, stored.bytes, stored.solo};
  for (const auto& [observer, seconds] : stored.observing) cost.observing.push_back(seconds);
  lane.restore(read_file(folder / "state.bin"), stored.trace.rows, stored.trace.seconds, std::move(cost));
}

}  // namespace tightrope
