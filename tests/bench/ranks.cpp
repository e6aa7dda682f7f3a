// What a sum in the order of one process costs, against the library's own: run by mpirun on two ranks and more.
//
// Both send factors to all ranks and add up what each rank has, to rank 0: with OrderedSum or with MPI_Allreduce, whose
// bits depend on the number of ranks. In turns; the smallest time of many, by the clock.
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <vector>

#include "core/numbers/ranks.hpp"

extern "C" void tightrope_join_ranks(std::unique_ptr<tightrope::Ranks>& ranks);

int main() {
  using namespace tightrope;
  std::unique_ptr<Ranks> ranks;
  tightrope_join_ranks(ranks);
  for (const Index n : std::initializer_list<Index>{30, 100, 300, 1000}) {
    constexpr Index k = 10;
    const Index size = n * n;
    std::vector<Real> own(size, 1), total(size), factors(2 * n * k, 1);
    std::vector<Index> chain;
    for (Index place = 0; place < ranks->count(); ++place) chain.push_back((place + 1) % ranks->count());
    OrderedSum ordered(*ranks, chain, 0);
    double least[2] = {1e9, 1e9};
    for (Index turn = 0; turn < std::clamp<Index>(20'000'000 / size, 20, 1000); ++turn)
      for (const bool in_order : {true, false}) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begin = MPI_Wtime();
        ranks->broadcast(factors.data(), factors.size() * sizeof(Real));
        if (in_order)
          ordered.run(
              1, [&](Index) { return own.data(); }, total.data(), size);
        else
          MPI_Allreduce(own.data(), total.data(), static_cast<int>(size), MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        double time = MPI_Wtime() - begin;  // until the last rank is done
        MPI_Allreduce(MPI_IN_PLACE, &time, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
        least[in_order] = std::min(least[in_order], time);
      }
    if (ranks->leads())
      fmt::print("{} ranks, n = {:4}, k = {}: in order {:8.1f} µs, MPI_Allreduce {:8.1f} µs, ratio {:.2f}\n",
                 ranks->count(), n, k, 1e6 * least[1], 1e6 * least[0], least[1] / least[0]);
  }
  ranks->finish();
}
