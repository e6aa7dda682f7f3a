// A start from a file: an .npz or .mat whose arrays carry the names of the model's blocks, such as final.npz of an
// earlier run.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class FromFile final : public Initialization {
 public:
  struct Options {
    std::string path;
    Real factor = 1;
    void declare(Parameters& p) {
      p.add_file("path", path, ".npz or .mat with one array per block of the model (V and W, or U)").required();
      p.add("factor", factor, above(0), "multiplies every block");
    }
  };
  FromFile(const Options& options, const Context& context) {
    for (const Block& block : context.space().blocks()) {
      Mat values = options.factor * read_npz(options.path, block.name);
      if (values.n_rows != block.rows || values.n_cols != block.cols)
        throw Unsuitable("needs block " + block.name + " as " + std::to_string(block.rows) + " × " +
                         std::to_string(block.cols) + ", but the file has it as " + std::to_string(values.n_rows) +
                         " × " + std::to_string(values.n_cols));
      point_.blocks.push_back(std::move(values));
    }
  }

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, FromFile, "from_file", "factors read from a file")
