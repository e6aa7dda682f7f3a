// To be preloaded: with NO_FLOCK nothing can be locked, and with STALE_STAT nothing below cells/, unfinished/ and
// batches/ is seen but by opening it, as on network file systems for some seconds.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

bool is_hidden(const char* path) {
  static const bool on = std::getenv("STALE_STAT") != nullptr;
  if (!on || std::strstr(path, "/.tmp-")) return false;
  for (const char* folder : {"/cells/", "/unfinished/", "/batches/"})
    if (std::strstr(path, folder)) return true;
  return false;
}

template <class... Arguments>
int unless_hidden(const char* name, const char* path, Arguments... arguments) {
  if (is_hidden(path)) {
    errno = ENOENT;
    return -1;
  }
  return reinterpret_cast<int (*)(const char*, Arguments...)>(dlsym(RTLD_NEXT, name))(path, arguments...);
}

}  // namespace

extern "C" {

int flock(int descriptor, int operation) {
  static const auto real = reinterpret_cast<int (*)(int, int)>(dlsym(RTLD_NEXT, "flock"));
  if (!std::getenv("NO_FLOCK")) return real(descriptor, operation);
  errno = ENOLCK;
  return -1;
}

int stat(const char* path, struct stat* status) noexcept { return unless_hidden("stat", path, status); }
int lstat(const char* path, struct stat* status) noexcept { return unless_hidden("lstat", path, status); }
int access(const char* path, int mode) noexcept { return unless_hidden("access", path, mode); }
}
