// Our side of a comparison: sets up a problem, then obeys lines of standard input, as the peers do.
//
//   contestant KEY=VALUE…    n1 n2 m k; operator (YAML of it), model, lanes, threads, clock (wall or cpu), widest
//                            instruction set (AVX3 or AVX2)
//   run N   → seconds per iteration, over N iterations of all lanes
//   lanes N → N, the number of lanes that go along from now on
//   objective N → seconds per value and gradient alone
//   entrywise N → the same of an operator of entries as up to 2^20 of them are evaluated: row by row, by one thread
//   touch N → seconds per pass of one thread over the entries that reads the factors' rows where a value and gradient
//             does and writes the gradient's, a number of each cache line, and computes nothing
//   restricted Q → seconds per value and gradient of the first Q % of the measurements, which are tiles that follow
//             each other, as an operator of its own
//   load FILE → seconds until a file of entries can be measured, text or packed
//   move FILE ENTRIES → seconds of reading its bytes and writing, into new memory, what so many entries take while they
//             are loaded and in the end: nothing is computed
//   words FILE → seconds of reading its numbers with iostreams, and nothing else
//   entries → how many measurements there are
//   multiply N → seconds per 10^6 multiply-adds that touch no memory, over N times as many, with as many threads
//   read N  → seconds per read of m·n1·n2 float64 numbers, over N reads, with as many threads
//   release → 0, when the memory of the reads is given back
//   error   → relative error of a recovery of exact rank from the same operator, and iterations
//   memory  → peak memory in bytes
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <string_view>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <hwy/targets.h>

#include "core/base/mapped_file.hpp"
#include "core/engine/engine.hpp"
#include "core/experiment/experiment.hpp"
#include "core/numbers/kernels/row_store.hpp"
#include "core/operators/entry_file.hpp"
#include "core/tree/yaml/yaml.hpp"

using namespace tightrope;

