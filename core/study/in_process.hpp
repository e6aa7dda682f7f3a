// The cells of a study in this process, for operators that it holds together with other ranks.
#pragma once

#include <memory>

#include "core/numbers/tiles.hpp"
#include "core/study/scheduler.hpp"

namespace tightrope {

/// Runs what is not stored yet, one batch of cells with the same operator after another. As run_study, but a cell that
/// crashes ends the whole study.
StudyResult run_study_in_process(const Experiment& experiment, const StudyOptions& options,
                                 const std::shared_ptr<const Team>& team, const StudyListener& listener);

}  // namespace tightrope
