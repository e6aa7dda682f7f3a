// Ranks that are threads of a test, with letter boxes between them.
#pragma once

#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/numbers/ranks.hpp"
#include "core/numbers/tiles.hpp"

namespace tightrope {

class LetterBoxes {
 public:
  void put(Index from, Index to, const void* data, std::size_t bytes) {
    const auto* const begin = static_cast<const char*>(data);
    const std::lock_guard lock(mutex_);
    letters_[{from, to}].emplace_back(begin, begin + bytes);
    arrived_.notify_all();
  }
  void take(Index from, Index to, void* data, std::size_t bytes) {
    std::unique_lock lock(mutex_);
    auto& letters = letters_[{from, to}];
    arrived_.wait(lock, [&] { return !letters.empty(); });
    if (letters.front().size() != bytes) throw std::logic_error("a letter is of another size than was expected");
    std::copy(letters.front().begin(), letters.front().end(), static_cast<char*>(data));
    letters.pop_front();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::pair<Index, Index>, std::deque<std::vector<char>>> letters_;
};

class ThreadRanks final : public Ranks {
 public:
  ThreadRanks(LetterBoxes& boxes, Index rank, Index count) : boxes_(boxes), rank_(rank), count_(count) {}
  Index rank() const override { return rank_; }
  Index count() const override { return count_; }
  Index on_this_machine() const override { return count_; }
  void finish() override {}
  void abort(int) override { std::terminate(); }

 private:
  void do_send(Index to, const void* data, std::size_t bytes) override { boxes_.put(rank_, to, data, bytes); }
  void do_receive(Index from, void* data, std::size_t bytes) override { boxes_.take(from, rank_, data, bytes); }
  void do_broadcast(void* data, std::size_t bytes) override {
    if (!leads()) return boxes_.take(0, rank_, data, bytes);
    for (Index to = 1; to < count_; ++to) boxes_.put(rank_, to, data, bytes);
  }

  LetterBoxes& boxes_;
  Index rank_, count_;
};

/// Calls work(ranks) on so many ranks at once.
inline void on_ranks(Index count, const std::function<void(Ranks&)>& work) {
  LetterBoxes boxes;
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> errors(count);
  for (Index rank = 0; rank < count; ++rank)
    threads.emplace_back([&, rank] {
      try {
        ThreadRanks ranks(boxes, rank, count);
        work(ranks);
      } catch (...) {
        errors[rank] = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
}

/// Makes something that so many ranks share, with make(team), and calls ask(it) at the leader. What each rank sent.
template <class Make, class Ask>
std::vector<std::uint64_t> share_on_ranks(Index count, unsigned threads, const Make& make, const Ask& ask) {
  std::vector<std::uint64_t> sent(count, 0);
  on_ranks(count, [&](Ranks& ranks) {
    const auto team = std::make_shared<const Team>(threads, ranks);
    if (ranks.leads()) {
      ask(make(team));
      ranks.ask({.kind = Request::end});
    } else {
      decltype(make(team)) made;
      for (Request request = ranks.next(); request.kind != Request::end; request = ranks.next()) {
        if (request.kind == Request::make) {
          std::string text;
          ranks.broadcast_text(text, request.size);
          made = make(team);
        } else if (request.kind == Request::forget) {
          made.reset();
        } else {
          ranks.shard(request.shard).serve(request);
        }
      }
      if (made) throw std::logic_error("a part is kept that nobody wants");
    }
    sent[ranks.rank()] = ranks.sent();
  });
  return sent;
}

}  // namespace tightrope
