#include "core/arrays/formats/mat.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>

#include "core/arrays/bytes.hpp"
#include "core/arrays/formats/npy.hpp"
#include "core/arrays/inflate.hpp"
#include "core/arrays/listed.hpp"
#include "core/base/installation.hpp"
#include "core/base/table.hpp"
#include "core/tree/node.hpp"

extern char** environ;

namespace tightrope {

namespace fs = std::filesystem;

namespace {

fs::path reader() { return library_folder() / "tightrope-mat"; }

/// Everything that a program writes to standard output; Error(resources) if it cannot be started. `status` is how it
/// ended.
std::string output_of(std::vector<std::string> command, int& status) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw Error(Exit::resources, fmt::format("no pipe for reading a file of MATLAB: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text, buffer(std::size_t{1} << 20U, '\0');
  while (failed == 0) {
    const ssize_t got = read(ends[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  if (failed != 0)
    throw Error(Exit::resources, fmt::format("{} cannot be started: {}", command[0], std::strerror(failed)));
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return text;
}

Array read_hdf5(const std::string& file, const std::string& member) {
  const fs::path program = reader();
  std::error_code ignored;
  if (!fs::exists(program, ignored))
    throw Error(
        Exit::resources,
        fmt::format("{}: files of MATLAB 7.3 are read with libmatio, which was not there when Tightrope was built; "
                    "save with -v7, or install libmatio-dev and build again",
                    file));
  int status = 0;
  std::string output = output_of({program.string(), file, member}, status);
  const std::size_t end = output.find('\n');
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || end == std::string::npos)
    refuse_file(file, "this is no file of MATLAB, or it is damaged: libmatio cannot read it");
  const std::string line = output.substr(0, end);
  output.erase(0, end + 1);
  if (line.starts_with("refused ")) refuse_file(file, line.substr(8));
  Array array = read_npy(MemoryBytes(std::move(output), file));
  array.description = fmt::format("{} {} numbers", line, words_of_shape(array.shape));
  return array;
}

// --- Versions 4 and 5 ---------------------------------------------------------------------------------------------

/// Of a type of version 5; null if it is none of numbers.
std::optional<NumberType> number_type(std::uint64_t type, bool big_endian) {
  using enum NumberType::Kind;
  static const std::map<std::uint64_t, std::pair<NumberType::Kind, std::size_t>> types = {
      {1, {integer, 1}}, {2, {natural, 1}}, {3, {integer, 2}}, {4, {natural, 2}},  {5, {integer, 4}},
      {6, {natural, 4}}, {7, {real, 4}},    {9, {real, 8}},    {12, {integer, 8}}, {13, {natural, 8}}};
  const auto known = types.find(type);
  if (known == types.end()) return std::nullopt;
  return NumberType{known->second.first, known->second.second, big_endian};
}

/// Numbers in a file, of either byte order.
class Numbers {
 public:
  Numbers(const ByteSource& bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}
  const ByteSource& bytes() const { return bytes_; }
  bool big_endian() const { return big_endian_; }

  std::uint64_t natural(std::uint64_t at, std::size_t size) const {
    const std::uint64_t bits = bytes_.field(at, size);
    return big_endian_ ? __builtin_bswap64(bits) >> (64 - 8 * size) : bits;
  }

  /// `count` numbers of one type from `at` on.
  std::vector<Real> read(std::uint64_t at, Index count, NumberType type) const {
    const std::string data = bytes_.text(at, count * type.size);
    std::vector<Real> values(count);
    for (Index i = 0; i < count; ++i) {
      const std::optional<Real> value = type.value(data.data() + i * type.size);
      if (!value)
        refuse_file(bytes_.name(),
                    fmt::format("number {} is an integer beyond 2^53, which float64 cannot hold exactly", i + 1));
      values[i] = *value;
    }
    return values;
  }

 private:
  const ByteSource& bytes_;
  bool big_endian_;
};

/// Where a variable lies, or why it cannot be read.
struct Variable {
  std::string name, kind, trouble;
  std::vector<Index> shape;
  std::uint64_t begin = 0, size = 0;  // of the element, or of the numbers
  bool packed = false;
  NumberType type;
};

/// An element of version 5: type, then place and size of its bytes.
struct Element {
  std::uint64_t type = 0, begin = 0, size = 0, end = 0;
};

Element element_at(const Numbers& numbers, std::uint64_t at) {
  const std::uint64_t word = numbers.natural(at, 4);
  Element element;
  if (word >> 16U != 0) {  // small: at most four bytes, in the tag itself
    element = {word & 0xffffU, at + 4, word >> 16U, at + 8};
    if (element.size > 4) refuse_file(numbers.bytes().name(), "the file is damaged");
  } else {
    element = {word, at + 8, numbers.natural(at + 4, 4), 0};
    element.end = element.begin + (element.size + 7) / 8 * 8;
  }
  if (element.begin + element.size > numbers.bytes().size())
    refuse_file(numbers.bytes().name(), "the file is incomplete");
  return element;
}

/// A matrix of version 5: flags, sides and name, then the numbers.
struct Matrix {
  std::string name;
  std::uint64_t flags = 0;
  std::vector<Index> shape;
  std::uint64_t numbers = 0;  // where they begin
  std::uint64_t kind() const { return flags & 0xffU; }
};

Matrix matrix_at(const Numbers& numbers, std::uint64_t at) {
  const std::string& file = numbers.bytes().name();
  const Element flags = element_at(numbers, at), sides = element_at(numbers, flags.end),
                name = element_at(numbers, sides.end);
  constexpr std::uint64_t most_sides = 8 * 4, longest_name = 4096;
  if (flags.type != 6 || flags.size != 8 || sides.type != 5 || sides.size % 4 != 0 || sides.size < 8 || name.type != 1)
    refuse_file(file, "the file is damaged");
  if (sides.size > most_sides || name.size > longest_name)
    refuse_file(file, "a variable has too many dimensions, or too long a name");
  Matrix matrix;
  matrix.flags = numbers.natural(flags.begin, 4);
  for (std::uint64_t side = 0; side < sides.size; side += 4)
    matrix.shape.push_back(numbers.natural(sides.begin + side, 4));
  matrix.name = numbers.bytes().text(name.begin, name.size);
  matrix.numbers = name.end;
  return matrix;
}

const char* class_name(std::uint64_t kind) {
  constexpr std::array<const char*, 18> names{
      "?",     "a cell array", "a struct", "an object", "text",   "sparse", "double", "single",     "int8",
      "uint8", "int16",        "uint16",   "int32",     "uint32", "int64",  "uint64", "a function", "an object"};
  return names[kind < names.size() ? kind : 0];
}

/// Column by column, as MATLAB has them, to an array.
Array array_of(const std::vector<Index>& shape, const std::vector<Real>& values, const std::string& description) {
  Array array;
  array.shape = shape;
  array.description = fmt::format("{}, {} numbers", description, words_of_shape(shape));
  const Index rows = shape[0], cols = values.size() / rows;
  array.values.set_size(rows, cols);
  std::vector<Index> at(shape.size() - 1, 0);
  for (Index c = 0; c < cols; ++c) {
    Index column = 0;  // with the last index fastest
    for (std::size_t d = 0; d < at.size(); ++d) column = column * shape[d + 1] + at[d];
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(c * rows), rows, array.values.begin_col(column));
    for (std::size_t d = 0; d < at.size(); ++d) {
      if (++at[d] < shape[d + 1]) break;
      at[d] = 0;
    }
  }
  return array;
}

Array read_matrix5(const Numbers& numbers, std::uint64_t at, const std::string& description) {
  const std::string& file = numbers.bytes().name();
  const Matrix matrix = matrix_at(numbers, at);
  constexpr std::uint64_t sparse = 5, last_number = 15, complex_flag = 0x800, logical_flag = 0x200;
  if (matrix.kind() < sparse || matrix.kind() > last_number)
    refuse_file(file, fmt::format("the variable '{}' is {}; full and sparse matrices of numbers can be read",
                                  matrix.name, class_name(matrix.kind())));
  if ((matrix.flags & complex_flag) != 0)
    refuse_file(file, fmt::format("the variable '{}' is complex; real matrices can be read", matrix.name));
  const Index count = entries_of(matrix.shape, file);
  if (count == 0)
    refuse_file(file, fmt::format("the variable '{}' is empty: {} numbers", matrix.name, words_of_shape(matrix.shape)));
  const std::string described = fmt::format("{} of class {}", description,
                                            (matrix.flags & logical_flag) != 0 ? "logical" : class_name(matrix.kind()));
  const auto all_of = [&](const Element& element) {
    const std::optional<NumberType> type = number_type(element.type, numbers.big_endian());
    if (!type || element.size % type->size != 0) refuse_file(file, "the file is damaged");
    return numbers.read(element.begin, element.size / type->size, *type);
  };
  if (matrix.kind() != sparse) {
    const std::vector<Real> values = all_of(element_at(numbers, matrix.numbers));
    if (values.size() != count)
      refuse_file(file,
                  fmt::format("the variable '{}' announces {} numbers and has {}", matrix.name, count, values.size()));
    return array_of(matrix.shape, values, described);
  }
  const Element rows = element_at(numbers, matrix.numbers), starts = element_at(numbers, rows.end),
                entries = element_at(numbers, starts.end);
  const std::vector<Real> row = all_of(rows), start = all_of(starts), entry = all_of(entries);
  if (matrix.shape.size() != 2 || start.size() != matrix.shape[1] + 1)
    refuse_file(file, "the sparse variable is damaged");
  require_density(matrix.shape[0], matrix.shape[1], entry.size(), file);
  require_room(16.0L * static_cast<long double>(count), file);
  std::vector<Real> values(count);
  const auto place_below = [&](Index count, Real place) {
    if (!(place >= 0 && place < static_cast<Real>(count))) refuse_file(file, "the sparse variable is damaged");
    return static_cast<Index>(place);
  };
  for (Index j = 0; j < matrix.shape[1]; ++j)
    for (Real k = start[j]; k < start[j + 1]; ++k) {
      const Index i = place_below(std::min(row.size(), entry.size()), k);
      values[place_below(matrix.shape[0], row[i]) + j * matrix.shape[0]] = entry[i];
    }
  return array_of(matrix.shape, values, described);
}

/// The element inside a compressed one: all of it, or its first bytes.
MemoryBytes unpacked(const Numbers& numbers, const Variable& variable, bool whole) {
  const PartOfBytes packed(numbers.bytes(), variable.begin, variable.size, numbers.bytes().name());
  const MemoryBytes tag(inflated(packed, 8, Deflated::zlib, true), packed.name());
  const Numbers in_tag(tag, numbers.big_endian());
  constexpr std::uint64_t matrix_type = 14, enough_for_a_name = 8192;
  const std::uint64_t size = 8 + in_tag.natural(4, 4);
  if (in_tag.natural(0, 4) != matrix_type) refuse_file(packed.name(), "the file is damaged");
  return {inflated(packed, whole ? size : std::min(size, enough_for_a_name), Deflated::zlib, !whole), packed.name()};
}

std::vector<Variable> variables5(const Numbers& numbers) {
  constexpr std::uint64_t header = 128, matrix_type = 14, compressed_type = 15;
  std::vector<Variable> variables;
  for (std::uint64_t at = header; at < numbers.bytes().size();) {
    const Element element = element_at(numbers, at);
    Variable variable;
    variable.begin = element.begin;
    variable.size = element.size;
    variable.packed = element.type == compressed_type;
    if (element.type == compressed_type)
      variable.name = [&] {
        const MemoryBytes start = unpacked(numbers, variable, false);
        return matrix_at(Numbers(start, numbers.big_endian()), 8).name;
      }();
    else if (element.type == matrix_type)
      variable.name = matrix_at(numbers, element.begin).name;
    else
      refuse_file(numbers.bytes().name(), "the file is damaged");
    at = element.begin + element.size;                          // elements at the top are not padded
    if (!variable.name.empty()) variables.push_back(variable);  // without a name: what MATLAB keeps for itself
  }
  return variables;
}

/// Version 4: five numbers, the name, the entries.
std::vector<Variable> variables4(const Numbers& numbers) {
  constexpr std::array<std::pair<std::uint64_t, const char*>, 6> types{
      {{9, "double"}, {7, "single"}, {5, "int32"}, {3, "int16"}, {4, "uint16"}, {2, "uint8"}}};
  const std::string& file = numbers.bytes().name();
  std::vector<Variable> variables;
  for (std::uint64_t at = 0; at < numbers.bytes().size();) {
    std::array<std::uint64_t, 5> head{};
    for (std::size_t i = 0; i < head.size(); ++i) head[i] = numbers.natural(at + 4 * i, 4);
    const auto [type, rows, cols, imaginary, name_size] = head;
    constexpr std::uint64_t longest_name = 4096;
    if (type % 10 > 2 || type / 10 % 10 >= types.size() || name_size == 0 || name_size > longest_name || imaginary > 1)
      refuse_file(file, "this is no file of MATLAB, or it is damaged");
    Variable variable;
    variable.name = numbers.bytes().text(at + 20, name_size);
    while (variable.name.ends_with('\0')) variable.name.pop_back();
    variable.shape = {rows, cols};
    variable.type = *number_type(types[type / 10 % 10].first, numbers.big_endian());
    variable.kind = types[type / 10 % 10].second;
    variable.begin = at + 20 + name_size;
    variable.size = entries_of(variable.shape, file) * variable.type.size * (1 + imaginary);
    if (type % 10 == 1) variable.trouble = "text";
    if (type % 10 == 2) variable.trouble = "sparse in a file of version 4; save it with -v7";
    if (imaginary == 1) variable.trouble = "complex; real matrices can be read";
    if (rows * cols == 0) variable.trouble = "empty";
    at = variable.begin + variable.size;
    if (at > numbers.bytes().size()) refuse_file(file, "the file is incomplete");
    variables.push_back(std::move(variable));
  }
  return variables;
}

std::string description_of(const Variable& variable, const std::string& wanted) {
  return fmt::format("variable '{}'{}", excerpt(variable.name), wanted.empty() ? ", the only one," : "");
}

}  // namespace

Array read_mat(const std::string& file, const std::string& member) {
  const FileBytes bytes{fs::path(file)};
  const std::string start = bytes.text(0, std::min<std::uint64_t>(bytes.size(), 1024));
  const std::string_view hdf5 = "\x89HDF";
  if (start.starts_with(hdf5) ||
      std::string_view(start).substr(std::min<std::size_t>(512, start.size())).starts_with(hdf5))
    return read_hdf5(file, member);
  const std::string_view order = std::string_view(start).substr(std::min<std::size_t>(126, start.size()), 2);
  if (order == "IM" || order == "MI") {
    const Numbers numbers(bytes, order == "MI");
    const std::vector<Variable> variables = variables5(numbers);
    const Variable& variable = variables[only_or_named(names_of(variables), member, file, "variable")];
    if (!variable.packed) return read_matrix5(numbers, variable.begin, description_of(variable, member));
    const MemoryBytes element = unpacked(numbers, variable, true);
    return read_matrix5(Numbers(element, numbers.big_endian()), 8, description_of(variable, member));
  }
  if (start.size() < 20) refuse_file(file, "this is no file of MATLAB");
  constexpr std::uint64_t largest_type = 4052;
  const Numbers numbers(bytes, Numbers(bytes, false).natural(0, 4) > largest_type);
  if (numbers.natural(0, 4) > largest_type) refuse_file(file, "this is no file of MATLAB");
  const std::vector<Variable> variables = variables4(numbers);
  const Variable& variable = variables[only_or_named(names_of(variables), member, file, "variable")];
  if (!variable.trouble.empty())
    refuse_file(file, fmt::format("the variable '{}' is {}", variable.name, variable.trouble));
  return array_of(variable.shape, numbers.read(variable.begin, entries_of(variable.shape, file), variable.type),
                  description_of(variable, member) + " of class " + variable.kind);
}

}  // namespace tightrope
