// tightrope-mat FILE NAME: reads a variable of a .mat file with libmatio, away from the program, and writes to standard
// output one line and then, in NumPy's format, the numbers; or "refused WHY". An empty NAME asks for the only variable.
#include <matio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

struct Refusal {
  std::string why;
};
[[noreturn]] void refuse(const std::string& why) { throw Refusal{why}; }

struct Close {
  void operator()(mat_t* file) const { Mat_Close(file); }
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};

const char* name_of(matio_classes kind) {
  constexpr const char* names[] = {"empty",  "a cell array", "a struct", "an object", "text",       "sparse",
                                   "double", "single",       "int8",     "uint8",     "int16",      "uint16",
                                   "int32",  "uint32",       "int64",    "uint64",    "a function", "an object"};
  return names[static_cast<std::size_t>(kind) < std::size(names) ? kind : 0];
}

/// The one that is asked for, by name; the list of all names where that is not one.
std::string chosen(mat_t* file, const std::string& wanted) {
  size_t count = 0;
  char* const* const found = Mat_GetDir(file, &count);
  std::string list;
  size_t same = 0;
  for (size_t i = 0; found && i < count; ++i) {
    list += (i == 0 ? "" : ", ") + std::string(found[i]);
    if (found[i] == wanted) ++same;
  }
  if (!found || count == 0) refuse("there is no variable in it");
  if (wanted.empty() && count > 1)
    refuse("there are several variables in it; name one behind a colon, e.g. FILE.mat:" + std::string(found[0]) +
           " (it has: " + list + ")");
  if (wanted.empty()) return found[0];
  if (same == 0) refuse("there is no variable '" + wanted + "' in it; it has: " + list);
  if (same > 1) refuse("there are two variables of the name '" + wanted + "' in it");
  return wanted;
}

/// Entry i of data of a type. Integers that float64 cannot hold are refused.
template <class Number>
double number_at(const void* data, size_t i) {
  constexpr std::int64_t largest = std::int64_t{1} << 53;
  const Number value = static_cast<const Number*>(data)[i];
  if constexpr (std::is_integral_v<Number>)
    if (std::cmp_greater(value, largest) || std::cmp_less(value, -largest))
      refuse("number " + std::to_string(i + 1) + " is an integer beyond 2^53, which float64 cannot hold exactly");
  return static_cast<double>(value);
}
using Reader = double (*)(const void* data, size_t i);
Reader reader_of(matio_types type) {
  static const std::map<matio_types, Reader> readers = {
      {MAT_T_DOUBLE, number_at<double>},      {MAT_T_SINGLE, number_at<float>},
      {MAT_T_INT8, number_at<std::int8_t>},   {MAT_T_UINT8, number_at<std::uint8_t>},
      {MAT_T_INT16, number_at<std::int16_t>}, {MAT_T_UINT16, number_at<std::uint16_t>},
      {MAT_T_INT32, number_at<std::int32_t>}, {MAT_T_UINT32, number_at<std::uint32_t>},
      {MAT_T_INT64, number_at<std::int64_t>}, {MAT_T_UINT64, number_at<std::uint64_t>}};
  const auto reader = readers.find(type);
  if (reader == readers.end()) refuse("its numbers are of a type that cannot be read");
  return reader->second;
}

void fill_sparse(const matvar_t& variable, std::vector<double>& values) {
  const auto* const sparse = static_cast<const mat_sparse_t*>(variable.data);
  const size_t rows = variable.dims[0], cols = variable.dims[1];
  const Reader number = reader_of(variable.data_type);
  if (sparse->njc != cols + 1 || !sparse->jc) refuse("the sparse variable is damaged");
  for (size_t j = 0; j < cols; ++j)
    for (size_t k = sparse->jc[j]; k < sparse->jc[j + 1]; ++k) {
      if (k >= sparse->nir || k >= sparse->ndata || sparse->ir[k] >= rows) refuse("the sparse variable is damaged");
      values[sparse->ir[k] + j * rows] = number(sparse->data, k);
    }
}

void write(const matvar_t& variable, const std::string& line, const std::vector<double>& values) {
  std::string shape;
  for (int d = 0; d < variable.rank; ++d) shape += std::to_string(variable.dims[d]) + ", ";
  std::string header = "{'descr': '<f8', 'fortran_order': True, 'shape': (" + shape + "), }\n";
  const std::string start("\x93NUMPY\x01\x00", 8);
  std::printf("%s\n", line.c_str());
  std::fwrite(start.data(), 1, start.size(), stdout);
  std::putchar(static_cast<int>(header.size() & 255U));
  std::putchar(static_cast<int>(header.size() >> 8U));
  std::fwrite(header.data(), 1, header.size(), stdout);
  std::fwrite(values.data(), sizeof(double), values.size(), stdout);
}

void read(const char* path, const std::string& wanted) {
  const std::unique_ptr<mat_t, Close> file(Mat_Open(path, MAT_ACC_RDONLY));
  if (!file) refuse("this is no file of MATLAB, or it is damaged: libmatio cannot read it");
  const std::string name = chosen(file.get(), wanted);
  const std::unique_ptr<matvar_t, Close> variable(Mat_VarReadInfo(file.get(), name.c_str()));
  if (!variable) refuse("the variable '" + name + "' is damaged");
  const bool is_sparse = variable->class_type == MAT_C_SPARSE;
  if (variable->class_type < MAT_C_SPARSE || variable->class_type > MAT_C_UINT64)
    refuse("the variable '" + name + "' is " + name_of(variable->class_type) +
           "; full and sparse matrices of numbers can be read");
  if (variable->isComplex != 0) refuse("the variable '" + name + "' is complex; real matrices can be read");
  constexpr int most_dimensions = 8;
  if (variable->rank < 2 || variable->rank > most_dimensions || !variable->dims)
    refuse("the variable '" + name + "' has too many dimensions");
  // Compressed files grow by at most this factor; with less in the file the sizes are not true.
  struct stat facts {};
  stat(path, &facts);
  constexpr double largest_ratio = 1100, small = 1e9;
  double count = 1;
  for (int d = 0; d < variable->rank; ++d) count *= static_cast<double>(variable->dims[d]);
  if (count == 0) refuse("the variable '" + name + "' is empty");
  if (8 * count > small && 8 * count > largest_ratio * static_cast<double>(facts.st_size))
    refuse("the variable '" + name + "' announces more numbers than the file can hold");
  if (Mat_VarReadDataAll(file.get(), variable.get()) != 0 || !variable->data)
    refuse("the variable '" + name + "' is damaged");
  std::vector<double> values(static_cast<size_t>(count));
  if (is_sparse) {
    fill_sparse(*variable, values);
  } else {
    if (variable->data_size <= 0 || variable->nbytes / static_cast<size_t>(variable->data_size) < values.size())
      refuse("the variable '" + name + "' is incomplete");
    const Reader number = reader_of(variable->data_type);
    for (size_t i = 0; i < values.size(); ++i) values[i] = number(variable->data, i);
  }
  write(*variable,
        "variable '" + name + "'" + (wanted.empty() ? ", the only one," : "") + " of class " +
            (variable->isLogical != 0 ? "logical" : name_of(variable->class_type)) + ",",
        values);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const rlimit no_core{0, 0}, seconds{600, 600};  // of a processor: damaged files can send libraries round in circles
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &seconds);
  try {
    read(argv[1], argv[2]);
  } catch (const Refusal& refusal) {
    std::string line = refusal.why;
    for (char& c : line)
      if (static_cast<unsigned char>(c) < 32) c = '?';
    std::printf("refused %s\n", line.c_str());
  }
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : 1;
}
