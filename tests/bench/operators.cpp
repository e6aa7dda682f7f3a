// Operators against what they cost: one line for each figure, as a ratio of times that were taken in turns.
//
//   operators [FOLDER]    FOLDER: where 2 GB may lie for the figures of a file, which are left out without one
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>

#include "core/conformance/parts.hpp"
#include "core/operators/row_file.hpp"
#include "tests/support/made.hpp"

using namespace tightrope;

namespace {

const auto team = std::make_shared<const Team>(1), pair_of_threads = std::make_shared<const Team>(2);

/// Of all threads of the process, so that others on this machine count little.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
double wall_seconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

using Work = std::function<void()>;

/// The smallest time of each, in turns.
std::vector<double> times(const std::vector<Work>& works, int turns, double (*now)() = processor_seconds) {
  std::vector<double> least(works.size(), 1e300);
  for (int turn = 0; turn < turns; ++turn)
    for (std::size_t i = 0; i < works.size(); ++i) {
      const double start = now();
      works[i]();
      least[i] = std::min(least[i], now() - start);
    }
  return least;
}

/// Value and gradient of `lanes` points, by any operator.
class Pass {
 public:
  Pass(std::shared_ptr<const MeasurementOperator> op, Index k, Index lanes = 1)
      : op_(std::move(op)),
        data_(op_->measurements(), arma::fill::ones),
        points_(lanes),
        predictions_(lanes),
        gradients_(lanes) {
    for (Index l = 0; l < lanes; ++l)
      points_[l] = {Stream(l, "L").normal_matrix(op_->rows(), k), Stream(l, "R").normal_matrix(op_->cols(), k)};
  }
  void operator()() {
    std::vector<Evaluation> lanes;
    for (std::size_t l = 0; l < points_.size(); ++l)
      lanes.push_back({&points_[l], &data_, &loss_, {true, true}, 0, &predictions_[l], &gradients_[l]});
    op_->evaluate(lanes);
  }
  Work work() {
    return [this] { (*this)(); };
  }

