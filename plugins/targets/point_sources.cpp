// The lift of a signal of point sources, X* = Σ_k c_k h_k a(f_k)ᵀ ∈ C^{s×n} with a(f)_t = e^{−2πi⟨f, t⟩}: the complex
// matrix ℋ(X*) = Σ_k c_k (h_k ⊗ a₁(f_k)) a₂(f_k)ᵀ of rank r, where a₁ and a₂ are a on the two grids of the lift (Li,
// Cui & Zhang, IEEE TSP 72, 2024). The h_k are random unit vectors, or all the same; the frequencies are uniform, drawn
// again until they are apart; the c_k have random phases and magnitudes 1 + 10^{u·range/20} with uniform u, or from 1
// to a given κ.
#include "plugins/shared/block_hankel.hpp"

namespace {

using namespace tightrope;

struct SourceOptions : HankelOptions {
  Index sources = 0;
  Real separation = 0, dynamic_range = 20;
  std::optional<Real> condition;
  bool common = false;
  std::string normalize = "none";
  void declare(Parameters& p) {
    p.add("sources", sources, at_least(1), "r, number of point sources").required().example("2");
    HankelOptions::declare(p);
    p.add("separation", separation, Range{0, 0.5, false, true},
          "least distance of two frequencies in each direction, around the circle");
    p.add("dynamic_range", dynamic_range, at_least(0), "of the magnitudes 1 + 10^{u·range/20}, u uniform").unit("dB");
    p.add("condition", condition, at_least(1), "κ: magnitudes from 1 to κ, evenly spaced, instead");
    p.add("normalize", normalize, {"none", "spectral"}, "spectral: divide by the largest singular value of the lift");
    p.add("common", common, "all sources have the same h");
  }
};

class PointSources final : public Target {
 public:
  using Options = SourceOptions;
  PointSources(const Options& options, const Context& context) : rank_(2 * options.sources) {
    const BlockHankel lift = options.lift(context.shape);
    const Index r = options.sources, s = options.channels;
    const Mat f = frequencies(options, context.stream.child("frequencies"));
    const Stream amplitudes = context.stream.child("amplitudes"), channels = context.stream.child("channels");
    ComplexMat L(lift.rows(), r), R(lift.cols(), r);
    for (Index k = 0; k < r; ++k) {
      const Real even = r > 1 ? static_cast<Real>(k) / static_cast<Real>(r - 1) : 0;
      const Real size = options.condition ? 1 + even * (*options.condition - 1)
                                          : 1 + std::pow(10, options.dynamic_range / 20 * amplitudes.uniform(2 * k));
      const Vec h = arma::normalise(Vec(channels.child(std::to_string(options.common ? 0 : k)).normal_matrix(s, 1)));
      const auto c = std::polar(size, -arma::datum::tau * amplitudes.uniform(2 * k + 1));
      L.col(k) = c * arma::kron(lift.wave(f.col(k), false), as_complex(h));
      R.col(k) = arma::conj(lift.wave(f.col(k), true));
    }
    X_ = {left_of_pair(side_by_side(L)), side_by_side(R)};
    if (options.normalize == "spectral") X_.left /= complex_svd(X_, 1).sigma[0];
  }

  LowRank matrix() const override { return X_; }
  Index rank() const override { return rank_; }

 private:
  static Mat frequencies(const Options& options, const Stream& stream) {
    constexpr Index most_draws = 100000;
    const Index r = options.sources, dimensions = options.points.size() == 2 ? 2 : 1;
    for (Index draw = 0; draw < most_draws; ++draw) {
      Mat f(dimensions, r);
      stream.fill_uniform(draw * f.n_elem, {f.memptr(), f.n_elem});
      if (distance(f) >= options.separation) return f;
    }
    throw Unsuitable("finds no " + std::to_string(r) + " frequencies that are so far apart; take a smaller separation");
  }
  /// The smallest between two columns, in the direction in which they are farther apart.
  static Real distance(const Mat& f) {
    Real smallest = 1;
    for (Index i = 0; i < f.n_cols; ++i)
      for (Index j = 0; j < i; ++j) smallest = std::min(smallest, wrapped_distance(f.col(i), f.col(j)));
    return smallest;
  }

  Index rank_;
  LowRank X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, PointSources, "point_sources", "the lift of a signal of point sources", "li2024")
