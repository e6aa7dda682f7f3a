// Parameters, declared once: at the variable that holds them, with default, range, unit and one line of text.
//
// The same declaration parses and checks a YAML section, prints `describe` and the reference page, and fills the
// resolved spec. It is all that a plugin knows of configuration.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

/// Admissible numbers. Open ends are excluded.
struct Range {
  Real low = -std::numeric_limits<Real>::infinity(), high = std::numeric_limits<Real>::infinity();
  bool low_open = true, high_open = true;
  bool contains(Real x) const;
  std::string words() const;  // "above 0", "between 0 and 1", "at least 1", "any number"
};
inline Range any() { return {}; }
inline Range above(Real low) { return {low, any().high, true, true}; }
inline Range at_least(Real low) { return {low, any().high, false, true}; }
inline Range between(Real low, Real high) { return {low, high, false, false}; }        // closed
inline Range at_least_below(Real low, Real high) { return {low, high, false, true}; }  // [low, high)
inline Range above_at_most(Real low, Real high) { return {low, high, true, false}; }   // (low, high]

/// One declared parameter. The chained setters refine the declaration.
class Parameter {
 public:
  std::string name, type, range, default_text, unit_text, doc, example_text;
  std::vector<std::string> choices;
  bool is_required = false, is_file = false, lists_entries = false;

  Parameter& required();                 ///< has no default: a section without it is an error
  Parameter& of_entries();               ///< a file with a line for each entry of a matrix, and not with an array
  Parameter& unit(std::string text);     ///< e.g. "s"
  Parameter& example(std::string yaml);  ///< a typical value, for templates and for the conformance suite

  /// Stores the node's value, or returns what is wrong with it as a sentence.
  std::function<std::optional<std::string>(const Node&)> assign;
  /// The value held now, as a node for the resolved spec.
  std::function<Node()> current;
};

/// Absolute path of a data file as a config names it: relative paths start at the folder of the file that was written
/// in.
std::string file_path(const Node& value);
/// The same name for a file that is known to lie at this path, wherever the name leads.
Node located(Node value, const std::string& path);

/// The parameters of one section: filled by `declare` functions, then read from a map.
class Parameters {
 public:
  Parameter& add(std::string name, Real& variable, Range range, std::string doc);
  Parameter& add(std::string name, Index& variable, Range range, std::string doc);
  Parameter& add(std::string name, bool& variable, std::string doc);
  /// Empty by default and then left out of the resolved spec.
  Parameter& add(std::string name, std::optional<Real>& variable, Range range, std::string doc);
  Parameter& add(std::string name, std::optional<Index>& variable, Range range, std::string doc);
  /// One of the choices; without choices any text.
  Parameter& add(std::string name, std::string& variable, std::vector<std::string> choices, std::string doc);
  Parameter& add(std::string name, std::vector<Real>& variable, Range range, std::string doc);
  Parameter& add(std::string name, std::vector<Index>& variable, Range range, std::string doc);
  /// An existing data file. Relative paths are relative to the file that names them; the variable gets the absolute
  /// path.
  Parameter& add_file(std::string name, std::string& path, std::string doc);

  const std::vector<Parameter>& all() const { return parameters_; }
  std::vector<std::string> names() const;

  /// Reads a map into the variables. `owner` names the section in messages ("optimizer 'momentum'"). Keys in
  /// `reserved` (such as type) belong to somebody else. Appends a diagnostic for every unknown key, wrong type,
  /// value out of range and missing required parameter.
  void read(const Node& map, const std::string& owner, const std::vector<std::string>& reserved,
            std::vector<Diagnostic>& diagnostics);
  /// Adds every parameter with its current value to a map, keeping positions of values that were given. Empty
  /// optional ones are left out.
  void write(Node& map) const;

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace tightrope
