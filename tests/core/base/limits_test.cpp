#include "core/base/limits.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "core/base/error.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

namespace {

/// A root folder with a /proc and a /sys of its own.
struct Root {
  fs::path path = fs::temp_directory_path() / ("tightrope-limits-" + std::to_string(getpid()));
  Root() {
    fs::remove_all(path);
    write("proc/self/status", "VmSize:\t  100000 kB\nVmRSS:\t   20000 kB\nVmData:\t   30000 kB\n");
  }
  ~Root() { fs::remove_all(path); }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((path / file).parent_path());
    std::ofstream(path / file) << text;
  }
  std::vector<MemoryLimit> groups() const {
    std::vector<MemoryLimit> limits;
    for (const MemoryLimit& limit : memory_limits(path))
      if (limit.owner.find("control group") != std::string::npos) limits.push_back(limit);
    return limits;
  }
};

}  // namespace

TEST_CASE("memory: the machine's own is a limit, a tenth of which belongs to others") {
  const Root root;
  const auto limits = memory_limits(root.path);
  REQUIRE_FALSE(limits.empty());
  const auto physical =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  CHECK(limits[0].bytes == physical);
  CHECK(limits[0].left() == physical - physical / 10 - 20000 * 1024);
  CHECK(limits[0].text().find("this machine has") == 0);
}

TEST_CASE("memory: pages of mapped files can be taken back") {
  const Root root;
  root.write("proc/self/status",
             "VmRSS:\t   20000 kB\nRssAnon:\t    4000 kB\nRssFile:\t   15000 kB\nRssShmem:\t   1000 kB\n");
  const auto limits = memory_limits(root.path);
  REQUIRE_FALSE(limits.empty());
  CHECK(limits[0].taken == limits[0].bytes / 10 + 5000 * 1024);
}

TEST_CASE("memory: control groups of version 2, with all that they are nested in") {
  const Root root;
  root.write("proc/self/cgroup", "0::/job/step\n");
  root.write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
  root.write("sys/fs/cgroup/memory.stat", "anon 1\n");
  root.write("sys/fs/cgroup/job/step/memory.max", "max\n");
  CHECK(root.groups().empty());
  root.write("sys/fs/cgroup/job/memory.max", "400000000\n");
  root.write("sys/fs/cgroup/job/memory.stat", "anon 150000000\nfile 99\n");
  root.write("sys/fs/cgroup/job/step/memory.max", "500000000\n");
  const auto limits = root.groups();
  REQUIRE(limits.size() == 2);
  CHECK(limits[0].bytes == 500000000);
  CHECK(limits[0].owner == "the control group /job/step");
  CHECK(limits[0].left() == 500000000 - 20000 * 1024);
  CHECK(limits[1].bytes == 400000000);
  CHECK(limits[1].left() == 250000000);  // what others in the group hold is not to be had
  CHECK(limits[1].text().find("allows 400 MB, of which 250 MB are left") != std::string::npos);
  root.write("sys/fs/cgroup/job/step/memory.high", "300000000\n");
  CHECK(root.groups()[0].bytes == 300000000);
}

