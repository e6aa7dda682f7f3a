// Files that are there whole or not at all, whichever call of the system fails; archives, JSON and locks.
#include "core/store/files/files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

#include <cstdarg>
#include <thread>

#include "core/arrays/inflate.hpp"
#include "core/store/files/archive.hpp"
#include "core/store/files/json.hpp"
#include "core/store/files/lock.hpp"
#include "tests/support/refusals.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

extern "C" {
int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return FailingCall::instead_of<open>("open", path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return FailingCall::instead_of<open64>("open64", path, flags, mode);
}
int fstat(int descriptor, struct stat* status) noexcept {
  return FailingCall::instead_of<fstat>("fstat", descriptor, status);
}
ssize_t write(int descriptor, const void* data, size_t size) {
  using Write = ssize_t(int, const void*, size_t);
  static const auto real = reinterpret_cast<Write*>(dlsym(RTLD_NEXT, "write"));
  const FailingCall* const fault = FailingCall::of("write");
  if (fault && fault->reason != 0) return -1;
  return real(descriptor, data, fault ? fault->most : size);
}
ssize_t read(int descriptor, void* data, size_t size) {
  using Read = ssize_t(int, void*, size_t);
  static const auto real = reinterpret_cast<Read*>(dlsym(RTLD_NEXT, "read"));
  const FailingCall* const fault = FailingCall::of("read");
  if (fault && fault->reason != 0) return -1;
  return real(descriptor, data, fault ? fault->most : size);
}
int close(int descriptor) { return FailingCall::instead_of<close>("close", descriptor); }
int fsync(int descriptor) { return FailingCall::instead_of<fsync>("fsync", descriptor); }
int syncfs(int descriptor) noexcept { return FailingCall::instead_of<syncfs>("syncfs", descriptor); }
int access(const char* path, int mode) noexcept { return FailingCall::instead_of<access>("access", path, mode); }
int rename(const char* from, const char* to) noexcept { return FailingCall::instead_of<rename>("rename", from, to); }
int symlink(const char* to, const char* path) noexcept { return FailingCall::instead_of<symlink>("symlink", to, path); }
int mkdir(const char* path, mode_t mode) noexcept { return FailingCall::instead_of<mkdir>("mkdir", path, mode); }
int flock(int descriptor, int operation) noexcept {
  return FailingCall::instead_of<flock>("flock", descriptor, operation);
}
int ftruncate(int descriptor, off_t size) noexcept {
  return FailingCall::instead_of<ftruncate>("ftruncate", descriptor, size);
}
ssize_t pwrite(int descriptor, const void* data, size_t size, off_t at) {
  return FailingCall::instead_of<pwrite>("pwrite", descriptor, data, size, at);
}
int deflateInit2_(z_stream* stream, int level, int method, int bits, int memory, int strategy, const char* version,
                  int size) {
  return FailingCall::instead_of<deflateInit2_>("deflateInit2_", stream, level, method, bits, memory, strategy, version,
                                                size);
}
int kill(pid_t process, int signal) noexcept { return FailingCall::instead_of<kill>("kill", process, signal); }
}

TEST_CASE("a file is the old one or the new one, whichever call fails") {
  const TemporaryFolder out;
  const fs::path file = out.path / "file";
  struct Case {
    const char* function;
    int reason, at;
    const char* words;
    bool is_new;
  };
  for (const Case& one : {Case{"open", EACCES, 1, "cannot be created: Permission denied", false},
                          {"write", ENOSPC, 1, "cannot be written: No space left on device", false},
                          {"close", EIO, 1, "cannot be written: Input/output error", false},
                          {"open", EMFILE, 2, "cannot be written to disk: Too many open files; the limit", false},
                          {"fsync", EIO, 1, "cannot be written to disk: Input/output error", false},
                          {"rename", EROFS, 1, "cannot be published: Read-only file system", false},
                          {"fsync", EIO, 2, "cannot be written to disk: Input/output error", true}}) {
    write_atomically(file, "old");
    CAPTURE(one.words);
    {
      const FailingCall fault(one.function, one.reason, one.at);
      check_refused(Exit::resources, {one.words, one.at == 1 || !one.is_new ? "file" : out.path.string()},
                    [&] { write_atomically(file, "new text"); });
      CHECK(fault.happened());
    }
    CHECK(bytes_of(file) == (one.is_new ? "new text" : "old"));
    CHECK(std::distance(fs::directory_iterator(out.path), {}) == 1);
  }
  {
    const FailingCall fault("fsync", EIO);  // who does not wait for the disk is not told of it
    write_atomically(file, "fast", false);
    CHECK_FALSE(fault.happened());
  }
  CHECK(bytes_of(file) == "fast");
  const FailingCall fault("syncfs", EIO);
  check_refused(Exit::resources, {out.path.string() + " cannot be written to disk"},
                [&] { sync_file_system(out.path); });
  CHECK_THROWS_AS(sync_file_system(out.path / "nowhere"), Error);
  CHECK_NOTHROW(sync_file_system(out.path));
}

