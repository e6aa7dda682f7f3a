// What a config may hold, as JSON Schema (draft 7), for editors and for other programs.
//
// All of it follows from declarations: the sections of a config, the forms of studies, the parameters of the plugins
// that are found. An error lies where `check` sees it: at the value that is wrong, or at the key that should not be
// there; nothing is left to choose between alternatives, which would move the error up.
#pragma once

#include <nlohmann/json.hpp>

#include "core/plugin/catalog.hpp"

namespace tightrope::cli {

/// Of a whole file, of one that is laid over another (of which nothing is required), of the page of a paper.
nlohmann::ordered_json config_schema(const Catalog& catalog);
nlohmann::ordered_json layer_schema(const Catalog& catalog);
nlohmann::ordered_json paper_schema();

}  // namespace tightrope::cli
