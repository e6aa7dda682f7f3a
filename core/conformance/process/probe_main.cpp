// The child process that tries a plugin where it can do no harm: it opens it, and asks what its kind must satisfy.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/base/process/failure.hpp"
#include "core/conformance/process/isolated.hpp"
#include "core/plugin/library.hpp"
#include "core/plugin/probe.hpp"

/// tightrope-probe FILE, after core/base/process/start.cpp: opens it and says on standard error how it went.
/// tightrope-probe FILE FIRST quick|full: examines it from that question on (core/conformance/process/isolated.cpp).
extern "C" int tightrope_probe_main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return static_cast<int>(tightrope::Exit::config);
  const rlimit no_core{0, 0};  // a plugin that crashes here leaves no file behind
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nor does one that hangs stay when nobody waits for it any more
  try {
    if (argc == 4)
      tightrope::examine_here(argv[1], std::strtoul(argv[2], nullptr, 10), std::strcmp(argv[3], "quick") == 0);
    else
      tightrope::probe_plugin(argv[1]);
  } catch (...) {
    const tightrope::Error error = tightrope::current_failure();
    if (argc == 2) std::fputs(tightrope::probe_refused, stderr);
    std::fputs(error.what(), stderr);
    return static_cast<int>(error.code());
  }
  if (argc == 2) std::fputs(tightrope::probe_fine, stderr);
  std::fflush(nullptr);
  _Exit(0);  // static destructors of the plugin have no say in this
}
