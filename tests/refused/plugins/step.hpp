// What the broken plugins have in common: a sound step size, a sound manifest, and a way to hand out a bad one.
#pragma once

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

/// Nothing is wrong with it: every case spoils one thing.
class Sound : public StepSize {
 public:
  using Options = NoOptions;
  Sound(const Options&, const Context&) {}
  Step choose(const Iterate&, const Factors&, Objective&, Memory&) const override { return 0.25; }
};

template <class Class = Sound>
[[maybe_unused]] Manifest manifest_of(const char* name) {
  return {manifest_magic,
          manifest_version,
          sizeof(Manifest),
          TIGHTROPE_HEADER_DIGEST,
          TIGHTROPE_BUILD_FACTS,
          StepSize::kind,
          name,
          "a plugin to be refused",
          []() -> std::unique_ptr<Maker> { return std::make_unique<MakerOf<Class>>(); }};
}

}  // namespace

#define ENTRY_POINT extern "C" __attribute__((visibility("default"))) const tightrope::Manifest* tightrope_plugin()
