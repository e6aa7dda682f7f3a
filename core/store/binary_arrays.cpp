// .npy and .npz, and the way in for all array files.
#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <fstream>

#include "core/config/node.hpp"
#include "core/store/arrays.hpp"
#include "core/store/text_arrays.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

static_assert(std::endian::native == std::endian::little, "array files hold little-endian numbers, as memory does");

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(Exit::config, fmt::format("{}: {}", name, why));
}

std::string read_bytes(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) refuse(file.string(), "there is no such file");
  if (!fs::is_regular_file(file, error)) refuse(file.string(), "this is not a regular file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(file.string(), "the file cannot be opened");
  std::string bytes(fs::file_size(file, error), '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (error || !stream) refuse(file.string(), "reading the file failed part way");
  return bytes;
}

/// The value of one unsigned little-endian field; a file that ends before it is incomplete.
std::uint64_t field(std::string_view bytes, std::size_t at, std::size_t size, const std::string& name) {
  if (at > bytes.size() || size > bytes.size() - at) refuse(name, "the file is incomplete");
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, size);
  return value;
}

std::string_view part(std::string_view bytes, std::uint64_t at, std::uint64_t size, const std::string& name) {
  if (at > bytes.size() || size > bytes.size() - at) refuse(name, "the file is incomplete");
  return bytes.substr(at, size);
}

/// The header of an .npy file: a Python dictionary of three entries, read by its grammar and nothing more.
struct Header {
  std::string type;
  bool by_columns = false;
  std::vector<std::uint64_t> shape;
};

class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header read() {
    Header header;
    bool type = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !type) {
        if (peek() == '[') refuse(name_, "the array has several fields; only plain numbers can be read");
        header.type = quoted();
        type = true;
      } else if (key == "fortran_order" && !order) {
        header.by_columns = truth_value();
        order = true;
      } else if (key == "shape" && !shape) {
        expect('(');
        while (!accept(')')) {
          header.shape.push_back(whole_number());
          if (!accept(',') && peek() != ')') wrong();
        }
        shape = true;
      } else {
        wrong();
      }
      if (!accept(',') && peek() != '}') wrong();
    }
    if (!type || !order || !shape || peek() != '\0') wrong();
    return header;
  }

 private:
  [[noreturn]] void wrong() const { refuse(name_, "the header is not that of a NumPy array"); }
  char peek() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) wrong();
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') wrong();
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) wrong();
    std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  bool truth_value() {
    peek();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    wrong();
  }
  std::uint64_t whole_number() {
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (peek(); at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])); ++at_, ++digits)
      value = 10 * value + static_cast<std::uint64_t>(text_[at_] - '0');
    if (digits == 0 || digits > 18) wrong();
    return value;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

template <class T>
void convert(std::string_view data, Mat& values) {
  for (Index i = 0; i < values.n_elem; ++i) {
    T value{};
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<Real>(value);
  }
}