TEST_CASE("memory: control groups of version 1, where no limit is a very large number") {
  const Root root;
  root.write("proc/self/cgroup", "9:name=systemd:/\n4:hugetlb,memory:/slurm/job 7\n0::/\n");
  root.write("proc/self/mountinfo",
             "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
             "35 31 0:32 / /sys/fs/cgroup/my\\040memory rw,relatime - cgroup cgroup rw,hugetlb,memory\n"
             "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  root.write("sys/fs/cgroup/my memory/slurm/job 7/memory.limit_in_bytes", "9223372036854771712\n");
  root.write("sys/fs/cgroup/my memory/slurm/memory.limit_in_bytes", "600000000\n");
  root.write("sys/fs/cgroup/my memory/slurm/memory.stat", "cache 5\ntotal_rss 200000000\n");
  fs::create_directories(root.path / "sys/fs/cgroup/unified");
  auto limits = root.groups();
  REQUIRE(limits.size() == 1);
  CHECK(limits[0].bytes == 600000000);
  CHECK(limits[0].left() == 400000000);
  // Of what lies above the part that can be seen, the group itself tells.
  root.write("sys/fs/cgroup/my memory/slurm/job 7/memory.stat", "hierarchical_memory_limit 300000000\n");
  limits = root.groups();
  REQUIRE(limits.size() == 2);
  CHECK(limits[0].bytes == 300000000);
}

TEST_CASE("memory: inside a container the mount begins at the container's own group") {
  const Root root;
  root.write("proc/self/cgroup", "0::/docker/abc/inner\n");
  root.write("proc/self/mountinfo", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
  root.write("sys/fs/cgroup/memory.max", "800000000\n");
  root.write("sys/fs/cgroup/inner/memory.max", "700000000\n");
  REQUIRE(root.groups().size() == 2);
  CHECK(root.groups()[0].bytes == 700000000);
  // … or it lies elsewhere, and only the mount can be seen.
  root.write("proc/self/cgroup", "0::/../other\n");
  REQUIRE(root.groups().size() == 1);
  CHECK(root.groups()[0].bytes == 800000000);
}

TEST_CASE("processes: what control groups leave, and their names in the reasons") {
  const Root root;
  root.write("proc/self/cgroup", "8:pids:/a/b\n");
  root.write("proc/self/mountinfo", "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n");
  root.write("sys/fs/cgroup/pids/a/b/pids.max", "max\n");
  root.write("sys/fs/cgroup/pids/a/b/pids.current", "3\n");
  CHECK(startable_threads(16, root.path) == 16);
  root.write("sys/fs/cgroup/pids/a/pids.max", "7\n");
  root.write("sys/fs/cgroup/pids/a/pids.current", "5\n");
  CHECK(startable_threads(16, root.path) == 2);
  CHECK(startable_threads(1, root.path) == 1);
  root.write("sys/fs/cgroup/pids/a/pids.current", "9\n");
  CHECK(startable_threads(16, root.path) == 0);
  CHECK(process_limits(root.path).find("has a limit of 7 on processes and threads (pids.max)") != std::string::npos);
}

TEST_CASE("memory: processes that the system ended for want of it are counted") {
  const Root root;
  root.write("proc/self/cgroup", "0::/a\n");
  root.write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  root.write("sys/fs/cgroup/a/memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n");
  CHECK(memory_kills(root.path) == 2);
}

TEST_CASE("memory: what cannot be had is refused with its size and the name of the limit") {
  CHECK_NOTHROW(require_memory(1e6L, "a matrix"));
  try {
    require_memory(1e18L, "the operator needs m × n = 1 × 1", "take fewer");
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code() == Exit::resources);
    const std::string text = error.what();
    CHECK(text.find("the operator needs m × n = 1 × 1 = 1000000.0 TB, but ") == 0);
    CHECK(text.substr(text.size() - 12) == "; take fewer");
  }
  CHECK(bytes_text(29e6L) == "29 MB");
  CHECK(bytes_text(1.6e9L) == "1.6 GB");
  CHECK(bytes_text(512) == "512 B");
}

TEST_CASE("shortage: errors of limits, plain or in the linker's words, and no others") {
  CHECK(is_shortage(EMFILE));
  CHECK(is_shortage(EAGAIN));
  CHECK_FALSE(is_shortage(ENOENT));
  CHECK(is_shortage(std::string("libz.so.1: failed to map segment from shared object: Cannot allocate memory")));
  CHECK_FALSE(is_shortage(std::string("x.so: undefined symbol: f")));
  CHECK(shortage_text(EMFILE).find("Too many open files; the limit on open files (ulimit -n) is ") == 0);
}
