// One plugin file: judged, opened, shaken hands with, never unloaded.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/plugin/manifest.hpp"

namespace tightrope {

/// An opened plugin: a shared library or, for the kinds that may be prototyped in Python, a script. Copies share it;
/// the file stays mapped until the program ends, because objects, exceptions and type information made by a plugin may
/// outlive every handle to it.
class Library {
 public:
  virtual ~Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// path: an absolute one; links on the way are followed. Path policy → checks of the file that run none of its code →
  /// trial opening in a child process, remembered by content → open → entry point → manifest. Throws Error(plugin) with
  /// one sentence: which file, what was expected, what was found, what to do.
  static std::shared_ptr<const Library> open(const std::filesystem::path& path);

  const Manifest& manifest() const { return *manifest_; }
  const std::filesystem::path& file() const { return file_; }
  /// Of everything in the file, and behind it, that decides the numbers: SHA-256.
  const std::string& content_hash() const { return hash_; }
  virtual std::unique_ptr<Maker> maker() const { return manifest_->maker(); }

 protected:
  Library(const Manifest* manifest, std::filesystem::path file, std::string hash)
      : manifest_(manifest), file_(std::move(file)), hash_(std::move(hash)) {}

 private:
  const Manifest* manifest_;
  std::filesystem::path file_;
  std::string hash_;
};

/// Opens a file exactly as Library::open would, and returns; for the child process that goes first (tightrope-probe).
void probe_plugin(const std::filesystem::path& file);

}  // namespace tightrope
