// Sparse gross errors: a share p of the measurements, drawn at random, is spoilt by s·ξ_i, which is added to them or
// takes their place. Li, Zhu, So & Vidal (SIAM J. Optim. 30, 2020): exactly p m of them, ξ normal, s = 10. Tong, Ma &
// Chi (IEEE Trans. Signal Process. 69, 2021): each with probability p, ξ uniform on [−1, 1], s = 10 ‖A(X*)‖_∞, a size
// that Giampouras, Cai & Vidal (ICML 2025) share.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SparseOutliers final : public Noise {
 public:
  struct Options {
    Real fraction = 0, scale = 10;
    std::string selection = "exact", law = "gaussian", relative_to = "root_mean_square";
    bool replace = false;
    void declare(Parameters& p) {
      p.add("fraction", fraction, between(0, 1), "share p of the measurements that are outliers")
          .required()
          .example("0.1");
      p.add("selection", selection, {"exact", "bernoulli"},
            "exact: the p m measurements are drawn without replacement; bernoulli: each one by itself, with "
            "probability p");
      p.add("law", law, {"gaussian", "uniform", "sign"},
            "ξ: normal, of standard deviation 1; uniform on [−1, 1]; −1 or 1");
      p.add("scale", scale, above(0), "s, in the unit that relative_to says");
      p.add("relative_to", relative_to, {"root_mean_square", "largest", "nothing"},
            "unit of the scale: root mean square, or largest modulus, of the exact measurements; or 1");
      p.add("replace", replace, "whether outliers replace the measurement and the noises before them in the list");
    }
  };
  SparseOutliers(const Options& options, const Context& context)
      : options_(options), places_(context.stream.child("places")), values_(context.stream.child("values")) {}

  void disturb(Index first, const Signal& signal, std::span<const Real>, std::span<Real> data) const override {
    const Real s = options_.scale * unit(signal);
    for (const Index i : spoilt({first, data.size()}, signal.measurements)) {
      Real& y = data[i - first];
      y = (options_.replace ? 0 : y) + s * value(i);
    }
  }
  std::vector<Index> outliers(Index measurements) const override { return spoilt({0, measurements}, measurements); }

 private:
  std::vector<Index> spoilt(Rows rows, Index measurements) const {
    std::vector<Index> found;
    if (options_.selection == "bernoulli") {
      for (Index i = rows.first; i < rows.end(); ++i)
        if (places_.uniform(i) < options_.fraction) found.push_back(i);
      return found;
    }
    const auto count = static_cast<Index>(std::round(options_.fraction * static_cast<Real>(measurements)));
    for (const Index i : places_.sample(measurements, count))
      if (i >= rows.first && i < rows.end()) found.push_back(i);
    return found;
  }
  Real value(Index i) const {
    if (options_.law == "gaussian") return values_.normal(i);
    const Real u = 2 * values_.uniform(i) - 1;
    return options_.law == "uniform" ? u : std::copysign(1, u);
  }
  Real unit(const Signal& signal) const {
    if (options_.relative_to == "nothing") return 1;
    const Real unit = options_.relative_to == "largest" ? signal.largest : std::sqrt(signal.power);
    if (unit == 0) throw Unsuitable("has a scale relative to the exact measurements, but these are all zero");
    if (std::isnan(unit)) throw Unsuitable("needs the largest of all measurements, but they are made batch by batch");
    return unit;
  }

  Options options_;
  Stream places_, values_;
};

}  // namespace

TIGHTROPE_PLUGIN(Noise, SparseOutliers, "sparse_outliers", "gross errors in a share of the measurements",
                 "li2020, tong2021robust")
