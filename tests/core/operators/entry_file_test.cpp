// Long lists of entries: what is read, and which line is to blame for what is not.
#include "core/operators/entry_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <thread>

#include "core/base/error.hpp"
#include "core/base/limits.hpp"
#include "core/numbers/streams.hpp"
#include "core/operators/entry_pack.hpp"

using namespace tightrope;

namespace {

struct Written {
  std::string path = (std::filesystem::temp_directory_path() / fmt::format("entries-{}.txt", getpid())).string();
  explicit Written(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  ~Written() { std::filesystem::remove(path); }
};

using Values = std::map<std::pair<Index, Index>, Real>;

Values values_of(const EntryList& list) {
  Values values;
  list.tiles.for_each([&](Index i, Index a, Index b) { values[{a, b}] = list.values[i]; });
  return values;
}

Values read(const std::string& text, Index first_index = 1, Shape shape = {}) {
  const Written file(text);
  return values_of(read_entries(file.path, first_index, shape, Team(2)));
}

std::string refusal_of(const std::string& text, Shape shape = {}) {
  const Written file(text);
  try {
    read_entries(file.path, 1, shape, Team(2));
  } catch (const Error& error) {
    CHECK(error.code() == Exit::config);
    const std::string what = error.what();
    CHECK(what.starts_with(file.path + ":"));
    return what.substr(file.path.size() + 1);
  }
  return "";
}

}  // namespace

TEST_CASE("separators, names, remarks, ends of lines and ways to write a number are those that files have") {
  const Values wanted{{{0, 1}, 3.5}, {{3, 4}, -0.25}, {{3, 0}, 1e-7}};
  CHECK(read("1 2 3.5\n4 5 -.25\n4 1 1e-7\n") == wanted);
  CHECK(read("  1\t2\t3.5\t978300760\n4\t5\t-0.25\t1\n\n4\t1\t0.0000001") == wanted);
  CHECK(read("userId,movieId,rating,timestamp\r\n1,2,3.5,99\r\n4,5,-.25,98\r\n4 , 1 , 1E-07,7\r\n") == wanted);
  CHECK(read("1::2::3.50::978300760\n4::5::-0.250::1\n4::1::.0000001000::2\n") == wanted);
  CHECK(read("# remark\n1;2;3.5\n% another\n4;5;-0.25\n4;1;1e-7\n") == wanted);
  CHECK(read("0 1 3.5\n3 4 -.25\n3 0 1e-7", 0) == wanted);
  CHECK(read("%%MatrixMarket matrix coordinate real general\n% remark\n4 5 3\n1 2 3.5\n4 5 -.25\n4 1 1e-7\n") ==
        wanted);
  CHECK(read("1 1 0.1\n1 2 123456789012345\n1 3 0.30000000000000004\n1 4 12345678901234567890\n") ==
        Values{
            {{0, 0}, 0.1}, {{0, 1}, 123456789012345}, {{0, 2}, 0.30000000000000004}, {{0, 3}, 12345678901234567890.0}});
}

TEST_CASE("the shape is the largest of the file or the one given, and what is empty is counted") {
  const Written file("1 2 3\n4 5 6\n");
  const EntryList free = read_entries(file.path, 1, {}, Team(1)), given = read_entries(file.path, 1, {10, 6}, Team(1));
  CHECK(free.tiles.shape() == Shape{4, 5});
  CHECK(free.empty_rows == 2);
  CHECK(free.empty_columns == 3);
  CHECK(given.tiles.shape() == Shape{10, 6});
  CHECK(given.empty_rows == 8);
  CHECK(given.empty_columns == 4);
  CHECK(free.description == "2 entries of a 4 × 5 matrix, separated by blanks");
}

TEST_CASE("line and column of what cannot be read are named, with what stands there") {
  CHECK(refusal_of("1 2 3\n1 x 3\n").starts_with("2:3: 'x' is no column: these are whole numbers from 1 to"));
  CHECK(refusal_of("0 2 3\n").starts_with("1:1: '0' is no row"));
  CHECK(refusal_of("1 2 3\n\n  7 1 1\n", {6, 6}) == "3:3: '7' is no row: these are whole numbers from 1 to 6");
  CHECK(refusal_of("1,2,3\n1,2\n").starts_with("2:4: the line ends too early"));
  CHECK(refusal_of("1,2,3\n1;2;3\n") ==
        "2:2: ';2;3' stands where the column should come, behind commas as in the first line");
  CHECK(refusal_of("1,2,3\n1,,3\n").starts_with("2:3: ',3' is no column"));
  CHECK(refusal_of("1 2 nan\n") == "1:5: 'nan' is no finite number");
  CHECK(refusal_of("1 2 3\n1  3  1e999") == "2:7: '1e999' is no finite number");
  CHECK(refusal_of("names alone here\n").ends_with("the file has no entries"));
  CHECK(refusal_of("1 99999999999999999999 3\n").starts_with("1:3: '99999999999999999999' is no column"));
  CHECK(refusal_of("1 4294967298 3\n").starts_with("1:3: '4294967298' is no column"));
  CHECK(refusal_of("") == " the file is empty");
  // What looks like the values of ratings, and is none of them.
  for (const char* value : {"3.5x", "3.x", "3..5", "3.5.1", "-", ".", "-.", "3,5", "3;", "x.5", "3.5e", "0x3", "1:2"}) {
    CAPTURE(std::string(value));
    CHECK(refusal_of(fmt::format("1 2 3\n2 2 {}\n3 2 3\n", value)).starts_with("2:5: "));
  }
  // Not a number and some more.
  CHECK(refusal_of("1,2,3\n2,2,3;5\n") == "2:5: '3;5' is no finite number");
  CHECK(refusal_of("%%MatrixMarket matrix coordinate pattern general\n3 3 1\n1 2x\n") == "3:3: '2x' is no column");
  const std::string market = "%%MatrixMarket matrix coordinate real general\n3 4 2\n";
  CHECK(refusal_of(market + "1 1 1\n").ends_with("there are 1 entries, but 2 are announced"));
  CHECK(refusal_of(market + "1 1 1\n3 5 1\n") == "4:3: '5' is no column: these are whole numbers from 1 to 4");
  CHECK(refusal_of(market + "1 1 1\n3 4 1\n", {9, 9}).find("3 × 4") != std::string::npos);
  CHECK(refusal_of("%%MatrixMarket matrix coordinate real symmetric\n3 3 1\n1 1 1\n")
            .starts_with("1:39: the matrix is "));
  CHECK(refusal_of("%%MatrixMarket matrix coordinate complex general\n3 3 1\n1 1 1\n").starts_with("1:34: 'complex'"));
  CHECK(refusal_of("%%MatrixMarket matrix coordinate real general\n%\n3 x 1\n1 1 1\n").starts_with("3:3: here must"));
  CHECK(refusal_of("%%MatrixMarket matrix coordinate real general\n").starts_with("2:1: here must"));
}

TEST_CASE("numbers of every length are those that were written, on plain lines and others") {
  const Stream stream(3, "numbers");
  std::string text;
  Values wanted;
  for (Index i = 0; i < 20000; ++i) {
    const std::uint64_t word = stream.word(i);
    const int decimals = static_cast<int>(word % 9);
    const Index whole = (word >> 8U) % (Index{1} << (word >> 40U) % 25);
    const Real size = static_cast<Real>((word >> 20U) % 1000000007) / static_cast<Real>(1 + (word >> 50U) % 100);
    const std::string value = fmt::format("{}{:.{}f}", word & 64U ? "-" : "", size, decimals);
    text += fmt::format("{}{}{} {}{}\n", 1 + i, word & 128U ? "\t" : " ", 1 + whole, value,
                        word & 256U ? " 978300760" : "");
    wanted[{i, whole}] = std::strtod(value.c_str(), nullptr);
  }
  CHECK(read(text) == wanted);
  CHECK(read("%%MatrixMarket matrix coordinate pattern general\n3 20000000 3\n1 1\n3 12345678\n2 7\n") ==
        Values{{{0, 0}, 1}, {{2, 12345677}, 1}, {{1, 6}, 1}});
}

TEST_CASE("one large number in the file makes a large matrix, which is asked for before it is made") {
  const Written file("1 1 5\n4000000000 2 5\n2 3000000000 5\n");
  const MemoryQuestion question;
  try {
    read_entries(file.path, 1, {}, Team(1));
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.code() == Exit::resources);
  }
  CHECK(question.asked() == 3 * 12 + std::uint64_t{7000000000} * 5);
}

