// A sensing problem: operator, truth if known, data. Shared, immutable, by all lanes that solve it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/interfaces/measurement_operator.hpp"
#include "core/interfaces/noise.hpp"

namespace tightrope {

struct SensingProblem;

/// The data of some rows, made when they are asked for: y_i = A(X*)_i plus noise. Keeps the last ones. For one thread.
class RowData {
 public:
  const Vec& of(const SensingProblem& problem, Rows rows);

 private:
  const SensingProblem* problem_ = nullptr;
  Rows rows_{0, 0};
  Vec exact_, data_;
};

struct SensingProblem {
  Shape shape;
  std::shared_ptr<const MeasurementOperator> op;
  std::shared_ptr<const Truth> truth;  // null if only data are known
  Vec data;                            // y; empty where data are made batch by batch
  bool has_all_data = true;
  std::vector<std::shared_ptr<const Noise>> noises;
  std::vector<std::string> noise_names;  // in messages; as many
  Noise::Signal signal;                  // of the exact measurements
  std::vector<Index> outliers;           // measurements that a noise has spoilt, in increasing order
  std::shared_ptr<const Team> team;
  std::vector<std::string> warnings;  // of target, operator and noises, each a sentence
  std::shared_ptr<RowData> row_data = std::make_shared<RowData>();

  /// y of some rows, valid until others are asked for.
  const Vec& data_of(Rows rows) const;
  /// Puts the i-th noise on top of the data of measurements first, first + 1, …, whose exact values are given.
  void disturb(std::size_t i, Index first, const Vec& exact, Vec& data) const;
};

/// Completes a Truth from a target's matrix: decomposition and norm.
std::shared_ptr<const Truth> make_truth(LowRank X, Index rank);

}  // namespace tightrope
