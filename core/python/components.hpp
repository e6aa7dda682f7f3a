// What stands in the engine for a script of each kind.
#pragma once

#include <memory>

#include "core/python/instance.hpp"

namespace tightrope::python {

using SharedInstance = std::shared_ptr<const Instance>;

// With the lock.
std::shared_ptr<const Component> optimizer_of(SharedInstance script);
std::shared_ptr<const Component> loss_of(SharedInstance script);
std::shared_ptr<const Component> operator_of(SharedInstance script, Shape shape);
std::shared_ptr<const Component> observer_of(SharedInstance script);

/// The arguments that functions of optimizers and observers can ask for of an iterate; nothing for other names.
py::object argument_of(const Iterate& at, const std::string& name, Call& call);

}  // namespace tightrope::python
