// Where a run starts.
#pragma once

#include "core/interfaces/component.hpp"
#include "core/numbers/factors.hpp"

namespace tightrope {

class Initialization : public Component {
 public:
  static constexpr const char* kind = "initializations";

  /// The point of iteration 0 for the model of the context that this was made from.
  virtual Factors start() const = 0;
};

}  // namespace tightrope
