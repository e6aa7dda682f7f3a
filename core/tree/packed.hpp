// Trees on their way to another process: with the positions of the user's files, so that messages there name them.
#pragma once

#include <nlohmann/json.hpp>

#include "core/tree/node.hpp"

namespace tightrope {

/// To be sent as CBOR and not as text: names of files are bytes, and JSON texts are UTF-8.
nlohmann::json packed(const Node& node);
Node unpacked(const nlohmann::json& json);

}  // namespace tightrope
