// Teams of threads: every tile once, exceptions returned, nested and concurrent use.
#include "core/numbers/tiles.hpp"

#include <doctest/doctest.h>

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
