// ‖p_1‖_F² − ‖p_2‖_F², … of neighbouring blocks: what gradient flow conserves where f depends on a product of the
// blocks alone, or is as homogeneous in one of them as in the next (Du, Hu & Lee, NeurIPS 2018, Corollary 2.1).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class NormImbalance final : public Observer {
 public:
  using Options = NoOptions;
  NormImbalance(const Options&, const Context& context) : blocks_(context.space().blocks()) {
    if (blocks_.size() < 2) throw Unsuitable("needs at least two blocks to compare");
  }
  std::vector<Column> columns() const override {
    std::vector<Column> all;
    for (Index b = 0; b + 1 < blocks_.size(); ++b)
      all.push_back({"norm_imbalance_" + blocks_[b].name + "_" + blocks_[b + 1].name,
                     "‖" + blocks_[b].name + "‖_F² − ‖" + blocks_[b + 1].name + "‖_F²", 0, false});
    return all;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Factors& point = seen.iterate.point;
    for (Index b = 0; b + 1 < point.size(); ++b)
      values[b] = arma::dot(point[b], point[b]) - arma::dot(point[b + 1], point[b + 1]);
  }

 private:
  std::vector<Block> blocks_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, NormImbalance, "norm_imbalance", "differences of the squared norms of neighbouring blocks",
                 "du2018")
