#include "core/engine/data/sensing_problem.hpp"

#include "core/engine/attribute_errors.hpp"

namespace tightrope {

const Vec& RowData::of(const SensingProblem& problem, Rows rows) {
  if (&problem == problem_ && rows == rows_) return data_;
  if (problem.has_all_data) {
    data_ = rows.count == 0 ? Vec() : Vec(problem.data.subvec(rows.first, rows.end() - 1));
  } else {
    problem.op->forward(problem.truth->X, rows, data_);
    if (!problem.noises.empty()) exact_ = data_;
    for (std::size_t i = 0; i < problem.noises.size(); ++i)
      attribute_errors_to(problem.noise_names[i], "disturb", [&] { problem.disturb(i, rows.first, exact_, data_); });
  }
  problem_ = &problem;
  rows_ = rows;
  return data_;
}

const Vec& SensingProblem::data_of(Rows wanted) const {
  const Rows rows = wanted.within(op->measurements());
  return has_all_data && rows.count == op->measurements() ? data : row_data->of(*this, rows);
}

void SensingProblem::disturb(std::size_t i, Index first, const Vec& exact, Vec& measured) const {
  noises[i]->disturb(first, signal, {exact.memptr(), exact.n_elem}, {measured.memptr(), measured.n_elem});
}

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
