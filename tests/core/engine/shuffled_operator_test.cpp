// Batches that were drawn at random: every entry in one of them, and each a pass over its own alone.
#include "core/engine/shuffled_operator.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "core/operators/entry_operator.hpp"

using namespace tightrope;

namespace {

constexpr Shape size_of_X{90, 70};
constexpr Index m = 2003, size = 400;

class SomeEntries final : public EntryOperator {
 public:
  SomeEntries() : EntryOperator(tiles(), 0.5, std::make_shared<const Team>(2)) {}
  static EntryTiles tiles() {
    const std::vector<Index> places = Stream(5, "places").sample(size_of_X.entries(), m);
    EntryTiles tiles(size_of_X, m);
    for (const Index place : places) tiles.count(place % size_of_X.rows, place / size_of_X.rows);
    tiles.allocate();
    for (const Index place : places) tiles.place(place % size_of_X.rows, place / size_of_X.rows);
    tiles.sort(Team(1), nullptr);
    return tiles;
  }
};

struct Squares final : Loss {
  Real evaluate(Index first, std::span<const Real> prediction, std::span<const Real> data,
                std::span<Real> slope) const override {
    Real value = 0;
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const Real weight = 1 + static_cast<Real>(first + i) / m;
      slope[i] = weight * (prediction[i] - data[i]);
      value += slope[i] * (prediction[i] - data[i]) / 2;
    }
    return value;
  }
};

std::shared_ptr<const MeasurementOperator> whole() { return std::make_shared<const SomeEntries>(); }

}  // namespace

TEST_CASE("batches drawn at random have every entry once, and as many of each tile as chance gives them") {
  const auto op = shuffled(whole(), size, Stream(1, "batches"));
  REQUIRE(op->measurements() == m);
  const std::vector<MatrixEntry> entries = op->entries();
  std::set<std::pair<Index, Index>> seen, wanted;
  for (const MatrixEntry& entry : entries) seen.emplace(entry.row, entry.column);
  for (const MatrixEntry& entry : whole()->entries()) wanted.emplace(entry.row, entry.column);
  CHECK(seen == wanted);
  CHECK(entries.size() == m);
  // Of an upper half of the rows each batch has its share, within five standard deviations of a drawing without
  // replacement.
  const auto is_upper = [](const MatrixEntry& entry) { return entry.row < size_of_X.rows / 2; };
  const auto all = static_cast<Real>(std::count_if(entries.begin(), entries.end(), is_upper)) / m;
  for (Index begin = 0; begin + size <= m; begin += size) {
    const auto from = entries.begin() + static_cast<long>(begin);
    const auto upper = static_cast<Real>(std::count_if(from, from + size, is_upper));
    CHECK(std::abs(upper - all * size) < 5 * std::sqrt(all * (1 - all) * size));
  }
}

TEST_CASE("a pass over some batches is the sum over their entries, and the maps are those of the whole in this order") {
  const auto op = shuffled(whole(), size, Stream(1, "batches"));
  const LowRank X{Stream(2, "L").normal_matrix(size_of_X.rows, 3), Stream(2, "R").normal_matrix(size_of_X.cols, 3)};
  const Vec y = Stream(3, "y").normal_matrix(m, 1);
  const std::vector<MatrixEntry> entries = op->entries();
  Vec z;
  op->forward(X, z);
  const Mat dense = X.dense();
  for (Index i = 0; i < m; ++i) REQUIRE(z[i] == doctest::Approx(0.5 * dense(entries[i].row, entries[i].column)));
  const Squares loss;
  for (const Rows rows : {Rows{size, size}, Rows{150, 900}, Rows{0, m}}) {
    const Vec data = y.subvec(rows.first, rows.end() - 1);
    LowRank gradient;
    Vec prediction;
    Evaluation pass{&X, &data, &loss, {}, 0, &prediction, &gradient};
    op->evaluate({&pass, 1}, rows);
    Real value = 0;
    Mat left(size_of_X.rows, 3, arma::fill::zeros), right(size_of_X.cols, 3, arma::fill::zeros);
    for (Index i = rows.first; i < rows.end(); ++i) {
      const Real weight = 1 + static_cast<Real>(i) / m, slope = weight * (z[i] - y[i]);
      value += slope * (z[i] - y[i]) / 2;
      left.row(entries[i].row) += 0.5 * slope * X.right.row(entries[i].column);
      right.row(entries[i].column) += 0.5 * slope * X.left.row(entries[i].row);
      CHECK(prediction[i - rows.first] == z[i]);
    }
    CHECK(pass.value == doctest::Approx(value).epsilon(1e-12));
    CHECK(frobenius_norm(gradient.left - left) < 1e-12 * frobenius_norm(left));
    CHECK(frobenius_norm(gradient.right - right) < 1e-12 * frobenius_norm(right));
  }
  // ⟨A(X), y⟩ = ⟨A*(y) R, L⟩ = ⟨A*(y)ᵀ L, R⟩ = ⟨X, A*(y)⟩
  LowRank pulled;
  op->pull_back(y, X, pulled);
  Mat G;
  op->adjoint(y, G);
  const Real inner = arma::dot(z, y), scale = frobenius_norm(z) * frobenius_norm(y);
  CHECK(std::abs(arma::dot(pulled.left, X.left) - inner) <= 1e-12 * scale);
  CHECK(std::abs(arma::dot(pulled.right, X.right) - inner) <= 1e-12 * scale);
  CHECK(std::abs(arma::dot(G, dense) - inner) <= 1e-12 * scale);
}

TEST_CASE("a batch alone has the bits that it has among others") {
  const auto op = shuffled(whole(), size, Stream(1, "batches"));
  const LowRank X{Stream(2, "L").normal_matrix(size_of_X.rows, 3), Stream(2, "R").normal_matrix(size_of_X.cols, 3)},
      Y{Stream(4, "L").normal_matrix(size_of_X.rows, 2), Stream(4, "R").normal_matrix(size_of_X.cols, 2)};
  const Vec data = Stream(3, "y").normal_matrix(size, 1);
  const Squares loss;
  LowRank alone, together, other;
  Evaluation first{&X, &data, &loss, {}, 0, nullptr, &alone};
  op->evaluate({&first, 1}, {size, size});
  std::vector<Evaluation> lanes{{&Y, &data, &loss, {}, 0, nullptr, &other},
                                {&X, &data, &loss, {}, 0, nullptr, &together}};
  op->evaluate(lanes, {size, size});
  CHECK(lanes[1].value == first.value);
  CHECK(std::equal(alone.left.begin(), alone.left.end(), together.left.begin()));
  CHECK(std::equal(alone.right.begin(), alone.right.end(), together.right.begin()));
}
