// A small random matrix for each iteration, with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Perturbation {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{}, "count: it depends on how often it was asked; shape, nan");
    }
  };
  Wrong(const Options& options, const Context& context)
      : mistake_(options.mistake), shape_(context.shape), stream_(context.stream) {}

  Mat matrix(Index iteration) const override {
    if (mistake_ == "count") iteration = calls_++;
    Mat E = 0.01 * stream_.child(std::to_string(iteration)).normal_matrix(shape_.rows, shape_.cols);
    if (mistake_ == "shape") E = E.t();
    if (mistake_ == "nan") E(0, 0) = arma::datum::nan;
    return E;
  }

 private:
  std::string mistake_;
  Shape shape_;
  Stream stream_;
  mutable Index calls_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Perturbation, Wrong, "wrong", "a random matrix with a mistake, for tests")
