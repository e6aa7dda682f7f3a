// Sweeps over stored rows: against sums in extended precision, and to the last bit across everything that must not
// matter.
#include "core/numbers/kernels/row_store.hpp"

#include <doctest/doctest.h>

#include <hwy/targets.h>
#include <cmath>
#include <cstring>

#include "core/numbers/kernels/sweeps.hpp"
#include "core/numbers/streams.hpp"

using namespace tightrope;

namespace {

const Stream source_stream(3, "entries");

std::unique_ptr<RowStore> store_of(const std::string& name, Index rows, Index columns) {
  const ForEach one_by_one = [](Index n, const std::function<void(Index)>& work) {
    for (Index i = 0; i < n; ++i) work(i);
  };
  const SignSource signs = [columns](Index group, Index begin, Index end, std::uint8_t* bytes) {
    source_stream.fill_bytes(group * ((columns + 7) / 8) * 8 + begin, {bytes, end - begin});
  };
  if (name == "sign") return make_sign_store(false, rows, columns, signs, one_by_one);
  if (name == "generated sign") return make_sign_store(true, rows, columns, signs, one_by_one);
  return make_row_store(
      storage_of(name), rows, columns,
      [&, columns, scale = name == "int8" ? 32.0 : 1.0](Index row, Index begin, Index end, Real* entries) {
        source_stream.fill_normal(row * columns + begin, {entries, end - begin});
        for (Index j = 0; j < end - begin; ++j) entries[j] *= scale;
      },
      one_by_one);
}

struct Result {
  Mat sums, gradients;  // rows × lanes, columns × lanes
};

/// All rows in blocks, slopes of a block taken from its sums as in a pass.
Result swept(const RowStore& store, Index rows, Index columns, Index lanes, Index chunk, Index most_rows = 1000) {
  const Index width = store.lane_width(lanes), groups = (lanes + width - 1) / width, padded = (columns + 7) / 8 * 8,
              block = std::min(most_rows, store.block_rows(lanes));
  std::vector<Real> x(groups * padded * width), gradient(groups * padded * width), sums(block * groups * width),
      slopes(block * groups * width);
  for (Index l = 0; l < lanes; ++l)
    for (Index j = 0; j < columns; ++j)
      x[l / width * padded * width + j * width + l % width] = Stream(l, "x").normal(j);
  std::vector<const Real*> x_of;
  std::vector<Real*> gradient_of;
  for (Index g = 0; g < groups; ++g) {
    x_of.push_back(x.data() + g * padded * width);
    gradient_of.push_back(gradient.data() + g * padded * width);
  }
  const SweepLanes where{groups, width, x_of.data(), gradient_of.data()};
  std::vector<std::byte> scratch[2];
  for (auto& memory : scratch) memory.resize(store.scratch_bytes(lanes) + 64);
  Result result{Mat(rows, lanes), Mat(columns, lanes)};
  SweepRows last;
  for (Index first = 0, turn = 0; first < rows; first += block, turn ^= 1) {
    const SweepRows next{first, std::min(block, rows - first), scratch[turn].data(), slopes.data(), false};
    std::fill(sums.begin(), sums.end(), 0.0);
    for (Index begin = 0; begin < columns; begin += chunk)
      store.sweep(last, next, begin, std::min(columns, begin + chunk), where, sums.data());
    for (Index l = 0; l < lanes; ++l)
      for (Index i = 0; i < next.count; ++i) {
        const Index at = l / width * next.count * width + i * width + l % width;
        result.sums(first + i, l) = sums[at];
        slopes[at] = sums[at] / static_cast<Real>(l + 2);
      }
    last = {next.first, next.count, next.scratch, slopes.data(), true};
  }
  store.sweep(last, {}, 0, columns, where, sums.data());
  for (Index l = 0; l < lanes; ++l)
    for (Index j = 0; j < columns; ++j)
      result.gradients(j, l) = gradient[l / width * padded * width + j * width + l % width];
  return result;
}

/// The documented order of summation, entry by entry: eight partial sums for each tile of columns, added in a tree, and
/// chains over the rows.
Result plainly(const RowStore& store, Index rows, Index columns, Index lanes) {
  Result result{Mat(rows, lanes), Mat(columns, lanes, arma::fill::zeros)};
  std::vector<Real> entries(columns);
  for (Index l = 0; l < lanes; ++l) {
    std::vector<Real> x(columns);
    for (Index j = 0; j < columns; ++j) x[j] = Stream(l, "x").normal(j);
    for (Index i = 0; i < rows; ++i) {
      store.read(i, entries.data());
      Real sum = 0;
      for (Index tile = 0; tile < columns; tile += tile_columns) {
        Real s[8] = {};
        for (Index j = tile; j < std::min(columns, tile + tile_columns); ++j)
          s[j % 8] = std::fma(entries[j], x[j], s[j % 8]);
        sum += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
      }
      result.sums(i, l) = sum;
      const Real slope = sum / static_cast<Real>(l + 2);
      for (Index j = 0; j < columns; ++j) result.gradients(j, l) = std::fma(slope, entries[j], result.gradients(j, l));
    }
  }
  return result;
}

const std::vector<std::string> all_stores = {"float64", "float32",   "float16",       "int8",
                                             "sign",    "generated", "generated sign"};

bool same(const Mat& a, const Mat& b) {
  return arma::size(a) == arma::size(b) && std::memcmp(a.memptr(), b.memptr(), a.n_elem * sizeof(Real)) == 0;
}

}  // namespace

