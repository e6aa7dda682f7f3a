// The child process that tries a plugin: opens it where it can do no harm, and says "fine" or what is wrong on standard
// error.
#include <sys/resource.h>

#include <cstdio>

#include "core/base/failure.hpp"
#include "core/plugin/library.hpp"

/// tightrope-probe FILE, after core/base/start.cpp.
extern "C" int tightrope_probe_main(int argc, char** argv) {
  if (argc != 2) return static_cast<int>(tightrope::Exit::config);
  const rlimit no_core{0, 0};  // a plugin that crashes here leaves no file behind
  setrlimit(RLIMIT_CORE, &no_core);
  try {
    tightrope::probe_plugin(argv[1]);
  } catch (...) {
    const tightrope::Error error = tightrope::current_failure();
    std::fputs(error.what(), stderr);
    return static_cast<int>(error.code());
  }
  std::fputs("fine", stderr);
  std::fflush(stderr);
  _Exit(0);  // static destructors of the plugin have no say in this
}
