// Ranks over MPI: a library of its own, loaded by processes that mpirun has started (core/cli/ranks.cpp).
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "core/numbers/ranks.hpp"

namespace tightrope {

namespace {

constexpr std::size_t most = std::size_t{1} << 30;  // bytes of a message, which MPI counts in an int
constexpr std::size_t letter = 64 << 10;            // bytes of a message that is copied, at most

/// Calls work(place, bytes) for pieces of a message.
template <class Work>
void in_pieces(void* data, std::size_t bytes, const Work& work) {
  auto* place = static_cast<char*>(data);
  for (; bytes > 0; place += std::min(bytes, most), bytes -= std::min(bytes, most))
    work(place, static_cast<int>(std::min(bytes, most)));
}

/// Errors of MPI end all ranks: that is its default, and nothing better can be done.
class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    int threads = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &threads);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
    MPI_Comm here = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
    MPI_Comm_size(here, &here_);
    MPI_Comm_free(&here);
  }

  Index rank() const override { return static_cast<Index>(rank_); }
  Index count() const override { return static_cast<Index>(count_); }
  Index on_this_machine() const override { return static_cast<Index>(here_); }
  void finish() override {
    for (Outgoing& slot : outgoing_) MPI_Wait(&slot.request, MPI_STATUS_IGNORE);
    MPI_Finalize();
  }
  void abort(int exit_code) override {
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::_Exit(exit_code);
  }

 private:
  /// Short messages are copied and on their way when this returns: the ranks of a chain need not meet for each piece.
  void do_send(Index to, const void* data, std::size_t bytes) override {
    if (bytes <= letter) {
      Outgoing& slot = outgoing_[next_++ % outgoing_.size()];
      MPI_Wait(&slot.request, MPI_STATUS_IGNORE);
      const auto* const begin = static_cast<const char*>(data);
      slot.bytes.assign(begin, begin + bytes);
      MPI_Isend(slot.bytes.data(), static_cast<int>(bytes), MPI_BYTE, static_cast<int>(to), 0, MPI_COMM_WORLD,
                &slot.request);
      return;
    }
    in_pieces(const_cast<void*>(data), bytes,
              [&](char* place, int size) { MPI_Send(place, size, MPI_BYTE, static_cast<int>(to), 0, MPI_COMM_WORLD); });
  }
  void do_receive(Index from, void* data, std::size_t bytes) override {
    in_pieces(data, bytes, [&](char* place, int size) {
      MPI_Recv(place, size, MPI_BYTE, static_cast<int>(from), 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    });
  }
  void do_broadcast(void* data, std::size_t bytes) override {
    in_pieces(data, bytes, [&](char* place, int size) { MPI_Bcast(place, size, MPI_BYTE, 0, MPI_COMM_WORLD); });
  }

  struct Outgoing {
    std::vector<char> bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  std::array<Outgoing, 16> outgoing_;
  std::size_t next_ = 0;
  int rank_ = 0, count_ = 1, here_ = 1;
};

}  // namespace

}  // namespace tightrope

extern "C" __attribute__((visibility("default"))) void tightrope_join_ranks(std::unique_ptr<tightrope::Ranks>& ranks) {
  ranks = std::make_unique<tightrope::MpiRanks>();
}
