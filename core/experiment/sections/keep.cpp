// keep: which iterate is stored beside the last.
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

void resolve(Resolver& resolver, const Node& tree, CellSpec& cell) {
  const Node* const given = value_at(tree, "keep");
  if (!given) return;
  const std::string prefix = "smallest ";
  if (!given->scalar.starts_with(prefix) || given->scalar.size() == prefix.size())
    return resolver.complain(
        given->position,
        "keep must be `smallest COLUMN`, such as smallest validation_error, but it is " + given->description());
  cell.keep = KeepRule{given->scalar.substr(prefix.size())};
  cell.keep_position = given->position;
  cell.resolved.set("keep", *given);
}

}  // namespace

Section keep_section() {
  return {
      .name = "keep",
      .order = 100,
      .text =
          "`smallest COLUMN`: of the recorded iterates, the first one where that column is smallest is stored beside "
          "the last, as `kept_…` in final.npz and with its values in record.json.",
      .schema = "{type: [string, 'null'], pattern: '^smallest .'}",
      .of_cell = resolve};
}

}  // namespace tightrope
