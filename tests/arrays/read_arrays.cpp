// read_arrays [--mutate COUNT] FILE…: reads each file and prints one line of JSON: shape, numbers in hexadecimal, row
// by row, and the description; or the error. With --mutate it reads COUNT damaged copies of each instead: bytes
// flipped, cut off, doubled. Whatever is in a file, it must be read or refused; anything else ends the program.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "core/arrays/arrays.hpp"
#include "core/base/error.hpp"
#include "core/numbers/streams.hpp"

namespace {

using namespace tightrope;
namespace fs = std::filesystem;

std::string line_of(const std::string& name) {
  nlohmann::ordered_json line = {{"file", name}};
  try {
    const Array array = read_array(name);
    line["shape"] = array.shape;
    line["values"] = nlohmann::ordered_json::array();
    for (Index i = 0; i < array.values.n_rows; ++i)
      for (Index j = 0; j < array.values.n_cols; ++j) line["values"].push_back(fmt::format("{:a}", array.values(i, j)));
    line["description"] = array.description;
  } catch (const Error& error) {
    line["error"] = error.what();
    line["code"] = static_cast<int>(error.code());
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// One damaged copy: the same for the same file and number.
std::string damaged(std::string bytes, std::uint64_t number) {
  const Vec draws = Stream(number, "damage").normal_matrix(24, 1);
  const auto below = [&](Index draw, std::size_t limit) {
    return static_cast<std::size_t>(std::abs(draws[draw]) * 1e6) % std::max<std::size_t>(1, limit);
  };
  switch (number % 4) {
    case 0:
      bytes.resize(below(0, bytes.size()));
      break;
    case 1:
      bytes.insert(below(0, bytes.size()), bytes.substr(below(1, bytes.size()), 1 + below(2, 40)));
      break;
    case 2:
      bytes.erase(below(0, bytes.size()), 1 + below(1, 9));
      break;
    default:
      break;
  }
  // Near the beginning, where headers are, as often as anywhere.
  for (Index k = 0; k < 1 + below(3, 6) && !bytes.empty(); ++k)
    bytes[below(4 + 2 * k, k % 2 ? bytes.size() : std::min<std::size_t>(bytes.size(), 256))] ^=
        static_cast<char>(1U << below(5 + 2 * k, 8));
  return bytes;
}

void mutate(const std::string& name, std::uint64_t count, const fs::path& folder, std::size_t& read,
            std::size_t& refused) {
  const auto [file, member] = split_member(name);
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  const fs::path copy = folder / ("damaged" + fs::path(file).extension().string());
  for (std::uint64_t number = 0; number < count; ++number) {
    std::ofstream(copy, std::ios::binary) << damaged(bytes, number);
    try {
      read_array(member.empty() ? copy.string() : member_name(copy.string(), member));
      ++read;
    } catch (const Error& error) {
      if (error.code() != Exit::config && error.code() != Exit::resources) throw;
      ++refused;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool mutating = argc > 2 && std::string(argv[1]) == "--mutate";
  if (!mutating) {
    for (int i = 1; i < argc; ++i) std::cout << line_of(argv[i]) << "\n";
    return 0;
  }
  const fs::path folder = fs::temp_directory_path() / fmt::format("tightrope-damaged-{}", getpid());
  fs::create_directories(folder);
  std::size_t read = 0, refused = 0;
  for (int i = 3; i < argc; ++i) mutate(argv[i], std::stoull(argv[2]), folder, read, refused);
  fs::remove_all(folder);
  std::cout << read << " " << refused << "\n";
  return 0;
}
