// A plugin that is right, and whose parameters are not declared as they should be.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Undeclared final : public Perturbation {
 public:
  struct Options {
    Real weight = 0;
    void declare(Parameters& p) { p.add("weight", weight, any(), "").required(); }
  };
  Undeclared(const Options& options, const Context& context)
      : E_(options.weight * context.stream.normal_matrix(context.shape.rows, context.shape.cols)) {}

  Mat matrix(Index) const override { return E_; }

 private:
  Mat E_;
};

}  // namespace

TIGHTROPE_PLUGIN(Perturbation, Undeclared, "undeclared", "a plugin whose parameters say nothing, for tests")
