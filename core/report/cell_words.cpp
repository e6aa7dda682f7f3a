#include "core/report/cell_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/report/text.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most_listed = 5;

Real value_of(const Node* metrics, const std::string& column) {
  const Node* node = metrics && metrics->is_map() ? metrics->find(column) : nullptr;
  return node ? to_real(*node).value_or(std::nan("")) : std::nan("");
}

}  // namespace

std::optional<Index> kept_iteration(const StoredCell& cell) {
  const Node* node = cell.kept && cell.kept->is_map() ? cell.kept->find("iteration") : nullptr;
  return node ? to_index(*node) : std::nullopt;
}

std::string kept_in_words(const StoredCell& cell) {
  const auto iteration = kept_iteration(cell);
  const Node* const column = iteration ? cell.kept->find("column") : nullptr;
  if (!column) return "";
  const Node* const metrics = cell.kept->find("metrics");
  std::vector<Column> others = cell.trace.columns;
  std::erase_if(others, [&](const Column& other) {
    return other.name == column->scalar || other.display_priority <= 0 || std::isnan(value_of(metrics, other.name));
  });
  std::stable_sort(others.begin(), others.end(),
                   [](const Column& a, const Column& b) { return a.display_priority > b.display_priority; });
  std::string text = fmt::format("iteration {}, where {} is smallest ({})", *iteration, column->scalar,
                                 number(value_of(metrics, column->scalar)));
  for (std::size_t i = 0; i < others.size(); ++i)
    text += fmt::format("{} {} {}", i ? "," : ":", others[i].name, number(value_of(metrics, others[i].name)));
  return text;
}

std::string marks_in_words(const Trace& trace) {
  std::vector<std::string> words;
  std::map<std::string, std::vector<Index>> iterations;
  for (const TraceMark& mark : trace.marks) {
    if (iterations.count(mark.word) == 0) words.push_back(mark.word);
    iterations[mark.word].push_back(mark.iteration);
  }
  std::string text;
  for (const std::string& word : words) {
    const std::vector<Index>& at = iterations[word];
    text += fmt::format("{}{} at ", text.empty() ? "" : "; ", word);
    if (at.size() == 1)
      text += fmt::format("iteration {}", at.front());
    else if (at.size() > most_listed)
      text += fmt::format("{} iterations from {} to {}", at.size(), at.front(), at.back());
    else
      text += fmt::format("iterations {} and {}", fmt::join(at.begin(), at.end() - 1, ", "), at.back());
  }
  return text;
}

}  // namespace tightrope
