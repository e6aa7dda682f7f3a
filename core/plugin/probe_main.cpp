// The child process that tries a plugin: opens it where it can do no harm, and says on standard error how it went.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "core/base/failure.hpp"
#include "core/plugin/library.hpp"
#include "core/plugin/probe.hpp"

/// tightrope-probe FILE, after core/base/start.cpp.
extern "C" int tightrope_probe_main(int argc, char** argv) {
  if (argc != 2) return static_cast<int>(tightrope::Exit::config);
  const rlimit no_core{0, 0};  // a plugin that crashes here leaves no file behind
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nor does one that hangs stay when nobody waits for it any more
  try {
    tightrope::probe_plugin(argv[1]);
  } catch (...) {
    const tightrope::Error error = tightrope::current_failure();
    std::fputs(tightrope::probe_refused, stderr);
    std::fputs(error.what(), stderr);
    return static_cast<int>(error.code());
  }
  std::fputs(tightrope::probe_fine, stderr);
  std::fflush(stderr);
  _Exit(0);  // static destructors of the plugin have no say in this
}
