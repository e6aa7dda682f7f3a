// What is thrown by others, as an Error with the exit code that the command line promises.
#pragma once

#include "core/base/error.hpp"

namespace tightrope {

/// A violated invariant of this program (EX_SOFTWARE of sysexits.h).
inline constexpr Exit internal_fault{70};

/// The exception that is being handled; to be called inside of a catch block. An Error stays as it is. Want of memory,
/// of threads and of descriptors, and files that cannot be used, are `resources`; a document of ours that somebody
/// edited is `integrity`; what is thrown and is no std::exception comes from a plugin. All else is a fault of this
/// program: `internal_fault`, with its version.
Error current_failure();

/// From now on a fault of code (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) calls this first, once and on a stack of its
/// own, in case that the stack has overflowed. Nothing happens under a sanitizer, which has more to say.
void handle_crashes(void (*handler)(int signal));

}  // namespace tightrope
