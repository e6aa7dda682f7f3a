#include "core/conformance/columns.hpp"

#include <regex>

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
  const Node sample = Node::make_map({});
  std::set<std::string> names;
  const auto add = [&](const Variant& variant) {
    for (const Column& column : columns_of({library, sample, variant, {}})) names.insert(column.name);
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
        add({{{parameter.name, value}}});
      } catch (const Error&) {  // asks for another problem than those here
      }
  }
  return names;
}

std::optional<std::string> recordable_columns(const Catalog& catalog) {
  std::set<std::string> expressions = {"validation_error"};
  for (const char* kind : {Observer::kind, Problem::kind})
    for (const std::string& name : catalog.names(kind)) {
      const auto columns = announced_columns(*catalog.find(kind, name));
      if (!columns) return std::nullopt;
      for (const std::string& column : *columns)
        expressions.insert(std::regex_replace(column, std::regex("(^|_)[0-9]+(?=_|$)"), "$1\\d+"));
    }
  return fmt::format("^({})$", fmt::join(expressions, "|"));
}

}  // namespace tightrope
