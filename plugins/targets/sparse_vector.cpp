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
  SparseVector(const Options& o, const Context& context) : x_(context.shape.rows, 1, arma::fill::zeros) {
    if (context.shape.entries() == 0) throw Unsuitable("needs to know the shape; add shape: [rows, 1] to the problem");
    if (context.shape.cols != 1)
      throw Unsuitable("needs a problem with one column, but this one has " + std::to_string(context.shape.cols));
    if (o.sparsity > x_.n_rows)
      throw Unsuitable("needs at most as many entries as there are, but is to have " + std::to_string(o.sparsity) +
                       " of " + std::to_string(x_.n_rows));
    if (o.largest < o.smallest) throw Unsuitable("needs a 'largest' that is not below 'smallest'");
    const Stream sizes = context.stream.child("sizes"), signs = context.stream.child("signs");
    for (const Index i : context.stream.child("support").sample(x_.n_rows, o.sparsity)) {
      x_[i] = o.smallest + sizes.uniform(i) * (o.largest - o.smallest);
      if (o.is_signed && signs.uniform(i) < 0.5) x_[i] = -x_[i];
    }
  }

  LowRank matrix() const override { return {x_, Mat(1, 1, arma::fill::ones)}; }
  Index rank() const override { return 1; }

 private:
  Mat x_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, SparseVector, "sparse_vector", "a vector with few entries that are not 0, at random places")