TEST_CASE("signals and short counts lose no byte") {
  const TemporaryFolder out;
  const std::string text = "every byte of it";
  for (const auto& [reason, most] : {std::pair{EINTR, 0}, {0, 5}, {0, 1}}) {
    const FailingCall fault("write", reason, 1, static_cast<std::size_t>(most));
    write_file(out.path / "file", text);
    CHECK(fault.happened());
    CHECK(bytes_of(out.path / "file") == text);
  }
  for (const auto& [reason, most] : {std::pair{EINTR, 0}, {0, 5}, {0, 1}}) {
    const FailingCall fault("read", reason, 1, static_cast<std::size_t>(most));
    CHECK(read_file(out.path / "file") == text);
    CHECK(fault.happened());
  }
  const FailingCall fault("write", 0, 1, 0);
  check_refused(Exit::resources, {"cannot be written"}, [&] { write_file(out.path / "file", text); });
}

TEST_CASE("a file that cannot be read is missing, damaged or out of reach") {
  const TemporaryFolder out;
  const fs::path file = out.write("file", "text"), folder = out.path / "folder", pipe = out.path / "pipe",
                 loop = out.path / "loop";
  fs::create_directory(folder);
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink("loop", loop);
  CHECK(read_file(file) == "text");
  CHECK(read_file(out.write("empty", "")).empty());
  for (const fs::path& path : {out.path / "absent", file / "below", loop})
    check_refused(Exit::integrity, {path.string() + " is missing"}, [&] { read_file(path); });
  for (const fs::path& path : {folder, pipe})
    check_refused(Exit::integrity, {path.string() + " is no regular file"}, [&] { read_file(path); });
  struct Case {
    const char* function;
    int reason;
    Exit code;
    const char* words;
  };
  for (const Case& one : {Case{"open", EACCES, Exit::resources, "file cannot be read: Permission denied"},
                          {"open", EMFILE, Exit::resources, "file cannot be opened: Too many open files; the limit"},
                          {"fstat", EIO, Exit::resources, "file cannot be read: Input/output error"},
                          {"read", EIO, Exit::resources, "file cannot be read: Input/output error"},
                          {"read", 0, Exit::integrity, "file became shorter while it was read"}}) {
    const FailingCall fault(one.function, one.reason);
    check_refused(one.code, {one.words}, [&] { read_file(file); });
  }
  {
    // A signal comes, and when the file is read again it has been cut.
    const FailingCall fault("read", EINTR, 1, 0, [&] { fs::resize_file(file, 0); });
    check_refused(Exit::integrity, {"file became shorter while it was read"}, [&] { read_file(file); });
  }
  CHECK(is_there(file));
  CHECK(is_there(folder));
  CHECK_FALSE(is_there(out.path / "absent"));
  CHECK_FALSE(is_there(file / "below"));
  {
    const FailingCall fault("open", EACCES);
    CHECK(is_there(file));
  }
  CHECK_NOTHROW(check_readable(folder));
  CHECK_NOTHROW(check_readable(out.path / "absent"));
  for (const fs::path& path : {folder, file}) {
    const FailingCall fault("access", EACCES);
    if (path == file)
      CHECK_NOTHROW(check_readable(path));
    else
      check_refused(Exit::resources, {"folder cannot be read: Permission denied"}, [&] { check_readable(path); });
  }
}

