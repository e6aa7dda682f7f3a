// A measurement operator of the user's own: a file with one row per measurement, row i holding the entries of A_i.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class DenseFile final : public DenseOperator {
 public:
  struct Options {
    std::string path, order = "row";
    Real factor = 1;
    void declare(Parameters& p) {
      p.add_file("path", path, "m rows of n1·n2 numbers, in any format of a target from a file").required();
      p.add("order", order, {"row", "column"},
            "how the entries of A_i follow each other: row by row, the order of all other data (NumPy's "
            "A.reshape(m, -1)), or column by column (MATLAB's)");
      p.add("factor", factor, above(0), "multiplies every A_i; the isotropic choice makes E‖A(X)‖² = ‖X‖_F²");
    }
  };

  DenseFile(const Options& options, const Context& context) : DenseFile(options, context, read_matrix(options.path)) {}

 private:
  DenseFile(const Options& options, const Context& context, const Mat& stored)
      : DenseOperator(context, checked(stored, context.shape).n_rows, {Storage::float64, false, options.factor},
                      [&](Index row, Index, Index, Real* entries) {
                        const Shape shape = context.shape;
                        const bool by_row = options.order == "row";
                        for (Index b = 0; b < shape.cols; ++b)
                          for (Index a = 0; a < shape.rows; ++a)
                            *entries++ = stored(row, by_row ? a * shape.cols + b : a + b * shape.rows);
                      }) {}

  static const Mat& checked(const Mat& stored, Shape shape) {
    if (stored.n_cols != shape.entries())
      throw Unsuitable("needs rows of n1·n2 = " + std::to_string(shape.rows) + " · " + std::to_string(shape.cols) +
                       " numbers, but those of the file have " + std::to_string(stored.n_cols));
    return stored;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, DenseFile, "dense_file", "dense A_i read from a file")
