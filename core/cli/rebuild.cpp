// From stored results back to the objects that made them.
#include <fmt/format.h>

#include <iostream>

#include "core/arrays/arrays.hpp"
#include "core/cli/verb.hpp"
#include "core/config/yaml.hpp"

namespace tightrope::cli {

namespace fs = std::filesystem;

namespace {

/// The folder in which a file of this name lies at this place; empty if there is no such folder.
fs::path folder_of(const fs::path& name, const fs::path& place) {
  fs::path folder = place;
  const fs::path inside = name.lexically_normal();
  if (*name.begin() == "~") return {};
  for (const auto& part : inside) {
    if (part == ".." || inside.is_absolute()) return {};
    folder = folder.parent_path();
  }
  return folder;
}

/// Says where the data files of a spec are: where they lay when the run was made or, if they are no longer there, in
/// the folder of the run, where a bundle has them. Their names stay as they were written: they are part of the key.
void restore_files(Node& node, const Node& files, const fs::path& run) {
  if (node.is_scalar()) {
    const auto [file, member] = split_member(node.scalar);
    if (const Node* place = files.find(file)) {
      std::error_code ignored;
      const bool has_moved = !fs::exists(place->scalar, ignored) && fs::exists(run / file, ignored);
      const fs::path folder = has_moved ? fs::absolute(run) : folder_of(file, place->scalar);
      if (folder.empty())
        node.scalar = member.empty() ? place->scalar : member_name(place->scalar, member);
      else
        node.position.file = folder.string();
    }
  }
  for (Node& item : node.items) restore_files(item, files, run);
  for (Node::Entry& entry : node.entries) restore_files(entry.value, files, run);
}

}  // namespace

Experiment resolve_again(const StoredCell& cell, const Catalog& catalog) {
  Node spec = cell.spec;
  if (const Node* files = cell.provenance.find("files"); files && files->is_map())
    restore_files(spec, *files, cell.folder.parent_path().parent_path());
  return resolve_experiment(spec, catalog);
}

Mat estimate_of(const StoredCell& cell, const FactorizationModel& model) {
  Factors point;
  for (const Block& block : model.blocks()) {
    const auto found = std::find_if(cell.factors.begin(), cell.factors.end(),
                                    [&](const NamedArray& array) { return array.name == block.name; });
    if (found == cell.factors.end() || found->values.n_rows != block.rows || found->values.n_cols != block.cols)
      throw Error(Exit::integrity,
                  fmt::format("{} has no block {} of {} × {} numbers", (cell.folder / "final.npz").string(), block.name,
                              block.rows, block.cols));
    point.blocks.push_back(found->values);
  }
  LowRank X;
  model.expand(point, X);
  return X.dense();
}

std::vector<CellParts> rebuild(const StoredRun& run, const Catalog& catalog, const std::shared_ptr<const Team>& team) {
  std::vector<CellParts> parts;
  for (const StoredCell& cell : run.cells) {
    CellParts& part = parts.emplace_back();
    try {
      const Experiment experiment = resolve_again(cell, catalog);
      part.problem = build_problem(experiment.cells.front(), team);
      part.estimate =
          std::make_shared<const Mat>(estimate_of(cell, *build_model(experiment.cells.front(), *part.problem)));
    } catch (const Error& error) {
      if (error.code() == Exit::integrity) throw;
      std::cerr << "tightrope: warning: the problem of " << cell.folder.string()
                << " cannot be made again, so truth and estimate are left out: " << error.what() << "\n";
    }
  }
  return parts;
}

std::vector<CellExtras> pictures_of(const StoredRun& run, const Catalog& catalog,
                                    const std::shared_ptr<const Team>& team) {
  constexpr std::size_t most_pictured_cells = 8;
  if (run.cells.size() > most_pictured_cells) return std::vector<CellExtras>(run.cells.size());
  std::vector<CellExtras> extras;
  for (const CellParts& part : rebuild(run, catalog, team))
    extras.push_back({part.problem ? part.problem->truth : nullptr, part.estimate});
  return extras;
}

}  // namespace tightrope::cli