TEST_CASE("what dead processes left is removed, and nothing else") {
  const TemporaryFolder out;
  const fs::path name = temporary_name(out.path / "sub" / "file");
  CHECK(name.parent_path() == out.path / "sub");
  CHECK(name.filename().string().starts_with(".tmp-file-"));
  CHECK(name.filename().string().ends_with("-" + std::to_string(getpid())));
  out.write(".tmp-folder-host-1/file", "x");
  out.write(".tmp-file-host-2", "x");
  for (const char* kept : {"tmp-x", "x.tmp-", ".tmp", ".lock"}) out.write(kept, "x");
  remove_temporaries(out.path);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(out.path)) left.push_back(entry.path().filename());
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<std::string>{".lock", ".tmp", "tmp-x", "x.tmp-"});
  CHECK_NOTHROW(remove_temporaries(out.path / "absent"));
  CHECK(file_system_of("/proc/self/status") == "the file system proc at /proc");
  CHECK(file_system_of("/procedures") != "the file system proc at /proc");
  const fs::path before = fs::current_path();
  fs::current_path("/proc");
  CHECK(file_system_of("nowhere") == "the file system proc at /proc");
  fs::current_path(out.path);
  write_atomically("file", "here");  // whose folder is the current one
  fs::current_path(before);
  CHECK(bytes_of(out.path / "file") == "here");
}

TEST_CASE("bytes that are no UTF-8 are escaped wherever they stand, and values become nodes of their kind") {
  const Json json = {{"plain", "é"}, {"a\xff", {{"list", {"b\xfe", 1, nullptr}}}}};
  CHECK(pretty(json) ==
        "{\n  \"plain\": \"é\",\n  \"a\\\\xFF\": {\n    \"list\": [\n      \"b\\\\xFE\",\n      1,\n"
        "      null\n    ]\n  }\n}\n");
  const Node node = node_of(
      Json::parse(R"({"text": "1", "number": 2.5, "truth": true, "none": null, "list": [1, {}]})"), "file.json");
  REQUIRE(node.is_map());
  CHECK(node.find("text")->quoted);
  CHECK(node.find("text")->scalar == "1");
  CHECK_FALSE(node.find("number")->quoted);
  CHECK(node.find("number")->scalar == "2.5");
  CHECK(node.find("truth")->scalar == "true");
  CHECK(node.find("none")->is_null());
  CHECK(node.find("none")->position.file == "file.json");
  REQUIRE(node.find("list")->items.size() == 2);
  CHECK(node.find("list")->items[0].scalar == "1");
  CHECK(node.find("list")->items[1].is_map());
}

TEST_CASE("an archive is what POSIX says of ustar, with paths of every length that fits") {
  const auto folder = [](std::size_t size) { return std::string(size, 'd'); };
  const auto file = [](std::size_t size) { return std::string(size, 'f'); };
  struct Case {
    std::string path, prefix, name;  // no name: too long
  };
  const Case cases[] = {{file(1), "", file(1)},
                        {file(100), "", file(100)},
                        {"d/" + file(98), "", "d/" + file(98)},
                        {"d/" + file(100), "d", file(100)},
                        {folder(155) + "/" + file(100), folder(155), file(100)},
                        {folder(100) + "/g/" + file(30), folder(100), "g/" + file(30)},
                        {file(101), "", ""},
                        {"d/" + file(101), "", ""},
                        {folder(156) + "/" + file(100), "", ""}};
  for (const Case& one : cases) {
    CAPTURE(one.path);
    if (one.name.empty()) {
      check_refused(Exit::config, {"is too long for a tar archive"}, [&] { tar_gz({{one.path, "x"}}); });
      continue;
    }
    for (const std::size_t size : {0U, 1U, 512U, 700U}) {
      const std::string content(size, 'c'), packed = tar_gz({{one.path, content}});
      const std::size_t rounded = (size + 511) / 512 * 512, whole = 512 + rounded + 1024;
      CHECK(packed.substr(0, 3) == "\x1f\x8b\x08");
      CHECK(packed.substr(4, 4) == std::string(4, '\0'));  // no time: equal files give equal archives
      const std::string stream = packed.substr(10, packed.size() - 18);
      const std::string tar = inflated(MemoryBytes(stream, "tar"), whole, Deflated::raw);
      CHECK(std::string(tar.c_str() + 345, strnlen(tar.c_str() + 345, 155)) == one.prefix);
      CHECK(std::string(tar.c_str(), strnlen(tar.c_str(), 100)) == one.name);
      CHECK(std::stoul(tar.substr(124, 11), nullptr, 8) == size);
      CHECK(tar.substr(100, 8) == std::string("0000644\0", 8));
      CHECK(tar.substr(156, 1) == "0");
      CHECK(tar.substr(257, 8) == std::string("ustar\0"
                                              "00",
                                              8));
      std::string header = tar.substr(0, 512);
      const unsigned long stated = std::stoul(header.substr(148, 6), nullptr, 8);
      header.replace(148, 8, 8, ' ');
      unsigned long sum = 0;
      for (const char byte : header) sum += static_cast<unsigned char>(byte);
      CHECK(stated == sum);
      CHECK(tar.substr(154, 2) == std::string("\0 ", 2));
      CHECK(tar.substr(512) == content + std::string(rounded - size + 1024, '\0'));
    }
  }
}

