#include "core/cli/output/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iostream>

#include "core/base/text/utf8.hpp"
#include "core/cli/verb.hpp"
#include "core/study/status.hpp"

namespace tightrope::cli {

namespace {

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) && term && *term && std::strcmp(term, "dumb") != 0;
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/// The first `width` characters of a UTF-8 text.
std::string clipped(const std::string& text, std::size_t width) {
  const std::vector<std::string> characters = characters_of(text);
  std::string out;
  for (std::size_t i = 0; i < std::min(width, characters.size()); ++i) out += characters[i];
  return out;
}

}  // namespace

std::vector<Index> prominent_columns(const Trace& trace) {
  std::vector<Index> columns;
  for (Index i = 0; i < trace.columns.size(); ++i)
    if (trace.columns[i].display_priority > 0) columns.push_back(i);
  std::ranges::stable_sort(
      columns, [&](Index a, Index b) { return trace.columns[a].display_priority > trace.columns[b].display_priority; });
  return columns;
}

std::string telling_numbers(const Trace& trace, std::size_t most, Real (Trace::*value)(Index) const) {
  std::string text;
  std::vector<Index> columns = prominent_columns(trace);
  columns.resize(std::min(columns.size(), most));
  if (columns.empty()) columns.push_back(2);  // the objective
  for (const Index i : columns) {
    std::string name = trace.columns[i].name;
    std::ranges::replace(name, '_', ' ');
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, number((trace.*value)(i)));
  }
  return text;
}

Progress::Progress(std::string name, bool quiet)
    : name_(std::move(name)), terminal_(is_terminal()), quiet_(quiet), start_(Clock::now()), last_(start_) {}

std::string Progress::line(const std::vector<std::unique_ptr<Lane>>& lanes, Clock::time_point now) const {
  const Lane* slowest = nullptr;
  std::size_t ended = 0;
  for (const auto& lane : lanes) {
    if (lane->end())
      ++ended;
    else if (!slowest)
      slowest = lane.get();
  }
  if (!slowest) slowest = lanes.back().get();
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const Index done = slowest->iterate().iteration;
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string text = name_ + "  ";
  if (lanes.size() > 1) text += fmt::format("{} of {} runs ended  ", ended, lanes.size());
  if (const auto limit = slowest->setup().stop.iterations; limit && *limit > 0) {
    text += fmt::format("{:3.0f} %  iteration {} of {}  {:.0f}/s",
                        100.0 * static_cast<double>(done) / static_cast<double>(*limit), done, *limit, rate);
    if (rate > 0 && done < *limit)
      text += fmt::format("  at most {} left", duration(static_cast<double>(*limit - done) / rate));
  } else {
    text += fmt::format("iteration {}  {:.0f}/s  after {}", done, rate, duration(seconds));
  }
  return text + "  " + telling_numbers(slowest->trace(), 3, &Trace::latest);
}

bool Progress::is_due() {
  if (quiet_) return false;
  const auto now = Clock::now();
  if (now - last_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(3000))) return false;
  last_ = now;
  return true;
}

void Progress::draw(const std::string& text) {
  if (terminal_)
    std::cerr << "\r\x1b[2K" << clipped(text, terminal_width() - 1) << std::flush;
  else
    std::cerr << text << "\n";
  drawn_ = true;
}

void Progress::show(const std::vector<std::unique_ptr<Lane>>& lanes) {
  if (is_due()) draw(line(lanes, last_));
}

void Progress::show(const StudyProgress& study) {
  if (is_due()) draw(name_ + "  " + describe(study));
}

void Progress::finish() {
  if (drawn_ && terminal_) std::cerr << "\r\x1b[2K" << std::flush;
  drawn_ = false;
}

}  // namespace tightrope::cli
