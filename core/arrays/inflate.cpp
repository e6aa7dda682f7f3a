#include "core/arrays/inflate.hpp"

#include <zlib.h>

#include <algorithm>

#include "core/base/error.hpp"

namespace tightrope {

std::string inflated(const ByteSource& packed, std::uint64_t size, Deflated kind, bool beginning) {
  const std::string& name = packed.name();
  if (size / 1100 > packed.size() + 1)  // deflate's largest ratio is 1032
    refuse_file(name, "more is announced than the compressed bytes can hold");
  require_room(static_cast<long double>(size), name);
  std::string out(size, '\0'), in;
  z_stream stream{};
  if (inflateInit2(&stream, kind == Deflated::raw ? -MAX_WBITS : MAX_WBITS) != Z_OK)
    throw Error(Exit::resources, "zlib cannot be started");
  std::uint64_t taken = 0, made = 0;
  int status = Z_OK;
  // In pieces, for zlib counts in 32 bits; where nothing moves any more it ends with Z_BUF_ERROR.
  while (status == Z_OK && !(beginning && made == size)) {
    constexpr std::uint64_t most = 1 << 20;
    if (stream.avail_in == 0) {
      in = packed.text(taken, std::min(most, packed.size() - taken));
      taken += in.size();
      stream.next_in = reinterpret_cast<Bytef*>(in.data());
      stream.avail_in = static_cast<uInt>(in.size());
    }
    const auto room = static_cast<uInt>(std::min(most, size - made));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = room;
    status = inflate(&stream, Z_NO_FLUSH);
    made += room - stream.avail_out;
  }
  inflateEnd(&stream);
  if (made != size || (status != Z_STREAM_END && !beginning)) refuse_file(name, "the compressed bytes are damaged");
  return out;
}

}  // namespace tightrope
