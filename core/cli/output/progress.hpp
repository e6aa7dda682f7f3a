// What a waiting person sees: how far the runs are, how fast, until when, and their most telling numbers.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/lane.hpp"
#include "core/study/scheduler.hpp"

namespace tightrope::cli {

/// On a terminal one line that is drawn again up to ten times a second; elsewhere a plain line every few seconds; with
/// -q nothing. All of it goes to standard error.
class Progress {
 public:
  Progress(std::string name, bool quiet);
  void show(const std::vector<std::unique_ptr<Lane>>& lanes);
  void show(const StudyProgress& study);
  /// Removes the line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  bool is_due();
  void draw(const std::string& text);
  std::string line(const std::vector<std::unique_ptr<Lane>>& lanes, Clock::time_point now) const;

  std::string name_;
  bool terminal_, quiet_, drawn_ = false;
  Clock::time_point start_, last_;
};

/// "relative_error 2.90e-04, train_error …": the `most` most prominent columns of the last row.
std::string telling_numbers(const Trace& trace, std::size_t most, Real (Trace::*value)(Index) const = &Trace::last);
/// Indices of the columns with a display_priority, the most prominent first.
std::vector<Index> prominent_columns(const Trace& trace);

}  // namespace tightrope::cli
