#include "core/engine/objectives/penalized_model.hpp"

#include <fmt/format.h>

#include "core/engine/attribute_errors.hpp"

namespace tightrope {

Real PenalizedModel::add_penalty(const Factors& point, Blocks wanted, Factors* gradient) const {
  // Kept between calls: nothing is allocated in steady state.
  static thread_local LowRank X, of_X;
  static thread_local Factors pulled_back;
  Real value = model_->add_penalty(point, wanted, gradient);
  const bool is_wanted = gradient && wanted.any_of(point.size());
  model_->expand(point, X);
  if (is_wanted) {
    of_X.left.zeros(arma::size(X.left));
    of_X.right.zeros(arma::size(X.right));
  }
  for (const auto& [penalty, name] : penalties_) {
    value += attribute_errors_to(name, "add", [&, &P = *penalty] { return P.add(X, is_wanted ? &of_X : nullptr); });
    if (is_wanted && (arma::size(of_X.left) != arma::size(X.left) || arma::size(of_X.right) != arma::size(X.right)))
      throw PluginFailure(
          name, fmt::format("its gradient is the pair of a {} × {} and a {} × {} matrix instead of {} × "
                            "{} and {} × {}",
                            of_X.left.n_rows, of_X.left.n_cols, of_X.right.n_rows, of_X.right.n_cols, X.left.n_rows,
                            X.left.n_cols, X.right.n_rows, X.right.n_cols));
  }
  if (is_wanted) {
    model_->pull_back(point, of_X, wanted, pulled_back);
    for (Index b = 0; b < point.size(); ++b)
      if (wanted.has(b)) (*gradient)[b] += pulled_back[b];
  }
  return value;
}

}  // namespace tightrope
