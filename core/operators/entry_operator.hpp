// A measurement operator that sees single entries of the matrix: matrix completion.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/interfaces/measurement_operator.hpp"
#include "core/operators/entry_tiles.hpp"

namespace tightrope {

class EntryShards;

/// A(X)_i = factor · X_{a_i b_i}. Costs O(m k) per map on X = L Rᵀ; no n1 × n2 matrix is ever formed, and a pass with
/// gradient reads the entries once, a block after the other. Derived classes say which entries, and nothing else.
///
/// Up to 2^20 entries are measured row by row, by one thread. More of them, or such as come in tiles, are measured in
/// the order of their tiles, by all threads; predictions are then optional, and the value is the sum over fixed blocks.
/// Tiles can be shared by several processes; some of the measurements, as restricted() has them, are the leader's
/// alone.
class EntryOperator : public MeasurementOperator {
 public:
  static constexpr Index most_by_rows = Index{1} << 20U;

  std::uint64_t bytes() const override;
  std::vector<MatrixEntry> entries() const override;
  bool predictions_are_optional() const override { return tiles_.has_value(); }
  /// How many processes can have a part of it; 0, where it cannot be shared.
  Index parts() const { return tiles_ ? tiles_->strips() : 0; }

 protected:
  /// places: a + b·n1 for the entry (a, b), in increasing order.
  EntryOperator(const Context& context, std::vector<Index> places, Real factor);
  EntryOperator(EntryTiles tiles, Real factor, std::shared_ptr<const Team> team);

 private:
  EntryOperator(const EntryOperator& whole, EntryTiles tiles);
  EntryOperator(const EntryOperator& whole, std::vector<Index> places_by_rows);
  void do_forward(const Mat& X, Vec& z) const override;
  void do_adjoint(const Vec& z, Mat& G) const override;
  void do_forward(const LowRank& X, Vec& z) const override;
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override;
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override;
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override;
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override;
  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override;
  std::shared_ptr<const MeasurementOperator> do_restricted(const std::vector<Index>& indices) const override;

  void share();
  /// work(i, row, column) for all entries in their order.
  template <class Work>
  void for_each(const Work& work) const;
  template <class Block>
  Real run_tiles(const EntryTiles::Pass& pass, Rows wanted, const Block& block) const;
  void evaluate_by_rows(Evaluation& lane, Rows wanted) const;
  void evaluate_tiles(Evaluation& lane, Rows wanted) const;
  void pull_back_tiles(const Vec& z, const LowRank& along, LowRank& gradient, Sides wanted) const;
  void predict(const Mat& left, const Mat& right, Rows wanted, Real* z) const;
  void scatter(const Vec& z, Index first, const Mat& from, bool transposed, Mat& to) const;
  Index row(Index i) const { return places_[i] % rows(); }
  Index column(Index i) const { return places_[i] / rows(); }

  class Part;
  std::optional<EntryTiles> tiles_;
  std::vector<Index> places_;  // without tiles
  Real factor_;
  std::shared_ptr<const Team> team_;
  std::shared_ptr<EntryShards> shards_;  // where several processes share the tiles
};

}  // namespace tightrope
