// How much memory the process has asked for.
#pragma once

#include <cstdint>
#include <optional>

namespace tightrope {

struct Allocations {
  std::uint64_t count = 0, bytes = 0;
};

/// So far, of the thread that asks; nothing where nobody counts: only the process that tries plugins does
/// (core/conformance/process/count_allocations.cpp).
std::optional<Allocations> allocations_so_far();

}  // namespace tightrope
