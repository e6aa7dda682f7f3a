// A stationary point of f = ½‖X − X*‖_F² in the factors, or one close by: X is the sum of some of the truth's singular
// triples (of its eigenpairs with positive eigenvalues, for semidefinite models), and what is left out is orthogonal to
// the factors. All of these are strict saddles but the one with the k leading triples (Baldi & Hornik, Neural Networks
// 2, 1989; as equilibria of the flow: Mohammadi et al., arXiv:2411.15972, 2024).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class StationaryPoint final : public Initialization {
 public:
  struct Options {
    std::vector<Index> triples;
    Real noise = 0;
    void declare(Parameters& p) {
      p.add("triples", triples, at_least(1), "which triples, counted from the largest, 1; none for the origin");
      p.add("noise", noise, at_least(0), "standard deviation of what is added to each entry of the factors");
    }
  };
  StationaryPoint(const Options& options, const Context& context) {
    const Truth& truth = context.truth();
    const bool is_semidefinite = context.model().is_semidefinite();
    const Svd all = is_semidefinite ? positive_part(truth.X, context.shape.rows) : truth.svd;
    const Index there = all.values.n_elem, kept = options.triples.size(), k = context.model().rank();
    if (kept > k) throw Unsuitable("needs a factorization rank for all of its triples");
    Svd some{arma::zeros(truth.X.rows(), k), Vec(k, arma::fill::zeros), arma::zeros(truth.X.cols(), k)};
    for (Index i = 0; i < kept; ++i) {
      const Index from = options.triples[i] - 1;
      if (from >= there)
        throw Unsuitable("asks for triple " + std::to_string(from + 1) + ", but there are " + std::to_string(there));
      some.left.col(i) = all.left.col(from);
      some.right.col(i) = all.right.col(from);
      some.values[i] = all.values[from];
    }
    point_ = context.model().from_svd(some);
    const std::vector<Block> blocks = context.model().blocks();
    for (Index b = 0; b < blocks.size(); ++b)
      point_[b] += options.noise * context.stream.child(blocks[b].name).normal_matrix(blocks[b].rows, blocks[b].cols);
  }

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, StationaryPoint, "stationary_point", "a saddle, or the neighbourhood of one",
                 "baldi1989, mohammadi2024")
