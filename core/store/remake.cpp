#include "core/store/remake.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "core/arrays/arrays.hpp"
#include "core/base/digest.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored);
}

std::string short_digest(const std::string& digest) { return digest.substr(0, 12) + "…"; }

std::string changed(const StoredCell& cell, const fs::path& file, const std::string& stated, const std::string& found) {
  return fmt::format("{} has changed since {} was made with it: its SHA-256 was {} and is {}", file.string(),
                     cell.folder.string(), short_digest(stated), short_digest(found));
}

/// Says of every value that names a data file where that lies. The names stay as they were written: they are part of
/// the key.
void locate(Node& node, const std::vector<RecordedFile>& files) {
  if (node.is_scalar())
    for (const RecordedFile& file : files)
      if (!file.place.empty() && split_member(node.scalar).file == file.written)
        node = located(node, file.place.string());
  for (Node& item : node.items) locate(item, files);
  for (Node::Entry& entry : node.entries) locate(entry.value, files);
}

Node spec_of(const StoredCell& cell, const std::vector<RecordedFile>& files) {
  Node spec = cell.spec;
  locate(spec, files);
  return spec;
}

/// The files as the resolver has read them must be those of the record.
void check_files(const StoredCell& stored, const std::vector<RecordedFile>& recorded, const CellSpec& part) {
  for (const DataFile& file : part.files) {
    const auto same = std::ranges::find(recorded, file.written, &RecordedFile::written);
    if (same == recorded.end())
      throw Error(Exit::integrity,
                  fmt::format("the record of {} knows nothing of the data file {}", stored.folder.string(), file.path));
    if (same->sha256 != file.sha256)
      throw Error(Exit::integrity, changed(stored, file.path, same->sha256, file.sha256));
  }
}

void check_plugins(const StoredCell& stored, const CellSpec& part) {
  const Node* recorded = stored.record.find("plugins");
  for (const auto& [path, choice] : part.parts()) {
    const Manifest& manifest = choice->library->manifest();
    const auto is_same = [&, &choice = choice](const Node& plugin) {
      return plugin.find("kind")->scalar == manifest.kind && plugin.find("name")->scalar == manifest.name &&
             plugin.find("sha256")->scalar == choice->library->content_hash();
    };
    if (!recorded || std::ranges::none_of(recorded->items, is_same))
      throw OtherPlugin(fmt::format("{} ({}) is not the one that the run {} was made with", choice->description(),
                                    choice->library->file().string(), stored.folder.string()));
  }
}

CellSpec checked_part(const StoredCell& cell, const Catalog& catalog, Part wanted) {
  const std::vector<RecordedFile> files = data_files_of(cell);
  CellSpec part = resolve_part(spec_of(cell, files), catalog, wanted);
  check_files(cell, files, part);
  check_plugins(cell, part);
  return part;
}

/// Whether anything has happened to a file since the run finished; a file system that cannot tell says yes.
bool may_be_touched(const fs::path& file, const StoredCell& cell) {
  const Node* finished = cell.provenance.find("finished");
  std::tm time{};
  struct stat status {};
  if (!finished || !strptime(finished->scalar.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time) || stat(file.c_str(), &status) != 0)
    return true;
  return status.st_ctim.tv_sec >= timegm(&time);
}

}  // namespace

std::vector<RecordedFile> data_files_of(const StoredCell& cell) {
  std::vector<RecordedFile> files;
  const Node* data = cell.record.find("data");
  const Node* places = cell.provenance.find("files");
  if (!data) return files;
  const fs::path run = fs::absolute(cell.folder / "").lexically_normal().parent_path().parent_path().parent_path();
  for (const Node& entry : data->items) {
    RecordedFile& file = files.emplace_back();
    file.written = entry.find("file")->scalar;
    file.sha256 = entry.find("sha256")->scalar;
    std::vector<fs::path> found;
    if (const Node* place = places && places->is_map() ? places->find(file.written) : nullptr)
      found.emplace_back(place->scalar);
    found.push_back(run / file.written);
    std::erase_if(found, [](const fs::path& place) { return !is_there(place); });
    if (!found.empty()) file.place = found.front();
    if (found.size() > 1 && sha256_file(found[0]) != file.sha256 && sha256_file(found[1]) == file.sha256)
      file.place = found[1];
  }
  return files;
}

std::string changed_data_of(const std::vector<StoredCell>& cells) {
  std::map<fs::path, std::string> digests;
  for (const StoredCell& cell : cells)
    for (const RecordedFile& file : data_files_of(cell)) {
      if (file.place.empty() || !may_be_touched(file.place, cell)) continue;
      std::string& digest = digests[file.place];
      if (digest.empty()) digest = sha256_file(file.place);
      if (digest != file.sha256) return changed(cell, file.place, file.sha256, digest);
    }
  return "";
}

std::shared_ptr<const Truth> remake_truth(const StoredCell& cell, const Catalog& catalog,
                                          std::shared_ptr<const Team> team) {
  return build_truth(checked_part(cell, catalog, Part::truth), std::move(team));
}

std::shared_ptr<const SensingProblem> remake_problem(const StoredCell& cell, const Catalog& catalog,
                                                     std::shared_ptr<const Team> team) {
  return build_problem(checked_part(cell, catalog, Part::problem), std::move(team));
}

LowRank remake_estimate(const StoredCell& cell, const Catalog& catalog, const Truth* truth,
                        std::shared_ptr<const Team> team) {
  const auto model =
      build_model(checked_part(cell, catalog, Part::model), {cell.sizes.rows, cell.sizes.cols}, truth, std::move(team));
  Factors point;
  const auto named = [&](const std::string& name) { return std::ranges::find(cell.factors, name, &NamedArray::name); };
  if (const auto left = named(estimate_arrays[0]), right = named(estimate_arrays[1]);
      left != cell.factors.end() && right != cell.factors.end())
    return {left->values, right->values};
  for (const Block& block : model->blocks()) {
    const auto found = named(block.name);
    if (found == cell.factors.end() || found->values.n_rows != block.rows || found->values.n_cols != block.cols)
      throw Error(Exit::integrity,
                  fmt::format("{} has no block {} of {} × {} numbers", (cell.folder / "final.npz").string(), block.name,
                              block.rows, block.cols));
    point.blocks.push_back(found->values);
  }
  LowRank X;
  model->expand(point, X);
  return X;
}

Experiment remake_experiment(const StoredCell& cell, const Catalog& catalog) {
  const std::vector<RecordedFile> files = data_files_of(cell);
  Experiment experiment = resolve_experiment(spec_of(cell, files), catalog);
  check_files(cell, files, experiment.cells.front());
  check_plugins(cell, experiment.cells.front());
  if (experiment.cells.front().key != cell.key)
    throw Error(Exit::integrity, fmt::format("{} cannot be run again: this program is not the one it was made with",
                                             cell.folder.string()));
  return experiment;
}

}  // namespace tightrope
