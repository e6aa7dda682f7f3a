// Entries in tiles: against plain sums over a list, and to the last bit across everything that must not matter.
#include "core/operators/entry_tiles.hpp"

#include <doctest/doctest.h>

#include <hwy/targets.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>

#include "core/numbers/streams.hpp"
#include "core/operators/entry_operator.hpp"

using namespace tightrope;

namespace {

using Place = std::pair<Index, Index>;

/// A few rows and columns have most of the entries.
std::vector<Place> places_of(Shape shape, Index count) {
  const Stream stream(4, "places");
  std::vector<Place> places;
  for (Index i = 0; i < count; ++i) {
    const auto below = [&](Index n, Real u) { return static_cast<Index>(u * u * u * static_cast<Real>(n)); };
    places.emplace_back(below(shape.rows, stream.uniform(2 * i)), below(shape.cols, stream.uniform(2 * i + 1)));
  }
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return std::tie(a.second, a.first) < std::tie(b.second, b.first); });
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

EntryTiles tiles_of(Shape shape, const std::vector<Place>& places, const Team& team, Vec* values = nullptr) {
  EntryTiles tiles(shape, places.size());
  for (const auto& [a, b] : places) tiles.count(a, b);
  tiles.allocate();
  if (values) values->set_size(places.size());
  for (const auto& [a, b] : places) {
    const Index at = tiles.place(a, b);
    if (values) (*values)[at] = static_cast<Real>(a) + 1e7 * static_cast<Real>(b);
  }
  tiles.sort(team, values ? values->memptr() : nullptr);
  return tiles;
}

LowRank pair_of(Shape shape, Index rank, std::uint64_t seed) {
  return {Stream(seed, "L").normal_matrix(shape.rows, rank), Stream(seed, "R").normal_matrix(shape.cols, rank)};
}

/// What a pass gives: Σ z_i³/3, whose slopes are z_i².
struct Result {
  Real value = 0;
  Vec prediction;
  LowRank gradient;
  bool operator==(const Result& other) const {
    const auto same = [](const Mat& A, const Mat& B) {
      return A.n_elem == B.n_elem && std::memcmp(A.memptr(), B.memptr(), A.n_elem * sizeof(Real)) == 0;
    };
    return value == other.value && same(prediction, other.prediction) && same(gradient.left, other.gradient.left) &&
           same(gradient.right, other.gradient.right);
  }
};

Result run(const EntryTiles& tiles, const Team& team, const LowRank& at, const LowRank& along, Sides wanted,
           Rows rows) {
  Result result;
  result.prediction.zeros(rows.count);
  if (wanted.left) result.gradient.left.set_size(tiles.shape().rows, along.rank());
  if (wanted.right) result.gradient.right.set_size(tiles.shape().cols, along.rank());
  const EntryTiles::Pass pass{&at, wanted.left || wanted.right ? &along : nullptr, wanted, 1.25, &result.gradient};
  result.value = tiles.run(team, pass, rows, [&](Index first, Index count, const Real* z, Real* slopes) {
    REQUIRE(count <= EntryTiles::block);
    Real value = 0;
    for (Index i = 0; i < count; ++i) {
      result.prediction[first - rows.first + i] = z[i];
      slopes[i] = z[i] * z[i];
      value += z[i] * z[i] * z[i] / 3;
    }
    return value;
  });
  return result;
}

/// The same entry by entry.
Result expected(const EntryTiles& tiles, const LowRank& at, const LowRank& along, Rows rows) {
  Result sums;
  sums.prediction.zeros(rows.count);
  sums.gradient = {Mat(tiles.shape().rows, along.rank(), arma::fill::zeros),
                   Mat(tiles.shape().cols, along.rank(), arma::fill::zeros)};
  tiles.for_each([&](Index i, Index a, Index b) {
    if (i < rows.first || i >= rows.end()) return;
    const Real z = 1.25 * arma::dot(at.left.row(a), at.right.row(b));
    sums.prediction[i - rows.first] = z;
    sums.value += z * z * z / 3;
    sums.gradient.left.row(a) += 1.25 * z * z * along.right.row(b);
    sums.gradient.right.row(b) += 1.25 * z * z * along.left.row(a);
  });
  return sums;
}

void check_close(const Mat& found, const Mat& wanted) {
  REQUIRE(arma::size(found) == arma::size(wanted));
  CHECK(frobenius_norm(found - wanted) <= 1e-13 * frobenius_norm(wanted));
}

