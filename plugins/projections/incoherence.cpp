// Incoherent factors: groups of s rows of the left factor, and single rows of the right one, in balls around 0 with the
// radius that they have at the spectral start M⁰ = U Σ Vᴴ,
//   c · max(max_a ‖U_a‖_F, max_b ‖V_b‖) √σ_1,
// a set that is convex and holds the balanced factors of matrices as incoherent as M⁰ (matrix completion: Chen &
// Wainwright, arXiv 1509.03025, 2015; with s channels of a blind super-resolution: Mao & Chen, IEEE TSP 70, 2022).
#include "plugins/shared/block_hankel.hpp"

namespace {

using namespace tightrope;

class Incoherence final : public Projection {
 public:
  struct Options {
    Index channels = 1;
    Real factor = 1;
    void declare(Parameters& p) {
      p.add("channels", channels, at_least(1), "s, rows of the left factor that lie in a ball together");
      p.add("factor", factor, above(0), "c, multiplies the radius");
    }
  };
  Incoherence(const Options& options, const Context& context) : channels_(options.channels) {
    const Factors start = SpectralStart().point(context, context.data());
    if (start.size() != 2 || start[0].n_rows % channels_ != 0)
      throw Unsuitable("needs a model of two factors, the left one of a multiple of channels rows");
    LowRank X;
    context.model().expand(start, X);
    Svd top = svd(X);
    if (2 * start[0].n_rows == X.rows()) {  // real and imaginary parts, one above the other
      const ComplexSvd Z = complex_svd(X, start[0].n_cols / 2);
      top = {side_by_side(Z.U), Z.sigma, side_by_side(Z.V)};
    }
    const Real largest = std::max(lengths(top.left, channels_).max(), lengths(top.right, 1).max());
    radius_ = options.factor * largest * std::sqrt(top.values[0]);
  }

  void project(Factors& point) const override {
    for (Index b = 0; b < 2; ++b) {
      const Index together = b == 0 ? channels_ : 1;
      const Vec found = lengths(point[b], together);
      for (Index a = 0; a < found.n_elem; ++a)
        if (found[a] > radius_) point[b].rows(a * together, (a + 1) * together - 1) *= radius_ / found[a];
    }
  }

 private:
  /// ‖·‖_F of so many rows after so many.
  static Vec lengths(const Mat& F, Index together) {
    const Vec squares = arma::sum(F % F, 1);
    return arma::sqrt(arma::sum(arma::reshape(squares, together, F.n_rows / together), 0)).t();
  }

  Index channels_;
  Real radius_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Projection, Incoherence, "incoherence", "rows of the factors in balls of the spectral start's radius",
                 "chen2015, mao2022, li2024")
