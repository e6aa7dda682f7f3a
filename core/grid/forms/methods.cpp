// methods: {NAME: {…}, …}
#include <fmt/format.h>

#include "core/base/text/word_list.hpp"
#include "core/grid/form.hpp"
#include "core/grid/ranges.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

namespace {

void read_methods(StudyReader& reader, const Node& methods) {
  if (!reader.is_map(methods, "methods must be a map from names to what differs, such as {gd: {optimizer: …}}")) return;
  const std::size_t of = *reader.axis("method", methods.position, "methods");
  std::vector<StudyReader::Row> block;
  std::vector<std::string> known = reader.sections;
  for (const StudyForm& form : study_forms())
    if (form.of_method) known.push_back(form.name);
  for (const Node::Entry& method : methods.entries) {
    if (!method.value.is_map() && !method.value.is_null()) {
      reader.complain(method.value.position, fmt::format("method '{}' must be a map of sections, but it is {}",
                                                         excerpt(method.key), method.value.description()));
      continue;
    }
    Node partial = method.value.is_null() ? Node::make_map(method.value.position) : method.value;
    for (const Node::Entry& entry : partial.entries)
      if (!contains(known, entry.key))
        reader.complain(entry.position, fmt::format("method '{}' cannot set '{}'{}", excerpt(method.key),
                                                    excerpt(entry.key), did_you_mean(entry.key, known)));
    // Names are unique keys of the file, so each method is a value of its own.
    reader.plan.axes[of].values.push_back(method.key);
    std::vector<StudyReader::Row> rows = {{{of, reader.plan.values[of].size()}}};
    if (const Node* own = partial.find("grid")) {
      for (const std::vector<StudyReader::Row>& column : reader.columns(*own, "grid of a method")) {
        if (rows.size() * column.size() > most_values) {
          reader.complain(own->position, fmt::format("the grid of method '{}' has more than {} combinations",
                                                     excerpt(method.key), most_values));
          break;
        }
        std::vector<StudyReader::Row> longer;
        for (const StudyReader::Row& row : rows)
          for (const StudyReader::Row& next : column) {
            longer.push_back(row);
            longer.back().insert(longer.back().end(), next.begin(), next.end());
          }
        rows = std::move(longer);
      }
      partial.erase("grid");
    }
    if (const Node* own = partial.find("tune")) {
      reader.plan.own_tunes[reader.plan.values[of].size()] = *own;
      partial.erase("tune");
    }
    reader.plan.values[of].push_back({std::move(partial), method.key, std::nullopt});
    block.insert(block.end(), rows.begin(), rows.end());
  }
  reader.plan.blocks.push_back(std::move(block));
}

}  // namespace

StudyForm methods_study_form() {
  return {"methods",
          10,
          "map",
          "name → what differs, laid over the file; a method may have a `grid` of its own, for axes that others lack",
          "{methods: {plain: {}, damped: {optimizer: {damping: 0.1}, grid: {optimizer.step: [0.1, 0.2]}}}}",
          3,
          StudyForm::What::axes,
          read_methods,
          "{type: object, minProperties: 1, additionalProperties: {$ref: '#/definitions/method'}}"};
}

}  // namespace tightrope
