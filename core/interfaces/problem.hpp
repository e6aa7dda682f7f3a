// A whole objective that is not low-rank sensing.
#pragma once

#include <span>
#include <vector>

#include "core/interfaces/column.hpp"
#include "core/interfaces/space.hpp"

namespace tightrope {

struct Iterate;

/// f(p) = Σ_i f_i(p) over samples i, such as an error of each sample, and the space that p lies in. Operator,
/// model and loss are absent; first-order methods run on it unchanged.
class Problem : public Space {
 public:
  static constexpr const char* kind = "problems";

  /// Number of terms of the sum, of which minibatches take consecutive ones; 0: f is no sum, and there are none.
  virtual Index samples() const { return 0; }
  /// Σ f_i(p) over the samples of `rows`, all of which exist. With a gradient, its wanted blocks are set to that of the
  /// sum; it comes in the shape of p and zeroed. The penalty is not part of it.
  virtual Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const = 0;

  /// Columns that this problem records at every iteration, and their values at a completed iterate; NaN where one is
  /// not defined.
  virtual std::vector<Column> columns() const { return {}; }
  virtual void observe(const Iterate& /*at*/, std::span<Real> /*values*/) const {}
};

}  // namespace tightrope
