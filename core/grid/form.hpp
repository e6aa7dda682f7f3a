// The keys of `study:`: forms of axes, and what says which cells are meant and how they are run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/tree/node.hpp"

namespace tightrope {

class StudyReader;

/// A key of `study:`. Each is a file of core/grid/forms: NAME.cpp defines `StudyForm NAME_study_form()`.
struct StudyForm {
  std::string name;
  int order = 0;          // in which they are read and told; of axes, those behind vary faster
  std::string type, doc;  // for the reference page: "map"
  std::string example;    // a small study with this key …
  std::size_t cells = 0;  // … and how many cells it has
  enum class What {
    axes,  // makes axes, and is enough for a study
    how,   // how cells are made or run
    which  // which cells are meant: read when all axes are known
  } what = What::axes;
  /// Null if the reader itself reads it.
  std::function<void(StudyReader&, const Node&)> read;
  /// JSON Schema, as YAML, of what stands behind the key. Of a study it may refer to the definitions axes (PATH →
  /// VALUES), values (VALUES), settings (PATH → VALUE), method, labels and columns (core/cli/help/schema.cpp).
  std::string schema = {};
  bool of_method = false;  // a method may have its own
};
/// All of them, in order.
const std::vector<StudyForm>& study_forms();

}  // namespace tightrope
