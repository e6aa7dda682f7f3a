// Which measurements an iteration sees.
#pragma once

#include <vector>

#include "core/numbers/streams.hpp"

namespace tightrope {

/// The `batch:` section.
struct BatchRule {
  enum class Order { in_turn, shuffled, random };
  Index size = 0;
  Order order = Order::in_turn;
  bool is_uniform = false;  // batches were drawn at random, before they were numbered
};

/// Cuts m measurements into batches of consecutive ones, the last of which may be smaller, and gives each iteration one
/// of them: one after another, in a new order in every epoch, or at random. The sum over a batch times the number of
/// batches is an unbiased estimate of the whole sum. For one thread.
class Batches {
 public:
  Batches(Index measurements, BatchRule rule, Stream stream)
      : measurements_(measurements), rule_(rule), stream_(std::move(stream)) {}

  Index count() const { return (measurements_ + rule_.size - 1) / rule_.size; }
  /// A pure function of the iteration, the rule and the stream.
  Rows rows_of(Index iteration) const;

 private:
  Index batch_of(Index iteration) const;

  Index measurements_;
  BatchRule rule_;
  Stream stream_;
  mutable Index epoch_ = 0;
  mutable std::vector<Index> order_;  // of the batches in that epoch
};

}  // namespace tightrope
