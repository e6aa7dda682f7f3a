// optimizer: a plugin, and the step size of those that take one.
#include <fmt/format.h>

#include "core/base/text/word_list.hpp"
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

/// "1_000", "0,5": no name of a plugin begins so.
bool is_meant_as_number(const std::string& text) {
  return !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) || text.find_first_of("+-.") == 0);
}

/// A bare number as the step size rule that the defaults name for it.
Node spelt_out(const Node& step, const Node& defaults) {
  const Node* shorthand = defaults.find("step");
  const Node* type = shorthand ? shorthand->find("type") : nullptr;
  const Node* parameter = shorthand ? shorthand->find("number") : nullptr;
  if (!type || !parameter) return step;
  Node rule = Node::make_map(step.position);
  rule.set("type", Node::make_scalar(type->scalar, step.position));
  rule.set(parameter->scalar, step);
  return rule;
}

std::vector<Parameter> step_alone() {
  Parameter step;
  step.name = "step";
  step.type = "number or step size";
  step.doc = "how far to go: a step size rule, or a bare number";
  step.is_required = true;
  step.example_text = "0.25";
  return {step};
}

void resolve(Resolver& resolver, const Node& tree, CellSpec& cell) {
  cell.optimizer = resolver.choose("optimizers", "optimizer", tree, cell, cell.resolved, {"step"});
  Node* resolved = cell.resolved.find("optimizer");
  const Node* given = tree.find("optimizer");
  if (!resolved || !given) return;
  if (cell.optimizer.maker && !cell.optimizer.maker->takes_step_size()) {
    if (const Node* step = value_at(*given, "step"))
      resolver.complain(step->position,
                        fmt::format("{} takes no step size: leave out 'step'", cell.optimizer.description()));
    return;
  }
  const Node* step = given->find("step");
  if (!step || step->is_null())
    return resolver.complain(
        step ? step->position : given->position,
        fmt::format("{} needs 'step': a number, or a step size rule ({}){}", cell.optimizer.description(),
                    list_of(resolver.names("step_sizes")), step ? ", but it is empty" : ""));
  if (!looks_like_number(*step) && step->is_scalar() && is_meant_as_number(step->scalar))
    return resolver.complain(
        step->position,
        fmt::format("'step' must be a number such as 0.25 or 1e-3, or a step size rule ({}), but it is {}",
                    list_of(resolver.names("step_sizes")), step->description()));
  Node holder = Node::make_map(given->position);
  holder.set("step", looks_like_number(*step) ? spelt_out(*step, resolver.defaults) : *step);
  cell.step_size = resolver.choose("step_sizes", "step", holder, cell, *resolved);
}

}  // namespace

Section optimizer_section() {
  return {
      .name = "optimizer",
      .order = 60,
      .text =
          "One plugin. One that goes along a direction also has `step`: a step size rule, or a bare number, which is "
          "short for the rule that the [defaults](#defaults) name; the others take none.",
      .parameters = step_alone(),
      .plugin = "optimizers",
      .is_required = true,
      .inside = {{.name = "step", .plugin = "step_sizes"}},
      .of_cell = resolve};
}

}  // namespace tightrope
