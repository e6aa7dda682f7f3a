#include "core/engine/problem.hpp"

namespace tightrope {

std::shared_ptr<const Truth> make_truth(LowRank X, Index rank) {
  auto truth = std::make_shared<Truth>();
  truth->svd = svd(X);
  truth->norm = norm(X);
  if (X.rows() * X.cols() <= 2 * (X.rows() + X.cols()) * X.rank()) truth->dense = X.dense();
  truth->X = std::move(X);
  truth->rank = rank;
  return truth;
}

}  // namespace tightrope