TEST_CASE("sweeps agree with sums in extended precision") {
  for (const std::string& name : all_stores)
    for (const Index columns : {7U, 64U, 1030U, 2500U}) {
      CAPTURE(name);
      CAPTURE(columns);
      const Index rows = 37, lanes = 3;
      const auto store = store_of(name, rows, columns);
      const Result found = swept(*store, rows, columns, lanes, Index{1} << 20);
      Mat entries(columns, rows);
      for (Index i = 0; i < rows; ++i) store->read(i, entries.colptr(i));
      for (Index l = 0; l < lanes; ++l) {
        for (Index i = 0; i < rows; ++i) {
          long double sum = 0, size = 0;
          for (Index j = 0; j < columns; ++j) {
            const long double term = static_cast<long double>(entries(j, i)) * Stream(l, "x").normal(j);
            sum += term;
            size += std::abs(term);
          }
          CHECK(std::abs(static_cast<Real>(sum) - found.sums(i, l)) <= 1e-15 * static_cast<Real>(size));
        }
        for (Index j = 0; j < columns; ++j) {
          long double sum = 0, size = 0;
          for (Index i = 0; i < rows; ++i) {
            const long double term = static_cast<long double>(entries(j, i)) * found.sums(i, l) / (l + 2);
            sum += term;
            size += std::abs(term);
          }
          CHECK(std::abs(static_cast<Real>(sum) - found.gradients(j, l)) <= 4e-15 * static_cast<Real>(size));
        }
      }
    }
}

TEST_CASE("a lane's bits do not depend on the lanes beside it") {
  for (const std::string& name : all_stores) {
    CAPTURE(name);
    const Index rows = 61, columns = 1500;
    const auto store = store_of(name, rows, columns);
    const Result solo = swept(*store, rows, columns, 1, Index{1} << 20);
    for (const Index lanes : {2U, 3U, 4U, 5U, 16U, 64U}) {
      const Result all = swept(*store, rows, columns, lanes, Index{1} << 20);
      CHECK(same(solo.sums, all.sums.head_cols(1)));
      CHECK(same(solo.gradients, all.gradients.head_cols(1)));
    }
    const Result five = swept(*store, rows, columns, 5, Index{1} << 20),
                 nine = swept(*store, rows, columns, 9, Index{1} << 20);
    CHECK(same(five.sums, nine.sums.head_cols(5)));
    CHECK(same(five.gradients, nine.gradients.head_cols(5)));
  }
}

