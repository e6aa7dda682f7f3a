#include "core/study/workers/workers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/limits.hpp"
#include "core/experiment/operator_size.hpp"

namespace tightrope {

constexpr std::uint64_t large_operator = 256U << 20;  // far beyond what caches hold
constexpr std::uint64_t bare_worker = 32U << 20;      // program, libraries, plugins, what a batch of lanes keeps

Workforce workforce(const std::vector<const CellSpec*>& cells, const StudyOptions& options, bool given,
                    unsigned all_threads, const std::shared_ptr<const Team>& team) {
  Workforce force{options.workers, options.threads, ""};
  if (options.workers == 1) return force;
  std::map<std::string, std::uint64_t> known;  // operators that differ in the seed alone are of one size
  std::uint64_t largest = 0;
  for (const CellSpec* cell : cells) {
    const std::string shape = cell->shape    ? fmt::format("{} {}", cell->shape->rows, cell->shape->cols)
                              : cell->target ? to_json(*cell->target->resolved, true)
                                             : "";
    const auto [found, is_new] = known.emplace(shape + (cell->problem ? "" : to_json(*cell->op.resolved, true)), 0);
    if (is_new) found->second = operator_bytes(*cell, team);
    largest = std::max(largest, found->second);
  }
  // Limits on address space hold for each process by itself.
  std::vector<MemoryLimit> limits = memory_limits();
  std::erase_if(limits, [](const MemoryLimit& one) { return one.address_space; });
  const MemoryLimit limit =
      *std::min_element(limits.begin(), limits.end(),
                        [](const MemoryLimit& one, const MemoryLimit& other) { return one.left() < other.left(); });
  const std::uint64_t fit = limit.left() / (largest + bare_worker);
  if (!given && largest >= large_operator) {
    force.workers = 1;
    force.reason = fmt::format("an operator takes {}, and copies of it would not pay", bytes_text(largest));
  } else if (fit < options.workers) {
    force.workers = static_cast<unsigned>(std::max<std::uint64_t>(1, fit));
    force.reason = fmt::format("each takes about {}, and {}", bytes_text(largest + bare_worker), limit.text());
  }
  if (const unsigned started = std::max(1U, startable_threads(force.workers)); started < force.workers) {
    force.workers = started;
    force.reason = process_limits();
  }
  force.threads = std::max(options.threads, all_threads / force.workers);
  return force;
}

}  // namespace tightrope
