#include "core/base/limits.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <thread>

#include "core/base/error.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

std::vector<std::string> fields_of(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

/// The number in a file of one word; none where there is no such file or the word is "max".
std::uint64_t number_in(const fs::path& file) {
  std::uint64_t number = 0;
  std::ifstream stream(file);
  return stream >> number ? number : none;
}

/// The number that follows a name in a file of names and numbers.
std::uint64_t number_of(const std::string& name, const fs::path& file) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string word;
    std::uint64_t number = 0;
    if (words >> word >> number && word == name) return number;
  }
  return none;
}

/// The kernel writes blanks, tabs, line breaks and backslashes of paths in octal.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// A control group that this process is in, as a folder, and the folder of the outermost one that can be seen.
struct Group {
  fs::path folder, top;
  std::string name;  // as the kernel calls it
  bool version2 = false;
};

/// The groups of a controller: of version 1 its own hierarchy, of version 2 the unified one.
std::vector<Group> groups_of(const std::string& controller, const fs::path& root) {
  std::vector<Group> groups;
  std::ifstream memberships(root / "proc/self/cgroup");
  for (std::string membership; std::getline(memberships, membership);) {  // number:controllers:path
    const std::size_t first = membership.find(':'), second = membership.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = membership.substr(first + 1, second - first - 1);
    const std::string path = membership.substr(second + 1);
    const std::vector<std::string> names = fields_of(controllers, ',');
    const bool version2 = controllers.empty();
    if (!version2 && std::find(names.begin(), names.end(), controller) == names.end()) continue;
    std::ifstream mounts(root / "proc/self/mountinfo");
    for (std::string mount; std::getline(mounts, mount);) {  // … root point options [optional…] - type source options
      const std::vector<std::string> words = fields_of(mount, ' ');
      const auto dash = std::find(words.begin(), words.end(), "-");
      if (words.size() < 6 || words.end() - dash < 4) continue;
      const std::vector<std::string> options = fields_of(*(dash + 3), ',');
      if (version2 ? *(dash + 1) != "cgroup2"
                   : *(dash + 1) != "cgroup" || std::find(options.begin(), options.end(), controller) == options.end())
        continue;
      const std::string mounted = unescaped(words[3]), point = unescaped(words[4]);
      const fs::path top = root / fs::path(point).relative_path();
      // Inside a container the mount shows the hierarchy from the container's own group on.
      const fs::path below = fs::path(path).lexically_relative(mounted);
      const bool is_inside = !below.empty() && *below.begin() != "..";
      fs::path folder = is_inside ? (top / below).lexically_normal() : top;
      if (!folder.has_filename()) folder = folder.parent_path();
      std::error_code ignored;
      if (!fs::is_directory(folder, ignored)) folder = top;
      groups.push_back({folder, top.has_filename() ? top : top.parent_path(), path, version2});
      break;
    }
  }
  return groups;
}

/// Calls each(folder) for a group and all that it is nested in, as far as they can be seen.
template <class Each>
void upwards(const Group& group, const Each& each) {
  for (fs::path folder = group.folder;; folder = folder.parent_path()) {
    each(folder);
    if (folder == group.top || !folder.has_relative_path()) return;
  }
}

/// Memory that cannot be taken from the processes of a group again.
std::uint64_t taken_in(const fs::path& folder, bool version2) {
  const std::uint64_t bytes = number_of(version2 ? "anon" : "total_rss", folder / "memory.stat");
  return bytes == none ? 0 : bytes;
}

std::optional<std::uint64_t> limit_of(int resource) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::nullopt;
  return limit.rlim_cur;
}

std::uint64_t of_this_process(const std::string& name, const fs::path& root) {
  const std::uint64_t kilobytes = number_of(name, root / "proc/self/status");
  return kilobytes == none ? 0 : kilobytes << 10;
}

}  // namespace

std::string bytes_text(long double bytes) {
  static const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit < 4; ++unit) bytes /= 1000;
  return fmt::format("{:.{}f} {}", static_cast<double>(bytes), (bytes < 10 && unit > 0) || unit >= 3 ? 1 : 0,
                     units[unit]);
}

std::string MemoryLimit::text() const {
  if (owner == "this machine") return fmt::format("this machine has {} of memory", bytes_text(bytes));
  return fmt::format("{} allows {}, of which {} are left", owner, bytes_text(bytes), bytes_text(left()));
}

