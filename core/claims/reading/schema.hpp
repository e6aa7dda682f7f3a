// What a claim may say, as JSON Schema: it follows from the forms of quantities and conditions.
#pragma once

#include <nlohmann/json.hpp>

#include "core/claims/condition.hpp"

namespace tightrope {

/// Keys of a claim.
const Words& claim_keys();
/// Of one claim. An error lies at the value that is wrong, or at the key that should not be there.
nlohmann::ordered_json claim_schema();
/// Of what `tune` makes smallest, and of a success: COLUMN < BOUND.
nlohmann::ordered_json goal_schema();
nlohmann::ordered_json success_schema();

}  // namespace tightrope
