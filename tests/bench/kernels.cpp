// The sweeps alone, by storage and lanes: bytes of entries and multiply-adds per second of one thread.
#include <benchmark/benchmark.h>

#include "core/numbers/kernels/row_store.hpp"
#include "core/numbers/streams.hpp"

using namespace tightrope;

namespace {

constexpr Index rows = 512;
const std::vector<std::string> stores = {"float64", "float32", "float16", "int8", "sign"};

std::unique_ptr<RowStore> store_of(const std::string& name, Index columns) {
  const ForEach one_by_one = [](Index n, const std::function<void(Index)>& work) {
    for (Index i = 0; i < n; ++i) work(i);
  };
  const Stream stream(1, "entries");
  if (name == "sign")
    return make_sign_store(
        false, rows, columns,
        [&](Index group, Index, Index end, std::uint8_t* bytes) {
          stream.fill_bytes(group * columns, {bytes, end});
        },
        one_by_one);
  return make_row_store(
      storage_of(name), rows, columns,
      [&](Index row, Index, Index end, Real* entries) {
        stream.fill_normal(row * columns, {entries, end});
      },
      one_by_one);
}

/// Arguments: store, lanes, columns.
void sweep(benchmark::State& state) {
  const std::string name = stores[static_cast<std::size_t>(state.range(0))];
  const auto lanes = static_cast<Index>(state.range(1)), columns = static_cast<Index>(state.range(2));
  const auto store = store_of(name, columns);
  const Index width = store->lane_width(lanes), groups = (lanes + width - 1) / width, block = store->block_rows(lanes);
  std::vector<Real> x(groups * columns * width, 0.5), gradient(groups * columns * width), sums(block * groups * width),
      slopes(block * groups * width, 0.25);
  std::vector<const Real*> x_of;
  std::vector<Real*> gradient_of;
  for (Index g = 0; g < groups; ++g) {
    x_of.push_back(x.data() + g * columns * width);
    gradient_of.push_back(gradient.data() + g * columns * width);
  }
  const SweepLanes where{groups, width, x_of.data(), gradient_of.data()};
  for (auto _ : state) {
    SweepRows last;
    for (Index first = 0; first < rows; first += block) {
      const SweepRows next{first, std::min(block, rows - first), nullptr, slopes.data(), false};
      store->sweep(last, next, 0, columns, where, sums.data());
      last = next;
      last.made = true;
    }
    store->sweep(last, {}, 0, columns, where, sums.data());
  }
  state.SetLabel(name);
  state.counters["bytes"] =
      benchmark::Counter(static_cast<double>(store->bytes()), benchmark::Counter::kIsIterationInvariantRate,
                         benchmark::Counter::OneK::kIs1000);
  state.counters["multiply-adds"] = benchmark::Counter(static_cast<double>(2 * rows * columns * lanes),
                                                       benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

BENCHMARK(sweep)->ArgNames({"store", "lanes", "columns"})->ArgsProduct({{0, 1, 2, 3, 4}, {1, 4, 16}, {600, 10000}});
BENCHMARK_MAIN();
