// The one header that a plugin includes.
#pragma once

#include "core/interfaces/dense_operator.hpp"
#include "core/interfaces/factorization_model.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/loss.hpp"
#include "core/interfaces/measurement_operator.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/objective.hpp"
#include "core/interfaces/observer.hpp"
#include "core/interfaces/optimizer.hpp"
#include "core/interfaces/sensing.hpp"
#include "core/interfaces/step_size.hpp"
#include "core/interfaces/target.hpp"
#include "core/numbers/eigen.hpp"
#include "core/numbers/gram.hpp"
#include "core/numbers/recovery.hpp"
#include "core/plugin/manifest.hpp"
#include "core/store/arrays.hpp"

namespace tightrope {

/// Options of a plugin without parameters.
struct NoOptions {
  void declare(Parameters&) {}
};

/// Class: has `struct Options { …; void declare(Parameters&); }` and a constructor (const Options&, const Context&).
template <class Class>
class MakerOf final : public Maker {
 public:
  void declare(Parameters& parameters) override { options_.declare(parameters); }
  std::shared_ptr<const Component> make(const Context& context) const override {
    return std::make_shared<const Class>(options_, context);
  }

 private:
  typename Class::Options options_;
};

}  // namespace tightrope

/// Defines a plugin's entry point. `Interface` is the abstract class, `Class` the implementation, `name` the file's
/// stem and the name in YAML, `summary` one line for `list`.
#define TIGHTROPE_PLUGIN(Interface, Class, name, summary)                                                     \
  extern "C" __attribute__((visibility("default"))) const tightrope::Manifest* tightrope_plugin() {           \
    static_assert(std::is_base_of_v<tightrope::Interface, Class>, #Class " must be a " #Interface);           \
    static const tightrope::Manifest manifest{                                                                \
        tightrope::manifest_magic,                                                                            \
        tightrope::manifest_version,                                                                          \
        sizeof(tightrope::Manifest),                                                                          \
        TIGHTROPE_HEADER_DIGEST,                                                                              \
        TIGHTROPE_BUILD_FACTS,                                                                                \
        tightrope::Interface::kind,                                                                           \
        name,                                                                                                 \
        summary,                                                                                              \
        []() -> std::unique_ptr<tightrope::Maker> { return std::make_unique<tightrope::MakerOf<Class>>(); }}; \
    return &manifest;                                                                                         \
  }
