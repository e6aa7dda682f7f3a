#include "core/base/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <new>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/limits.hpp"
#include "core/base/words.hpp"

namespace tightrope {

namespace {

/// SHA-256 by the processor's own instructions where it has some.
class Sha256 {
 public:
  Sha256() {
    if (!state_ || EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  }
  void add(const void* bytes, std::size_t size) { EVP_DigestUpdate(state_.get(), bytes, size); }
  std::string hexadecimal() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(state_.get(), digest.data(), nullptr);
    return fmt::format("{:02x}", fmt::join(digest, ""));
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes.data(), bytes.size());
  return digest.hexadecimal();
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
  Sha256 digest;
  std::vector<char> buffer(std::size_t{1} << 18);
  while (stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    digest.add(buffer.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (!stream.eof()) refuse("reading the file failed part way");
  return digest.hexadecimal();
}

}  // namespace tightrope
