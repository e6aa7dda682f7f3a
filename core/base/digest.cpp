#include "core/base/digest.hpp"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/limits.hpp"
#include "core/base/words.hpp"

namespace tightrope {

namespace {

std::string hexadecimal(const std::array<unsigned char, crypto_hash_sha256_BYTES>& digest) {
  std::string text(2 * digest.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
  text.pop_back();
  return text;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return hexadecimal(digest);
}

std::string sha256_file(const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& why) -> void { throw Error(Exit::config, file.string() + ": " + why); };
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (!std::filesystem::exists(status)) refuse(missing_file(file));
  if (!std::filesystem::is_regular_file(status)) refuse("this is not a regular file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse_shortage(errno, file.string() + ": the file cannot be opened");
  if (!stream) refuse("the file cannot be opened: check its permissions");
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<char> buffer(std::size_t{1} << 16);
  while (stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(buffer.data()),
                              static_cast<unsigned long long>(stream.gcount()));
  }
  if (!stream.eof()) refuse("reading the file failed part way");
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  return hexadecimal(digest);
}

}  // namespace tightrope
