#include "core/store/files/archive.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cstring>

#include "core/base/error.hpp"

namespace tightrope {

namespace {

constexpr std::size_t block = 512;
using Header = std::array<char, block>;

/// IEEE Std 1003.1 (POSIX.1), pax, "ustar Interchange Format": fields of fixed width, numbers in octal.
class UstarHeader {
 public:
  UstarHeader(const std::string& path, std::size_t size) {
    // The name holds 100 bytes, the prefix 155 more; the slash between them is not written.
    std::size_t slash = path.size() <= 100 ? std::string::npos : path.find('/', path.size() - 101);
    if (path.size() > 100 && (slash == std::string::npos || slash > 155))
      throw Error(Exit::config, fmt::format("the path {} is too long for a tar archive", path));
    if (slash != std::string::npos) put(345, path.substr(0, slash));
    put(0, slash == std::string::npos ? path : path.substr(slash + 1));
    put(100, "0000644");  // mode
    put(108, "0000000");  // user
    put(116, "0000000");  // group
    put(124, fmt::format("{:011o}", size));
    put(136, "00000000000");  // time
    put(148, "        ");     // the checksum counts as blanks in itself
    bytes_[156] = '0';        // a regular file
    put(257, "ustar");
    put(263, "00");
    unsigned sum = 0;
    for (const char c : bytes_) sum += static_cast<unsigned char>(c);
    put(148, fmt::format("{:06o}", sum) + '\0' + ' ');
  }
  std::string bytes() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  void put(std::size_t at, const std::string& text) { std::memcpy(bytes_.data() + at, text.data(), text.size()); }
  Header bytes_{};
};

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  constexpr int gzip = 16;  // added to the window's bits: a gzip header, whose time zlib leaves at 0
  int status = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  std::size_t taken = 0, made = 0;
  while (status == Z_OK) {  // in pieces: zlib counts in 32 bits
    constexpr std::size_t most = std::size_t{1} << 20U;
    const std::size_t in = std::min(most, bytes.size() - taken), room = std::min(most, out.size() - made);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + taken));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = static_cast<uInt>(room);
    status = deflate(&stream, taken + in == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    taken += in - stream.avail_in;
    made += room - stream.avail_out;
  }
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw Error(Exit::resources, "the archive could not be compressed");
  out.resize(made);
  return out;
}

}  // namespace

std::string tar_gz(const std::map<std::string, std::string>& files) {
  std::string tar;
  for (const auto& [path, bytes] : files) {
    tar += UstarHeader(path, bytes.size()).bytes() + bytes;
    tar.append((block - bytes.size() % block) % block, '\0');
  }
  tar.append(2 * block, '\0');
  return gzipped(tar);
}

}  // namespace tightrope
