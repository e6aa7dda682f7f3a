#include "core/conformance/columns.hpp"

#include "core/conformance/trial.hpp"
#include "core/interfaces/problem.hpp"
#include "core/tree/declared.hpp"

namespace tightrope {

namespace {

using namespace conformance;

std::vector<Column> columns_of(const Subject& subject) {
  if (subject.kind() == Problem::kind) return Bench(subject, Shape{}).make<Problem>()->columns();
  try {
    return made<Observer>(subject).plugin->columns();
  } catch (const Unsuitable&) {
    const auto made = made_for_regression<Observer>(subject);
    if (!made) throw;
    return made->plugin->columns();
  }
}

}  // namespace

std::optional<std::set<std::string>> announced_columns(const Library& library) {
  const SampleOf sample = [](Shape) { return Node::make_map({}); };
  std::set<std::string> names;
  const auto add = [&](const Variant& variant) {
    for (const Column& column : columns_of({library, sample, variant})) names.insert(column.name);
  };
  Parameters parameters;
  const auto maker = make_maker(library);
  declare_parameters(library, *maker, parameters);
  try {
    add({});
  } catch (const Error&) {
    return std::nullopt;
  }
  for (const Parameter& parameter : parameters.all()) {
    std::vector<std::string> values = parameter.choices;
    if (declared(parameter).kind == Declared::Kind::truth_value) values = {"true", "false"};
    for (const std::string& value : values) try {
        add({parameter.name, value});
      } catch (const Error&) {  // asks for another problem than those here
      }
  }
  return names;
}

}  // namespace tightrope
