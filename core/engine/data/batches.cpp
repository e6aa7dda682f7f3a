#include "core/engine/data/batches.hpp"

#include <numeric>
#include <utility>

namespace tightrope {

namespace {

/// A whole number below n.
Index below(Index n, Real uniform) { return std::min(n - 1, static_cast<Index>(uniform * static_cast<Real>(n))); }

}  // namespace

Index Batches::batch_of(Index iteration) const {
  const Index n = count(), epoch = iteration / n;
  switch (rule_.order) {
    case BatchRule::Order::in_turn:
      return iteration % n;
    case BatchRule::Order::random:
      return below(n, stream_.uniform(iteration));
    case BatchRule::Order::shuffled:
      break;
  }
  if (order_.empty() || epoch != epoch_) {
    // Fisher and Yates, with n numbers of the stream for each epoch.
    order_.resize(n);
    std::iota(order_.begin(), order_.end(), Index{0});
    for (Index i = n; i-- > 1;) std::swap(order_[i], order_[below(i + 1, stream_.uniform(epoch * n + i))]);
    epoch_ = epoch;
  }
  return order_[iteration % n];
}

Rows Batches::rows_of(Index iteration) const {
  return Rows{batch_of(iteration) * rule_.size, rule_.size}.within(measurements_);
}

}  // namespace tightrope
