#include "core/numbers/tiles.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

extern "C" void openblas_set_num_threads(int);

namespace tightrope {

namespace {

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Returns once changed() is true. Passes of small problems follow each other within microseconds, sooner than a
/// sleeping thread wakes up, so it looks for a while before it sleeps until `value` changes.
template <class Number, class Changed>
void wait_until(const std::atomic<Number>& value, bool look, const Changed& changed) {
  using Clock = std::chrono::steady_clock;
  const auto start = look ? Clock::now() : Clock::time_point();
  while (look) {
    for (int i = 0; i < 64; ++i) {
      if (changed(value.load(std::memory_order_acquire))) return;
      relax();
    }
    look = Clock::now() - start < std::chrono::microseconds(50);
  }
  for (Number now = value.load(std::memory_order_acquire); !changed(now); now = value.load(std::memory_order_acquire))
    value.wait(now, std::memory_order_acquire);
}

}  // namespace

/// Tiles are claimed one by one, by whoever is free. A call is over when its tiles are done, whether or not all helpers
/// have noticed it: a helper that comes late finds nothing left to claim.
struct Team::State {
  using Call = void (*)(void*, Index);
  static constexpr std::uint64_t closed = 0xffffffff;

  std::mutex busy;  // held by the call that has the helpers
  // The round, and in the lower half the next tile to claim. A claim can only succeed in the round whose call, target
  // and tiles were read, since these change while the counter is closed.
  std::atomic<std::uint64_t> counter{closed};
  std::atomic<Call> call{nullptr};
  std::atomic<void*> target{nullptr};
  std::atomic<Index> tiles{0};
  std::atomic<Index> done{0};
  std::atomic<unsigned> round{0};
  std::atomic<bool> closing{false};
  bool look = false;  // whether there is a core for each thread
  std::mutex error_mutex;
  std::exception_ptr error;
  std::vector<std::thread> helpers;

  void work() {
    for (std::uint64_t claim = counter.load(std::memory_order_acquire);;) {
      const Call function = call.load(std::memory_order_relaxed);
      void* const data = target.load(std::memory_order_relaxed);
      const Index count = tiles.load(std::memory_order_relaxed), tile = claim & closed;
      if (tile >= count || tile == closed) return;
      if (!counter.compare_exchange_weak(claim, claim + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        continue;
      try {
        function(data, tile);
      } catch (...) {
        const std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
      if (done.fetch_add(1, std::memory_order_acq_rel) + 1 == count) done.notify_one();
      claim = counter.load(std::memory_order_acquire);
    }
  }

  void serve() {
    for (unsigned seen = 0;;) {
      wait_until(round, look, [&](unsigned now) { return now != seen; });
      seen = round.load(std::memory_order_acquire);
      if (closing) return;
      work();
    }
  }

  void wake() {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }
};

Team::Team(unsigned threads) : state_(std::make_unique<State>()) {
  state_->look = threads <= std::thread::hardware_concurrency();
  for (unsigned i = 1; i < threads; ++i) state_->helpers.emplace_back([this] { state_->serve(); });
}

Team::~Team() {
  state_->closing = true;
  state_->wake();
  for (std::thread& helper : state_->helpers) helper.join();
}

unsigned Team::threads() const { return static_cast<unsigned>(state_->helpers.size()) + 1; }

void Team::run(Index tiles, void (*call)(void*, Index), void* target) const {
  State& state = *state_;
  const std::unique_lock busy(state.busy, std::try_to_lock);
  if (tiles < 2 || !busy.owns_lock() || state.helpers.empty()) {
    std::exception_ptr error;
    for (Index tile = 0; tile < tiles; ++tile) try {
        call(target, tile);
      } catch (...) {
        if (!error) error = std::current_exception();
      }
    if (error) std::rethrow_exception(error);
    return;
  }
  const std::uint64_t next_round = (state.counter.load(std::memory_order_relaxed) >> 32) + 1;
  state.counter.store(next_round << 32 | State::closed, std::memory_order_seq_cst);
  state.call.store(call, std::memory_order_relaxed);
  state.target.store(target, std::memory_order_relaxed);
  state.tiles.store(tiles, std::memory_order_relaxed);
  state.done.store(0, std::memory_order_relaxed);
  state.error = nullptr;
  state.counter.store(next_round << 32, std::memory_order_seq_cst);
  state.wake();
  state.work();
  wait_until(state.done, state.look, [&](Index done) { return done == tiles; });
  if (state.error) std::rethrow_exception(std::exchange(state.error, nullptr));
}

void use_one_blas_thread() { openblas_set_num_threads(1); }

}  // namespace tightrope
