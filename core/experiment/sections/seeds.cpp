// seeds: parts of a run that are drawn from another seed.
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

struct SeedsKeys {
  std::optional<Index> target, op, noise, initialization;
  void declare(Parameters& p) {
    p.add("target", target, at_least(0), "names the random numbers of the target; default: those of seed");
    p.add("operator", op, at_least(0), "the same for the operator");
    p.add("noise", noise, at_least(0), "the same for the noise");
    p.add("initialization", initialization, at_least(0), "the same for the initialization");
  }
};

void resolve(Resolver& resolver, const Node& tree, CellSpec& cell) {
  const Node* const given = tree.find("seeds");
  if (!given) return;
  SeedsKeys keys;
  resolver.read(keys, *given, "seeds");
  Node resolved = Node::make_map(given->position);
  const std::pair<const char*, std::optional<Index>> parts[] = {
      {"target", keys.target}, {"operator", keys.op}, {"noise", keys.noise}, {"initialization", keys.initialization}};
  // A part with the run's own seed is drawn as if nothing had been said.
  for (const auto& [part, seed] : parts)
    if (seed && *seed != cell.seed) {
      cell.seeds[part] = *seed;
      resolved.set(part, *given->find(part));
    }
  if (!cell.seeds.empty()) cell.resolved.set("seeds", std::move(resolved));
}

}  // namespace

Section seeds_section() {
  return {
      .name = "seeds",
      .order = 10,
      .text =
          "Parts of a run that are drawn from another seed than its own, to keep them while the rest is drawn again.",
      .parameters = parameters_of<SeedsKeys>(),
      .of_cell = resolve};
}

}  // namespace tightrope