 private:
  std::shared_ptr<const MeasurementOperator> op_;
  parts::HalfSquare loss_{true};
  Vec data_;
  std::vector<LowRank> points_;
  std::vector<Vec> predictions_;
  std::vector<LowRank> gradients_;
};

std::shared_ptr<const MeasurementOperator> operator_of(const std::string& name, const std::string& yaml, Shape shape,
                                                       const std::shared_ptr<const Team>& threads = team) {
  return made<MeasurementOperator>(name, yaml, Context(shape, Stream(1, "operator"), threads));
}

/// Rank-one measurements against their four thin products, and against dense A_i.
void rank_one() {
  constexpr Index n = 500, k = 10, m = 1000;
  const std::string text = fmt::format("{{measurements: {}}}", m);
  Pass factored(operator_of("rank_one", text, {n, n}), k), dense(operator_of("gaussian", text, {n, n}), k);
  const Mat A = Stream(1, "A").normal_matrix(n, m), B = Stream(1, "B").normal_matrix(n, m),
            L = Stream(1, "L").normal_matrix(n, k), R = Stream(1, "R").normal_matrix(n, k);
  Mat P, Q, left, right;
  const auto found = times({factored.work(), dense.work(),
                            [&] {
                              P = A.t() * L;
                              Q = B.t() * R;
                              left = A * Q;
                              right = B * P;
                            }},
                           7);
  fmt::print(
      "rank_one, n = {}, k = {}: {:.2f} × its four products; dense takes {:.1f} × the time and {:.0f} × the memory\n",
      n, k, found[0] / found[2], found[1] / found[0], static_cast<Real>(m * n * n) / static_cast<Real>(m * 2 * n));
}

/// Twice the size.
void growth() {
  struct Case {
    const char *name, *what;
    std::function<std::shared_ptr<const MeasurementOperator>(Index)> of;
    Index n;
  };
  const std::vector<Case> cases = {
      {"fourier_deconvolution", "m = 10 n points",
       [](Index n) {
         return operator_of("fourier_deconvolution", fmt::format("{{points: {}}}", 10 * n), {2 * n, n});
       },
       1024},
      {"blind_deconvolution", "m = 16 n",
       [](Index n) {
         return operator_of("blind_deconvolution", fmt::format("{{measurements: {}}}", 16 * n), {n, n});
       },
       1024},
      {"coded_diffraction", "8 masks",
       [](Index n) {
         return operator_of("coded_diffraction", "{masks: 8}", {2 * n, n});
       },
       1024},
      {"pauli", "16 strings",
       [](Index n) {
         return operator_of("pauli", "{measurements: 16}", {2 * n, n});
       },
       1024}};
  for (const Case& one : cases) {
    Pass small(one.of(one.n), 4), large(one.of(2 * one.n), 4);
    const auto found = times({small.work(), large.work()}, 9);
    fmt::print("{}, {}: time at n = {} is {:.2f} × that at n = {}\n", one.name, one.what, 2 * one.n,
               found[1] / found[0], one.n);
  }
}

/// Some of the measurements.
void restricted() {
  struct Case {
    const char *name, *text;
    Shape shape;
    Index lanes;
  };
  for (const auto& [name, text, shape, lanes] : {Case{"gaussian", "{measurements: 4000}", {100, 100}, 1},
                                                 {"gaussian", "{measurements: 4000}", {100, 100}, 16},
                                                 {"gaussian", "{measurements: 4000, storage: float32}", {100, 100}, 1},
                                                 {"rademacher", "{measurements: 4000, storage: sign}", {100, 100}, 1},
                                                 {"rank_one", "{measurements: 20000}", {200, 200}, 1}}) {
    const auto op = operator_of(name, text, shape);
    Pass whole(op, 10, lanes);
    for (const Real q : {0.1, 0.5, 1.0}) {
      std::vector<Index> some;
      for (Index i = 0; i < op->measurements(); ++i)
        if (Stream(7, "some").uniform(i) < q) some.push_back(i);
      Pass part(op->restricted(some), 10, lanes);
      const auto found = times({whole.work(), part.work()}, 7);
      fmt::print("{} {}, {} lanes: {:.0f} % of the measurements take {:.3f} of the time, {:.2f} × their share\n", name,
                 text, lanes, 100 * q, found[1] / found[0], found[1] / found[0] / q);
    }
  }
}

/// Rows in a file: pages of it that are in memory, and such that are not.
void file(const std::string& folder) {
  constexpr Index n = 100, m = 25'000, row = n * n * sizeof(Real);
  const std::string path = folder + "/operators.npy";
  {
    std::ofstream out(path, std::ios::binary);
    std::string header = fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", m, n * n);
    header.resize(117, ' ');
    out << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << header << '\n';
    for (Index i = 0; i < m; ++i) {
      const Vec entries = Stream(i, "row").normal_matrix(n * n, 1);
      out.write(reinterpret_cast<const char*>(entries.memptr()), row);
    }
  }
  const int descriptor = open(path.c_str(), O_RDONLY);
  fsync(descriptor);
  const auto forget = [&] {
    // Only pages that nobody has mapped.
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::uintptr_t begin = 0, end = 0;
      if (line.ends_with(path) && std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) == 2)
        madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  };
  for (const Index lanes : {Index{1}, Index{16}}) {
    double cold[2] = {1e300, 1e300};
    std::vector<char> buffer(8U << 20);
    Pass streamed(operator_of("dense_file", "{path: " + path + ", storage: file}", {n, n}, pair_of_threads), 10, lanes),
        kept(operator_of("dense_file", "{path: " + path + ", storage: memory}", {n, n}, pair_of_threads), 10, lanes);
    for (int turn = 0; turn < 4; ++turn) {
      forget();
      double start = wall_seconds();
      lseek(descriptor, 0, SEEK_SET);
      while (read(descriptor, buffer.data(), buffer.size()) > 0) {
      }
      cold[0] = std::min(cold[0], wall_seconds() - start);
      forget();
      start = wall_seconds();
      streamed();
      cold[1] = std::min(cold[1], wall_seconds() - start);
    }
    streamed();
    const auto warm = times({streamed.work(), kept.work()}, 7);
    const auto clock = times({streamed.work()}, 5, wall_seconds);
    fmt::print(
        "dense_file of 2 GB, {} lanes: cold {:.2f} of the speed of a plain reader, {:.2f} of what is slower, that or "
        "the pass; warm {:.2f} of the speed in memory\n",
        lanes, cold[0] / cold[1], std::max(cold[0], clock[0]) / cold[1], warm[1] / warm[0]);
  }
  close(descriptor);
  std::filesystem::remove(path);
}

}  // namespace

int main(int count, char** arguments) {
  use_one_blas_thread();
  rank_one();
  growth();
  restricted();
  if (count > 1) file(arguments[1]);
}