TEST_CASE("sweeps of many lanes are plain loops in the documented order, to the last bit") {
  const Index whole = Index{1} << 20;
  const auto agrees = [&](const std::string& name, Index rows, Index columns, Index lanes, Index most_rows) {
    CAPTURE(name);
    CAPTURE(rows);
    CAPTURE(columns);
    CAPTURE(lanes);
    CAPTURE(most_rows);
    const auto store = store_of(name, rows, columns);
    const Result found = swept(*store, rows, columns, lanes, whole, most_rows),
                 wanted = plainly(*store, rows, columns, lanes);
    CHECK(same(found.sums, wanted.sums));
    CHECK(same(found.gradients, wanted.gradients));
  };
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    CAPTURE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    for (const std::string name : {"float64", "float32", "float16", "int8", "generated"}) {
      for (const Index lanes : {1U, 2U, 7U, 17U, 45U}) agrees(name, 29, 1043, lanes, 1000);
      for (const Index columns : {1U, 8U, 15U, 200U, 257U, 1024U, 2065U}) agrees(name, 13, columns, 6, 1000);
    }
    for (Index lanes = 1; lanes <= 17; ++lanes) agrees("float64", 50, 300, lanes, 1000);
    for (Index most_rows = 1; most_rows <= 14; ++most_rows) agrees("float64", 27, 300, 5, most_rows);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_CASE("every instruction set of this machine gives the same bits") {
  const Index rows = 45, columns = 1100;
  for (const std::string& name : all_stores)
    for (const Index lanes : {1U, 6U}) {
      CAPTURE(name);
      hwy::SetSupportedTargetsForTest(0);
      const auto store = store_of(name, rows, columns);
      const Result best = swept(*store, rows, columns, lanes, Index{1} << 20);
      for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        CAPTURE(hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(target);
        const auto again = store_of(name, rows, columns);  // its numbers are made with this instruction set too
        const Result other = swept(*again, rows, columns, lanes, Index{1} << 20);
        CHECK(same(best.sums, other.sums));
        CHECK(same(best.gradients, other.gradients));
      }
      hwy::SetSupportedTargetsForTest(0);
    }
}

TEST_CASE("gradients do not see how columns are split; sums are the sums of their chunks") {
  for (const std::string& name : all_stores) {
    CAPTURE(name);
    const Index rows = 33, columns = 5000;
    const auto store = store_of(name, rows, columns);
    const Result split = swept(*store, rows, columns, 2, 2048), again = swept(*store, rows, columns, 1, 2048);
    CHECK(same(split.sums.head_cols(1), again.sums));
    CHECK(same(split.gradients.head_cols(1), again.gradients));
  }
}

TEST_CASE("gradients of a strip start at zero whatever lies there, and go to the total with its last block") {
  const Index rows = 24, columns = 2065, padded = 2072;
  for (const std::string& name : all_stores)
    for (const Index lanes : {1U, 2U, 9U, 17U}) {
      CAPTURE(name);
      CAPTURE(lanes);
      const auto store = store_of(name, rows, columns);
      const Index width = store->lane_width(lanes), groups = (lanes + width - 1) / width, size = padded * width,
                  count = std::min<Index>(8, store->block_rows(lanes));
      std::vector<Real> slopes(rows * groups * width), x(size);
      Stream(5, "slopes").fill_normal(0, slopes);
      const std::vector<const Real*> x_of(groups, x.data());
      /// Adds three blocks to gradients, the way that `change` makes of each block's part in it.
      const auto added = [&](std::vector<Real>& gradient, const auto& change) {
        std::vector<Real*> of;
        for (Index g = 0; g < groups; ++g) of.push_back(gradient.data() + g * size);
        std::vector<std::byte> scratch(store->scratch_bytes(lanes) + 64);
        for (Index block = 0; block < 3; ++block) {
          SweepRows add{block * count, count, scratch.data(), slopes.data() + block * count * groups * width};
          change(block, add);
          for (Index begin = 0; begin < columns; begin += tile_columns)
            store->sweep(add, {}, begin, std::min(columns, begin + tile_columns),
                         {groups, width, x_of.data(), of.data()}, nullptr);
        }
      };
      std::vector<Real> wanted(groups * size), start(groups * size), kept(groups * size, std::nan(""));
      added(wanted, [](Index, SweepRows&) {});
      Stream(6, "start").fill_normal(0, start);
      std::vector<Real> total = start;
      std::vector<Real*> total_of;
      for (Index g = 0; g < groups; ++g) total_of.push_back(total.data() + g * size);
      added(kept, [&](Index block, SweepRows& add) {
        add.starts = block == 0;
        if (block == 2) add.total = total_of.data();
      });
      Index different = 0;
      for (Index g = 0; g < groups; ++g)
        for (Index j = g * size; j < g * size + columns * width; ++j) different += total[j] != start[j] + wanted[j];
      CHECK(different == 0);
    }
}

TEST_CASE("rounded entries are the nearest of their type") {
  const Index columns = 4000;
  std::vector<Real> exact(columns), kept(columns);
  source_stream.fill_normal(0, exact);
  const auto farthest = [&](const char* name) {
    store_of(name, 1, columns)->read(0, kept.data());
    Real worst = 0;
    for (Index j = 0; j < columns; ++j) {
      const Real value = std::string(name) == "int8" ? std::clamp(exact[j] * 32, -127.0, 127.0) : exact[j];
      worst = std::max(worst, std::abs(kept[j] - value) / (std::string(name) == "int8" ? 1 : std::abs(value)));
    }
    return worst;
  };
  CHECK(farthest("float32") <= std::ldexp(1, -24));
  CHECK(farthest("float32") > std::ldexp(1, -26));
  CHECK(farthest("float16") <= std::ldexp(1, -11));
  CHECK(farthest("float16") > std::ldexp(1, -13));
  CHECK(farthest("int8") <= 0.5);
  CHECK(farthest("float64") == 0);
}
