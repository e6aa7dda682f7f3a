// Gradient descent with one mistake, for tests of the conformance suite and of what a run does with such a plugin.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class Wrong final : public DirectionOptimizer {
 public:
  struct Options {
    std::string mistake = "none";
    Index from = 0;
    std::string pace = "plain";
    void declare(Parameters& p) {
      p.add("mistake", mistake, std::vector<std::string>{},
            "nan, one_block, transposed, next_point, negative_step, crash, leaves, prints, fails; columns: it gives "
            "one of "
            "two; no_columns: none of them; phases: it says two; memory: in the object; ascent; restless: it moves at "
            "a minimum; "
            "sensing: it wants a problem of that kind and does not say so; shared: a velocity of all runs; random; "
            "allocates; flat: it throws for rank 1");
      p.add("from", from, at_least(0), "first iteration that has the mistake; those before are slower");
      p.add("pace", pace, {"plain", "fast"}, "fast: it crashes, if the mistake is `choice`");
    }
  };
  Wrong(const Options& options, const Context&) : mistake_(options.mistake), from_(options.from) {
    if (mistake_ == "choice" && options.pace == "fast") mistake_ = "crash";
  }

  void direction(const Iterate& at, Objective& objective, Memory&, Factors& direction) const override {
    direction = at.gradient;
    scale(direction, -1);
    if (mistake_ == "memory") scale(direction, 1 / (1 + 0.1 * calls_++));
    static Factors velocity;
    if (mistake_ == "shared" && at.iteration > 0) add_scaled(direction, 0.1, velocity);
    if (mistake_ == "shared") velocity = direction;
    static Real draws = 0;
    if (mistake_ == "random") scale(direction, 1 - 0.1 * std::fmod(0.618 * ++draws, 1));
    if (mistake_ == "allocates") direction = Factors(direction);
    if (mistake_ == "flat" && direction[0].n_cols == 1) throw std::out_of_range("there is no second column");
    if (at.iteration < from_) return scale(direction, 0.999);
    if (mistake_ == "restless") direction[0] += 0.01;
    if (mistake_ == "sensing" && !objective.sensing()) throw std::runtime_error("no sensing here");
    if (mistake_ == "ascent") scale(direction, -0.01);
    if (mistake_ == "nan") direction[0].fill(arma::datum::nan);
    if (mistake_ == "one_block") direction.blocks.resize(1);
    if (mistake_ == "transposed") direction[0] = direction[0].t();
    if (mistake_ == "crash") std::raise(SIGSEGV);
    if (mistake_ == "leaves") std::_Exit(5);
    if (mistake_ == "fails") {
      std::puts("about to fail");
      throw std::runtime_error("no more");
    }
    if (mistake_ == "prints" && at.iteration == from_) {
      std::printf("at iteration %d\n", static_cast<int>(at.iteration));
      std::cerr << "to the other stream\n";
    }
  }
  Index phases(const Space&) const override { return mistake_ == "phases" ? 2 : 1; }
  std::vector<Column> columns() const override {
    if (!mistake_.ends_with("columns")) return {};
    return {{"wrong_one", "a column"}, {"wrong_two", "another column"}};
  }
  Move advance(const Iterate& at, StepContext& context, Factors& next) const override {
    Move move = DirectionOptimizer::advance(at, context, next);
    if (mistake_ == "columns") move.columns = {1};
    if (mistake_ == "phases") move.completes_iteration = true;
    if (at.iteration < from_) return move;
    if (mistake_ == "next_point") next[1].resize(next[1].n_rows - 1, next[1].n_cols);
    if (mistake_ == "negative_step") move.step = -1;
    return move;
  }

 private:
  std::string mistake_;
  Index from_;
  mutable Real calls_ = 0;
};

}  // namespace

TIGHTROPE_PLUGIN(Optimizer, Wrong, "wrong", "gradient descent with a mistake, for tests")
