// What the keys of a study (core/grid/forms) read with: axes, rows of values, and complaints.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/grid/grid.hpp"

namespace tightrope {

class StudyReader {
 public:
  using Row = StudyPlan::Row;

  /// `study` is a map or complained about; what it says goes into `plan`.
  StudyReader(StudyPlan& into, const Node& of, const std::vector<std::string>& known,
              std::vector<Diagnostic>& complaints)
      : plan(into), study(of), sections(known), diagnostics(complaints) {}

  /// False, with complaints, if there are no axes of which cells could be made.
  bool read();

  void complain(const Position& position, std::string message) {
    diagnostics.push_back({position, std::move(message)});
  }
  /// Whether the node is a map of something. Complains with "WHAT, but it is …".
  bool is_map(const Node& node, const std::string& what);
  /// Whether the path begins in a section. Complains.
  bool is_path(const std::string& path, const Position& position);
  /// The axis of a path, new unless `owner` (a key of the study) has it already. Null after a complaint.
  std::optional<std::size_t> axis(const std::string& path, const Position& position, const std::string& owner);
  /// The number of a value among those of its axis: a new one, unless it has been there.
  std::size_t value(std::size_t axis, const Node& node);
  /// The values of a list or range. Complains if there are none.
  std::vector<Node> values_of(const std::string& path, const Node& node);
  /// From a map of paths to VALUES, the rows of each path alone.
  std::vector<std::vector<Row>> columns(const Node& map, const std::string& owner);
  /// Adds a row to a block that is about to be the next one. Complains if the block has it.
  void add_row(std::vector<Row>& block, Row row, const Position& position);
  /// Conditions of `where`, `exclude` and the command line. Complains of "OWNER".
  std::vector<AxisCondition> conditions(const Node& node, const std::string& owner);

  StudyPlan& plan;
  const Node& study;
  const std::vector<std::string>& sections;
  std::vector<Diagnostic>& diagnostics;

 private:
  void name_axes();
  std::optional<std::size_t> find_axis(const std::string& name) const;
  std::optional<std::size_t> find_value(std::size_t axis, const Node& node) const;
  std::optional<AxisCondition> condition(const Node::Entry& entry);

  std::vector<std::string> owners_;                                  // of each axis
  std::map<std::size_t, std::map<std::string, std::size_t>> known_;  // canonical texts of the values of each axis
  std::set<std::pair<std::size_t, Row>> rows_;
  std::size_t count_ = 0;
  bool overflowed_ = false, crowded_ = false;
};

/// The rules of each method for its tuned values: those of the study, with its own laid over them (forms/tune.cpp).
void read_tunes(StudyReader& reader);

}  // namespace tightrope
