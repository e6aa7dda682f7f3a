#include "core/numbers/tiles.hpp"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

extern "C" void openblas_set_num_threads(int);

namespace tightrope {

namespace {

/// One call of for_each_tile: tiles are claimed one by one, by whoever is free.
struct Job {
  const std::function<void(Index)>* work;
  Index tiles;
  std::atomic<Index> next{0};
  std::mutex mutex;
  std::exception_ptr error;

  void help() {
    for (Index tile = next++; tile < tiles; tile = next++) {
      try {
        (*work)(tile);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
      }
    }
  }
};

}  // namespace

struct Team::State {
  std::mutex busy;  // held by the call that has the helpers
  std::mutex mutex;
  std::condition_variable wake, done;
  Job* job = nullptr;
  unsigned long round = 0;  // jobs given out so far
  unsigned helping = 0;     // helpers that have not finished the current job
  bool closing = false;
  std::vector<std::thread> helpers;

  void serve() {
    unsigned long seen = 0;
    for (;;) {
      Job* mine = nullptr;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return closing || round != seen; });
        if (closing) return;
        seen = round;
        mine = job;
      }
      mine->help();
      const std::lock_guard lock(mutex);
      if (--helping == 0) done.notify_one();
    }
  }
};

Team::Team(unsigned threads) : state_(std::make_unique<State>()) {
  for (unsigned i = 1; i < threads; ++i) state_->helpers.emplace_back([this] { state_->serve(); });
}

Team::~Team() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->wake.notify_all();
  for (std::thread& helper : state_->helpers) helper.join();
}

unsigned Team::threads() const { return static_cast<unsigned>(state_->helpers.size()) + 1; }

void Team::for_each_tile(Index tiles, const std::function<void(Index)>& work) const {
  Job job{&work, tiles, {}, {}, {}};
  std::unique_lock busy(state_->busy, std::try_to_lock);
  if (tiles > 1 && busy.owns_lock() && !state_->helpers.empty()) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->job = &job;
      ++state_->round;
      state_->helping = static_cast<unsigned>(state_->helpers.size());
    }
    state_->wake.notify_all();
    job.help();
    std::unique_lock lock(state_->mutex);
    state_->done.wait(lock, [&] { return state_->helping == 0; });
  } else {
    job.help();
  }
  if (job.error) std::rethrow_exception(job.error);
}

void use_one_blas_thread() { openblas_set_num_threads(1); }

}  // namespace tightrope
