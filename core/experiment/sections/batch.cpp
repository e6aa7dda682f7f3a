// batch: measurements of an iteration.
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

struct BatchKeys {
  Index size = 0;
  std::string order = "in_turn", choice = "consecutive";
  void declare(Parameters& p) {
    p.add("size", size, at_least(1), "measurements, or samples, that an iteration sees").required().example("50");
    p.add("order", order, {"in_turn", "shuffled", "random"},
          "in_turn: one batch after another; shuffled: every batch once in each epoch, in a new order; random: drawn "
          "anew for each iteration");
    p.add("choice", choice, {"consecutive", "uniform"},
          "consecutive: as measurements are numbered, which is tile by tile where an operator sees many entries; "
          "uniform: "
          "entries are dealt out to the batches at random, once, and a pass over one is dearer for each entry");
  }
  BatchRule rule() const {
    return {size,
            order == "in_turn"    ? BatchRule::Order::in_turn
            : order == "shuffled" ? BatchRule::Order::shuffled
                                  : BatchRule::Order::random,
            choice == "uniform"};
  }
};

}  // namespace

Section batch_section() {
  return {
      .name = "batch",
      .order = 90,
      .text =
          "Makes each iteration see a part of the measurements, or of a problem's samples: value and gradient are "
          "those of the part times the number of batches. Of an operator with `storage: generated` the data are made "
          "with the batch, and observers of all data are refused.",
      .parameters = parameters_of<BatchKeys>(),
      .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
        const Node* given = value_at(tree, "batch");
        if (!given) return;
        BatchKeys keys;
        cell.resolved.set("batch", resolver.read(keys, *given, "batch"));
        cell.batch = keys.rule();
        cell.batch_position = given->position;
      }};
}

}  // namespace tightrope
