// One writer per run folder.
#pragma once

#include <filesystem>

#include "core/store/files/files.hpp"

namespace tightrope {

/// Holds OUT/.lock from construction to destruction. The kernel gives it up when the last process that has its
/// descriptor ends, however that happens: worker processes inherit it, so that nobody else writes while one of them is
/// still there, and nothing has to be unlocked by hand.
class Lock {
 public:
  /// Throws Error(locked) that names the holder within a second if another process is at work there. Workers of a
  /// holder that has been killed are waited for.
  explicit Lock(const std::filesystem::path& out);
  int descriptor() const { return descriptor_.get(); }
  /// Why nothing keeps a second writer out, in a sentence: the file system has no flock. Empty where it has.
  const std::string& missing() const { return missing_; }

  /// The process that holds the lock, 0 if nobody does.
  static int holder(const std::filesystem::path& out);

 private:
  Descriptor descriptor_;
  std::string missing_;
};

}  // namespace tightrope