class SomeEntries final : public EntryOperator {
 public:
  SomeEntries(Shape shape, std::vector<Index> places, std::shared_ptr<const Team> team)
      : EntryOperator(Context(shape, Stream(1, "operator"), std::move(team)), std::move(places), 0.5) {}
};

struct Squares final : Loss {
  Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real value = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      slope[i] = prediction[i] - data[i];
      value += slope[i] * slope[i] / 2;
    }
    return value;
  }
};

}  // namespace

TEST_CASE("tiles have every entry once, rows in order inside them, and values go along") {
  const Team team(2);
  // Strips of many tiles of rows, of many tiles of columns, and of a single column or none.
  for (const Shape shape : {Shape{1200000, 40}, Shape{30, 300000}, Shape{3, 2}, Shape{5000, 70}, Shape{40000, 50000}}) {
    const std::vector<Place> places = places_of(shape, 30000);
    Vec values;
    const EntryTiles tiles = tiles_of(shape, places, team, &values);
    REQUIRE(tiles.size() == places.size());
    std::vector<Place> found;
    bool values_went_along = true;
    tiles.for_each([&](Index i, Index a, Index b) {
      found.emplace_back(a, b);
      values_went_along =
          values_went_along && values[i] == static_cast<Real>(a) + 1e7 * static_cast<Real>(b) && i == found.size() - 1;
    });
    CHECK(values_went_along);
    std::sort(found.begin(), found.end());
    std::vector<Place> wanted = places;
    std::sort(wanted.begin(), wanted.end());
    CHECK(found == wanted);
  }
}

TEST_CASE("tiles are in order whatever order entries come in, and entries of one place keep theirs") {
  const Team team(2);
  // Short rows, long ones, and so long ones that they are sorted with wide digits.
  for (const Shape shape : {Shape{40000, 50000}, Shape{3000, 700}, Shape{20, 60000}}) {
    std::vector<Place> places = places_of(shape, 200000);
    places.insert(places.end(), places.begin(), places.begin() + 20000);  // twice there
    const Stream stream(6, "order");
    std::vector<Index> random(places.size());
    for (Index i = 0; i < random.size(); ++i) random[i] = stream.word(i);
    std::vector<Index> order(places.size());
    for (const auto& before : std::vector<std::function<bool(Index, Index)>>{
             [&](Index i, Index j) { return places[i] < places[j]; },
             [&](Index i, Index j) { return places[i].first < places[j].first; },    // by rows alone
             [&](Index i, Index j) { return places[i].second < places[j].second; },  // by columns alone
             [&](Index i, Index j) { return places[i] > places[j]; },
             [&](Index i, Index j) { return random[i] < random[j]; }}) {
      std::iota(order.begin(), order.end(), Index{0});
      std::sort(order.begin(), order.end(), [&](Index i, Index j) { return random[i] < random[j]; });
      std::stable_sort(order.begin(), order.end(), before);
      EntryTiles tiles(shape, places.size());
      for (const Index i : order) tiles.count(places[i].first, places[i].second);
      tiles.allocate();
      Vec values(places.size());
      for (Index n = 0; n < order.size(); ++n)
        values[tiles.place(places[order[n]].first, places[order[n]].second)] = static_cast<Real>(n);
      tiles.sort(team, values.memptr());
      bool is_sorted = true, values_went_along = true;
      for (Index t = 0; t + 1 < tiles.begins().size(); ++t)
        for (Index i = tiles.begins()[t] + 1; i < tiles.begins()[t + 1]; ++i)
          is_sorted = is_sorted && (tiles.keys()[i - 1] < tiles.keys()[i] ||
                                    (tiles.keys()[i - 1] == tiles.keys()[i] && values[i - 1] < values[i]));
      tiles.for_each([&](Index i, Index a, Index b) {
        values_went_along = values_went_along && places[order[static_cast<Index>(values[i])]] == Place{a, b};
      });
      CHECK(is_sorted);
      CHECK(values_went_along);
    }
  }
}