namespace {

using Lanes = std::vector<std::unique_ptr<Lane>>;

std::map<std::string, std::string> settings = {
    {"n1", "100"},     {"n2", "100"},           {"m", "4000"},
    {"k", "20"},       {"lanes", "1"},          {"threads", "2"},
    {"clock", "wall"}, {"model", "asymmetric"}, {"operator", "type: gaussian"},
    {"widest", "AVX3"}};

Index number(const std::string& key) { return std::stoul(settings.at(key)); }

/// `recovery`: exact rank and a method that converges to rounding.
Lanes make_lanes(const Catalog& catalog, const std::shared_ptr<const Team>& team, bool recovery) {
  std::string text = fmt::format(
      "name: bench\nproblem: {{shape: [{}, {}], target: {{type: random_low_rank, rank: 3, condition: 2, symmetric: "
      "{}}}, "
      "operator: {{{}{}}}}}\nmodel: {{type: {}, rank: {}}}\n",
      settings["n1"], settings["n2"], settings["model"] == "symmetric", settings["operator"],
      settings["operator"].find("count:") == std::string::npos ? ", measurements: " + settings["m"] : "",
      settings["model"], recovery ? "3" : settings["k"]);
  if (recovery) {
    text +=
        "initialization: spectral\noptimizer: {type: scaled_gradient_descent, step: 0.5}\n"
        "stop: {iterations: 2000, relative_error: 1e-12}\n";
  } else {
    text +=
        "initialization: {type: small_random, scale: 1e-3}\noptimizer: {type: gradient_descent, step: 0.1}\n"
        "stop: {iterations: 1000000000}\nstudy:\n  methods:\n";
    for (Index l = 0; l < number("lanes"); ++l)
      text += fmt::format("    lane{}: {{optimizer: {{type: gradient_descent, step: {}}}}}\n", l,
                          0.1 + 0.001 * static_cast<Real>(l));
  }
  return build_lanes(resolve_experiment(parse_yaml(text, "bench"), catalog), team);
}

/// Of the clock on the wall; or, with clock=cpu, of the processors, where others work on them too.
double now() {
  timespec time{};
  clock_gettime(settings.at("clock") == "cpu" ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double seconds_since(double start) { return now() - start; }

/// In huge pages, as the operator is.
template <class T>
struct HugePages {
  using value_type = T;
  static constexpr std::size_t page = 2U << 20;
  T* allocate(std::size_t count) {
    void* const data = ::operator new (count * sizeof(T), std::align_val_t{page});
    madvise(data, count * sizeof(T), MADV_HUGEPAGE);
    return static_cast<T*>(data);
  }
  void deallocate(T* data, std::size_t) { ::operator delete (data, std::align_val_t{page}); }
  bool operator==(const HugePages&) const = default;
};
using Numbers = std::vector<Real, HugePages<Real>>;

constexpr Index fetched_ahead = 128;  // numbers, by the readers; as many lie behind those that they read

/// Seconds of one pass of `threads` readers over as much memory as the operator takes in float64.
double read_memory(const Team& team, const Numbers& memory, Index times) {
  constexpr Index tiles = 64;
  std::vector<Real> sums(tiles);
  const auto start = now();
  for (Index t = 0; t < times; ++t)
    team.for_each_tile(tiles, [&](Index tile) {
      typedef Real Vector __attribute__((vector_size(32)));
      Vector part[8] = {};
      const Index blocks = (memory.size() - fetched_ahead) / 32;
      const Index begin = part_begin(blocks, tiles, tile), end = part_begin(blocks, tiles, tile + 1);
      for (Index i = begin; i < end; ++i)
        for (Index v = 0; v < 8; ++v) {
          if (v % 2 == 0) __builtin_prefetch(&memory[i * 32 + v * 4 + fetched_ahead]);
          Vector four;
          std::memcpy(&four, &memory[i * 32 + v * 4], sizeof four);
          part[v] += four;
        }
      for (const Vector& v : part) sums[tile] += v[0] + v[1] + v[2] + v[3];
    });
  const double seconds = seconds_since(start) / static_cast<double>(times);
  if (sums[0] == 1) std::cerr << "";  // the sums are used
  return seconds;
}

/// Seconds of reading a file and writing 16 and then 12 bytes for each of its entries into memory that is new.
double move_entries(const Team& team, const std::string& path, Index entries) {
  constexpr Index tiles = 64;
  std::vector<std::uint64_t> sums(tiles);
  const auto start = now();
  const MappedFile file(path);
  const Index words = file.size() / 8;
  const std::unique_ptr<std::uint32_t[]> read(new std::uint32_t[4 * entries]), kept(new std::uint32_t[3 * entries]);
  team.for_each_tile(tiles, [&](Index tile) {
    const Index begin = part_begin(words, tiles, tile), end = part_begin(words, tiles, tile + 1);
    for (Index i = begin; i < end; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, file.data() + 8 * i, sizeof word);
      sums[tile] += word;
    }
    const Index first = part_begin(entries, tiles, tile), last = part_begin(entries, tiles, tile + 1);
    std::fill(&read[4 * first], &read[4 * last], static_cast<std::uint32_t>(sums[tile]));
    for (Index i = first; i < last; ++i) std::copy_n(&read[4 * i], 3, &kept[3 * i]);
  });
  const double seconds = seconds_since(start);
  if (kept[0] == 1) std::cerr << "";  // the numbers are used
  return seconds;
}

/// Value and gradient of least squares, an entry after the other, in three passes.
Real evaluate_entrywise(const MeasurementOperator& op, const std::vector<MatrixEntry>& entries, const Vec& y,
                        const LowRank& X, LowRank& gradient) {
  const Mat left = X.left.t(), right = X.right.t();
  Mat of_left(arma::size(left), arma::fill::zeros), of_right(arma::size(right), arma::fill::zeros);
  const Real factor =
      std::sqrt(static_cast<Real>(op.shape().entries()) / static_cast<Real>(std::max<std::size_t>(1, entries.size())));
  Vec slope(entries.size());
  for (Index i = 0; i < entries.size(); ++i)
    slope[i] = factor * arma::dot(left.col(entries[i].row), right.col(entries[i].column)) - y[i];
  for (Index i = 0; i < entries.size(); ++i)
    of_left.col(entries[i].row) += (factor * slope[i]) * right.col(entries[i].column);
  for (Index i = 0; i < entries.size(); ++i)
    of_right.col(entries[i].column) += (factor * slope[i]) * left.col(entries[i].row);
  gradient = {of_left.t(), of_right.t()};
  return arma::dot(slope, slope) / 2;
}

/// What a value and gradient of entries cannot do without: a row of factor and gradient, next to each other, for each
/// entry and each side, except for a row that the entry before had, too.
class Records {
 public:
  Records(const std::vector<MatrixEntry>& entries, Shape shape, Index k)
      : half_((k + 7) / 8 * 8), rows_(entries.size()), columns_(entries.size()) {
    constexpr auto none = static_cast<std::uint32_t>(-1);
    std::vector<std::uint32_t> row_places(shape.rows, none), column_places(shape.cols, none);
    std::uint32_t rows = 0, columns = 0;
    for (Index i = 0; i < entries.size(); ++i) {
      std::uint32_t &row = row_places[entries[i].row], &column = column_places[entries[i].column];
      if (row == none) row = rows++;
      if (column == none) column = columns++;
      rows_[i] = row;
      columns_[i] = column;
    }
    left_.resize(rows * 2 * half_);
    right_.resize(columns * 2 * half_);
  }
  double seconds(Index times) {
    const auto start = now();
    for (Index t = 0; t < times; ++t) touch_all();
    return seconds_since(start) / static_cast<double>(times);
  }

 private:
  void touch_all() {
    Real sum = 0;
    const auto touch = [&](Real* record) {
      for (Index c = 0; c < half_; c += 8) sum += record[c];
      for (Index c = half_; c < 2 * half_; c += 8) record[c] += 1;
    };
    for (Index i = 0; i < rows_.size(); ++i) {
      if (i == 0 || rows_[i] != rows_[i - 1]) touch(left_.data() + rows_[i] * 2 * half_);
      touch(right_.data() + columns_[i] * 2 * half_);
    }
    right_[0] = sum;  // the sum is used
  }

  Index half_;
  std::vector<std::uint32_t> rows_, columns_;
  Numbers left_, right_;
};

/// Least squares, as the plugin has them.
std::shared_ptr<const Loss> least_squares() {
  struct Squares final : Loss {
    Real evaluate(Index, std::span<const Real> prediction, std::span<const Real> data,
                  std::span<Real> slope) const override {
      Real sum = 0;
      for (std::size_t i = 0; i < slope.size(); ++i) {
        slope[i] = prediction[i] - data[i];
        sum += slope[i] * slope[i];
      }
      return sum / 2;
    }
  };
  return std::make_shared<const Squares>();
}

constexpr Index multiply_adds = 1'000'000;

/// Twelve chains of multiply-adds hide the latency of each; they start apart, or the compiler would see that they
/// agree.
Real multiply_alone(Index times, Real factor) {
  Real sums[12];
  for (Index c = 0; c < 12; ++c) sums[c] = factor + static_cast<Real>(c);
  for (Index t = 0; t < times * multiply_adds / 12; ++t)
    for (Real& sum : sums) sum = std::fma(sum, factor, 1e-9);
  return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}

#ifdef __x86_64__
__attribute__((target("avx2,fma"))) Real multiply_by_four(Index times, Real factor) {
  __m256d sums[12];
  const __m256d by = _mm256_set1_pd(factor), more = _mm256_set1_pd(1e-9);
  for (int c = 0; c < 12; ++c) sums[c] = _mm256_set1_pd(factor + c);
  for (Index t = 0; t < times * multiply_adds / 48; ++t)
    for (__m256d& sum : sums) sum = _mm256_fmadd_pd(sum, by, more);
  Real total = 0;
  for (const __m256d& sum : sums) total += _mm256_cvtsd_f64(sum);
  return total;
}

__attribute__((target("avx512f"))) Real multiply_by_eight(Index times, Real factor) {
  __m512d sums[12];
  const __m512d by = _mm512_set1_pd(factor), more = _mm512_set1_pd(1e-9);
  for (int c = 0; c < 12; ++c) sums[c] = _mm512_set1_pd(factor + c);
  for (Index t = 0; t < times * multiply_adds / 96; ++t)
    for (__m512d& sum : sums) sum = _mm512_fmadd_pd(sum, by, more);
  Real total = 0;
  for (const __m512d& sum : sums) total += _mm512_cvtsd_f64(sum);
  return total;
}
#endif

/// With registers of the width that the sweeps use.
Real multiply(Index times, Real factor) {
#ifdef __x86_64__
  const std::string_view set = sweep_instruction_set();
  if (set.starts_with("AVX3")) return multiply_by_eight(times, factor);
  if (set == "AVX2") return multiply_by_four(times, factor);
#endif
  return multiply_alone(times, factor);
}

/// Seconds per 10^6 multiply-adds: no gradient can have more of them.
double multiply_in_registers(const Team& team, Index times) {
  volatile Real factor = 0.5;
  std::vector<Real> results(team.threads());
  const auto start = now();
  team.for_each_tile(results.size(), [&](Index tile) { results[tile] = multiply(times, factor); });
  const double seconds = seconds_since(start) / static_cast<double>(times * results.size());
  if (results[0] == 1) std::cerr << "";  // the results are used
  return seconds;
}

}  // namespace

int main(int count, char** arguments) try {
  use_one_blas_thread();
  for (int i = 1; i < count; ++i) {
    const std::string text = arguments[i];
    settings[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
  }
  if (settings.at("widest") == "AVX2") hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
  const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  const auto team = std::make_shared<const Team>(static_cast<unsigned>(number("threads")));
  Lanes lanes;
  std::vector<Lane*> active;
  Numbers memory;
  std::optional<Records> records;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    Index times = 1;
    if (!(words >> verb)) continue;
    words >> times;
    if (verb == "run") {
      if (lanes.empty()) {
        lanes = make_lanes(catalog, team, false);
        for (const auto& lane : lanes) active.push_back(lane.get());
      }
      const auto start = now();
      for (Index t = 0; t < times; ++t) {
        Lane::evaluate(active);
        for (Lane* lane : active) lane->process_evaluation();
      }
      std::cout << seconds_since(start) / static_cast<double>(times) << std::endl;
    } else if (verb == "lanes") {
      active.clear();
      for (Index l = 0; l < times; ++l) active.push_back(lanes.at(l).get());
      std::cout << times << std::endl;
    } else if (verb == "objective") {
      // Operator and model alone: what an iteration takes beyond that is the engine's.
      Iterate at = lanes.at(0)->iterate();
      const auto start = now();
      for (Index t = 0; t < times; ++t) lanes[0]->setup().objective->evaluate(at, Blocks::all());
      std::cout << seconds_since(start) / static_cast<double>(times) << std::endl;
    } else if (verb == "entrywise") {
      const SensingProblem& problem = *lanes.at(0)->setup().problem;
      std::vector<MatrixEntry> entries = problem.op->entries();
      std::vector<Index> order(entries.size());
      std::iota(order.begin(), order.end(), Index{0});
      std::sort(order.begin(), order.end(), [&](Index i, Index j) {
        return std::pair(entries[i].row, entries[i].column) < std::pair(entries[j].row, entries[j].column);
      });
      std::vector<MatrixEntry> by_rows;
      Vec y(entries.size());
      for (Index i = 0; i < order.size(); ++i) {
        by_rows.push_back(entries[order[i]]);
        y[i] = problem.data[order[i]];
      }
      LowRank gradient;
      const auto start = now();
      for (Index t = 0; t < times; ++t) evaluate_entrywise(*problem.op, by_rows, y, lanes[0]->iterate().X, gradient);
      std::cout << seconds_since(start) / static_cast<double>(times) << std::endl;
    } else if (verb == "touch") {
      if (!records) {
        const MeasurementOperator& op = *lanes.at(0)->setup().problem->op;
        records.emplace(op.entries(), op.shape(), number("k"));
      }
      std::cout << records->seconds(times) << std::endl;
    } else if (verb == "restricted") {
      const SensingProblem& problem = *lanes.at(0)->setup().problem;
      std::vector<Index> some(problem.op->measurements() * times / 100);
      std::iota(some.begin(), some.end(), Index{0});
      const auto part = problem.op->restricted(some);
      const Vec y = problem.data.head(some.size());
      const auto loss = least_squares();
      LowRank gradient;
      Evaluation pass{&lanes[0]->iterate().X, &y, loss.get(), {}, 0, nullptr, &gradient};
      part->evaluate({&pass, 1});
      const auto start = now();
      part->evaluate({&pass, 1});
      std::cout << seconds_since(start) << std::endl;
    } else if (verb == "load") {
      std::istringstream again(line);
      std::string path;
      again >> verb >> path;
      const auto start = now();
      const EntryList list = read_entries(path, 1, {}, *team);
      std::cout << seconds_since(start) << " " << list.values.n_elem << std::endl;
    } else if (verb == "move") {
      std::istringstream again(line);
      std::string path;
      Index entries = 0;
      again >> verb >> path >> entries;
      std::cout << move_entries(*team, path, entries) << std::endl;
    } else if (verb == "words") {
      std::istringstream again(line);
      std::string path;
      again >> verb >> path;
      const auto start = now();
      std::ifstream file(path);
      Index row = 0, column = 0, lines = 0;
      for (Real value = 0; file >> row >> column >> value;) ++lines;
      std::cout << seconds_since(start) << " " << lines << std::endl;
    } else if (verb == "entries") {
      std::cout << lanes.at(0)->setup().problem->op->measurements() << std::endl;
    } else if (verb == "read") {
      if (memory.empty()) {
        memory.resize(number("m") * number("n1") * number("n2") / 32 * 32 + fetched_ahead, 1.0);
      }
      std::cout << read_memory(*team, memory, times) << std::endl;
    } else if (verb == "release") {
      memory = Numbers();
      std::cout << 0 << std::endl;
    } else if (verb == "multiply") {
      std::cout << multiply_in_registers(*team, times) << std::endl;
    } else if (verb == "error") {
      Lanes one = make_lanes(catalog, team, true);
      Engine().run(one);
      LowRank X = one[0]->iterate().X;
      std::cout << relative_error(X, one[0]->setup().problem->truth->X) << " " << one[0]->end()->iteration << std::endl;
    } else if (verb == "memory") {
      rusage usage{};
      getrusage(RUSAGE_SELF, &usage);
      std::cout << usage.ru_maxrss * 1024 << std::endl;
    } else {
      std::cerr << "there is no verb '" << verb << "'\n";
      return 2;
    }
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
