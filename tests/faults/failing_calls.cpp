// To be preloaded: from the FAIL_AT-th call of write, fsync, syncfs or rename to a file on, counted from 1, FAIL_COUNT
// calls fail (all further ones if it is not given) as a worn-out disk makes them fail. Writing to pipes and terminals
// goes on.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

std::atomic<long> calls{0};

bool must_fail() {
  static const long first = [] {
    const char* text = std::getenv("FAIL_AT");
    return text ? std::atol(text) : 0L;
  }();
  static const long count = [] {
    const char* text = std::getenv("FAIL_COUNT");
    return text ? std::atol(text) : 1L << 40;
  }();
  const long call = ++calls;
  return first > 0 && call >= first && call < first + count;
}

bool is_on_disk(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

int flush(int (*real)(int), int descriptor) {
  if (must_fail()) {
    errno = EIO;
    return -1;
  }
  return real(descriptor);
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  if (is_on_disk(descriptor) && must_fail()) {
    errno = ENOSPC;
    return -1;
  }
  return real(descriptor, data, size);
}

int syncfs(int descriptor) {
  static const auto real = next<int (*)(int)>("syncfs");
  return flush(real, descriptor);
}

int fsync(int descriptor) {
  static const auto real = next<int (*)(int)>("fsync");
  return flush(real, descriptor);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  if (must_fail()) {
    errno = EIO;
    return -1;
  }
  return real(from, to);
}
}
