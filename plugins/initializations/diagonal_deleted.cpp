// Spectral start of tensor completion (Tong, Ma, Prater-Bennette, Tripp & Chi, JMLR 23, 2022): with Y_k the unfolding
// in mode k of A*(y), which is zero where nothing is seen, U_k holds the leading r_k eigenvectors of Y_k Y_kᵀ, and S =
// A*(y) ×₁ U₁ᵀ ×₂ U₂ᵀ ×₃ U₃ᵀ. The diagonal of Y_k Y_kᵀ, which is 1/p times too large, is multiplied by the share p of
// the entries that is seen, or deleted. Of Y only the entries that are seen are ever touched.
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
    if (blocks.size() != 4 || blocks[0].name != "U1" || blocks[3].name != "S")
      throw Unsuitable("needs the model tucker, with blocks U1, U2, U3 and S, but this one has others");
    const SeenEntries seen = seen_entries(context);
    const Vec y = seen.factor * context.data();
    const Index n[] = {blocks[0].rows, blocks[1].rows, blocks[2].rows};
    const Real share =
        options.diagonal == "deleted" ? 0 : static_cast<Real>(y.n_elem) / static_cast<Real>(context.shape.entries());
    for (Index k = 0; k < 3; ++k) {
      std::vector<Entry> entries(y.n_elem);
      for (Index m = 0; m < y.n_elem; ++m) {
        const Index i[] = {seen.places[m].row, seen.places[m].column % n[1], seen.places[m].column / n[1]};
        entries[m] = {i[(k + 1) % 3] + n[(k + 1) % 3] * i[(k + 2) % 3], i[k], y[m]};
      }
      Mat gram = gram_of(entries, n[k]);
      gram.diag() *= share;
      const auto times = [&](const Mat& B, Mat& C) { C = gram * B; };
      const Mat start = context.stream.child(blocks[k].name).normal_matrix(n[k], std::min(n[k], blocks[k].cols + 10));
      point_[k] = largest_eigenpairs(times, start, 42).vectors.head_cols(blocks[k].cols);
    }
    Mat M;
    context.sensing().adjoint_transposed_times(context.data(), point_[0], M);
    point_[3] = times_modes(M.t(), point_[1].t(), point_[2].t());
  }

  Factors start() const override { return point_; }

 private:
  struct Entry {
    Index fibre = 0, place = 0;
    Real value = 0;
  };
  /// Y Yᵀ for the entries of Y, whose columns are the fibres.
  static Mat gram_of(std::vector<Entry>& entries, Index size) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.fibre, a.place) < std::tie(b.fibre, b.place); });
    Mat gram(size, size, arma::fill::zeros);
    for (std::size_t i = 0; i < entries.size(); ++i)
      for (std::size_t j = i; j < entries.size() && entries[j].fibre == entries[i].fibre; ++j)
        gram(entries[i].place, entries[j].place) += entries[i].value * entries[j].value;
    return arma::symmatu(gram);
  }

  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, DiagonalDeleted, "diagonal_deleted",
                 "spectral start of a Tucker decomposition, from Gram matrices without their diagonals", "tong2022")
