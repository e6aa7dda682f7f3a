// timing: attributed | solo
#include <fmt/format.h>

#include "core/base/text/word_list.hpp"
#include "core/grid/form.hpp"
#include "core/grid/reader.hpp"

namespace tightrope {

StudyForm timing_study_form() {
  return {
      "timing",
      130,
      "word",
      "attributed (default): runs that share passes share their time; solo: one run at a time with all threads, for "
      "honest seconds",
      "{grid: {model.rank: [3, 5]}, timing: solo}",
      2,
      StudyForm::What::how,
      [](StudyReader& reader, const Node& timing) {
        static const std::vector<std::string> words = {"attributed", "solo"};
        reader.plan.rules.solo = timing.scalar == "solo";
        if (!timing.is_scalar() || !contains(words, timing.scalar))
          reader.complain(timing.position,
                          fmt::format("timing must be attributed (runs share passes, and their time) or solo "
                                      "(one run at a time, for honest seconds), but it is {}{}",
                                      timing.description(), did_you_mean(timing.scalar, words)));
      },
      "{enum: [attributed, solo]}"};
}

}  // namespace tightrope
