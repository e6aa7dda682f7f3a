// A smooth matrix: X*_{ab} = Σ_j q^j u_j(a) v_j(b), j = 0 … r−1, with orthonormal cosines u_j and v_j: its singular
// values are 1, q, q², … Put your matrix here, with its source.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Target {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Index rank = 0;
    Real decay = 0.5;
    void declare(Parameters& p) {
      p.add("rank", rank, at_least(1), "rank r of X*").required().example("2");
      p.add("decay", decay, above_at_most(0, 1), "q, by which the singular values fall");
    }
  };
  // What does not suit a problem is refused in a sentence that goes on after the plugin's name.
  MyPlugin(const Options& options, const Context& context) : rank_(options.rank) {
    const Shape shape = context.shape;
    if (rank_ > std::min(shape.rows, shape.cols))
      throw Unsuitable("has a rank that exceeds the smaller side of the matrix");
    X_ = {cosines(shape.rows), cosines(shape.cols)};
    for (Index j = 0; j < rank_; ++j) X_.left.col(j) *= std::pow(options.decay, static_cast<Real>(j));
  }

  // X* = L Rᵀ, and how many of its singular values count as signal.
  LowRank matrix() const override { return X_; }
  Index rank() const override { return rank_; }

 private:
  /// Orthonormal columns cos(π j (a + ½)/n), those of the discrete cosine transform.
  Mat cosines(Index n) const {
    Mat C(n, rank_);
    for (Index j = 0; j < rank_; ++j)
      for (Index a = 0; a < n; ++a)
        C(a, j) =
            std::cos(arma::datum::pi * static_cast<Real>(j) * (static_cast<Real>(a) + 0.5) / static_cast<Real>(n)) *
            std::sqrt((j == 0 ? 1 : 2) / static_cast<Real>(n));
    return C;
  }

  Index rank_;
  LowRank X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, MyPlugin, "my_plugin", "a sum of cosines with geometric singular values")
