// A dense operator that several ranks hold together gives what it gives in one process, to the last bit.
#include <doctest/doctest.h>

#include <cstring>
#include <optional>

#include "core/operators/dense_operator.hpp"
#include "tests/support/thread_ranks.hpp"

using namespace tightrope;

namespace {

class Cubic final : public Loss {
 public:
  Real evaluate(Index, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real r = z[i] - y[i];
      sum += r * r * r / 3;
      slope[i] = r * r;
    }
    return sum;
  }
};

struct Setting {
  const char* name;
  Shape shape;
  Index measurements;
  Storage storage;
  bool symmetric;
};

class Dense final : public DenseOperator {
 public:
  Dense(const Context& context, const Setting& of)
      : DenseOperator(context, of.measurements, {of.storage, of.symmetric, 0.7},
                      [stream = Stream(7, "entries"), columns = row_entries(of.shape, {of.storage, of.symmetric, 1})](
                          Index row, Index begin, Index end, Real* entries) {
                        stream.fill_normal(row * columns + begin, {entries, end - begin});
                      }) {}
};

/// All that one can ask for, one after another.
std::vector<Mat> asked(const MeasurementOperator& op) {
  const Index m = op.measurements();
  std::vector<Mat> answers;
  const Stream stream(3, "points");
  const auto pair = [&](Index l) {
    return LowRank{Stream(l, "left").normal_matrix(op.rows(), 2 + l % 2),
                   Stream(l, "right").normal_matrix(op.cols(), 2 + l % 2)};
  };
  Vec z;
  op.forward(pair(9).dense(), z);
  answers.push_back(z);
  op.forward(pair(9), {m / 3, m / 2}, z);
  answers.push_back(z);
  Mat G;
  op.adjoint(Vec(stream.normal_matrix(m, 1)), G);
  answers.push_back(G);
  Mat row(op.rows(), op.cols());
  op.dense_rows(m - 1, 1, row.memptr());
  answers.push_back(row);
  const Cubic loss;
  for (const Index lanes : std::vector<Index>{1, 3, 9})
    for (const Rows asked_rows : {Rows::all(), Rows{0, m / 2}, Rows{m / 3 + 1, m / 2}, Rows{m - 5, 5}, Rows{3, 2}}) {
      const Rows rows = asked_rows.within(m);
      const Vec y = Stream(5, "y").normal_matrix(rows.count, 1);
      std::vector<LowRank> points, gradients(lanes);
      std::vector<Vec> predictions(lanes);
      for (Index l = 0; l < lanes; ++l) points.push_back(pair(l));
      std::vector<Evaluation> batch(lanes);
      for (Index l = 0; l < lanes; ++l) {
        batch[l].at = &points[l];
        batch[l].data = &y;
        batch[l].loss = &loss;
        batch[l].prediction = &predictions[l];
        batch[l].gradient = l == 1 ? nullptr : &gradients[l];
      }
      op.evaluate(batch, rows);
      for (Index l = 0; l < lanes; ++l) {
        answers.push_back(Mat{batch[l].value});
        answers.insert(answers.end(), {predictions[l], gradients[l].left, gradients[l].right});
      }
    }
  return answers;
}

std::vector<Mat> asked_of_ranks(const Setting& setting, Index count, unsigned threads) {
  std::vector<Mat> answers;
  const auto make = [&](const std::shared_ptr<const Team>& team) {
    return std::make_shared<const Dense>(Context(setting.shape, Stream(1, "op"), team), setting);
  };
  share_on_ranks(count, threads, make, [&](const std::shared_ptr<const Dense>& op) {
    CHECK(op->bytes() == make(std::make_shared<const Team>(1))->bytes());
    answers = asked(*op);
  });
  return answers;
}

const Setting settings[] = {
    {"rows", {30, 20}, 1500, Storage::float64, false},       {"rounded", {30, 20}, 1100, Storage::float32, false},
    {"symmetric", {24, 24}, 1201, Storage::float64, true},   {"signs", {30, 20}, 1301, Storage::sign, false},
    {"generated", {30, 20}, 700, Storage::generated, false}, {"few rows", {30, 20}, 90, Storage::float64, false},
    {"long rows", {400, 340}, 70, Storage::float32, false},  {"long signs", {400, 340}, 77, Storage::sign, false}};

}  // namespace

TEST_CASE("a dense operator on several ranks has the bits of one process") {
  for (const Setting& setting : settings) {
    CAPTURE(setting.name);
    const auto alone = std::make_shared<const Team>(1);
    const Dense whole(Context(setting.shape, Stream(1, "op"), alone), setting);
    const std::vector<Mat> expected = asked(whole);
    const bool is_large = setting.shape.entries() > 10000;
    for (const Index ranks : is_large ? std::vector<Index>{2, 5} : std::vector<Index>{1, 2, 3, 5, 7, 16}) {
      CAPTURE(ranks);
      const std::vector<Mat> found = asked_of_ranks(setting, ranks, ranks == 3 ? 2 : 1);
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        REQUIRE(arma::size(found[i]) == arma::size(expected[i]));
        CHECK(std::memcmp(found[i].memptr(), expected[i].memptr(), expected[i].n_elem * sizeof(Real)) == 0);
      }
    }
  }
}
