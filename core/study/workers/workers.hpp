// How many processes run a study.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/study/scheduler.hpp"

namespace tightrope {

/// The part of a study's memory that lets it have fewer workers.
struct Workforce {
  unsigned workers = 1, threads = 1;  // threads of each worker
  std::string reason;                 // why there are fewer workers than there could be; "" if there are not
};

/// Workers hold an operator each. Where these are large, one worker with all threads reads them as fast as several do:
/// memory is then what all wait for. Where all of them together do not fit, there are as many as do. `given`: somebody
/// has said how many there are to be, and only what does not fit changes that. `all_threads` is what a single worker
/// gets. Results do not depend on it.
Workforce workforce(const std::vector<const CellSpec*>& cells, const StudyOptions& options, bool given,
                    unsigned all_threads, const std::shared_ptr<const Team>& team);

}  // namespace tightrope
