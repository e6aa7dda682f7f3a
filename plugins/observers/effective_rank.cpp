// How many singular values of X count: exp(H), with H = −Σ p_i ln p_i the entropy of p_i = σ_i/Σσ (Roy & Vetterli,
// EUSIPCO 2007), or the stable rank ‖X‖_F²/‖X‖² (Rudelson & Vershynin, J. ACM 54, 2007). Both are at least 1 and at
// most the rank.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class EffectiveRank final : public Observer {
 public:
  struct Options {
    std::string measure = "entropy";
    void declare(Parameters& p) {
      p.add("measure", measure, {"entropy", "stable"}, "exp of the entropy, or ‖X‖_F²/‖X‖² as the column stable_rank");
    }
  };
  EffectiveRank(const Options& options, const Context& context) : is_entropy_(options.measure == "entropy") {
    context.model();  // a problem that is not sensing has no X
  }

  std::vector<Column> columns() const override {
    if (is_entropy_) return {{"effective_rank", "exp of the entropy of σ_i/Σσ", 30, false}};
    return {{"stable_rank", "‖X‖_F²/‖X‖²", 30, false}};
  }
  void observe(const Snapshot& seen, std::span<Real> values) const override {
    const Vec sigma = singular_values(seen.X);
    if (!(sigma[0] > 0) || !std::isfinite(sigma[0])) return;
    const Vec share = sigma / sigma[0], p = share / arma::accu(share);
    Real entropy = 0;
    for (const Real part : p)
      if (part > 0) entropy -= part * std::log(part);
    values[0] = is_entropy_ ? std::exp(entropy) : arma::dot(share, share);
  }

 private:
  bool is_entropy_;
};

}  // namespace

TIGHTROPE_PLUGIN(Observer, EffectiveRank, "effective_rank", "how many singular values of X count",
                 "roy2007, rudelson2007")
