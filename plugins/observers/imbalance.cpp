// ‖VᵀV − WᵀW‖: zero for balanced factors. Gradient flow conserves VᵀV − WᵀW, gradient descent nearly so, which is why a
// small start stays balanced without any regularization (Soltanolkotabi, Stöger & Xie, COLT 2023).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Imbalance final : public Observer {
 public:
  struct Options {
    std::string norm = "spectral";
    void declare(Parameters& p) { p.add("norm", norm, {"spectral", "frobenius"}, "norm of VᵀV − WᵀW"); }
  };
  Imbalance(const Options& options, const Context& context) : spectral_(options.norm == "spectral") {
    const std::vector<Block> blocks = context.model().blocks();
    if (blocks.size() != 2 || blocks[0].cols != blocks[1].cols)
      throw Unsuitable("needs a model with two factors of equally many columns");
  }

  std::vector<Column> columns() const override { return {{"imbalance", "‖VᵀV − WᵀW‖", 40, true}}; }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Mat &V = seen.iterate.point[0], &W = seen.iterate.point[1];
    const Mat B = V.t() * V - W.t() * W;
    values[0] = spectral_ ? spectral_norm(B) : frobenius_norm(B);
  }

 private:
  bool spectral_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, Imbalance, "imbalance", "how far the two factors are from balance", "soltanolkotabi2023")
