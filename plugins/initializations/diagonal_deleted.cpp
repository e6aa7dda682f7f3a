// Spectral start from a matrix, or a tensor, that is seen in part (Cai, Li, Chi, Poor & Chen, Ann. Statist. 49, 2021;
// Tong, Ma, Prater-Bennette, Tripp & Chi, JMLR 23, 2022): with Y = A*(y), which is zero where nothing is seen, U holds
// the leading eigenvectors of Y Yᵀ, whose diagonal, 1/p times too large, is multiplied by the share p of the entries
// that is seen, or deleted; the start is U UᵀY. For a Tucker model U_k is that of the unfolding in mode k, and S = Y ×₁
// U₁ᵀ ×₂ U₂ᵀ ×₃ U₃ᵀ. Of entries only those that are seen are ever touched; Y is formed for other operators alone.
#include "plugins/shared/seen_entries.hpp"
#include "plugins/shared/tucker.hpp"

namespace {

using namespace tightrope;

class DiagonalDeleted final : public Initialization {
 public:
  struct Options {
    std::string diagonal = "scaled";
    void declare(Parameters& p) {
      p.add("diagonal", diagonal, {"scaled", "deleted"}, "whether the diagonal is multiplied by p, or deleted");
    }
  };
  DiagonalDeleted(const Options& options, const Context& context) : point_(zeros(context.model().blocks())) {
    const std::vector<Block> blocks = context.model().blocks();
    const bool is_tucker = blocks.size() == 4 && blocks[0].name == "U1" && blocks[3].name == "S";
    const std::vector<Entry> seen = entries(context);
    const Real share =
        options.diagonal == "deleted" ? 0 : static_cast<Real>(seen.size()) / static_cast<Real>(context.shape.entries());
    const Index n[] = {context.shape.rows, is_tucker ? blocks[1].rows : context.shape.cols,
                       is_tucker ? blocks[2].rows : 1};
    std::vector<Mat> U;
    for (Index k = 0; k < (is_tucker ? 3 : 1); ++k) {
      std::vector<Entry> unfolded;
      for (const auto& [column, row, value] : seen) {
        const Index i[] = {row, column % n[1], column / n[1]};
        unfolded.push_back({i[(k + 1) % 3] + n[(k + 1) % 3] * i[(k + 2) % 3], i[k], value});
      }
      Mat gram = gram_of(unfolded, n[k]);
      gram.diag() *= share;
      const Index rank = is_tucker ? blocks[k].cols : std::min(context.model().rank(), n[0]);
      const Mat start =
          context.stream.child("U" + std::to_string(k + 1)).normal_matrix(n[k], std::min(n[k], rank + 10));
      U.push_back(largest_eigenpairs([&](const Mat& B, Mat& C) { C = gram * B; }, start, 42).vectors.head_cols(rank));
    }
    Mat Z;
    context.sensing().adjoint_transposed_times(context.data(), U[0], Z);
    point_ = is_tucker ? Factors{{U[0], U[1], U[2], times_modes(Z.t(), U[1].t(), U[2].t())}}
                       : context.model().from_svd(svd(LowRank{U[0], Z}));
  }

  Factors start() const override { return point_; }

 private:
  struct Entry {
    Index column = 0, row = 0;
    Real value = 0;
  };
  /// Of A*(y).
  static std::vector<Entry> entries(const Context& context) {
    std::vector<Entry> all;
    try {
      const SeenEntries seen = seen_entries(context);
      for (Index m = 0; m < seen.places.size(); ++m)
        all.push_back({seen.places[m].column, seen.places[m].row, seen.factor * context.data()[m]});
    } catch (const Unsuitable&) {
      Mat transposed;
      context.sensing().adjoint_transposed_times(context.data(), arma::eye(context.shape.rows, context.shape.rows),
                                                 transposed);
      for (Index i = 0; i < transposed.n_elem; ++i)
        all.push_back({i % context.shape.cols, i / context.shape.cols, transposed[i]});
    }
    return all;
  }
  /// Y Yᵀ for a Y with so many rows.
  static Mat gram_of(std::vector<Entry>& entries, Index rows) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.column, a.row) < std::tie(b.column, b.row); });
    Mat gram(rows, rows, arma::fill::zeros);
    for (auto a = entries.begin(); a != entries.end(); ++a)
      for (auto b = a; b != entries.end() && b->column == a->column; ++b) gram(a->row, b->row) += a->value * b->value;
    return arma::symmatu(gram);
  }

  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, DiagonalDeleted, "diagonal_deleted",
                 "leading eigenvectors of Gram matrices without their diagonals", "tong2022, cai2021")
