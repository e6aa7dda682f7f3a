// A matrix of the user's: measured data, an image, a table. Real matrices are rarely of low rank; `rank` says how many
// singular values count as signal, for observers that compare with the best approximation of that rank.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class File final : public Target {
 public:
  struct Options {
    std::string path, normalize = "none";
    std::optional<Index> rank;
    bool transpose = false;
    void declare(Parameters& p) {
      p.add_file("path", path,
                 "the matrix: .npy, .npz, .csv, .tsv, .txt, .dat, .mtx, .mat or .pgm; FILE.npz:ARRAY names one of "
                 "several arrays")
          .required();
      p.add("rank", rank, at_least(1), "singular values that count as signal; all of them by default");
      p.add("normalize", normalize, {"none", "spectral"},
            "spectral: divide by the largest singular value, so that step sizes are of order 1");
      p.add("transpose", transpose, "take the transpose of what the file holds");
    }
  };
  File(const Options& options, const Context&) : matrix_(read_matrix(options.path)) {
    if (options.transpose) matrix_ = Mat(matrix_.t());
    const Vec sigma = svd(matrix_).values;
    if (sigma.is_empty() || sigma[0] == 0)
      throw Unsuitable("reads a matrix of zeros, of which nothing can be recovered");
    rank_ = options.rank.value_or(sigma.n_elem);
    if (rank_ > sigma.n_elem) throw Unsuitable("has a rank that exceeds the smaller side of the matrix");
    if (options.normalize == "spectral") matrix_ /= sigma[0];
  }

  LowRank matrix() const override {
    if (matrix_.n_rows < matrix_.n_cols) return {arma::eye(matrix_.n_rows, matrix_.n_rows), matrix_.t()};
    return {matrix_, arma::eye(matrix_.n_cols, matrix_.n_cols)};
  }
  Index rank() const override { return rank_; }

 private:
  Mat matrix_;
  Index rank_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Target, File, "file", "a matrix read from a file")
