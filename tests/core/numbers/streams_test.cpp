// Random streams: the published Philox vectors, golden values, independence of use, and the distribution.
#include "core/numbers/streams.hpp"

#include <Random123/philox.h>
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "core/base/error.hpp"

using namespace tightrope;

TEST_CASE("Philox4x32-10 answers the known vectors of its authors") {
  const auto zero = r123::Philox4x32{}({{0, 0, 0, 0}}, {{0, 0}});
  CHECK(zero[0] == 0x6627e8d5U);
  CHECK(zero[3] == 0x9b00dbd8U);
  const auto pi = r123::Philox4x32{}({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, {{0xa4093822, 0x299f31d0}});
  CHECK(pi[0] == 0xd16cfe09U);
  CHECK(pi[3] == 0x24126ea1U);
}

TEST_CASE("the streams have their golden values") {
  const Stream stream(1, "problem/operator");
  CHECK(stream.path() == "problem/operator");
  CHECK(stream.word(0) == 0xbfb3190f21dcbee1U);
  CHECK(stream.normal(0) == 0x1.577351edbf9f5p-1);
  CHECK(stream.word(1) == 0x13595c481aa2031bU);
  CHECK(stream.normal(1) == -0x1.6f785957a2d1fp+0);
  CHECK(stream.word(1000000007) == 0x158d8c5dcd2ed8d1U);
  CHECK(stream.normal(1000000007) == -0x1.609ea4e2becap+0);
  CHECK(stream.word(1099511627776) == 0xb27c7daaea908824U);
  CHECK(stream.normal(1099511627776) == 0x1.08656f80bc6fdp-1);
}

TEST_CASE("numbers made in bulk are the elements, to the last bit") {
  const Stream stream(11, "bulk");
  for (const std::uint64_t first : {0U, 1U, 2U, 255U, 256U, 1001U})
    for (const std::size_t count : {1U, 2U, 3U, 7U, 8U, 255U, 256U, 257U, 5000U}) {
      std::vector<Real> normals(count), uniforms(count);
      std::vector<std::uint8_t> bytes(count);
      stream.fill_normal(first, normals);
      stream.fill_uniform(first, uniforms);
      stream.fill_bytes(8 * first, bytes);
      bool equal = true;
      for (std::size_t i = 0; i < count; ++i)
        equal = equal && normals[i] == stream.normal(first + i) && uniforms[i] == stream.uniform(first + i) &&
                bytes[i] == ((stream.word(first + i / 8) >> 8 * (i % 8)) & 255);
      CHECK(equal);
    }
}

TEST_CASE("an element of a stream does not depend on how it is asked for") {
  const Stream stream(7, "a");
  std::vector<Real> all(101), part(40);
  stream.fill_normal(0, all);
  stream.fill_normal(33, part);
  for (std::size_t i = 0; i < part.size(); ++i) CHECK(part[i] == all[33 + i]);
  CHECK(stream.normal(77) == all[77]);
  CHECK(stream.normal_matrix(10, 10)(3, 4) == all[43]);
}

TEST_CASE("other seeds, other paths and children give other numbers") {
  const std::set<std::uint64_t> words{Stream(1, "a").word(0), Stream(2, "a").word(0),
                                      Stream(1, "b").word(0), Stream(1, "a").child("b").word(0),
                                      Stream(1, "a").word(1), Stream(1, "a").word(2)};
  CHECK(words.size() == 6);
  CHECK(Stream(1, "a").child("b").word(5) == Stream(1, "a/b").word(5));
}

TEST_CASE("the inverse normal distribution inverts the error function's distribution") {
  // Φ(x) = ½ erfc(−x/√2) is good to about 1e-16 relative; near p = 1 the rounding of p itself limits x.
  for (const Real p :
       {1e-300, 1e-100, 1e-20, 1e-9, 1e-3, 0.02, 0.0749999, 0.0750001, 0.3, 0.499, 0.5, 0.51, 0.9, 0.925001, 0.999}) {
    const Real x = inverse_normal_distribution(p);
    CHECK(0.5 * std::erfc(-x / std::sqrt(2.0)) == doctest::Approx(p).epsilon(2e-14 + 1e-16 * x * x));
  }
  CHECK(inverse_normal_distribution(0.5) == 0);
  CHECK(inverse_normal_distribution(0.25) == -inverse_normal_distribution(0.75));
}

TEST_CASE("a million normal numbers have the moments and the tail of N(0, 1)") {
  std::vector<Real> numbers(1'000'000);
  Stream(3, "moments").fill_normal(0, numbers);
  Real sum = 0, square = 0, fourth = 0, beyond = 0;
  for (const Real x : numbers) {
    sum += x;
    square += x * x;
    fourth += x * x * x * x;
    beyond += std::abs(x) > 3 ? 1 : 0;
  }
  // Five standard deviations of each estimator.
  CHECK(std::abs(sum / 1e6) < 5e-3);
  CHECK(std::abs(square / 1e6 - 1) < 5 * std::sqrt(2e-6));
  CHECK(std::abs(fourth / 1e6 - 3) < 5 * std::sqrt(96e-6));
  CHECK(std::abs(beyond - 2699.8) < 5 * std::sqrt(2699.8));
}

TEST_CASE("a sample has the asked number of different indices, and every index its fair share") {
  std::vector<int> hits(20, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const std::vector<Index> sample = Stream(seed, "sample").sample(20, 5);
    REQUIRE(sample.size() == 5);
    for (std::size_t i = 1; i < sample.size(); ++i) REQUIRE(sample[i - 1] < sample[i]);
    for (const Index i : sample) ++hits[i];
  }
  for (const int hit : hits) CHECK(std::abs(hit - 1000) < 5 * std::sqrt(4000 * 0.25 * 0.75));
  CHECK(Stream(1, "s").sample(6, 6) == std::vector<Index>{0, 1, 2, 3, 4, 5});
  CHECK_THROWS_AS(Stream(1, "s").sample(2, 3), std::logic_error);
}

TEST_CASE("a sample is Floyd's, whether what is taken is kept as bits or draws are sorted") {
  for (const auto& [size, count] : {std::pair<Index, Index>{1, 1},
                                    {64, 10},
                                    {65, 65},
                                    {2400, 960},
                                    {100000, 3},
                                    {5000000, 200},
                                    {1000000, 40000},
                                    {Index{1} << 27U, 100000},
                                    {(Index{1} << 27U) + 1, 1000000}}) {
    const Stream stream(7, "sample");
    std::vector<bool> taken(size);
    for (Index j = size - count; j < size; ++j) {
      const auto t = std::min(static_cast<Index>(stream.uniform(j) * static_cast<Real>(j + 1)), j);
      taken[taken[t] ? j : t] = true;
    }
    std::vector<Index> expected;
    for (Index i = 0; i < size; ++i)
      if (taken[i]) expected.push_back(i);
    CHECK(stream.sample(size, count) == expected);
  }
}

TEST_CASE("a sample of few out of very many costs what the few cost, and reaches all of them") {
  const Index size = Index{1} << 62;
  const std::vector<Index> sample = Stream(2, "s").sample(size, 2000);
  REQUIRE(sample.size() == 2000);
  Index odd = 0, low = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    REQUIRE(sample[i] < size);
    if (i > 0) REQUIRE(sample[i - 1] < sample[i]);
    odd += sample[i] % 2;
    low += sample[i] < size / 2;
  }
  CHECK(odd > 850);
  CHECK(odd < 1150);
  CHECK(low > 850);
  CHECK(low < 1150);
  CHECK_THROWS_AS(Stream(1, "s").sample(size, size / 2), Error);
}
