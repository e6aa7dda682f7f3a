// A measurement operator whose A_i are full matrices: the engine's streaming kernel for whoever can name the entries.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/interfaces/measurement_operator.hpp"
#include "core/numbers/kernels/row_store.hpp"
#include "core/tree/parameters.hpp"

namespace tightrope {

/// A_i = factor · q_i, where q_i is kept in one of the storage types and arithmetic is float64 throughout. Value and
/// gradient of all lanes come from one pass over the entries: for each block of rows, inner products → the losses'
/// slopes → accumulation into the gradients, while the block is in cache. Derived classes say what the entries are,
/// and nothing else.
class DenseOperator : public MeasurementOperator {
 public:
  struct Layout {
    Storage storage = Storage::float64;
    /// Symmetric A_i of a square problem, kept and read once: the source gives the n(n + 1)/2 entries of the upper
    /// triangle column by column, and those off the diagonal count as q/√2 in both places. Entries of variance 1 make
    /// an ensemble that is isotropic on symmetric matrices.
    bool symmetric = false;
    Real factor = 1;
    bool by_rows = false;  // the source gives an A_i that is not symmetric row by row instead of column by column
  };

  /// What every random ensemble lets its user choose.
  struct EnsembleOptions {
    Index measurements = 0;
    bool symmetric = false;
    std::string normalization = "isotropic", storage;
    /// The first of the storages is the default.
    void declare(Parameters& p, const std::vector<std::string>& storages, std::string storage_doc);
    /// Standard deviation of an entry of A_i.
    Real deviation() const { return normalization == "none" ? 1 : 1 / std::sqrt(static_cast<Real>(measurements)); }
  };

  /// A store of some of the rows, and of some columns of these. Where several processes share an operator each asks for
  /// its part.
  using MakeStore = std::function<std::unique_ptr<RowStore>(Rows rows, Index first_column, Index columns)>;

  std::uint64_t bytes() const override;
  bool is_dense() const override { return true; }
  void dense_rows(Index first, Index count, Real* rows) const override;

  /// How many processes can have a part of it: its strips of rows or, where rows are long, chunks of columns.
  Index parts() const;

  /// Numbers that the source gives per row: n1·n2 or n(n + 1)/2.
  static Index row_entries(Shape shape, const Layout& layout);

 protected:
  /// Throws Error(resources) before allocating what cannot fit, with the formula; Unsuitable for symmetric A_i of a
  /// problem that is not square. A source of Storage::generated is kept and called in every pass, from several threads.
  DenseOperator(const Context& context, Index measurements, const Layout& layout, const EntrySource& source);
  /// Entries ±1; the storage is sign or generated.
  DenseOperator(const Context& context, Index measurements, const Layout& layout, const SignSource& source);
  /// Rows as a store has them, which is not Storage::sign.
  DenseOperator(const Context& context, Index measurements, const Layout& layout, const MakeStore& make_store);

 private:
  class Part;
  DenseOperator(const DenseOperator& whole, Index measurements, std::unique_ptr<const RowStore> store);
  void do_forward(const Mat& X, Vec& z) const override;
  void do_adjoint(const Vec& z, Mat& G) const override;
  void do_evaluate(std::span<Evaluation> lanes, Rows rows) const override;
  void do_forward(const LowRank& X, Rows rows, Vec& z) const override;
  std::shared_ptr<const MeasurementOperator> do_restricted(const std::vector<Index>& indices) const override;

  struct Workspace;
  static Workspace& workspace();
  class Pass;
  /// Turns the inner products of a finished block of rows into its slopes, both as [group][row][lane of the group] and
  /// without the factor.
  using BlockDone = std::function<void(Index first, Index count, const Real* sums, Real* slopes)>;
  void pass(Rows rows, Index lanes, bool dot, bool add, Workspace& work, const BlockDone& block_done) const;
  /// The columns begin … end − 1 of vec(X) as rows hold them, `width` numbers apart, and zeros that fill up registers.
  void pack(const Mat& X, Index begin, Index end, Index width, Real* x) const;
  void unpack(const Real* g, Index width, Mat& G) const;
  void set_matrix(Index lane, Index lanes, const Mat& X, Workspace& work) const;
  void get_gradient(Index lane, Index lanes, const Workspace& work, Mat& G) const;

  void keep(const MakeStore& make_store);
  void measure_shards(const LowRank& X, Rows rows, Vec& z) const;
  void evaluate_shards(std::span<Evaluation> lanes, Rows rows, bool add) const;

  Layout layout_;
  Index entries_, columns_;  // of a row; columns_ is padded to whole registers
  Index together_;           // rows that share bytes
  std::shared_ptr<const Team> team_;
  std::unique_ptr<const RowStore> store_;  // or, where several processes share it,
  class Shards;
  std::shared_ptr<Shards> shards_;
};

}  // namespace tightrope
