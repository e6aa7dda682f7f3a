// Measurements in the order of minibatches that were drawn at random.
#pragma once

#include <memory>

#include "core/interfaces/measurement_operator.hpp"
#include "core/numbers/streams.hpp"

namespace tightrope {

/// The measurements of `whole`, dealt out at random to batches of `size`, the last of which may be smaller: first those
/// of the first batch, in their order, then those of the second, and so on. Each batch is a restriction of its own, so
/// that a pass over one costs what it touches. For operators whose restrictions are copies: single entries.
std::shared_ptr<const MeasurementOperator> shuffled(std::shared_ptr<const MeasurementOperator> whole, Index size,
                                                    const Stream& stream);

}  // namespace tightrope
