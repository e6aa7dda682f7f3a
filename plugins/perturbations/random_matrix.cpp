// E_t = ξ G_t/‖G_t‖ with standard normal G_t, in the gradient with respect to X: what stands in perturbed gradient flow
// for errors of sensing, discretisation and noise alike (Wind, arXiv:2309.01796, 2023, with ‖E_t‖₂ ≤ ξ).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class RandomMatrix final : public Perturbation {
 public:
  struct Options {
    Real norm = 0;
    std::string measure = "spectral";
    bool redrawn = false;
    void declare(Parameters& p) {
      p.add("norm", norm, at_least(0), "the norm ξ of every E_t").required().example("1e-3");
      p.add("measure", measure, {"spectral", "frobenius"}, "which norm");
      p.add("redrawn", redrawn, "whether every iteration has a matrix of its own; else all have the same one");
    }
  };
  RandomMatrix(const Options& options, const Context& context)
      : options_(options), shape_(context.shape), stream_(context.stream), first_(drawn(0)) {}

  Mat matrix(Index iteration) const override { return options_.redrawn ? drawn(iteration) : first_; }

 private:
  Mat drawn(Index iteration) const {
    Mat G(shape_.rows, shape_.cols);
    stream_.fill_normal(iteration * G.n_elem, {G.memptr(), G.n_elem});
    return options_.norm / (options_.measure == "spectral" ? spectral_norm(G) : frobenius_norm(G)) * G;
  }

  Options options_;
  Shape shape_;
  Stream stream_;
  Mat first_;
};

}  // namespace

TIGHTROPE_PLUGIN(Perturbation, RandomMatrix, "random_matrix", "a random matrix of given norm, fixed or drawn anew",
                 "wind2023")
