// What the program tells other programs: stored runs and their summaries as JSON.
#include "core/cli/output/documents.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/cli/verb.hpp"

namespace tightrope::cli {

namespace {

Json array_of(const Interval& interval) { return {json_number(interval.low), json_number(interval.high)}; }

Json setting_of(const Setting& setting, const StoredRun& run) {
  Json json = {{"labels", setting.labels},
               {"runs", setting.runs},
               {"repetitions", setting.repetitions},
               {"ends", Json::object()}};
  for (const auto& [end, count] : setting.ends) json["ends"][to_string(end)] = count;
  json["cells"] = Json::array();
  for (const std::size_t cell : setting.cells) json["cells"].push_back(run.cells[cell].key);
  json["missing"] = Json::array();
  for (const std::size_t cell : setting.missing)
    json["missing"].push_back({{"labels", run.missing[cell].labels},
                               {"kind", to_string(run.missing[cell].kind)},
                               {"reason", run.missing[cell].reason}});
  json["final"] = Json::object();
  for (const FinalValues& values : setting.finals)
    json["final"][values.column] = {{"runs", values.count},
                                    {"median", json_number(values.median.value)},
                                    {"interval", array_of(values.median.interval)}};
  if (setting.success)
    json["success"] = {{"reached", setting.success->reached},
                       {"runs", setting.success->count},
                       {"interval", array_of(setting.success->share)}};
  for (const auto& [clock, arrival] : setting.arrivals)
    json["to_success"][clock] = {{"reached", arrival.times.reached},
                                 {"runs", arrival.times.count},
                                 {"median", arrival.times.median ? json_number(*arrival.times.median) : Json()},
                                 {"more_than", json_number(arrival.times.more_than)},
                                 {"interval", array_of(arrival.interval)}};
  return json;
}

Json ratio_of(const PairedRatio& ratio) {
  Json ratios = Json::array();
  for (const Real own : ratio.ratios) ratios.push_back(json_number(own));
  return {{"decided", ratio.decided},
          {"repetitions", ratio.ratios.size()},
          {"ratios", ratios},
          {"median", ratio.median ? json_number(*ratio.median) : Json()},
          {"p", ratio.p},
          {"p_holm", ratio.p_holm},
          {"exact", ratio.is_exact}};
}

Json comparison_of(const Comparison& comparison, const Summary& summary) {
  Json json = {{"first", summary.methods[comparison.first].labels},
               {"second", summary.methods[comparison.second].labels},
               {"pairs", comparison.pairs},
               {"repetitions", comparison.repetitions}};
  if (comparison.p_success)
    json["success"] = {{"both", comparison.both},
                       {"first_only", comparison.first_only},
                       {"second_only", comparison.second_only},
                       {"neither", comparison.neither},
                       {"repetitions_for_first", comparison.for_first},
                       {"repetitions_for_second", comparison.for_second},
                       {"p", *comparison.p_success},
                       {"p_holm", *comparison.p_success_holm}};
  for (const auto& [clock, ratio] : comparison.times) json["ratio_to_success"][clock] = ratio_of(ratio);
  if (comparison.final_values) json["ratio_of_final"][summary.columns.front()] = ratio_of(*comparison.final_values);
  return json;
}

}  // namespace

Json document_of(const StoredRun& run) {
  Json json = {{"name", run.name}, {"out", run.folder.string()}, {"cells", Json::array()}, {"claims", Json::array()}};
  for (const StoredCell& cell : run.cells) {
    Json metrics = Json::object();
    for (Index c = 0; c < cell.trace.columns.size(); ++c)
      metrics[cell.trace.columns[c].name] = json_number(cell.trace.last(c));
    json["cells"].push_back(
        {{"key", cell.key},
         {"labels", cell.labels},
         {"end",
          {{"class", to_string(cell.end.end_class)}, {"reason", cell.end.reason}, {"iteration", cell.end.iteration}}},
         {"metrics", metrics},
         {"seconds", cell.seconds}});
    if (const Node* notes = cell.provenance.find("notes")) json["cells"].back()["notes"] = json_tree(*notes);
    if (!cell.warnings.empty()) json["cells"].back()["warnings"] = cell.warnings;
    if (cell.kept) json["cells"].back()["kept"] = json_tree(*cell.kept);
    for (const TraceMark& mark : cell.trace.marks)
      json["cells"].back()["marks"].push_back({{"iteration", mark.iteration}, {"word", mark.word}});
  }
  // A failed run has an end like any other, and no result.
  for (const Missing& cell : run.missing)
    if (cell.kind == Missing::Kind::failed)
      json["cells"].push_back({{"key", cell.key},
                               {"labels", cell.labels},
                               {"end", {{"class", "failed"}, {"reason", cell.reason}, {"iteration", nullptr}}},
                               {"metrics", Json::object()},
                               {"seconds", nullptr}});
  if (run.is_study) json["missing"] = Json::array();
  for (const Missing& cell : run.missing)
    json["missing"].push_back({{"labels", cell.labels}, {"kind", to_string(cell.kind)}, {"reason", cell.reason}});
  if (!run.tuned.empty()) json["tuned"] = Json::array();
  for (const Tuned& tuned : run.tuned) json["tuned"].push_back(to_json(tuned));
  for (const StoredClaim& claim : run.claims)
    json["claims"].push_back({{"that", claim.text}, {"holds", claim.holds}, {"measured", claim.measured}});
  return json;
}

Json document_of(const Summary& summary, const StoredRun& run) {
  Json json = {{"by", summary.by}, {"columns", summary.columns}};
  json["success"] = summary.criterion ? Json(summary.criterion->text()) : Json();
  json["axes"] = Json::array();
  for (const StudyAxis& axis : summary.axes)
    json["axes"].push_back({{"label", axis.label}, {"path", axis.path}, {"values", axis.values}, {"unit", axis.unit}});
  if (!summary.pooled.empty()) json["pooled"] = summary.pooled;
  json["settings"] = Json::array();
  for (const Setting& setting : summary.settings) json["settings"].push_back(setting_of(setting, run));
  json["comparisons"] = Json::array();
  for (const Comparison& comparison : summary.comparisons)
    json["comparisons"].push_back(comparison_of(comparison, summary));
  json["performance_profiles"] = {{"problems", summary.problems}};
  for (const auto& [clock, profiles] : summary.profiles) {
    Json list = Json::array();
    for (std::size_t m = 0; m < profiles.size(); ++m) {
      Json steps = Json::array();
      for (const Profile::Step& step : profiles[m].steps) steps.push_back({step.at, step.share});
      list.push_back({{"method", summary.methods[m].labels}, {"steps", steps}});
    }
    json["performance_profiles"][clock] = list;
  }
  return json;
}

}  // namespace tightrope::cli
