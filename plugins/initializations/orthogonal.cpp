// An orthogonal start: every block is α times a matrix with orthonormal columns, uniformly distributed (Haar), so that
// all singular values of the factors are α (Li, Ma & Zhang, COLT 2018, with square factors).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Orthogonal final : public Initialization {
 public:
  struct Options {
    Real scale = 0;
    void declare(Parameters& p) {
      p.add("scale", scale, at_least(0), "α, the singular values of every block").required().example("1e-2");
    }
  };
  Orthogonal(const Options& options, const Context& context) {
    for (const auto& [name, rows, cols] : context.space().blocks()) {
      if (cols > rows)
        throw Unsuitable("needs blocks with at most as many columns as rows, but block " + name + " is " +
                         std::to_string(rows) + " × " + std::to_string(cols));
      point_.blocks.push_back(options.scale * orthonormal_basis(context.stream.child(name).normal_matrix(rows, cols)));
    }
  }

  Factors start() const override { return point_; }

 private:
  Factors point_;
};

}  // namespace

TIGHTROPE_PLUGIN(Initialization, Orthogonal, "orthogonal", "a multiple of orthonormal columns in every block", "li2018")
