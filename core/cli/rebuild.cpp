// From stored results back to the objects that made them.
#include <fmt/format.h>

#include <iostream>

#include "core/cli/verb.hpp"
#include "core/config/yaml.hpp"

namespace tightrope::cli {

namespace {

/// Puts the places where data files lay in the place of their names.
void restore_files(Node& node, const Node& files) {
  if (node.is_scalar())
    if (const Node* path = files.find(node.scalar)) node.scalar = path->scalar;
  for (Node& item : node.items) restore_files(item, files);
  for (Node::Entry& entry : node.entries) restore_files(entry.value, files);
}

}  // namespace

Experiment resolve_again(const StoredCell& cell, const Catalog& catalog) {
  Node spec = cell.spec;
  if (const Node* files = cell.provenance.find("files"); files && files->is_map()) restore_files(spec, *files);
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

}  // namespace tightrope::cli
