#include "core/store/json.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace tightrope {

std::string pretty(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json parse_json(const std::filesystem::path& file, const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: it is no JSON ({})", file.string(), error.what()));
  }
}

void check_version(const std::filesystem::path& file, const Json& document) {
  if (document.at("format").get<int>() > record_version)
    throw Error(Exit::integrity, fmt::format("{} was written by a newer version ({}); read it with that", file.string(),
                                             document.at("tightrope").get<std::string>()));
}

}  // namespace tightrope
