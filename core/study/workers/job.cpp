#include "core/study/workers/job.hpp"

#include "core/base/text/utf8.hpp"
#include "core/tree/packed.hpp"

namespace tightrope {

using Json = nlohmann::json;

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
      cells.push_back({{"index", cell.index}, {"key", cell.key}, {"labels", cell.labels}, {"spec", packed(cell.spec)}});
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
                       cell.at("labels").get<std::map<std::string, std::string>>(), unpacked(cell.at("spec"))});
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