std::vector<MemoryLimit> memory_limits(const fs::path& root) {
  std::vector<MemoryLimit> limits;
  const std::uint64_t page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t physical = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
  // Pages of mapped files are given back where memory is short.
  const std::uint64_t own = of_this_process("RssAnon:", root) + of_this_process("RssShmem:", root);
  const std::uint64_t resident = own > 0 ? own : of_this_process("VmRSS:", root);
  limits.push_back({physical, resident + physical / 10, "this machine"});
  for (const Group& group : groups_of("memory", root))
    upwards(group, [&](const fs::path& folder) {
      std::uint64_t bytes = none;
      for (const char* file : group.version2 ? std::vector<const char*>{"memory.max", "memory.high"}
                                             : std::vector<const char*>{"memory.limit_in_bytes"})
        bytes = std::min(bytes, number_in(folder / file));
      // Groups of version 1 tell of limits above what can be seen.
      if (!group.version2) bytes = std::min(bytes, number_of("hierarchical_memory_limit", folder / "memory.stat"));
      if (bytes >= physical) return;  // none: version 1 writes the largest number there is
      limits.push_back({bytes, std::max(resident, taken_in(folder, group.version2)),
                        "the control group " + (folder == group.folder ? group.name : folder.string())});
    });
  if (const auto bytes = limit_of(RLIMIT_AS))
    limits.push_back({*bytes, of_this_process("VmSize:", root), "the limit on address space (ulimit -v)", true});
  if (const auto bytes = limit_of(RLIMIT_DATA))
    limits.push_back({*bytes, of_this_process("VmData:", root), "the limit on data (ulimit -d)", true});
  return limits;
}

MemoryLimit memory_limit() {
  const std::vector<MemoryLimit> limits = memory_limits();
  return *std::min_element(limits.begin(), limits.end(),
                           [](const MemoryLimit& one, const MemoryLimit& other) { return one.left() < other.left(); });
}

namespace {
thread_local MemoryQuestion* question = nullptr;
}

MemoryQuestion::MemoryQuestion() { question = this; }
MemoryQuestion::~MemoryQuestion() { question = nullptr; }

void require_memory(long double bytes, const std::string& what, const std::string& advice) {
  if (question) {
    question->asked_ = static_cast<std::uint64_t>(std::min(bytes, 0x1p63L));
    throw Error(Exit::resources, "it was only asked how much it would take");
  }
  const MemoryLimit limit = memory_limit();
  if (bytes > static_cast<long double>(limit.left()))
    throw Error(Exit::resources, fmt::format("{} = {}, but {}; {}", what, bytes_text(bytes), limit.text(), advice));
}

std::uint64_t memory_kills(const fs::path& root) {
  std::uint64_t kills = 0;
  for (const Group& group : groups_of("memory", root))
    upwards(group, [&](const fs::path& folder) {
      const std::uint64_t here =
          number_of("oom_kill", folder / (group.version2 ? "memory.events" : "memory.oom_control"));
      if (here != none) kills = std::max(kills, here);
    });
  return kills;
}

unsigned startable_threads(unsigned wanted, const fs::path& root) {
  for (const Group& group : groups_of("pids", root))
    upwards(group, [&](const fs::path& folder) {
      const std::uint64_t most = number_in(folder / "pids.max"), now = number_in(folder / "pids.current");
      if (most != none && now != none)
        wanted = static_cast<unsigned>(std::min<std::uint64_t>(wanted, most > now ? most - now : 0));
    });
  return wanted;
}

std::string process_limits(const fs::path& root) {
  std::string text;
  for (const Group& group : groups_of("pids", root))
    upwards(group, [&](const fs::path& folder) {
      const std::uint64_t most = number_in(folder / "pids.max");
      if (most != none && text.empty())
        text = fmt::format("the control group {} has a limit of {} on processes and threads (pids.max)",
                           folder == group.folder ? group.name : folder.string(), most);
    });
  if (const auto most = limit_of(RLIMIT_NPROC); most && text.empty())
    text = fmt::format("the limit on processes and threads of a user (ulimit -u) is {}", *most);
  return text.empty() ? "the system gives no more processes and threads" : text;
}

unsigned default_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

bool is_shortage(int error) { return error == ENOMEM || error == EMFILE || error == ENFILE || error == EAGAIN; }

bool is_shortage(const std::string& complaint) {
  for (const int known : {ENOMEM, EMFILE, ENFILE, EAGAIN})
    if (complaint.find(std::strerror(known)) != std::string::npos) return true;
  return complaint.find("out of memory") != std::string::npos || complaint.find("cannot allocate") != std::string::npos;
}

std::string shortage_text(int error) {
  const std::string text = std::strerror(error);
  if (error == EMFILE) {
    const auto most = limit_of(RLIMIT_NOFILE);
    return text + (most ? fmt::format("; the limit on open files (ulimit -n) is {}", *most) : "");
  }
  if (error == EAGAIN) return text + "; " + process_limits();
  if (error == ENOMEM) return text + "; " + memory_limit().text();
  return text;
}

void refuse_shortage(int error, const std::string& what) {
  if (is_shortage(error)) throw Error(Exit::resources, what + ": " + shortage_text(error));
}

}  // namespace tightrope
