// problem: what is to be recovered, and how it is seen.
#include <fmt/format.h>

#include "core/base/text/word_list.hpp"
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

struct ProblemKeys {
  std::string type = "sensing";
  std::vector<Index> shape;
  std::string data;
  void declare(Parameters& p) {
    p.add("type", type, std::vector<std::string>{},
          "sensing: a matrix seen through linear measurements; or one of the [problems](#plugins-problems), which "
          "takes the keys of that plugin in place of those below, and no model and no loss; `every`, as of "
          "[observers](#observers), then says when its columns are recorded");
    p.add("shape", shape, at_least(1),
          "rows and columns of the matrix to recover; may be left out if the target knows them")
        .example("[60, 40]");
    p.add_file("data", data,
               "measured values y, one per measurement, as a vector, n × 1 or 1 × n; n1 × n2 where every entry is "
               "measured. Measurements of entries are in order row by row. Without it y is made from target and noise");
  }
};

struct HoldOutKeys {
  Real fraction = 0;
  bool rmse = false;
  void declare(Parameters& p) {
    p.add(
         "fraction", fraction, Range{0, 1, true, true},
         "share of the measurements, drawn at random, that the run does not learn from; their relative residual is the "
         "column `validation_error`, and the loss of the others is multiplied by m/(m − number held out)")
        .required()
        .example("0.1");
    p.add("rmse", rmse,
          "columns `train_rmse` and `test_rmse`, ‖A(X) − y‖/√m over the m measurements learnt from and over those held "
          "out, in units of the measurements");
  }
};

void resolve_other_problem(Resolver& resolver, const Node& tree, const Node& type, CellSpec& cell) {
  const std::vector<std::string>& known = resolver.names("problems");
  if (!type.is_scalar() || !contains(known, type.scalar))
    return resolver.complain(
        type.position, fmt::format("there is no type of problem '{}'{}", excerpt(type.scalar),
                                   did_you_mean_or_list(type.scalar, joined({"sensing"}, known), "; there are ")));
  cell.problem = resolver.choose("problems", "problem", tree, cell, cell.resolved, {"every"});
  const Node* const every = tree.find("problem")->find("every");
  Node* const resolved = cell.resolved.find("problem");
  if (!every || !resolved) return;
  read_schedule(resolver, *every, *cell.problem);
  resolved->set("every", *every);
}

}  // namespace

bool is_sensing(const Node& tree) {
  const Node* problem = tree.find("problem");
  const Node* type = problem ? problem->find("type") : nullptr;
  return !type || (type->is_scalar() && type->scalar == "sensing");
}

void resolve_problem(Resolver& resolver, const Node& tree, CellSpec& cell, bool truth_alone) {
  static const Node nothing = Node::make_map({});
  const Node* given = tree.find("problem");
  if (!given) resolver.complain(tree.position, "the config needs a section 'problem'");
  if (given && !given->is_map()) {
    resolver.complain(given->position, "problem must be a map, but it is " + given->description());
    given = nullptr;
  }
  if (!given) given = &nothing;
  if (!is_sensing(tree)) return resolve_other_problem(resolver, tree, *given->find("type"), cell);
  const Node of_truth = only(*given, {"type", "shape", "target"});
  if (truth_alone) given = &of_truth;
  ProblemKeys keys;
  Node resolved = resolver.read(keys, *given, "problem", {"target", "operator", "noise", "hold_out"});
  resolved.erase("shape");
  resolved.erase("data");
  const Node* const shape = given->find("shape");
  if (shape && shape->is_sequence() && shape->items.size() != 2)
    resolver.complain(shape->position, "shape must be [rows, columns], but it is " + shape->description());
  if (shape && !keys.shape.empty()) {
    cell.shape_position = shape->position;
    resolved.set("shape", *shape);
    Index entries = 0;
    if (keys.shape.size() == 2 && __builtin_mul_overflow(keys.shape[0], keys.shape[1], &entries))
      resolver.complain(shape->position,
                        fmt::format("a {} × {} matrix has more entries than can be numbered; take a smaller "
                                    "shape",
                                    keys.shape[0], keys.shape[1]));
    else if (keys.shape.size() == 2)
      cell.shape = Shape{keys.shape[0], keys.shape[1]};
  }
  const Node* const data = given->find("data");
  if (data && !keys.data.empty()) {
    cell.data_file = keys.data;
    cell.data_position = data->position;
    resolved.set("data", *data);
    resolver.add_file(cell.files, data->scalar, file_path(*data));
    if (const Node* noise = value_at(*given, "noise"))
      resolver.complain(noise->position, "measured data already have their noise; leave out either 'noise' or 'data'");
  }
  if (given->find("target"))
    cell.target = resolver.choose("targets", "target", *given, cell, resolved);
  else if (data && !shape)
    resolver.complain(data->position,
                      "measured data alone do not tell the shape of the matrix; add shape: [rows, columns]");
  const std::size_t files = cell.files.size();
  if (given != &nothing && !truth_alone) cell.op = resolver.choose("operators", "operator", *given, cell, resolved);
  // An operator that reads a file may find its data there.
  if (!given->find("target") && !data && given != &nothing && !truth_alone && cell.files.size() == files)
    resolver.complain(given->position, "problem needs a 'target' (the matrix to recover) or measured 'data'");
  cell.noises = resolver.choose_some("noises", "noise", *given, cell, resolved);
  if (const Node* part = value_at(*given, "hold_out"); part && !truth_alone) {
    HoldOutKeys hold_out;
    resolved.set("hold_out", resolver.read(hold_out, *part, "hold_out"));
    cell.hold_out = hold_out.fraction;
    cell.hold_out_position = part->position;
  }
  cell.resolved.set("problem", std::move(resolved));
}

Section problem_section() {
  return {.name = "problem",
          .order = 20,
          .text =
              "What is to be recovered, and how it is seen. Besides these keys it has target, operator, noise and "
              "hold_out. The measurements are y = A(X*), plus noise if there is any, or what the file `data` holds. "
              "`noise` is a noise or a list of them, each on top of those before.",
          .parameters = parameters_of<ProblemKeys>(),
          .alternative = "problems",
          .is_required = true,
          .one_of = {"target", "data"},
          .schema = "{properties: {shape: {minItems: 2, maxItems: 2}}}",
          .inside = {{.name = "target", .plugin = "targets"},
                     {.name = "operator", .plugin = "operators", .is_required = true},
                     {.name = "noise", .plugin = "noises", .may_be_list = true},
                     {.name = "hold_out",
                      .text = "Measurements kept apart, to tell when a run has learnt enough. Neither the run nor its "
                              "start sees them.",
                      .parameters = parameters_of<HoldOutKeys>()}},
          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            resolve_problem(resolver, tree, cell, false);
          }};
}

}  // namespace tightrope
