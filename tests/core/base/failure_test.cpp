// What others throw becomes an error with the exit code that belongs to it.
#include "core/base/process/failure.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "core/base/header_digest.hpp"

using namespace tightrope;

namespace {

template <class Work>
Error failure_of(const Work& work) {
  try {
    work();
  } catch (...) {
    return current_failure();
  }
  return {Exit::ok, "nothing was thrown"};
}

bool speaks_of_a_fault(const Error& error) {
  return std::string(error.what()).find("should not have happened") != std::string::npos;
}

}  // namespace

TEST_CASE("failures: what the outside did is no fault of ours") {
  const Error own = failure_of([] { throw Error(Exit::locked, "a sentence"); });
  CHECK(own.code() == Exit::locked);
  CHECK(std::string(own.what()) == "a sentence");

  CHECK(failure_of([] { throw std::bad_alloc(); }).code() == Exit::resources);
  CHECK(failure_of([] { throw std::bad_array_new_length(); }).code() == Exit::resources);

  const Error file = failure_of([] { return std::filesystem::file_size("/proc/no such file"); });
  CHECK(file.code() == Exit::resources);
  CHECK(std::string(file.what()) == "/proc/no such file cannot be used: No such file or directory");

  const Error threads = failure_of(
      [] { throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again), "thread"); });
  CHECK(threads.code() == Exit::resources);
  CHECK(std::string(threads.what()).find("Resource temporarily unavailable") != std::string::npos);

  for (const Error& error : {failure_of([] { return nlohmann::json::parse("{"); }),
                             failure_of([] { return nlohmann::json::parse("{}").at("key").is_null(); }),
                             failure_of([] { return nlohmann::json::parse("3").get<std::string>(); })}) {
    CHECK(error.code() == Exit::integrity);
    CHECK(!speaks_of_a_fault(error));
  }
}

TEST_CASE("failures: a violated invariant has a code of its own and tells the version") {
  for (const Error& error : {failure_of([] { return std::string("abc").substr(4); }),
                             failure_of([] { throw std::logic_error("the sum is wrong"); })}) {
    CHECK(static_cast<int>(error.code()) == 70);
    CHECK(speaks_of_a_fault(error));
    CHECK(std::string(error.what()).find("tightrope " TIGHTROPE_VERSION) != std::string::npos);
  }
  CHECK(failure_of([] { throw 3; }).code() == Exit::plugin);
}