TEST_CASE("an archive of any size is packed, or there is a word why not") {
  std::string content;
  for (std::uint64_t i = 0, state = 1; i < 3'000'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    content += static_cast<char>(state >> 56U);
  }
  const std::string packed = tar_gz({{"large", content}, {"small", "x"}});
  const std::size_t rounded = (content.size() + 511) / 512 * 512;
  const std::string tar =
      inflated(MemoryBytes(packed.substr(10, packed.size() - 18), "tar"), 2048 + rounded + 512, Deflated::raw);
  CHECK(tar.substr(512, content.size()) == content);
  CHECK(tar.substr(512 + rounded, 5) == "small");
  CHECK(tar[512 + rounded + 512] == 'x');
  const FailingCall fault("deflateInit2_", ENOMEM);
  check_refused(Exit::resources, {"the archive could not be compressed"}, [] { tar_gz({{"x", "x"}}); });
}

TEST_CASE("a lock says what keeps it from locking, and waits for the workers of a dead holder") {
  const TemporaryFolder out;
  for (const int reason : {ENOLCK, ENOSYS, EOPNOTSUPP}) {
    const FailingCall fault("flock", reason);
    const Lock lock(out.path);
    CHECK(lock.missing().starts_with("the file system "));
    CHECK(lock.missing().find("does not lock files (flock: ") != std::string::npos);
  }
  {
    const FailingCall fault("flock", EINTR);
    const Lock lock(out.path);
    CHECK(lock.missing().empty());
    CHECK(Lock::holder(out.path) == getpid());
  }
  for (const auto& [function, words] : {std::pair{"flock", ".lock cannot be locked: Input/output error"},
                                        {"ftruncate", ".lock cannot be written: Input/output error"},
                                        {"pwrite", ".lock cannot be written: Input/output error"}}) {
    const FailingCall fault(function, EIO);
    check_refused(Exit::resources, {words}, [&] { const Lock lock(out.path); });
  }
  {
    const FailingCall fault("flock", EIO);
    CHECK(Lock::holder(out.path) == 0);
  }
  // Held by a process that is gone: its workers are waited for longer than anybody else.
  const pid_t gone = fork();
  if (gone == 0) _exit(0);
  REQUIRE(waitpid(gone, nullptr, 0) == gone);
  out.write(".lock", std::to_string(gone) + "\n");
  int held = open((out.path / ".lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(held, LOCK_EX | LOCK_NB) == 0);
  {
    // Somebody else's process is alive, however often that is asked; when this goes on for much longer than a holder
    // that has only just got the lock would need, it ends so that nothing is refused.
    int asked = 0;
    FailingCall fault("kill", EPERM);
    fault.meanwhile = [&] {
      if (++asked == 150) close(held);
      fault.at = 1, FailingCall::armed = &fault;
    };
    check_refused(Exit::locked, {"is in use by process " + std::to_string(gone)}, [&] { const Lock lock(out.path); });
    CHECK(asked > 1);
  }
  std::thread worker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    close(held);
  });
  CHECK_NOTHROW(Lock(out.path));
  worker.join();
}
