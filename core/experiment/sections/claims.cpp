// claims: what must come out.
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

void read_claims(Resolver& resolver, const Node& claims, Experiment& experiment) {
  if (!claims.is_sequence())
    return resolver.complain(claims.position, "claims must be a list, but it is " + claims.description());
  std::vector<Labels> labels;
  for (const CellSpec& cell : experiment.cells) labels.push_back(cell.labels);
  const bool has_all_cells = resolver.diagnostics.empty();  // else nothing is known of what runs there would be
  for (const Node& node : claims.items) {
    const std::size_t before = resolver.diagnostics.size();
    Claim claim = read_claim(node, resolver.diagnostics);
    if (resolver.diagnostics.size() == before && has_all_cells)
      if (auto complaint = undecidable_reason(claim, labels)) {
        // A claim about cells that --only or --skip leaves out is not judged.
        if (resolver.selection.empty()) resolver.diagnostics.push_back(std::move(*complaint));
        continue;
      }
    experiment.claims.push_back(std::move(claim));
  }
}

}  // namespace

Section claims_section() {
  return {.name = "claims",
          .order = 140,
          .schema = "{type: array, items: {$ref: '#/definitions/claim'}}",
          .of_file = read_claims};
}

}  // namespace tightrope