Mat parse_npy(std::string_view bytes, const std::string& name, bool all_finite = true) {
  if (part(bytes, 0, std::min<std::size_t>(6, bytes.size()), name) != std::string_view("\x93NUMPY", 6))
    refuse(name, "this is not a NumPy array: it does not start like one");
  const std::uint64_t version = field(bytes, 6, 1, name), length_size = version == 1 ? 2 : 4;
  if (version < 1 || version > 3)
    refuse(name, fmt::format("the array has format version {}; versions 1 to 3 can be read", version));
  const std::uint64_t length = field(bytes, 8, length_size, name), begin = 8 + length_size + length;
  const Header header = HeaderReader(part(bytes, 8 + length_size, length, name), name).read();
  if (header.shape.size() > 2)
    refuse(name, fmt::format("the array has {} dimensions; a matrix has two, a vector one", header.shape.size()));
  const std::uint64_t rows = header.shape.empty() ? 1 : header.shape[0],
                      cols = header.shape.size() < 2 ? 1 : header.shape[1];
  static const std::map<std::string, std::pair<std::size_t, void (*)(std::string_view, Mat&)>> types = {
      {"<f8", {8, convert<double>}},        {"<f4", {4, convert<float>}},         {"<i8", {8, convert<std::int64_t>}},
      {"<i4", {4, convert<std::int32_t>}},  {"<i2", {2, convert<std::int16_t>}},  {"|i1", {1, convert<std::int8_t>}},
      {"<u8", {8, convert<std::uint64_t>}}, {"<u4", {4, convert<std::uint32_t>}}, {"<u2", {2, convert<std::uint16_t>}},
      {"|u1", {1, convert<std::uint8_t>}},  {"|b1", {1, convert<std::uint8_t>}}};
  const auto type = types.find(header.type);
  if (type == types.end())
    refuse(name, fmt::format("the array holds '{}'; real and whole numbers (little-endian) can be read", header.type));
  const std::uint64_t available = (bytes.size() - std::min<std::uint64_t>(begin, bytes.size())) / type->second.first;
  if (cols != 0 && rows > available / cols)
    refuse(name,
           fmt::format("the file is incomplete: {} × {} numbers are announced, {} are there", rows, cols, available));
  if (rows * cols != available || begin + rows * cols * type->second.first != bytes.size())
    refuse(name, fmt::format("the file is longer than the {} × {} numbers that it announces", rows, cols));
  Mat values = header.by_columns ? Mat(rows, cols) : Mat(cols, rows);
  type->second.second(bytes.substr(begin), values);
  if (!header.by_columns) arma::inplace_trans(values);
  if (!all_finite) return values;
  if (const arma::uvec bad = arma::find_nonfinite(values); !bad.is_empty())
    refuse(name, fmt::format("entry ({}, {}) is not a finite number", bad[0] % rows + 1, bad[0] / rows + 1));
  return values;
}

/// One file in a zip archive.
struct Member {
  std::string name;
  std::string bytes;
};

std::string inflate_member(std::string_view packed, std::uint64_t size, const std::string& name) {
  if (size > 1100 * packed.size() + 1100)
    refuse(name, "a member announces more than its bytes can hold");  // deflate's largest ratio is 1032
  std::string out(size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw Error(Exit::resources, "zlib cannot be started");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (status != Z_STREAM_END || stream.total_out != size) refuse(name, "a compressed member is damaged");
  return out;
}

constexpr std::uint64_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50;

std::vector<Member> zip_members(std::string_view bytes, const std::string& name) {
  if (bytes.size() < 22 || field(bytes, bytes.size() - 22, 4, name) != end_signature)
    refuse(name, "this is not an .npz file, or it is incomplete");
  const std::size_t end = bytes.size() - 22;
  const std::uint64_t count = field(bytes, end + 10, 2, name);
  std::uint64_t at = field(bytes, end + 16, 4, name);
  if (at == 0xffffffff || count == 0xffff)
    refuse(name, "the archive is larger than 4 GB (ZIP64), which cannot be read; use single .npy files");
  std::vector<Member> members;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (field(bytes, at, 4, name) != central_signature) refuse(name, "the archive's list of members is damaged");
    const std::uint64_t method = field(bytes, at + 10, 2, name), crc = field(bytes, at + 16, 4, name),
                        packed = field(bytes, at + 20, 4, name), size = field(bytes, at + 24, 4, name),
                        name_size = field(bytes, at + 28, 2, name), local = field(bytes, at + 42, 4, name);
    Member member;
    member.name = part(bytes, at + 46, name_size, name);
    if (field(bytes, local, 4, name) != local_signature) refuse(name, "the archive's list of members is damaged");
    const std::string_view data =
        part(bytes, local + 30 + field(bytes, local + 26, 2, name) + field(bytes, local + 28, 2, name), packed, name);
    if (method == 0 && packed == size)
      member.bytes = data;
    else if (method == 8)
      member.bytes = inflate_member(data, size, name);
    else
      refuse(name, fmt::format("member '{}' is packed in a way that cannot be read", member.name));
    if (crc32(0, reinterpret_cast<const Bytef*>(member.bytes.data()), static_cast<uInt>(member.bytes.size())) != crc)
      refuse(name, fmt::format("member '{}' is damaged: its checksum is wrong", member.name));
    members.push_back(std::move(member));
    at += 46 + name_size + field(bytes, at + 30, 2, name) + field(bytes, at + 32, 2, name);
  }
  return members;
}

