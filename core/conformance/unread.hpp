// Parameters that are declared and change nothing.
#pragma once

#include <functional>
#include <vector>

#include "core/conformance/trial.hpp"

namespace tightrope::conformance {

/// Each number or truth value changes what the plugin does, in one of the variants or with another number beside it.
/// `announce` hears of each variant before it is tried: one may crash.
void check_parameters_are_read(const Subject& subject, const std::vector<Variant>& variants,
                               const std::function<void(const Variant&)>& announce, Report& report);

}  // namespace tightrope::conformance
