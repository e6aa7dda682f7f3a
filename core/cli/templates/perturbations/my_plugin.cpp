// Noise in the gradient with respect to X that dies out: E_t = ξ q^t N_t/√(n1 n2) with standard normal N_t. Put your
// disturbance here, with its source.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class MyPlugin final : public Perturbation {
 public:
  // The parameters of the config. A required one has no default; its example is what templates and tests use.
  struct Options {
    Real size = 0, decay = 0.9;
    void declare(Parameters& p) {
      p.add("size", size, at_least(0), "ξ, the norm of E_0, about").required().example("1e-3");
      p.add("decay", decay, above_at_most(0, 1), "q, by which it falls in each iteration");
    }
  };
  MyPlugin(const Options& options, const Context& context)
      : options_(options), shape_(context.shape), stream_(context.stream) {}

  // E_t, n1 × n2: a pure function of the iteration. Element i of a stream is always the same number, so that each
  // iteration takes a piece of its own.
  Mat matrix(Index iteration) const override {
    Mat N(shape_.rows, shape_.cols);
    stream_.fill_normal(iteration * N.n_elem, {N.memptr(), N.n_elem});
    const Real size = options_.size * std::pow(options_.decay, static_cast<Real>(iteration));
    return size / std::sqrt(static_cast<Real>(N.n_elem)) * N;
  }

 private:
  Options options_;
  Shape shape_;
  Stream stream_;
};

}  // namespace

TIGHTROPE_PLUGIN(Perturbation, MyPlugin, "my_plugin", "noise in the gradient that dies out")
