// Entries that several ranks share give what they give in one process, to the last bit.
#include "core/operators/entry_shards.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "core/operators/entry_operator.hpp"
#include "tests/support/thread_ranks.hpp"

using namespace tightrope;

namespace {

class Cubic final : public Loss {
 public:
  Real evaluate(Index first, std::span<const Real> z, std::span<const Real> y, std::span<Real> slope) const override {
    Real sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real r = z[i] - y[i] * static_cast<Real>(1 + (first + i) % 3);
      sum += r * r * r / 3;
      slope[i] = r * r;
    }
    return sum;
  }
};

struct Setting {
  const char* name;
  Shape shape;
  Index entries, expected;  // the latter decides how many rows tiles have
};

/// Most of the entries in few rows and columns, some places twice.
EntryTiles tiles_of(const Setting& of, const Team& team, bool parts_from_all) {
  EntryTiles tiles(of.shape, of.expected, parts_from_all ? nullptr : team.ranks());
  const Stream stream(4, "places");
  const auto each = [&](const auto& work) {
    for (Index i = 0; i < of.entries; ++i) {
      const auto below = [&](Index n, Real u) { return static_cast<Index>(u * u * static_cast<Real>(n)); };
      work(below(of.shape.rows, stream.uniform(2 * i)), below(of.shape.cols, stream.uniform(2 * i + 1)));
    }
  };
  each([&](Index a, Index b) { tiles.count(a, b); });
  tiles.allocate();
  each([&](Index a, Index b) { tiles.place(a, b); });
  tiles.sort(team, nullptr);
  return tiles;
}

class Entries final : public EntryOperator {
 public:
  Entries(const Setting& of, const std::shared_ptr<const Team>& team, bool parts_from_all = false)
      : EntryOperator(tiles_of(of, *team, parts_from_all), 0.7, team) {}
};

/// All that one can ask for, one after another.
std::vector<Mat> asked(const MeasurementOperator& op) {
  const Index m = op.measurements();
  std::vector<Mat> answers;
  const auto pair = [&](Index seed, Index k) {
    return LowRank{Stream(seed, "left").normal_matrix(op.rows(), k), Stream(seed, "right").normal_matrix(op.cols(), k)};
  };
  const LowRank X = pair(1, 5), along = pair(2, 3);
  const Vec weights = Stream(3, "weights").normal_matrix(m, 1);
  Vec z;
  Mat C;
  op.forward(X, z);
  answers.push_back(z);
  op.forward(X, {m / 3, m / 2}, z);
  answers.push_back(z);
  op.adjoint_times(weights, X.right, C);
  answers.push_back(C);
  op.adjoint_transposed_times(weights, X.left, C);
  answers.push_back(C);
  for (const Sides wanted : {Sides{true, true}, Sides{true, false}, Sides{false, true}}) {
    LowRank gradient;
    op.pull_back(weights, X, gradient, wanted);
    answers.insert(answers.end(), {gradient.left, gradient.right});
  }
  std::vector<Index> third;
  for (Index i = 1; i < m; i += 3) third.push_back(i);
  op.restricted(third)->forward(X, z);
  answers.push_back(z);
  Mat places(2, 0);
  for (const MatrixEntry& entry : op.entries()) {
    places.insert_cols(places.n_cols, Mat{static_cast<Real>(entry.row), static_cast<Real>(entry.column)}.t());
    if (places.n_cols == 100) break;
  }
  answers.push_back(places);
  const Cubic loss;
  for (const Rows asked_rows : {Rows::all(), Rows{0, m / 2}, Rows{m / 3 + 1, m / 2}, Rows{m - 5, 5}, Rows{3, 2}})
    for (const bool itself : {true, false})
      for (const Sides wanted : {Sides{true, true}, Sides{true, false}, Sides{false, true}, Sides{false, false}}) {
        const Rows rows = asked_rows.within(m);
        const Vec y = Stream(5, "y").normal_matrix(rows.count, 1);
        LowRank gradient;
        Vec prediction;
        Evaluation lane{.at = &X, .data = &y, .loss = &loss, .wanted = wanted, .prediction = &prediction};
        if (wanted.left || wanted.right) lane.gradient = &gradient;
        if (!itself) lane.along = &along;
        if (itself) lane.prediction = nullptr;
        op.evaluate({&lane, 1}, rows);
        answers.insert(answers.end(), {Mat{lane.value}, prediction, gradient.left, gradient.right});
      }
  return answers;
}

const Setting settings[] = {{"rows of one tile", {400, 90}, 30000, 30000},
                            {"few entries in a row", {60000, 300}, 20000, 20000},
                            {"many strips", {300000, 270000}, 20000, 20000000},
                            {"hardly anything", {40, 3}, 7, 7}};

}  // namespace

TEST_CASE("entries on several ranks have the bits of one process") {
  for (const Setting& setting : settings) {
    CAPTURE(setting.name);
    const auto alone = std::make_shared<const Team>(1);
    const auto whole = std::make_shared<const Entries>(setting, alone);
    const std::vector<Mat> expected = asked(*whole);
    const bool is_large = setting.shape.rows > 100000;
    for (const Index ranks : is_large ? std::vector<Index>{3} : std::vector<Index>{1, 2, 3, 4, 5, 7, 16}) {
      CAPTURE(ranks);
      std::vector<Mat> found;
      const auto make = [&](const std::shared_ptr<const Team>& team) {
        return std::make_shared<const Entries>(setting, team, ranks == 4);
      };
      share_on_ranks(ranks, ranks == 3 ? 2 : 1, make, [&](const std::shared_ptr<const Entries>& op) {
        CHECK(op->bytes() == whole->bytes());
        found = asked(*op);
      });
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        REQUIRE(arma::size(found[i]) == arma::size(expected[i]));
        CHECK(std::memcmp(found[i].memptr(), expected[i].memptr(), expected[i].n_elem * sizeof(Real)) == 0);
      }
    }
  }
}

TEST_CASE("each rank keeps its share of the entries, and all of them together have each once") {
  const Setting& setting = settings[0];
  const Team alone(1);
  const Index all = tiles_of(setting, alone, false).size();
  Index kept = 0;
  std::mutex mutex;
  on_ranks(4, [&](Ranks& ranks) {
    const Team team(1, ranks);
    const EntryTiles tiles = tiles_of(setting, team, false);
    EntryTiles cut = tiles_of(setting, team, true);
    cut.keep_part_of(ranks);
    const std::lock_guard lock(mutex);
    CHECK(tiles.size() == all);
    CHECK(std::equal(tiles.keys().begin(), tiles.keys().end(), cut.keys().begin(), cut.keys().end()));
    kept += tiles.keys().size();
  });
  CHECK(kept == all);
}

TEST_CASE("few entries, which are not in tiles, are not shared") {
  on_ranks(2, [&](Ranks& ranks) {
    if (!ranks.leads()) return;
    class Few final : public EntryOperator {
     public:
      explicit Few(const Context& context) : EntryOperator(context, {1, 2, 5}, 1) {}
    };
    CHECK_THROWS_WITH_AS(Few(Context({3, 2}, Stream(1, "op"), std::make_shared<const Team>(1, ranks))),
                         "sees 3 entries, but several ranks share only more than 1048576; run it in one process, "
                         "without --ranks",
                         Unsuitable);
  });
}
