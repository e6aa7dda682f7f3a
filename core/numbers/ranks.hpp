// Processes that hold one operator together: each keeps some of its rows, or of its columns, and computes with those.
//
// Rank 0 leads: it runs the program as a process alone would, and asks the others for their parts. The others do
// nothing but answer. All of them compute the same sums in the same order as one process does, so that no bit depends
// on how many they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

/// What the leader asks the others for; all numbers of 8 bytes, as they are sent.
struct Request {
  enum Kind : std::uint64_t {
    begin,           // the text that every rank gets before anything else, `size` bytes
    make,            // shard `shard` of what the text says, `size` bytes
    inner_products,  // the inner products of `rows` with `lanes` matrices
    combine,         // the rows' combinations, for `lanes` vectors of weights
    read,            // the entries of `rows`
    forget,          // shard `shard` is wanted no more
    end              // `size` is the exit code
  };
  std::uint64_t kind = end, shard = 0, first = 0, count = 0, lanes = 0, size = 0, round = 0;
  Rows rows() const { return {first, count}; }
};

/// A rank's part of something that all ranks hold together.
class Shard {
 public:
  virtual ~Shard() = default;
  /// Does this rank's share of what the leader asks for; not on rank 0.
  virtual void serve(const Request& request) = 0;
};

/// All ranks, as one of them sees them. Used by one thread at a time.
class Ranks {
 public:
  Ranks() = default;
  virtual ~Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  virtual Index rank() const = 0;
  virtual Index count() const = 0;
  virtual Index on_this_machine() const = 0;  // how many of them
  bool leads() const { return rank() == 0; }

  void send(Index to, const void* data, std::size_t bytes);
  void receive(Index from, void* data, std::size_t bytes) { do_receive(from, data, bytes); }
  /// From rank 0 to all others.
  void broadcast(void* data, std::size_t bytes);
  /// Bytes that this rank has sent, a broadcast counted once for each that gets it.
  std::uint64_t sent() const { return sent_; }

  /// Asks all others, and returns when they have been told; by the leader.
  void ask(Request request);
  bool are_over() const { return over_; }  // nobody is there to be asked any more
  /// The next request; by the others.
  Request next();
  void broadcast_text(std::string& text, std::size_t size);  // which is the leader's
  /// Asks for something that begins with a text.
  void tell(Request request, std::string text);

  /// What the others need to know to make the next shard. The leader says it beforehand, and whoever makes a shard
  /// there begins with lead_making().
  void describe_next(std::string text) { next_text_ = std::move(text); }
  /// The number of the shard that is being made, here or everywhere.
  std::uint64_t join(Shard& shard);
  void leave(std::uint64_t number) { shards_.erase(number); }
  Shard& shard(std::uint64_t number) { return *shards_.at(number); }

  std::uint64_t made() const { return made_; }  // shards so far

  /// Held from a question to the last of its answers, by one thread at a time.
  class Turn {
   public:
    explicit Turn(Ranks& ranks);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Ranks& ranks_;
    std::unique_lock<std::mutex> lock_;
    int exceptions_;
  };
  /// Whether a turn ended with an exception: the ranks then wait for each other, and only abort() ends them.
  bool are_out_of_step() const { return out_of_step_; }

  /// Ends this rank's part in the exchange, when all of them do.
  virtual void finish() = 0;
  /// Ends all ranks at once, wherever they are.
  [[noreturn]] virtual void abort(int exit_code) = 0;

 private:
  virtual void do_send(Index to, const void* data, std::size_t bytes) = 0;
  virtual void do_receive(Index from, void* data, std::size_t bytes) = 0;
  virtual void do_broadcast(void* data, std::size_t bytes) = 0;

  std::uint64_t sent_ = 0, made_ = 0;
  bool over_ = false, out_of_step_ = false;
  std::string next_text_;
  std::map<std::uint64_t, Shard*> shards_;
  std::mutex mutex_;
};

/// The parts of a sum that the ranks of a chain hold, each some consecutive ones.
///
/// Adds them from left to right, as one process that holds them all does: the first rank of the chain begins, each adds
/// its own parts one by one to what comes from the one before and hands that on, and `to` gets the whole. Adding up
/// what each rank holds and then these sums, as MPI_Reduce does, would be other sums. In pieces, so that all ranks of a
/// long chain are at work at a time.
class OrderedSum {
 public:
  /// `chain` are the ranks that have parts, in the order of these; `to` is the last of them or has none.
  OrderedSum(Ranks& ranks, std::vector<Index> chain, Index to) : ranks_(ranks), chain_(std::move(chain)), to_(to) {}
  /// The own parts are `parts` arrays of `size` numbers, which part(p) gives; on rank `to`, `total` gets the sum. A
  /// rank that is neither in the chain nor `to` does nothing.
  void run(Index parts, const std::function<const Real*(Index)>& part, Real* total, Index size);

 private:
  Ranks& ranks_;
  std::vector<Index> chain_;
  Index to_;
};

}  // namespace tightrope
