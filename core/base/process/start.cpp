// The whole of a program that a user or the core starts: it loads the library in which everything else is.
//
// Why not link to it? The libraries behind it start threads and map much memory when they are loaded, before main();
// where a limit does not allow that, the process would end there with a message and an exit code of the linker's, or
// with a signal. So it is told beforehand that one thread is enough, and what cannot be loaded is an error like others.
#include <dlfcn.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  setenv("OPENBLAS_NUM_THREADS", "1", 1);  // ours are the only threads; BLAS has one in each of them
  void* const library = dlopen(TIGHTROPE_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
  using Entry = int (*)(int, char**);
  const auto entry = library ? reinterpret_cast<Entry>(dlsym(library, TIGHTROPE_ENTRY)) : nullptr;
  if (entry) return entry(argc, argv);
  std::fprintf(stderr, "tightrope: error: the program cannot be loaded: %s", dlerror());
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    std::fprintf(stderr, "; the limit on address space (ulimit -v) is %lu MB, and loading alone takes about 100 MB",
                 static_cast<unsigned long>(limit.rlim_cur / 1000000));
  else if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 64)
    std::fprintf(stderr, "; the limit on open files (ulimit -n) is %lu", static_cast<unsigned long>(limit.rlim_cur));
  std::fprintf(stderr, "\n");
  return 5;
}
