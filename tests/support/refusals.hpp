// For tests of what is on disk: a folder of their own, calls that must be refused, and calls of the C library that
// fail.
#pragma once

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/error.hpp"

namespace tightrope {

/// Empty at first; removed at the end.
struct TemporaryFolder {
  std::filesystem::path path;
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tightrope-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path write(const std::filesystem::path& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << text;
    return path / name;
  }
};

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The call throws an Error of this code with these words in it.
inline void check_refused(Exit code, const std::vector<std::string>& words, const std::function<void()>& call) {
  try {
    call();
    FAIL_CHECK("nothing was said, expected: " << (words.empty() ? "" : words[0]));
  } catch (const Error& error) {
    const std::string said = error.what();
    CHECK_MESSAGE(error.code() == code, said);
    for (const std::string& word : words)
      CHECK_MESSAGE(said.find(word) != std::string::npos, "'" << word << "' is not in: " << said);
  }
}

/// While one exists, the `at`-th call of a function of the C library by this thread fails with this errno, once; before
/// that `meanwhile` happens. With errno 0 it succeeds with at most `most` bytes. A test that needs a function defines
/// it by FailingCall::instead_of.
struct FailingCall {
  std::string_view function;
  int reason = 0;
  int at = 1;
  std::size_t most = 0;
  std::function<void()> meanwhile = {};
  inline static thread_local FailingCall* armed = nullptr;

  FailingCall(std::string_view of, int error, int call = 1, std::size_t bytes = 0, std::function<void()> before = {})
      : function(of), reason(error), at(call), most(bytes), meanwhile(std::move(before)) {
    armed = this;
  }
  ~FailingCall() { armed = nullptr; }
  FailingCall(const FailingCall&) = delete;
  FailingCall& operator=(const FailingCall&) = delete;
  bool happened() const { return at <= 0; }

  /// The fault, if this call is the one that has it.
  static const FailingCall* of(std::string_view name) {
    FailingCall* const fault = armed;
    if (!fault || fault->function != name || --fault->at != 0) return nullptr;
    armed = nullptr;
    if (fault->meanwhile) fault->meanwhile();
    errno = fault->reason;
    return fault;
  }
  /// The body of a function that stands before the one of the C library with its name.
  template <auto* own, class... Arguments>
  static auto instead_of(const char* name, Arguments... arguments) -> decltype(own(arguments...)) {
    static const auto real = reinterpret_cast<decltype(own)>(dlsym(RTLD_NEXT, name));
    if (!of(name)) return real(arguments...);
    if constexpr (std::is_pointer_v<decltype(own(arguments...))>)
      return nullptr;
    else
      return -1;
  }
};

}  // namespace tightrope