TEST_CASE("many lines come out as they went in, whatever parts they are read in") {
  const Stream stream(8, "entries");
  std::string text;
  Values wanted;
  for (Index i = 0; i < 1200000; ++i) {  // more than a part
    const Index row = 1 + i / 40, column = 1 + 13 * (i % 40) + stream.word(i) % 13;
    const Real value = static_cast<Real>(stream.word(i) % 1000) / 10;
    wanted[{row - 1, column - 1}] = value;
    text += fmt::format("{} {} {}\n", row, column, value);
  }
  CHECK(text.size() > (std::size_t{16} << 20U));
  CHECK(read(text) == wanted);
  text.insert(text.rfind('\n', text.size() - 2) + 1, "5 oh 1\n");
  CHECK(refusal_of(text).starts_with("1200000:3: 'oh' is no column"));
  // Of several mistakes the first, wherever in a part it stands.
  text.insert(text.find('\n', text.size() / 3) + 1, "6 ah 1\n");
  const std::string first = refusal_of(text);
  CHECK_MESSAGE(first.find(":3: 'ah' is no column") != std::string::npos, first);
}

TEST_CASE("any number of threads reads the same list, whatever pages it waits in") {
  const Stream stream(9, "entries");
  for (const Index count : {Index{40000}, Index{3000000}}) {  // the latter in large pages
    std::string text;
    for (Index i = 0; i < count; ++i)
      text += fmt::format("{} {} {}\n", 1 + stream.word(2 * i) % 90000, 1 + stream.word(2 * i + 1) % 5000, i % 10);
    const Written file(text);
    const EntryList wanted = read_entries(file.path, 1, {}, Team(1));
    for (const unsigned threads : {2U, 3U}) {
      const EntryList list = read_entries(file.path, 1, {}, Team(threads));
      CHECK(list.tiles.begins() == wanted.tiles.begins());
      CHECK(std::ranges::equal(list.tiles.keys(), wanted.tiles.keys()));
      CHECK(std::equal(list.values.begin(), list.values.end(), wanted.values.begin(), wanted.values.end()));
      CHECK(list.empty_rows == wanted.empty_rows);
      CHECK(list.empty_columns == wanted.empty_columns);
    }
  }
}

