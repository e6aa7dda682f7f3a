// Two columns with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Observer {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{}, "forgotten, infinite, too_many");
    }
  };
  Wrong(const Options& options, const Context&) : mistake_(options.mistake) {}

  std::vector<Column> columns() const override {
    return {{"wrong_value", "value of f", 0, true}, {"wrong_norm", "norm of the gradient", 0, true}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = mistake_ == "infinite" ? arma::datum::inf : seen.iterate.value;
    if (mistake_ != "forgotten") values[1] = norm(seen.iterate.gradient);
    if (mistake_ == "too_many") values.data()[values.size()] = 1;
  }

 private:
  std::string mistake_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, Wrong, "wrong", "an observer with a mistake, for tests")
