// Tuned values in words.
#include <fmt/format.h>

#include "core/cli/verb.hpp"

namespace tightrope::cli {

namespace {

constexpr std::size_t most_lines = 12;

std::string name_of(const Labels& labels) {
  std::string name;
  for (const auto& [axis, value] : labels) name += fmt::format("{}{} {}", name.empty() ? "" : ", ", axis, value);
  return name.empty() ? "the runs" : name;
}

struct Share {
  std::vector<std::string> values;
  Index settings = 0, trials = 0, iterations = 0, passes = 0;
};

}  // namespace

std::string tuned_lines(const std::vector<Tuned>& tuned) {
  std::string text, notes;
  const auto cost = [](Index trials, Index iterations, Index passes) {
    return fmt::format("{} trials, {} iterations, {} passes", grouped(trials), grouped(iterations), grouped(passes));
  };
  if (tuned.size() <= most_lines) {
    for (const Tuned& one : tuned)
      text += fmt::format("  {}: {} {} ({}){}\n", name_of(one.labels), one.path,
                          one.value.is_scalar() ? one.value.scalar : to_json(one.value),
                          cost(one.trials, one.iterations, one.passes), one.note.empty() ? "" : "; " + one.note);
    return text;
  }
  std::map<std::pair<std::string, std::string>, Share> methods;  // method, path
  std::map<std::string, std::size_t> said;
  for (const Tuned& one : tuned) {
    const auto method = one.labels.find("method");
    Share& share = methods[{method == one.labels.end() ? "" : method->second, one.path}];
    const std::string value = one.value.is_scalar() ? one.value.scalar : to_json(one.value);
    if (std::find(share.values.begin(), share.values.end(), value) == share.values.end()) share.values.push_back(value);
    ++share.settings;
    share.trials += one.trials;
    share.iterations += one.iterations;
    share.passes += one.passes;
    if (!one.note.empty()) ++said[one.note];
  }
  for (const auto& [who, share] : methods)
    text +=
        fmt::format("  {}: {} {} in {} settings ({})\n", who.first.empty() ? "the runs" : who.first, who.second,
                    fmt::join(share.values, ", "), share.settings, cost(share.trials, share.iterations, share.passes));
  for (const auto& [note, count] : said) text += fmt::format("  In {} of {} settings {}.\n", count, tuned.size(), note);
  return text;
}

}  // namespace tightrope::cli