TEST_CASE(
    "a packed file is the list that it was made of, to the last bit, and of another shape or damaged it is refused") {
  std::string text;
  for (Index i = 0; i < 3000; ++i)
    text += fmt::format("{} {} {}\n", 1 + i / 7, 1 + 3 * (i % 7), 0.1 * static_cast<Real>(i));
  const Written file(text);
  const std::string packed = file.path + ".packed";
  const EntryList list = read_entries(file.path, 1, {}, Team(2));
  write_pack(packed, list, 1.5);
  {
    const EntryList mapped = read_entries(packed, 1, {}, Team(2));
    CHECK(values_of(mapped) == values_of(list));
    CHECK(mapped.tiles.shape() == list.tiles.shape());
    CHECK(mapped.tiles.begins() == list.tiles.begins());
    CHECK(mapped.factor == 1.5);
    CHECK(mapped.empty_columns == list.empty_columns);
    CHECK(mapped.empty_columns == 12);
  }
  const auto refusal = [&](Shape shape, Exit code) {
    try {
      read_entries(packed, 1, shape, Team(1));
    } catch (const Error& error) {
      CHECK(error.code() == code);
      return std::string(error.what()).substr(packed.size());
    }
    return std::string();
  };
  CHECK(refusal({9, 9}, Exit::config) == ": the matrix is 429 × 19, but the problem is 9 × 9");
  const auto size = std::filesystem::file_size(packed);
  // Rows, columns, how many were expected, empty rows, factor, checksum; begins, keys or values, values.
  for (const std::size_t at : {std::size_t{33}, std::size_t{41}, std::size_t{49}, std::size_t{73}, std::size_t{90},
                               std::size_t{97}, std::size_t{200}, size / 2, size - 100}) {
    CAPTURE(at);
    std::fstream bytes(packed, std::ios::binary | std::ios::in | std::ios::out);
    bytes.seekg(static_cast<long>(at));
    const int kept = bytes.get();
    bytes.seekp(static_cast<long>(at));
    bytes.put(static_cast<char>(kept ^ 1));
    bytes.close();
    CHECK(refusal({}, Exit::integrity).find("its checksum is another one") != std::string::npos);
    bytes.open(packed, std::ios::binary | std::ios::in | std::ios::out);
    bytes.seekp(static_cast<long>(at));
    bytes.put(static_cast<char>(kept));
  }
  CHECK(refusal({}, Exit::ok).empty());
  {
    std::fstream bytes(packed, std::ios::binary | std::ios::in | std::ios::out);
    bytes.write("tightrope entries 2", 19);
  }
  CHECK(refusal({}, Exit::config) == ": the entries were packed by another version of this program: pack them again");
  write_pack(packed, list, 1.5);
  std::filesystem::resize_file(packed, size - 64);
  CHECK(refusal({}, Exit::integrity).find("not those that its header announces") != std::string::npos);
  std::filesystem::remove(packed);
}

