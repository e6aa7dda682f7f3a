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
      p.add_file("path", path, "m rows of n1·n2 numbers, or m × n1 × n2, in any format of a target from a file")
          .required();
      p.add("order", order, {"row", "column"},
            "how the entries of A_i follow each other in a row: row by row, the order of all other data (NumPy's "
            "A.reshape(m, -1)), or column by column (MATLAB's)");
      p.add("factor", factor, above(0), "multiplies every A_i; the isotropic choice makes E‖A(X)‖² = ‖X‖_F²");
    }
  };

  DenseFile(const Options& options, const Context& context) : DenseFile(options, context, read(options, context)) {}

 private:
  DenseFile(const Options& options, const Context& context, const Array& stored)
      : DenseOperator(context, stored.values.n_rows, {Storage::float64, false, options.factor},
                      [&](Index row, Index begin, Index end, Real* entries) {
                        const Shape shape = context.shape;
                        const bool by_row = options.order == "row" || stored.shape.size() == 3;
                        for (Index j = begin; j < end; ++j)
                          *entries++ = stored.values(row, by_row ? j % shape.rows * shape.cols + j / shape.rows : j);
                      }) {}

  static Array read(const Options& options, const Context& context) {
    Array array = read_array(options.path);
    const std::string rows = std::to_string(context.shape.rows), cols = std::to_string(context.shape.cols);
    const std::vector<Index>& shape = array.shape;
    if (shape.size() > 2 && (shape.size() > 3 || shape[1] != context.shape.rows || shape[2] != context.shape.cols)) {
      std::string found;
      for (const Index side : shape) found += (found.empty() ? "" : " × ") + std::to_string(side);
      throw Unsuitable("needs an array of m × " + rows + " × " + cols + " numbers, but that of the file is " + found);
    }
    if (shape.size() == 3 && options.order == "column")
      throw Unsuitable("has an array of three dimensions, whose entries are in their places: leave out 'order'");
    if (array.values.n_cols != context.shape.entries())
      throw Unsuitable("needs rows of n1·n2 = " + rows + " · " + cols + " numbers, but those of the file have " +
                       std::to_string(array.values.n_cols));
    return array;
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, DenseFile, "dense_file", "dense A_i read from a file")
