// How far a run is, in a small file that others may read: OUT/status.json.
#pragma once

#include <filesystem>
#include <string>

#include "core/study/scheduler.hpp"

namespace tightrope {

/// Writes the file at most twice a second; a reader sees the old or the new one. The last state is written by `finish`.
class StatusFile {
 public:
  StatusFile(std::filesystem::path out, std::string name);
  void show(const StudyProgress& progress);
  void finish();
  /// What is running goes under another name from now on.
  void rename(std::string name) { name_ = std::move(name); }

 private:
  void write(bool running);
  std::filesystem::path out_;
  std::string name_;
  StudyProgress last_;
  double written_ = -1;  // seconds
};

struct Status {
  std::string name;
  StudyProgress progress;
  bool running = false;  // a process is at work there at this moment
  std::string job = {};  // of Slurm, whose results nobody has collected so far; "" if there is none
};
/// Throws Error(config) if nothing has ever run in that folder.
Status read_status(const std::filesystem::path& out);

/// "12 of 40 done (3 from before), 2 running, 1 failed  0.8/s  about 35 s left"
std::string describe(const StudyProgress& progress);

}  // namespace tightrope
