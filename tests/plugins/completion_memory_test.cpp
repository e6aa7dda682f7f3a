// What completion takes of memory: bytes an entry, at the peak, beside what does not depend on the number of entries.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "core/numbers/streams.hpp"
#include "core/operators/entry_pack.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;
namespace fs = std::filesystem;

// Under a sanitizer memory is taken for other reasons, too.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TIGHTROPE_FOREIGN_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TIGHTROPE_FOREIGN_MEMORY 1
#endif
#endif

#ifndef TIGHTROPE_FOREIGN_MEMORY

namespace {

/// Bytes of a line of /proc/self/status.
Real status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ":")) return 1024 * std::stod(line.substr(name.size() + 1));
  return 0;
}

/// From now on the peak is that of what comes.
Real start_over() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;
  return status("VmRSS");
}

Real peak() { return status("VmHWM"); }

constexpr Index few = 1200000, many = 4000000;  // entries; both in tiles

struct Peaks {
  Real making, using_them;  // bytes
};

/// Bytes that each entry adds to the peaks with so many of them.
Peaks per_entry(const std::function<Peaks(Index count)>& peaks) {
  peaks(few);  // what the first time alone takes, and the allocator keeps
  const Peaks of_few = peaks(few), of_many = peaks(many);
  constexpr Real more = many - few;
  return {(of_many.making - of_few.making) / more, (of_many.using_them - of_few.using_them) / more};
}

Peaks of_run(const std::string& operator_and_more, const std::string& start) {
  const Catalog catalog({fs::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  const auto experiment = resolve_experiment(
      parse_yaml("problem:\n" + operator_and_more + "model: {type: asymmetric, rank: 2}\ninitialization: " + start +
                     "\noptimizer: {type: gradient_descent, step: 1e-4}\nstop: {iterations: 3}\n",
                 "test.yaml"),
      catalog);
  const Real before = start_over();
  auto lanes = build_lanes(experiment, std::make_shared<const Team>(2));
  const Real making = peak() - before;
  start_over();
  Engine().run(lanes);
  CHECK(lanes.front()->iterate().iteration == 3);
  return {making, peak() - before};
}

const std::string small_random = "{type: small_random, scale: 0.1}", spectral = "{type: spectral, power_iterations: 1}";

std::string sampled(Index count, const std::string& more = "") {
  return fmt::format(
      "  shape: [4000, 3000]\n  target: {{type: random_low_rank, rank: 2}}\n  operator: {{type: power_law_sampling, "
      "count: {}, skew: 1}}\n{}",
      count, more);
}

}  // namespace

TEST_CASE("keys and data are all that a run of completion keeps of its entries: 12 bytes each, also under noise") {
  start_over();
  if (peak() > status("VmRSS") + 4e6) return;  // this system cannot tell
  for (const char* noise : {"", "  noise: [{type: gaussian, level: 0.01}, {type: gaussian, level: 0.02}]\n"}) {
    CAPTURE(std::string(noise));
    const Peaks bytes = per_entry([&](Index m) { return of_run(sampled(m, noise), small_random); });
    CHECK(bytes.making > 11);
    CHECK(bytes.making < 13);
    CHECK(bytes.using_them > 11);
    CHECK(bytes.using_them < 13);
  }
}

TEST_CASE("a hold-out takes a byte an entry, and a start without it 8 more, which it gives back") {
  const std::string hold_out = "  hold_out: {fraction: 0.05, rmse: true}\n";
  const Peaks bytes = per_entry([&](Index m) { return of_run(sampled(m, hold_out), spectral); });
  CHECK(bytes.making < 21.5);
  CHECK(bytes.using_them > 12);
  CHECK(bytes.using_them < 14);
}

TEST_CASE("entries from text take 12 bytes each and 20 while they are read, packed ones the file's 12") {
  const fs::path path = fs::temp_directory_path() / fmt::format("memory-{}.txt", getpid());
  const fs::path pack = path.string() + ".packed";
  const auto loaded = [&](const fs::path& file, Index count) {
    const Real before = start_over();
    const Team team(2);
    const EntryList list = read_entries(file, 1, {}, team);
    CHECK(list.values.n_elem == count);
    const Real reading = peak() - before;
    return Peaks{reading, start_over() - before};
  };
  const Peaks text = per_entry([&](Index count) {
    std::string lines;
    for (Index i = 0; i < count; ++i) lines += fmt::format("{} {} {}.5\n", 1 + i / 1000, 1 + (i * 7919) % 3000, i % 5);
    std::ofstream(path) << std::exchange(lines, {});
    return loaded(path, count);
  });
  CHECK(text.making < 21);
  CHECK(text.using_them > 6);  // some of it lies where the text was
  CHECK(text.using_them < 13);
  const Peaks packed = per_entry([&](Index count) {
    {
      const Team team(2);
      EntryTiles tiles({4000, 3000}, count);
      const auto each = [&](const auto& work) {
        for (Index i = 0; i < count; ++i) work(i / 1000, (i * 7919) % 3000);
      };
      each([&](Index a, Index b) { tiles.count(a, b); });
      tiles.allocate();
      each([&](Index a, Index b) { tiles.place(a, b); });
      tiles.sort(team, nullptr);
      write_pack(pack, {std::move(tiles), Vec(count, arma::fill::ones), 0, 0, "", {}}, 1);
    }
    return loaded(pack, count);
  });
  CHECK(packed.making > 11);
  CHECK(packed.making < 13);
  fs::remove(path);
  fs::remove(pack);
}

#endif
