// list: [{PATH: VALUE, …}, …]
#include <fmt/format.h>
#include <algorithm>

#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

namespace {

void read_list(StudyReader& reader, const Node& list) {
  if (!list.is_sequence() || list.items.empty())
    return reader.complain(
        list.position,
        "list must be a list of maps such as {model.rank: 3, optimizer.step: 0.5}, but it is " + list.description());
  std::vector<StudyReader::Row> block;
  for (const Node& item : list.items) {
    if (!reader.is_map(item, "an entry of list must be a map such as {model.rank: 3, optimizer.step: 0.5}")) continue;
    StudyReader::Row row;
    for (const Node::Entry& entry : item.entries) {
      if (!reader.is_path(entry.key, entry.position)) continue;
      const auto of = reader.axis(entry.key, entry.position, "list");
      if (!of) continue;
      if (entry.value.is_null())
        reader.complain(entry.position, fmt::format("a value of the axis '{}' is missing here", entry.key));
      row.emplace_back(*of, reader.value(*of, entry.value));
    }
    std::sort(row.begin(), row.end());
    reader.add_row(block, std::move(row), item.position);
  }
  reader.plan.blocks.push_back(std::move(block));
}

}  // namespace

StudyForm list_study_form() {
  return {"list",
          20,
          "list of maps",
          "rows {PATH: VALUE, …} of values that belong together",
          "{list: [{model.rank: 3, optimizer.step: 0.5}, {model.rank: 5, optimizer.step: 0.3}]}",
          2,
          StudyForm::What::axes,
          read_list,
          "{type: array, minItems: 1, items: {minProperties: 1, allOf: [{$ref: '#/definitions/settings'}]}}"};
}

}  // namespace tightrope
