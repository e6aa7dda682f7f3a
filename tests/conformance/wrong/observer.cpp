// Two columns with one mistake, for tests of the conformance suite.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public Observer {
 public:
  struct Options {
    std::string mistake = "none";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "forgotten, infinite, too_many, history, batch, theory: two columns are a theory of the same one; writes: "
            "into X; steers: it writes into the point");
    }
  };
  Wrong(const Options& options, const Context& context) : mistake_(options.mistake) { context.data(); }

  std::vector<Column> columns() const override {
    std::vector<Column> columns = {{"wrong_value", "value of f", 0, true},
                                   {"wrong_norm", "norm of the gradient", 0, true}};
    if (mistake_ == "theory")
      for (const char* name : {"one_theory", "other_theory"})
        columns.push_back({name, "predicted norm of the gradient", 0, true, "wrong_norm"});
    return columns;
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    values[0] = mistake_ == "infinite" ? arma::datum::inf : seen.iterate.value;
    if (mistake_ != "forgotten") values[1] = norm(seen.iterate.gradient);
    if (mistake_ == "batch" && seen.data->n_elem != 120) throw std::out_of_range("no such measurement");
    if (mistake_ == "writes") const_cast<Mat&>(seen.X.left) *= 0.5;
    if (mistake_ == "steers") const_cast<Mat&>(seen.iterate.point[0]) *= 0.999;
    if (mistake_ == "history") values[1] = largest_ = std::max(largest_, values[1]);
    if (mistake_ == "too_many") values.data()[values.size()] = 1;
  }

 private:
  std::string mistake_;
  mutable Real largest_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, Wrong, "wrong", "an observer with a mistake, for tests")
