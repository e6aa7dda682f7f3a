// Teams of threads: every tile once, exceptions returned, nested and concurrent use; copies of what is large.
#include "core/numbers/tiles.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

using namespace tightrope;

TEST_CASE("every tile is computed exactly once by any number of threads") {
  for (const unsigned threads : {1U, 2U, 5U}) {
    const Team team(threads);
    CHECK(team.threads() == threads);
    for (const Index tiles : {0U, 1U, 3U, 1000U}) {
      std::vector<std::atomic<int>> hits(tiles);
      for (int round = 0; round < 20; ++round) team.for_each_tile(tiles, [&](Index tile) { ++hits[tile]; });
      for (const auto& hit : hits) CHECK(hit == 20);
    }
  }
}

TEST_CASE("an exception in a tile reaches the caller after all other tiles have ended") {
  const Team team(3);
  std::atomic<int> ended{0};
  CHECK_THROWS_WITH(team.for_each_tile(50,
                                       [&](Index tile) {
                                         if (tile == 7) throw std::runtime_error("tile 7");
                                         ++ended;
                                       }),
                    "tile 7");
  CHECK(ended == 49);
  team.for_each_tile(4, [&](Index) { ++ended; });
  CHECK(ended == 53);
}

TEST_CASE("a team serves calls from several threads and from within its own tiles") {
  const Team team(2);
  std::atomic<int> count{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round)
        team.for_each_tile(3, [&](Index) { team.for_each_tile(2, [&](Index) { ++count; }); });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(count == 4 * 50 * 3 * 2);
}

TEST_CASE("parts cover the whole without gaps and differ by one at most") {
  for (const Index size : {0U, 1U, 7U, 8U, 1500U})
    for (const Index parts : {1U, 3U, 8U}) {
      CHECK(part_begin(size, parts, 0) == 0);
      CHECK(part_begin(size, parts, parts) == size);
      for (Index p = 0; p < parts; ++p) {
        const Index length = part_begin(size, parts, p + 1) - part_begin(size, parts, p);
        CHECK((length == size / parts || length == size / parts + 1));
      }
    }
}

TEST_CASE("a matrix is assigned to the last number, however large it is and wherever it begins") {
  for (const unsigned threads : {1U, 3U}) {
    const Team team(threads);
    for (const Index rows : {0U, 5U, 350003U}) {
      Mat from(rows, 3), to(2, 2);
      for (Index i = 0; i < from.n_elem; ++i) from[i] = static_cast<Real>(i);
      assign(team, from, to);
      REQUIRE(arma::size(to) == arma::size(from));
      CHECK(std::equal(from.begin(), from.end(), to.begin()));
    }
  }
  std::vector<Real> from(100), to(110, -1.0);
  for (Index i = 0; i < from.size(); ++i) from[i] = static_cast<Real>(i);
  for (const Index all : {Index{100}, Index{1} << 30U})
    for (Index shift = 0; shift < 9; ++shift)
      for (const Index count : {Index{0}, Index{3}, Index{20}, Index{100}}) {
        std::fill(to.begin(), to.end(), -1.0);
        copy_of(all)(from.data(), count, to.data() + shift);
        for (Index i = 0; i < to.size(); ++i)
          CHECK(to[i] == (i >= shift && i < shift + count ? static_cast<Real>(i - shift) : -1.0));
      }
}
