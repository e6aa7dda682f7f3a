// Files that are there whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tightrope {

/// A file descriptor that is closed when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }
  int release();

 private:
  int value_;
};

/// Throws Error(resources) "FILE cannot be ACTION: <what errno says>".
[[noreturn]] void fail_at(const std::filesystem::path& file, const std::string& action);

/// Throws Error(resources) if a folder is there but may not be read.
void check_readable(const std::filesystem::path& folder);

/// Writes a file without waiting for the disk. Error(resources) names the file.
void write_file(const std::filesystem::path& file, const std::string& bytes);
/// Waits until a file or a folder is on the disk.
void sync_path(const std::filesystem::path& path);
/// Waits until all that was written to the file system of `path` is on the disk: one wait for any number of files.
void sync_file_system(const std::filesystem::path& path);
/// Writes a file so that it is there whole or not at all; `durable` waits for the disk, so that it also survives a
/// power cut. Error(resources) names the file.
void write_atomically(const std::filesystem::path& file, const std::string& bytes, bool durable = true);
/// Whether a file is there, by opening it: on network file systems what stat and access say may be seconds old.
bool is_there(const std::filesystem::path& file);
/// Where a path lies, in words: "the file system nfs4 at /home".
std::string file_system_of(const std::filesystem::path& path);
/// All bytes of a file; Error(integrity) if it is missing, Error(resources) if it cannot be read.
std::string read_file(const std::filesystem::path& file);

/// A name beside `final` for what is not finished yet, by nobody else: ".tmp-NAME-HOST-PID".
std::filesystem::path temporary_name(const std::filesystem::path& final);
/// Removes what processes that died left in a folder under temporary names. Only who knows that nobody else writes
/// there may ask.
void remove_temporaries(const std::filesystem::path& folder);

}  // namespace tightrope
