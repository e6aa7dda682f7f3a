#include "core/numbers/tiles.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/limits.hpp"

#include <hwy/cache_control.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

extern "C" {
void openblas_set_num_threads(int);
void* blas_memory_alloc(int);
void blas_memory_free(void*);
}

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

// What OpenBLAS maps for each call that is under way at a time, and never gives back; and a little for what it needs
// beside. A thread of ours needs a stack and a heap of its own, too.
constexpr std::size_t blas_buffer = (std::size_t{128} << 20) + (1U << 20);
constexpr unsigned most_blas_callers = 64;  // for which it has room in its table
constexpr std::size_t thread_space = std::size_t{72} << 20;

bool can_be_mapped(std::size_t bytes) {
  void* const space = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (space == MAP_FAILED) return false;
  munmap(space, bytes);
  return true;
}

/// Makes OpenBLAS map what `wanted` calls at a time need, as far as that is to be had: where a limit on the address
/// space comes in between, it would try again and again, for ever. How many there are then; at most `wanted`.
unsigned reserve_blas_buffers(unsigned wanted) {
  static std::mutex mutex;
  static unsigned reserved = 0;
  const std::lock_guard lock(mutex);
  if (wanted > reserved) {
    std::vector<void*> held;  // those that are there already are given out first
    while (held.size() < wanted && (held.size() < reserved || can_be_mapped(blas_buffer)))
      held.push_back(blas_memory_alloc(0));
    for (void* buffer : held) blas_memory_free(buffer);
    reserved = static_cast<unsigned>(held.size());
  }
  return std::min(wanted, reserved);
}

/// How many of the wanted threads leave at least half of the address space to the numbers.
unsigned affordable_threads(unsigned wanted) {
  for (const MemoryLimit& limit : memory_limits())
    if (limit.address_space)
      wanted =
          static_cast<unsigned>(std::clamp<std::uint64_t>(limit.left() / 2 / (blas_buffer + thread_space), 1, wanted));
  return wanted;
}

constexpr Index past_caches = Index{1} << 20U;  // so many numbers, at least
constexpr Index line = 64 / sizeof(Real);

void copy_plainly(const Real* from, Index count, Real* to) { std::copy(from, from + count, to); }

/// Whole lines without a detour, the rest plainly.
void copy_to_memory(const Real* from, Index count, Real* to) {
  Index i = 0;
#ifdef __SSE2__
  for (; i < count && reinterpret_cast<std::uintptr_t>(to + i) % 64 != 0; ++i) to[i] = from[i];
  for (; i + line <= count; i += line)
    for (Index j = i; j < i + line; j += 2) _mm_stream_pd(to + j, _mm_loadu_pd(from + j));
#endif
  copy_plainly(from + i, count - i, to + i);
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
  Ranks* ranks = nullptr;

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

// Fewer threads where so many cannot be started or would take the address space that numbers need; Error(resources)
// where there is not enough for one.
Team::Team(unsigned threads) : state_(std::make_unique<State>()) {
  threads = affordable_threads(threads);
  const unsigned callers = std::min(threads, most_blas_callers), buffers = reserve_blas_buffers(callers);
  if (buffers < callers) threads = buffers;
  if (threads == 0)
    throw Error(Exit::resources,
                "linear algebra needs " + bytes_text(blas_buffer) + " of address space, but " + memory_limit().text());
  state_->look = threads <= default_threads();
  state_->helpers.reserve(threads);
  try {
    for (unsigned i = 1; i < threads; ++i) state_->helpers.emplace_back([this] { state_->serve(); });
  } catch (const std::exception&) {
    // As many as there may be; the results do not depend on it.
  }
}

Team::Team(unsigned threads, Ranks& ranks) : Team(threads) { state_->ranks = &ranks; }

Team::~Team() {
  state_->closing = true;
  state_->wake();
  for (std::thread& helper : state_->helpers) helper.join();
}

Ranks* Team::ranks() const { return state_->ranks; }

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

Copy copy_of(Index all) { return all < past_caches ? copy_plainly : copy_to_memory; }

void assign(const Team& team, const Mat& from, Mat& to) {
  if (from.n_elem < past_caches) {
    to = from;
    return;
  }
  to.set_size(from.n_rows, from.n_cols);
  constexpr Index parts = 64;
  team.for_each_tile(parts, [&](Index part) {
    const Index begin = part_begin(from.n_elem, parts, part);
    copy_to_memory(from.memptr() + begin, part_begin(from.n_elem, parts, part + 1) - begin, to.memptr() + begin);
    hwy::FlushStream();
  });
}

void use_one_blas_thread() { openblas_set_num_threads(1); }

}  // namespace tightrope
