// What a declared parameter admits, in a form for programs: Parameter has it in words.
#pragma once

#include "core/tree/parameters.hpp"

namespace tightrope {

struct Declared {
  enum class Kind { number, whole_number, truth_value, text, file };
  Kind kind = Kind::text;
  bool is_list = false;      // a list of them
  bool is_optional = false;  // may be empty (null)
  Range bounds;              // of a number, or of each in the list
};

/// Reads `type` and `range` as Parameters writes them.
Declared declared(const Parameter& parameter);

/// The part of Parameters::read that asks for nothing that is missing.
void check_given(const std::vector<Parameter>& parameters, const Node& map, const std::string& owner,
                 const std::vector<std::string>& reserved, std::vector<Diagnostic>& diagnostics);

}  // namespace tightrope