std::string array_name(const std::string& member) {
  return member.size() > 4 && member.ends_with(".npy") ? member.substr(0, member.size() - 4) : member;
}

void put(std::string& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
}

}  // namespace

Mat read_matrix(const fs::path& file) {
  const std::string kind = file.extension().string(), name = file.string();
  if (kind == ".npy") return parse_npy(read_bytes(file), name);
  if (kind == ".csv") return parse_csv(read_bytes(file), name);
  if (kind == ".pgm") return parse_pgm(read_bytes(file), name);
  refuse(name, fmt::format("files ending in '{}' cannot be read; those ending in .npy, .csv and .pgm can", kind));
}

std::vector<std::string> npz_names(const fs::path& file) {
  std::vector<std::string> names;
  for (const Member& member : zip_members(read_bytes(file), file.string())) names.push_back(array_name(member.name));
  return names;
}

Mat read_npz(const fs::path& file, const std::string& name) {
  const std::string bytes = read_bytes(file);
  std::vector<std::string> names;
  for (const Member& member : zip_members(bytes, file.string())) {
    names.push_back(array_name(member.name));
    if (names.back() == name) return parse_npy(member.bytes, fmt::format("{} ({})", file.string(), name));
  }
  refuse(file.string(), fmt::format("there is no array '{}' in it{}; it has: {}", name, did_you_mean(name, names),
                                    fmt::join(names, ", ")));
}

std::vector<NamedArray> read_stored_npz(const fs::path& file) {
  std::vector<NamedArray> arrays;
  for (const Member& member : zip_members(read_bytes(file), file.string()))
    arrays.push_back({array_name(member.name), parse_npy(member.bytes, file.string(), false)});
  return arrays;
}

std::string npy_bytes(const Mat& values, bool vector) {
  std::string header =
      "{'descr': '<f8', 'fortran_order': True, 'shape': (" +
      (vector ? fmt::format("{},", values.n_elem) : fmt::format("{}, {}", values.n_rows, values.n_cols)) + "), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  put(out, header.size(), 2);
  out += header;
  out.append(reinterpret_cast<const char*>(values.memptr()), values.n_elem * sizeof(Real));
  return out;
}

std::string npz_bytes(const std::vector<NamedArray>& arrays) {
  std::string out, directory;
  for (const NamedArray& array : arrays) {
    const std::string bytes = npy_bytes(array.values, array.vector), name = array.name + ".npy";
    if (out.size() + bytes.size() > 0xf0000000)
      throw Error(Exit::resources, "the arrays need more than 4 GB, which an .npz file without ZIP64 cannot hold");
    std::string common;
    put(common, 20, 2);          // version needed
    put(common, 0, 4);           // no flags, stored
    put(common, 0x00210000, 4);  // 1980-01-01 00:00, always
    put(common, crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())), 4);
    put(common, bytes.size(), 4);
    put(common, bytes.size(), 4);
    put(common, name.size(), 2);
    put(common, 0, 2);  // no extra field
    put(directory, central_signature, 4);
    put(directory, 20, 2);
    directory += common;
    put(directory, 0, 8);  // comment, disk, attributes
    put(directory, 0, 2);
    put(directory, out.size(), 4);
    directory += name;
    put(out, local_signature, 4);
    out += common + name + bytes;
  }
  const std::size_t begin = out.size();
  out += directory;
  put(out, end_signature, 4);
  put(out, 0, 4);
  put(out, arrays.size(), 2);
  put(out, arrays.size(), 2);
  put(out, directory.size(), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

std::string csv_bytes(const Mat& values) {
  std::string out;
  for (Index i = 0; i < values.n_rows; ++i)
    for (Index j = 0; j < values.n_cols; ++j) out += shortest(values(i, j)) + (j + 1 < values.n_cols ? "," : "\n");
  return out;
}

}  // namespace tightrope
