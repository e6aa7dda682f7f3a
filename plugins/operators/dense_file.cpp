// A measurement operator of the user's own: a file with one row per measurement, row i holding the entries of A_i.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class DenseFile final : public DenseOperator {
 public:
  struct Options {
    std::string path, order = "row", storage = "automatic";
    Real factor = 1;
    void declare(Parameters& p) {
      p.add_file("path", path, "m rows of n1·n2 numbers, or m × n1 × n2, in any format of a target from a file")
          .required();
      p.add("order", order, {"row", "column"},
            "how the entries of A_i follow each other in a row: row by row, the order of all other data (NumPy's "
            "A.reshape(m, -1)), or column by column (MATLAB's)");
      p.add("factor", factor, above(0), "multiplies every A_i; the isotropic choice makes E‖A(X)‖² = ‖X‖_F²");
      p.add(
          "storage", storage, {"automatic", "memory", "file"},
          "where the rows are during passes: in memory, or in the file, which must be .npy, of float64 or float32 in C "
          "order, and may be larger than memory; automatic: in memory if they fit");
    }
  };

  DenseFile(const Options& options, const Context& context) : DenseFile(options, context, read(options, context)) {}

 private:
  DenseFile(const Options& options, const Context& context, RowFile file)
      : DenseOperator(context, file.measurements, {file.layout.storage, false, options.factor, file.layout.by_rows},
                      file.make_store) {}

  static RowFile read(const Options& options, const Context& context) {
    const RowsIn where = options.storage == "memory" ? RowsIn::memory
                         : options.storage == "file" ? RowsIn::file
                                                     : RowsIn::automatic;
    return read_rows(options.path, context.shape, options.order == "row", where, *context.team);
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, DenseFile, "dense_file", "dense A_i read from a file")
