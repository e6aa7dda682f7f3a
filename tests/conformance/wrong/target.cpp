// A random matrix of rank 2 with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Target {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "shape, rank, nan, unsuitable, object: another one each time; asked: so is the matrix");
    }
  };
  Wrong(const Options& options, const Context& context) : mistake_(options.mistake), shape_(context.shape) {
    if (mistake_ == "unsuitable") throw Unsuitable("needs another problem");
    static Index objects = 0;
    const Stream stream = mistake_ == "object" ? context.stream.child(std::to_string(objects++)) : context.stream;
    X_ = {stream.child("left").normal_matrix(shape_.rows, 2), stream.child("right").normal_matrix(shape_.cols, 2)};
    if (mistake_ == "shape") std::swap(X_.left, X_.right);
    if (mistake_ == "nan") X_.left(0, 0) = arma::datum::nan;
  }

  LowRank matrix() const override {
    if (mistake_ == "asked") X_.left *= 2;
    return X_;
  }
  Index rank() const override { return mistake_ == "rank" ? 3 : 2; }

 private:
  std::string mistake_;
  Shape shape_;
  mutable LowRank X_;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, Wrong, "wrong", "a random matrix with a mistake, for tests")
