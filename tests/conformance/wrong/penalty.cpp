// Half the squared Frobenius norm, with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Penalty {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "gradient: twice the right one; overwrites: it is not added; factors: of the pair and not of X; shape; "
            "flat: it reads a "
            "second row");
    }
  };
  Wrong(const Options& options, const Context&) : mistake_(options.mistake) {}

  Real add(const LowRank& X, LowRank* gradient) const override {
    const Mat LL = X.left.t() * X.left, RR = X.right.t() * X.right;
    if (mistake_ == "flat" && X.rows() < 2) throw std::out_of_range("there is no second row");
    const bool is_of_factors = mistake_ == "factors";
    if (gradient) {
      if (mistake_ == "overwrites") gradient->left.zeros();
      const Real factor = mistake_ == "gradient" ? 2 : 1;
      gradient->left += factor * (is_of_factors ? X.left : Mat(X.left * RR));
      gradient->right += factor * (is_of_factors ? X.right : Mat(X.right * LL));
      if (mistake_ == "shape") gradient->left = gradient->left.t();
    }
    return is_of_factors ? (arma::trace(LL) + arma::trace(RR)) / 2 : arma::dot(LL, RR) / 2;
  }

 private:
  std::string mistake_;
};

}  // namespace

TIGHTROPE_PLUGIN(Penalty, Wrong, "wrong", "a squared norm with a mistake, for tests")
