// A sparse vector x* ∈ R^n as a matrix n × 1: s entries at random places, uniform in a range and, if wanted, with
// random signs; all others are 0.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class SparseVector final : public Target {
 public:
  struct Options {
    Index sparsity = 0;
    Real smallest = 0.5, largest = 1.5;
    bool is_signed = false;
    void declare(Parameters& p) {
      p.add("sparsity", sparsity, at_least(1), "s, number of entries that are not 0").required().example("2");
      p.add("smallest", smallest, above(0), "least magnitude of these entries");
      p.add("largest", largest, above(0), "greatest magnitude");
      p.add("signed", is_signed, "entries have random signs; else they are positive");
    }
  };
  SparseVector(const Options& o, const Context& context)
      : X_(context.shape.rows, context.shape.cols, arma::fill::zeros) {
    if (X_.is_empty()) throw Unsuitable("needs to know the shape; add shape: [rows, 1] to the problem");
    if (o.sparsity > X_.n_elem)
      throw Unsuitable("needs at most as many entries as there are, but is to have " + std::to_string(o.sparsity) +
                       " of " + std::to_string(X_.n_elem));
    if (o.largest < o.smallest) throw Unsuitable("needs a 'largest' that is not below 'smallest'");
    const Stream sizes = context.stream.child("sizes"), signs = context.stream.child("signs");
    for (const Index i : context.stream.child("support").sample(X_.n_elem, o.sparsity)) {
      X_[i] = o.smallest + sizes.uniform(i) * (o.largest - o.smallest);
      if (o.is_signed && signs.uniform(i) < 0.5) X_[i] = -X_[i];
    }
  }

  LowRank matrix() const override { return {X_, arma::eye(X_.n_cols, X_.n_cols)}; }
  Index rank() const override { return arma::rank(X_); }

 private:
  Mat X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, SparseVector, "sparse_vector", "a vector with few entries that are not 0, at random places")