TEST_CASE("a packed file that is cut or changed while passes read it ends them with one sentence, and no signal") {
  std::string text;
  for (Index i = 0; i < 20000; ++i) text += fmt::format("{} {} {}\n", 1 + i / 50, 1 + 3 * (i % 50), 0.5);
  const Written file(text);
  const std::string packed = file.path + ".packed";
  const Team team(2);
  const EntryList written = read_entries(file.path, 1, {}, team);
  const LowRank X{Mat(400, 2, arma::fill::ones), Mat(148, 2, arma::fill::ones)};
  const auto pass = [&](const EntryTiles& tiles) {
    LowRank gradient = X;
    return tiles.run(team, {&X, &X, {}, 1, &gradient}, {0, tiles.size()},
                     [](Index, Index count, const Real* z, Real* slopes) {
                       std::copy_n(z, count, slopes);
                       return std::accumulate(z, z + count, 0.0);
                     });
  };
  const auto refusal = [&](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      CHECK(error.code() == Exit::integrity);
      return std::string(error.what());
    }
    return std::string();
  };
  for (const bool is_cut : {true, false}) {
    write_pack(packed, written, 1);
    const auto size = std::filesystem::file_size(packed);
    const EntryList list = read_entries(packed, 1, {}, team);
    const EntryTiles part = list.tiles.part({0, 7, 19999});
    CHECK(pass(list.tiles) == 40000);
    if (is_cut)
      std::filesystem::resize_file(packed, 4096);
    else
      std::filesystem::last_write_time(packed, std::filesystem::last_write_time(packed) + std::chrono::seconds(1));
    const std::string what = is_cut ? fmt::format("{} was cut from {} to 4096 bytes while it was read", packed, size)
                                    : packed + " was changed while it was read";
    for (int time = 0; time < 2; ++time) CHECK(refusal([&] { pass(list.tiles); }) == what);
    CHECK(refusal([&] { pass(part); }) == what);
    CHECK(refusal([&] { list.tiles.part({1, 2}); }) == what);
    CHECK(refusal([&] { list.tiles.for_each([](Index, Index, Index) {}); }) == what);
    // Packed again under its name it is another file, which those who have the old one do not see.
    write_pack(packed, written, 1);
    CHECK(pass(read_entries(packed, 1, {}, team).tiles) == 40000);
  }
  std::filesystem::remove(packed);
}

TEST_CASE("text that is cut while it is read is refused for that, and no number of it is taken") {
  std::string text;
  for (Index i = 0; i < 600000; ++i) text += fmt::format("{} {} 12345.678\n", 1 + i / 40, 1 + i % 40);
  const auto is_mapped = [](const std::string& path) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
      if (line.ends_with(path)) return true;
    return false;
  };
  // Whether the other one comes in time is the system's to say.
  int refused = 0;
  for (int time = 0; time < 50 && refused == 0; ++time) {
    const Written file(text);
    std::atomic<bool> is_read{false};
    std::thread other([&] {
      while (!is_read && !is_mapped(file.path)) std::this_thread::yield();
      if (!is_read) std::filesystem::resize_file(file.path, 5000);
    });
    try {
      const EntryList list = read_entries(file.path, 1, {}, Team(2));
      CHECK(list.values.n_elem == 600000);
      CHECK(arma::all(list.values == 12345.678));
    } catch (const Error& error) {
      CHECK(error.code() == Exit::integrity);
      CHECK(std::string(error.what()) ==
            fmt::format("{} was cut from {} to 5000 bytes while it was read", file.path, text.size()));
      ++refused;
    }
    is_read = true;
    other.join();
  }
  CHECK(refused == 1);
}
