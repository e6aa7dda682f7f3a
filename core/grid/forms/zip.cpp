// zip: {PATH: VALUES, …}
#include <fmt/format.h>

#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

namespace {

void read_zip(StudyReader& reader, const Node& zip) {
  if (!reader.is_map(zip, "zip must be a map from paths to lists of equal length")) return;
  std::vector<StudyReader::Row> block;
  const Node::Entry& first = zip.entries.front();
  std::size_t length = 0;
  std::vector<Position> positions;
  for (const Node::Entry& entry : zip.entries) {
    if (!reader.is_path(entry.key, entry.position)) return;
    const std::vector<Node> values = reader.values_of(entry.key, entry.value);
    if (values.empty()) return;
    const auto of = reader.axis(entry.key, entry.position, "zip");
    if (!of) return;
    if (&entry == &first) {
      length = values.size();
      block.resize(length);
      for (const Node& node : values) positions.push_back(node.position);
    }
    if (values.size() != length)
      return reader.complain(entry.position,
                             fmt::format("the lists of zip must be equally long, but '{}' has {} values and '{}' {}",
                                         first.key, length, entry.key, values.size()));
    for (std::size_t i = 0; i < length; ++i) block[i].emplace_back(*of, reader.value(*of, values[i]));
  }
  std::vector<StudyReader::Row> checked;
  for (std::size_t i = 0; i < length; ++i) reader.add_row(checked, std::move(block[i]), positions[i]);
  reader.plan.blocks.push_back(std::move(checked));
}

}  // namespace

StudyForm zip_study_form() {
  return {"zip",
          30,
          "map",
          "PATH → VALUES, all equally long: they advance together",
          "{zip: {model.rank: [3, 5, 8], optimizer.step: [0.5, 0.3, 0.2]}}",
          3,
          StudyForm::What::axes,
          read_zip,
          "{minProperties: 1, allOf: [{$ref: '#/definitions/axes'}]}"};
}

}  // namespace tightrope
