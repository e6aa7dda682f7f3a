// repetitions: 5 | [SEED, …]
#include <fmt/format.h>

#include "core/grid/form.hpp"
#include "core/grid/ranges.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

namespace {

void read_repetitions(StudyReader& reader, const Node& repetitions) {
  std::vector<Node> values;
  if (repetitions.is_sequence() && !repetitions.items.empty()) {
    for (const Node& item : repetitions.items)
      if (to_index(item))
        values.push_back(item);
      else
        return reader.complain(
            item.position,
            "repetitions must be a number of repetitions or a list of seeds, but this is " + item.description());
  } else {
    const auto count = to_index(repetitions);
    if (!count || *count < 1 || *count > most_values)
      return reader.complain(
          repetitions.position,
          fmt::format("repetitions must be a whole number between 1 and {} or a list of seeds, but it is {}",
                      most_values, repetitions.description()));
    for (std::uint64_t r = 1; r <= *count; ++r)
      values.push_back(Node::make_scalar(std::to_string(r), repetitions.position));
  }
  const auto found = reader.axis("repetition", repetitions.position, "repetitions");
  if (!found) return;
  const std::size_t of = *found;
  std::vector<StudyReader::Row> block;
  for (const Node& node : values) {
    const std::size_t before = reader.plan.values[of].size();
    block.push_back({{of, reader.value(of, node)}});
    if (reader.plan.values[of].size() == before)
      reader.complain(node.position, fmt::format("the seed {} is listed twice", node.scalar));
  }
  reader.plan.seeds_are_given = repetitions.is_sequence();
  reader.plan.blocks.push_back(std::move(block));
}

}  // namespace

StudyForm repetitions_study_form() {
  return {
      "repetitions",
      90,
      "whole number or list",
      "how often each cell is run with other random numbers, or the seeds; the first repetition has the file's seed",
      "{repetitions: 10}",
      10,
      StudyForm::What::axes,
      read_repetitions,
      fmt::format("{{type: [integer, array], minimum: 1, maximum: {}, minItems: 1, "
                  "items: {{type: integer, minimum: 0, maximum: 9007199254740992}}}}",
                  most_values)};
}

}  // namespace tightrope
