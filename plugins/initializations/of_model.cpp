// The start that the model, or a problem that is not sensing, brings itself.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class OfModel final : public Initialization {
 public:
  using Options = NoOptions;
  OfModel(const Options&, const Context& context) : point_(context.space().start()) {}

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, OfModel, "of_model", "the start that the model or the problem brings itself")
