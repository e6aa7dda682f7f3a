// success: COLUMN < BOUND
#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

StudyForm success_study_form() {
  return {"success",
          220,
          "comparison",
          "COLUMN < BOUND (or <=, >, >=), reached by the first recorded value for which it holds; default: the first "
          "stop rule on a recorded column, if all runs have the same",
          "{repetitions: 3, success: relative_error < 1e-6}",
          3,
          StudyForm::What::how,
          [](StudyReader& reader, const Node& node) { reader.plan.success = read_success(node, reader.diagnostics); },
          "{$ref: '#/definitions/success'}"};
}

}  // namespace tightrope
