#include "step.hpp"

namespace {

struct NothingMaker : Maker {
  void declare(Parameters&) override {}
  std::shared_ptr<const Component> make(const Context&) const override { return nullptr; }
  bool takes_step_size() const override { return false; }
};

}  // namespace

ENTRY_POINT {
  static Manifest manifest = manifest_of("makes_nothing");
  manifest.maker = []() -> std::unique_ptr<Maker> { return std::make_unique<NothingMaker>(); };
  return &manifest;
}
