#include "core/store/trials.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/base/error.hpp"
#include "core/base/header_digest.hpp"
#include "core/store/files/files.hpp"
#include "core/store/files/json.hpp"

namespace tightrope {

namespace {

constexpr const char* file_name = "trials.json";

/// JSON has no infinity, and no NaN.
Json json_of(const std::vector<Real>& numbers) {
  Json list = Json::array();
  for (const Real number : numbers) list.push_back(std::isinf(number) ? Json("inf") : Json(number));
  return list;
}

Real number_of(const Json& json) {
  return json.is_null()     ? std::numeric_limits<Real>::quiet_NaN()
         : json.is_string() ? std::numeric_limits<Real>::infinity()
                            : json.get<Real>();
}

std::vector<Real> numbers_of(const Json& json) {
  std::vector<Real> numbers;
  for (const Json& number : json) numbers.push_back(number_of(number));
  return numbers;
}

}  // namespace

void write_trials(const std::filesystem::path& out, const std::vector<TriedValues>& trials) {
  Json document = {{"format", record_version}, {"tightrope", TIGHTROPE_VERSION}, {"settings", Json::array()}};
  for (const TriedValues& setting : trials) {
    Json tried = Json::array();
    for (const TriedValue& value : setting.values)
      tried.push_back({{"values", json_of(value.numbers)}, {"last", json_of({value.last})[0]}});
    document["settings"].push_back({{"labels", setting.labels},
                                    {"paths", setting.paths},
                                    {"column", setting.column},
                                    {"chosen", json_of(setting.chosen)},
                                    {"tried", std::move(tried)}});
  }
  write_atomically(out / file_name, pretty(document));
}

std::vector<TriedValues> read_trials(const std::filesystem::path& out) {
  const std::filesystem::path file = out / file_name;
  if (std::error_code ignored; !std::filesystem::exists(file, ignored)) return {};
  const Json document = parse_json(file, read_file(file));
  std::vector<TriedValues> all;
  try {
    check_version(file, document);
    for (const Json& setting : document.at("settings")) {
      TriedValues& own = all.emplace_back();
      own.labels = setting.at("labels").get<Labels>();
      own.paths = setting.at("paths").get<std::vector<std::string>>();
      own.column = setting.at("column").get<std::string>();
      own.chosen = numbers_of(setting.at("chosen"));
      for (const Json& tried : setting.at("tried"))
        own.values.push_back({numbers_of(tried.at("values")), number_of(tried.at("last"))});
    }
  } catch (const Json::exception& error) {
    throw Error(Exit::integrity, fmt::format("{} is damaged: {}", file.string(), error.what()));
  }
  return all;
}

}  // namespace tightrope
