#include "core/study/workers/job.hpp"

#include "core/base/text/utf8.hpp"

namespace tightrope {

using Json = nlohmann::json;

namespace {

/// [kind, text, quoted, file, line, column, children…]; a map's children are pairs [[key, file, line, column], value].
Json tree_of(const Node& node) {
  Json json = {static_cast<int>(node.kind), node.scalar,        node.quoted,
               node.position.file,          node.position.line, node.position.column};
  for (const Node& item : node.items) json.push_back(tree_of(item));
  for (const Node::Entry& entry : node.entries)
    json.push_back(
        Json::array({Json::array({entry.key, entry.position.file, entry.position.line, entry.position.column}),
                     tree_of(entry.value)}));
  return json;
}

Node node_of(const Json& json) {
  Node node;
  node.kind = static_cast<Node::Kind>(json.at(0).get<int>());
  node.scalar = json.at(1).get<std::string>();
  node.quoted = json.at(2).get<bool>();
  node.position = {json.at(3).get<std::string>(), json.at(4).get<int>(), json.at(5).get<int>()};
  for (std::size_t i = 6; i < json.size(); ++i) {
    const Json& child = json[i];
    if (node.is_sequence()) {
      node.items.push_back(node_of(child));
    } else {
      const Json& key = child.at(0);
      node.entries.push_back({key.at(0).get<std::string>(),
                              {key.at(1).get<std::string>(), key.at(2).get<int>(), key.at(3).get<int>()},
                              node_of(child.at(1))});
    }
  }
  return node;
}

}  // namespace

std::string encode(const Job& job) {
  Json json = {{"out", job.out.string()}, {"name", job.name},
               {"threads", job.threads},  {"checkpoint_seconds", job.checkpoint_seconds},
               {"parent", job.parent},    {"plugin_folders", Json::array()},
               {"batches", Json::array()}};
  json["solo"] = job.solo;
  if (job.cell_seconds) json["cell_seconds"] = *job.cell_seconds;
  if (job.memory) json["memory"] = *job.memory;
  for (const auto& folder : job.plugin_folders) json["plugin_folders"].push_back(folder.string());
  for (const auto& batch : job.batches) {
    Json cells = Json::array();
    for (const Job::Cell& cell : batch)
      cells.push_back(
          {{"index", cell.index}, {"key", cell.key}, {"labels", cell.labels}, {"spec", tree_of(cell.spec)}});
    json["batches"].push_back(std::move(cells));
  }
  // Not as text: names of files are bytes, and JSON texts are UTF-8.
  std::string bytes;
  Json::to_cbor(json, bytes);
  return bytes;
}

Job decode_job(const std::string& bytes) {
  const Json json = Json::from_cbor(bytes);
  Job job;
  job.out = json.at("out").get<std::string>();
  job.name = json.at("name").get<std::string>();
  job.threads = json.at("threads").get<unsigned>();
  job.checkpoint_seconds = json.at("checkpoint_seconds").get<Real>();
  job.parent = json.at("parent").get<int>();
  job.solo = json.at("solo").get<bool>();
  if (json.contains("cell_seconds")) job.cell_seconds = json.at("cell_seconds").get<Real>();
  if (json.contains("memory")) job.memory = json.at("memory").get<std::uint64_t>();
  for (const Json& folder : json.at("plugin_folders")) job.plugin_folders.emplace_back(folder.get<std::string>());
  for (const Json& cells : json.at("batches")) {
    auto& batch = job.batches.emplace_back();
    for (const Json& cell : cells)
      batch.push_back({cell.at("index").get<std::size_t>(), cell.at("key").get<std::string>(),
                       cell.at("labels").get<std::map<std::string, std::string>>(), node_of(cell.at("spec"))});
  }
  return job;
}

Experiment experiment_of(const Job& job, const std::vector<Job::Cell>& batch, const Catalog& catalog) {
  Experiment experiment;
  experiment.name = job.name;
  experiment.is_study = true;
  for (const Job::Cell& cell : batch) {
    CellSpec spec = resolve_experiment(cell.spec, catalog).cells.front();
    if (spec.key != cell.key)
      throw Error(Exit::plugin,
                  "a plugin or a data file was changed while the study runs; start `tightrope run` again");
    spec.labels = cell.labels;
    experiment.cells.push_back(std::move(spec));
  }
  return experiment;
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Report, kind, cell, fraction, text, code)

std::string encode(const Report& report) {
  Report escaped = report;
  escaped.text = escape_bytes(report.text);
  return Json(escaped).dump();
}

Report decode_report(const std::string& line) { return Json::parse(line).get<Report>(); }

}  // namespace tightrope
