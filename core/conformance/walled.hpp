// Numbers that end where the memory of this process does: who reads or writes beyond them is stopped on the spot.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <span>

#include "core/base/error.hpp"
#include "core/numbers/types.hpp"

namespace tightrope::conformance {

class Walled {
 public:
  enum class Access { may_be_written, is_read_only };
  Walled(std::span<const Real> numbers, Access access) : count_(numbers.size()) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    room_ = (numbers.size_bytes() + page - 1) / page * page;
    void* const all = mmap(nullptr, room_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw tightrope::Error(Exit::resources, "there is no memory for a test");
    begin_ = static_cast<std::byte*>(all);
    size_ = room_ + page;
    if (!numbers.empty()) std::memcpy(data(), numbers.data(), numbers.size_bytes());
    mprotect(begin_ + room_, page, PROT_NONE);
    if (access == Access::is_read_only && room_ > 0) mprotect(begin_, room_, PROT_READ);
  }
  Walled(const Walled&) = delete;
  Walled& operator=(const Walled&) = delete;
  ~Walled() { munmap(begin_, size_); }
  Real* data() const { return reinterpret_cast<Real*>(begin_ + room_) - count_; }
  std::span<Real> numbers() const { return {data(), count_}; }

 private:
  std::size_t count_, room_ = 0, size_ = 0;
  std::byte* begin_ = nullptr;
};

}  // namespace tightrope::conformance