TEST_CASE("an entry is in the same group on any instruction set, and whatever else there is") {
  const Stream stream(7, "entries");
  std::vector<ListedEntry> entries(100);
  for (Index i = 0; i < entries.size(); ++i)
    entries[i] = {static_cast<std::uint32_t>(stream.word(2 * i)), static_cast<std::uint32_t>(stream.word(2 * i + 1)),
                  1};
  std::vector<std::uint8_t> wanted(entries.size());
  for (Index i = 0; i < entries.size(); ++i) EntryTiles::groups_of({&entries[i], 1}, &wanted[i]);
  CHECK(std::set<std::uint8_t>(wanted.begin(), wanted.end()).size() > 40);
  CHECK(*std::max_element(wanted.begin(), wanted.end()) < EntryTiles::groups);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (Index count = 0; count <= entries.size(); ++count) {
      std::vector<std::uint8_t> groups(count + 1, 99);
      EntryTiles::groups_of({entries.data(), count}, groups.data());
      CHECK(std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(count), groups.begin()));
      CHECK(groups.back() == 99);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_CASE("a pass over tiles is the sum over their entries, whatever the rank, the sides and the rows") {
  const Team team(2);
  // Strips of one tile of rows, and of several because rows meet few entries; factors that are larger than caches,
  // whose columns begin anywhere in a line.
  for (const auto& [shape, k] : std::vector<std::pair<Shape, Index>>{{{700, 90}, 1},
                                                                     {{700, 90}, 2},
                                                                     {{700, 90}, 3},
                                                                     {{700, 90}, 4},
                                                                     {{700, 90}, 5},
                                                                     {{700, 90}, 8},
                                                                     {{700, 90}, 11},
                                                                     {{700, 90}, 16},
                                                                     {{700, 90}, 21},
                                                                     {{700, 90}, 28},
                                                                     {{700, 90}, 32},
                                                                     {{700, 90}, 37},
                                                                     {{700, 90}, 64},
                                                                     {{20000, 90}, 4},
                                                                     {{20000, 90}, 12},
                                                                     {{150001, 90}, 8}}) {
    const Index rank = k;
    CAPTURE(rank);
    const EntryTiles tiles = tiles_of(shape, places_of(shape, 9000), team);
    // So few that most tiles have none of them, too.
    const Rows all{0, tiles.size()}, some{tiles.size() / 3 + 1, tiles.size() / 2}, few{tiles.size() / 3 + 1, 100};
    const LowRank at = pair_of(shape, rank, 1), other = pair_of(shape, rank / 2 + 1, 2);
    for (const Rows rows : {all, some, few})
      for (const LowRank* along : {&at, &other}) {
        const Result sums = expected(tiles, at, *along, rows);
        for (const Sides wanted : {Sides{true, true}, Sides{true, false}, Sides{false, true}, Sides{false, false}}) {
          const Result found = run(tiles, team, at, *along, wanted, rows);
          CHECK(std::abs(found.value - sums.value) <= 1e-13 * arma::accu(arma::abs(arma::pow(sums.prediction, 3))));
          check_close(found.prediction, sums.prediction);
          if (wanted.left) check_close(found.gradient.left, sums.gradient.left);
          if (wanted.right) check_close(found.gradient.right, sums.gradient.right);
        }
      }
  }
}

TEST_CASE("any number of threads and any instruction set give the same bits") {
  for (const auto& [shape, rank] : std::vector<std::pair<Shape, Index>>{
           {{3000, 200}, 3}, {{30000, 200}, 16}, {{3000, 200}, 23}, {{3000, 200}, 40}}) {
    const std::vector<Place> places = places_of(shape, 60000);
    const LowRank at = pair_of(shape, rank, 1);
    std::optional<Result> first;
    for (const unsigned threads : {1U, 2U, 3U, 4U}) {
      const Team team(threads);
      const EntryTiles tiles = tiles_of(shape, places, team);
      hwy::SetSupportedTargetsForTest(0);
      for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        const Result found = run(tiles, team, at, at, {}, {0, tiles.size()});
        if (!first) first = found;
        CHECK(found == *first);
      }
      hwy::SetSupportedTargetsForTest(0);
    }
  }
}

TEST_CASE("what a block throws ends the pass, whatever the number of threads") {
  const Shape shape{3000, 200};
  for (const unsigned threads : {1U, 2U, 4U}) {
    const Team team(threads);
    const EntryTiles tiles = tiles_of(shape, places_of(shape, 60000), team);
    const LowRank at = pair_of(shape, 4, 1);
    EntryTiles::Pass pass;
    pass.at = &at;
    const auto run = [&](Index failing) {
      return tiles.run(team, pass, {0, tiles.size()}, [&](Index first, Index, const Real*, Real*) {
        if (first >= failing) throw std::runtime_error("refused");
        return 0.0;
      });
    };
    for (const Index failing : {Index{0}, tiles.size() / 2})
      CHECK_THROWS_WITH_AS(run(failing), "refused", std::runtime_error);
    CHECK(run(tiles.size()) == 0);
  }
}

