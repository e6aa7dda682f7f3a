#include "core/base/process/failure.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/base/header_digest.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

Error of_file_system(const fs::filesystem_error& error) {
  // Relative names mean nothing where the current folder was removed, whatever file they were to name.
  std::error_code here;
  const fs::path current = fs::current_path(here);
  if (here)
    return {Exit::resources,
            fmt::format("the current folder cannot be used ({}): change to one that exists", here.message())};
  const fs::path& file = error.path1().empty() ? current : error.path1();
  return {Exit::resources, fmt::format("{} cannot be used: {}", file.string(), error.code().message())};
}

}  // namespace

Error current_failure() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {Exit::resources, "there is not enough memory for this; `tightrope doctor` shows how much there is"};
  } catch (const fs::filesystem_error& error) {
    return of_file_system(error);
  } catch (const std::system_error& error) {
    return {Exit::resources, fmt::format("the system refuses what is needed: {}; `ulimit -a` shows the limits of "
                                         "processes, threads, files and memory",
                                         error.code().message())};
  } catch (const nlohmann::json::exception& error) {
    return {Exit::integrity, fmt::format("a stored document is damaged: {}", error.what())};
  } catch (const std::exception& error) {
    return {internal_fault, fmt::format("this should not have happened: {}; please report it, with the version "
                                        "(tightrope " TIGHTROPE_VERSION ", interface " TIGHTROPE_HEADER_DIGEST ")",
                                        error.what())};
  } catch (...) {
    return {Exit::plugin, "a plugin threw an exception that is no std::exception; this is for its author to mend"};
  }
}

void handle_crashes([[maybe_unused]] void (*handler)(int signal)) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  static char stack[1 << 16];
  const stack_t other{stack, 0, sizeof stack};
  sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK | SA_NODEFER | static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigaction(number, &action, nullptr);
#endif
}

}  // namespace tightrope
