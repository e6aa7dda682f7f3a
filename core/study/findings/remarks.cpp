#include "core/study/findings/remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/text/readable.hpp"

namespace tightrope {

std::vector<std::string> warnings_of(const StoredRun& run) {
  std::vector<std::pair<std::string, std::size_t>> counts;  // in the order of the runs
  for (const StoredCell& cell : run.cells)
    for (const std::string& warning : cell.warnings) {
      const auto known = std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == warning; });
      if (known == counts.end())
        counts.emplace_back(warning, 1);
      else
        ++known->second;
    }
  std::vector<std::string> texts;
  for (const auto& [warning, count] : counts)
    texts.push_back(count == run.cells.size() ? warning
                                              : fmt::format("{} ({} of {} runs)", warning, count, run.cells.size()));
  return texts;
}

std::vector<std::string> costly_observers(const StoredRun& run) {
  constexpr Real least_seconds = 0.1;
  Real computing = 0, all = 0;
  std::map<std::string, Real> seconds;
  for (const StoredCell& cell : run.cells) {
    computing += cell.seconds;
    for (const auto& [observer, own] : cell.observing) {
      seconds[observer] += own;
      all += own;
    }
  }
  std::vector<std::string> texts;
  for (const auto& [observer, own] : seconds)
    if (own > (computing + all) / 3 && own >= least_seconds)
      texts.push_back(fmt::format("{} took {} beside {} of computing{}", observer, duration(own), duration(computing),
                                  observer.starts_with("observer ") ? "; it looks less often with `every`" : ""));
  return texts;
}

}  // namespace tightrope