TEST_CASE("a part of the tiles has their entries with these indices, in their order") {
  const Team team(1);
  const Shape shape{900, 400};
  const EntryTiles tiles = tiles_of(shape, places_of(shape, 20000), team);
  const std::vector<Index> indices = Stream(3, "part").sample(tiles.size(), 777);
  const EntryTiles part = tiles.part(indices);
  REQUIRE(part.size() == 777);
  std::vector<Place> all, some;
  tiles.for_each([&](Index, Index a, Index b) { all.emplace_back(a, b); });
  part.for_each([&](Index, Index a, Index b) { some.emplace_back(a, b); });
  for (Index i = 0; i < indices.size(); ++i) CHECK(some[i] == all[indices[i]]);
  // Of a part that lies in few of the tiles, gradients of all rows and columns.
  std::vector<Index> first(200);
  std::iota(first.begin(), first.end(), Index{0});
  const EntryTiles beginning = tiles.part(first);
  const LowRank at = pair_of(shape, 5, 1);
  const Result found = run(beginning, team, at, at, {}, {0, 200}), sums = expected(beginning, at, at, {0, 200});
  check_close(found.gradient.left, sums.gradient.left);
  check_close(found.gradient.right, sums.gradient.right);
}

TEST_CASE("more than 2^20 entries: lanes, predictions and parts, to the last bit") {
  const auto team = std::make_shared<const Team>(2);
  const Shape shape{3000, 1000};
  const Index m = EntryOperator::most_by_rows + 1000;
  const auto op = std::make_shared<const SomeEntries>(shape, Stream(5, "places").sample(shape.entries(), m), team);
  REQUIRE(op->predictions_are_optional());
  CHECK(op->bytes() <= 5 * m);
  Vec y(m);
  Stream(6, "y").fill_normal(0, {y.memptr(), m});
  const Squares loss;
  const LowRank X = pair_of(shape, 4, 1), Y = pair_of(shape, 7, 2);
  LowRank with, without, of_Y;
  Vec prediction, z;
  Evaluation alone{&X, &y, &loss, {}, 0, nullptr, &without};
  op->evaluate({&alone, 1});
  std::vector<Evaluation> lanes{{&Y, &y, &loss, {}, 0, nullptr, &of_Y}, {&X, &y, &loss, {}, 0, &prediction, &with}};
  op->evaluate(lanes);
  CHECK(lanes[1].value == alone.value);
  CHECK(std::equal(with.left.begin(), with.left.end(), without.left.begin()));
  CHECK(std::equal(with.right.begin(), with.right.end(), without.right.begin()));
  op->forward(X, z);
  CHECK(std::equal(z.begin(), z.end(), prediction.begin()));
  // ⟨A(X), y⟩ = ⟨A*(y) R, L⟩ = ⟨A*(y)ᵀ L, R⟩
  LowRank pulled;
  op->pull_back(y, X, pulled);
  const Real inner = arma::dot(z, y), scale = frobenius_norm(z) * frobenius_norm(y);
  CHECK(std::abs(arma::dot(pulled.left, X.left) - inner) <= 1e-12 * scale);
  CHECK(std::abs(arma::dot(pulled.right, X.right) - inner) <= 1e-12 * scale);
  Mat C;
  op->adjoint_times(y, X.right, C);
  CHECK(std::equal(C.begin(), C.end(), pulled.left.begin()));
  op->adjoint_transposed_times(y, X.left, C);
  CHECK(std::equal(C.begin(), C.end(), pulled.right.begin()));
  const std::vector<Index> indices = Stream(3, "part").sample(m, 5000);
  Vec some;
  op->restricted(indices)->forward(X, some);
  for (Index i = 0; i < indices.size(); ++i) REQUIRE(some[i] == z[indices[i]]);
  std::vector<Index> every(m);
  std::iota(every.begin(), every.end(), Index{0});
  LowRank whole;
  op->restricted(every)->pull_back(y, X, whole);
  CHECK(std::equal(whole.left.begin(), whole.left.end(), pulled.left.begin()));
}
