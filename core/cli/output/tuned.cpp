// Tuned values in words.
#include <fmt/format.h>

#include "core/base/text/word_list.hpp"
#include "core/cli/verb.hpp"
#include "core/report/text.hpp"

namespace tightrope::cli {

namespace {

constexpr std::size_t most_lines = 12;
constexpr std::size_t most_names = 8;  // of settings in one sentence

std::string name_of(const Labels& labels) { return labels.empty() ? "the runs" : in_words(labels); }

struct Share {
  std::vector<std::pair<std::string, Index>> values;  // with the number of settings that got them
  Index settings = 0, trials = 0, iterations = 0, passes = 0;
};

}  // namespace

std::string tuned_lines(const std::vector<Tuned>& tuned) {
  std::string text;
  const auto cost = [](Index trials, Index iterations, Index passes) {
    return fmt::format("{}, {}, {}", counted(trials, "trial"), counted(iterations, "iteration"),
                       counted(passes, "pass"));
  };
  if (tuned.size() <= most_lines) {
    for (const Tuned& one : tuned)
      text += fmt::format("  {}: {} ({}){}\n", name_of(one.labels), one.text(),
                          cost(one.trials, one.iterations, one.passes), one.note.empty() ? "" : "; " + one.note);
    return text;
  }
  std::map<std::pair<std::string, std::string>, Share> methods;  // method, path
  std::map<std::string, std::vector<std::string>> noted;         // settings
  for (const Tuned& one : tuned) {
    const auto method = one.labels.find("method");
    Share& share = methods[{method == one.labels.end() ? "" : method->second, one.path}];
    const std::string value = one.value_text();
    auto known = std::ranges::find_if(share.values, [&](const auto& v) { return v.first == value; });
    if (known == share.values.end()) known = share.values.insert(known, {value, 0});
    ++known->second;
    ++share.settings;
    share.trials += one.trials;
    share.iterations += one.iterations;
    share.passes += one.passes;
    if (!one.note.empty()) noted[one.note].push_back(name_of(one.labels));
  }
  for (const auto& [who, share] : methods) {
    const std::string values =
        list_of(share.values, [](const auto& chosen) { return fmt::format("{} in {}", chosen.first, chosen.second); });
    text += fmt::format("  {}: {} {} of {} settings ({})\n", who.first.empty() ? "the runs" : who.first, who.second,
                        values, share.settings, cost(share.trials, share.iterations, share.passes));
  }
  for (auto& [note, settings] : noted) {
    const std::size_t count = settings.size();
    if (count > most_names) settings.resize(most_names);
    text += fmt::format("  In {} of {} settings {}: {}{}.\n", count, tuned.size(), note, fmt::join(settings, "; "),
                        count > most_names ? fmt::format("; and {} more, which run.json has", count - most_names) : "");
  }
  return text;
}

}  // namespace tightrope::cli
