#include "core/numbers/ranks.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace tightrope {

namespace {

/// Numbers of a message for a sum of `size`: of a short sum few enough that MPI sends them without asking the receiver
/// first (4 KiB with a header, the least that is usual), else few enough that a chain fills up soon, and enough to hide
/// its latency.
Index piece_of(Index size) { return size <= (1 << 12) ? 500 : 1 << 13; }

}  // namespace

void Ranks::send(Index to, const void* data, std::size_t bytes) {
  sent_ += bytes;
  do_send(to, data, bytes);
}

void Ranks::broadcast(void* data, std::size_t bytes) {
  if (leads()) sent_ += (count() - 1) * bytes;
  do_broadcast(data, bytes);
}

void Ranks::ask(Request request) {
  if (out_of_step_) throw std::logic_error("Ranks: the others still wait for an answer");
  broadcast(&request, sizeof request);
  over_ = request.kind == Request::end;
}

Request Ranks::next() {
  Request request;
  broadcast(&request, sizeof request);
  return request;
}

void Ranks::broadcast_text(std::string& text, std::size_t size) {
  text.resize(size);
  broadcast(text.data(), size);
}

void Ranks::tell(Request request, std::string text) {
  request.size = text.size();
  ask(request);
  broadcast_text(text, text.size());
}

Ranks::Turn::Turn(Ranks& ranks) : ranks_(ranks), lock_(ranks.mutex_), exceptions_(std::uncaught_exceptions()) {}

Ranks::Turn::~Turn() {
  if (std::uncaught_exceptions() > exceptions_) ranks_.out_of_step_ = true;
}

std::uint64_t Ranks::join(Shard& shard) {
  const std::uint64_t number = made_++;
  if (leads()) tell({.kind = Request::make, .shard = number}, next_text_);
  shards_[number] = &shard;
  return number;
}

void OrderedSum::run(Index parts, const std::function<const Real*(Index)>& part, Real* total, Index size) {
  const Index piece = piece_of(size);
  const auto place = std::find(chain_.begin(), chain_.end(), ranks_.rank());
  const bool gets = ranks_.rank() == to_;
  if (place == chain_.end() && !gets) return;
  // What begins with one part alone is that part.
  const bool as_it_is = place == chain_.begin() && parts == 1 && !gets;
  std::vector<Real> sum(gets || as_it_is ? 0 : std::min(size, piece));
  for (Index begin = 0; begin < size; begin += piece) {
    const Index count = std::min(piece, size - begin);
    Real* const here = gets ? total + begin : sum.data();
    const Real* done = here;
    Index first = 0;
    if (place == chain_.end()) {
      ranks_.receive(chain_.back(), here, count * sizeof(Real));
      continue;
    }
    if (place != chain_.begin())
      ranks_.receive(*(place - 1), here, count * sizeof(Real));
    else if (as_it_is)
      done = part(first++) + begin;
    else
      std::copy_n(part(first++) + begin, count, here);
    for (; first < parts; ++first) {
      const Real* const own = part(first) + begin;
      for (Index i = 0; i < count; ++i) here[i] += own[i];
    }
    if (place + 1 != chain_.end())
      ranks_.send(*(place + 1), done, count * sizeof(Real));
    else if (!gets)
      ranks_.send(to_, done, count * sizeof(Real));
  }
}

}  // namespace tightrope
