// Sums over ranks, to the last bit.
#include "core/numbers/ranks.hpp"

#include <doctest/doctest.h>

#include "core/numbers/streams.hpp"
#include "core/numbers/tiles.hpp"
#include "tests/support/thread_ranks.hpp"

using namespace tightrope;

namespace {

/// Parts of a sum as columns, in as many shares as there are ranks; the last one is that of rank `to`.
Vec summed(const Mat& parts, Index ranks, Index to) {
  Vec total(parts.n_rows);
  const auto begin = [&](Index share) { return part_begin(parts.n_cols, ranks, share); };
  on_ranks(ranks, [&](Ranks& own) {
    const Index share = (own.rank() + ranks - 1 - to) % ranks;
    std::vector<Index> chain;
    for (Index of = 0; of < ranks; ++of)
      if (begin(of) < begin(of + 1)) chain.push_back((of + 1 + to) % ranks);
    OrderedSum(own, chain, to)
        .run(
            begin(share + 1) - begin(share), [&](Index p) { return parts.colptr(begin(share) + p); },
            own.rank() == to ? total.memptr() : nullptr, parts.n_rows);
  });
  return total;
}

Vec left_to_right(const Mat& parts) {
  Vec total = parts.col(0);
  for (Index p = 1; p < parts.n_cols; ++p) total += parts.col(p);
  return total;
}

/// What MPI_Reduce does at its simplest: each rank adds up what it has, then these sums are added.
Vec sum_of_sums(const Mat& parts, Index ranks) {
  Mat sums(parts.n_rows, ranks);
  for (Index rank = 0; rank < ranks; ++rank) {
    const Index begin = part_begin(parts.n_cols, ranks, rank), end = part_begin(parts.n_cols, ranks, rank + 1);
    sums.col(rank) = left_to_right(parts.cols(begin, end - 1));
  }
  return left_to_right(sums);
}

bool same_bits(const Vec& a, const Vec& b) { return std::memcmp(a.memptr(), b.memptr(), a.n_elem * sizeof(Real)) == 0; }

}  // namespace

TEST_CASE("an ordered sum has the bits of one process, which sums of sums have not") {
  const Mat parts = Stream(1, "parts").normal_matrix(100000, 16);  // several pieces
  const Vec alone = left_to_right(parts);
  for (const Index ranks : std::vector<Index>{1, 2, 3, 4, 5, 7, 16}) {
    CAPTURE(ranks);
    CHECK(same_bits(summed(parts, ranks, 0), alone));
    CHECK(same_bits(summed(parts, ranks, ranks - 1), alone));
    if (ranks > 1 && ranks < 16) CHECK_FALSE(same_bits(sum_of_sums(parts, ranks), alone));
  }
}

TEST_CASE("ranks without parts hand nothing on, and zeros keep their signs") {
  Mat parts = Stream(2, "parts").normal_matrix(10, 3);
  parts.row(4).fill(-0.0);
  for (const Index ranks : std::vector<Index>{4, 7}) {
    CHECK(same_bits(summed(parts, ranks, 0), left_to_right(parts)));
    CHECK(same_bits(summed(parts, ranks, ranks - 1), left_to_right(parts)));
  }
}

TEST_CASE("what is sent is counted, a broadcast once for each that gets it") {
  std::vector<std::uint64_t> sent(4);
  on_ranks(4, [&](Ranks& own) {
    double number = 1;
    own.broadcast(&number, sizeof number);
    if (own.rank() == 2) own.send(0, &number, sizeof number);
    if (own.rank() == 0) own.receive(2, &number, sizeof number);
    sent[own.rank()] = own.sent();
  });
  CHECK(sent == std::vector<std::uint64_t>{24, 0, 8, 0});
}
