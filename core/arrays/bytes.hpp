// Bytes to read from: of a file, of a part of it, or of memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tightrope {

/// Throws Error(config) that begins with the name of what is read.
[[noreturn]] void refuse_file(const std::string& name, const std::string& why);

/// Refuses what a file announces, before it is allocated, if this machine has less memory. Throws Error(resources).
void require_room(long double bytes, const std::string& name);

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// In messages.
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }
  /// Copies `count` bytes from `at` on. Error(config) if they are not all there.
  void read(std::uint64_t at, void* to, std::size_t count) const;
  std::string text(std::uint64_t at, std::size_t count) const;
  /// The value of one unsigned little-endian field.
  std::uint64_t field(std::uint64_t at, std::size_t bytes) const;

 protected:
  ByteSource(std::string name, std::uint64_t size) : name_(std::move(name)), size_(size) {}

 private:
  virtual void do_read(std::uint64_t at, void* to, std::size_t count) const = 0;
  std::string name_;
  std::uint64_t size_;
};

class FileBytes final : public ByteSource {
 public:
  explicit FileBytes(const std::filesystem::path& file);
  ~FileBytes() override;
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  /// All of it.
  std::string all() const { return text(0, size()); }

 private:
  void do_read(std::uint64_t at, void* to, std::size_t count) const override;
  int descriptor_;
};

class MemoryBytes final : public ByteSource {
 public:
  MemoryBytes(std::string bytes, std::string name)
      : ByteSource(std::move(name), bytes.size()), bytes_(std::move(bytes)) {}

 private:
  void do_read(std::uint64_t at, void* to, std::size_t count) const override;
  std::string bytes_;
};

/// A part of another source, which must outlive it.
class PartOfBytes final : public ByteSource {
 public:
  PartOfBytes(const ByteSource& whole, std::uint64_t begin, std::uint64_t size, std::string name)
      : ByteSource(std::move(name), size), whole_(whole), begin_(begin) {}

 private:
  void do_read(std::uint64_t at, void* to, std::size_t count) const override;
  const ByteSource& whole_;
  std::uint64_t begin_;
};

}  // namespace tightrope
