// The commands of Slurm, with stand-ins of them on the path.
#include "core/study/tasks/slurm.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "core/base/error.hpp"

using namespace tightrope;

namespace {

namespace fs = std::filesystem;

/// A folder that is the whole path while it lives.
class Path {
 public:
  Path() : folder_(fs::temp_directory_path() / ("tightrope-slurm-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
    setenv("PATH", folder_.c_str(), 1);
  }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;
  ~Path() {
    setenv("PATH", before_.c_str(), 1);
    unsetenv("SLURM_JOB_ID");
    fs::remove_all(folder_);
  }
  const fs::path& folder() const { return folder_; }
  /// A command that writes its arguments to NAME.asked and then does this.
  void put(const std::string& name, const std::string& script) const {
    const fs::path file = folder_ / name;
    std::ofstream(file) << "#!/bin/sh\necho \"$*\" > '" << (folder_ / (name + ".asked")).string() << "'\n" << script;
    fs::permissions(file, fs::perms::owner_all);
  }
  static std::string text(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::string asked(const std::string& name) const { return text(folder_ / (name + ".asked")); }

 private:
  std::string before_ = std::getenv("PATH");
  fs::path folder_;
};

}  // namespace

TEST_CASE("without Slurm's commands nothing is handed to it") {
  const Path path;
  CHECK_THROWS_WITH_AS(require_slurm(), doctest::Contains("the command sbatch is not on the path"), Error);
  path.put("sbatch", "");
  CHECK_THROWS_WITH_AS(require_slurm(), doctest::Contains("the command squeue is not on the path"), Error);
  path.put("squeue", "");
  require_slurm();
  Queue queue("17");
  fs::remove(path.folder() / "squeue");
  CHECK(!queue.look());
  CHECK(queue.may_hold_job());  // nobody knows that it has gone
}

TEST_CASE("a job is an array whose script survives any name and folder") {
  const Path path;
  const fs::path out = path.folder() / "it's 5%";
  fs::create_directories(out / "batches");
  path.put("sbatch", "echo '17;cluster'\n");
  CHECK(submit({"a b/ö", out, 5, 3, "--qos=low"}) == "17");
  CHECK(path.asked("sbatch") == "--parsable " + (out / "batches/job.sh").string() + "\n");
  const std::string script = Path::text(out / "batches/job.sh"), folder = path.folder().string();
  for (const std::string& line :
       {std::string("#SBATCH --job-name=tightrope-a_b___"), std::string("#SBATCH --array=0-4%3"),
        std::string("#SBATCH --qos=low"), "#SBATCH --output=\"" + folder + "/it's 5%%/batches/%a.log\""})
    CHECK(script.find("\n" + line + "\n") != std::string::npos);
  CHECK(script.find(" work '" + folder + "/it'\\''s 5%' --batch \"$SLURM_ARRAY_TASK_ID\"") != std::string::npos);
  submit({"plain", out, 1, 10, ""});
  CHECK(Path::text(out / "batches/job.sh").find("--array=0-0%10\n") != std::string::npos);

  path.put("sbatch", "echo 'sbatch: error: Invalid qos specification' >&2; exit 1\n");
  try {
    submit({"a", out, 1, 1, "--qos=none"});
    FAIL("the job was refused");
  } catch (const Error& error) {
    CHECK(error.code() == Exit::resources);
    CHECK(std::string(error.what()).ends_with("job.sh: sbatch: error: Invalid qos specification"));
  }
  path.put("sbatch", "");  // no number
  CHECK_THROWS_AS(submit({"a", out, 1, 1, ""}), Error);
}

TEST_CASE("the queue is asked seldom, and a job has left it only if Slurm says so") {
  const Path path;
  path.put("squeue", "echo '0 RUNNING'; echo '3 PENDING'\n");
  Queue queue("17");
  const Queued both = {{0, "RUNNING"}, {3, "PENDING"}};
  CHECK(queue.look().value() == both);
  CHECK(path.asked("squeue") == "--noheader --array --jobs 17 --format=%K %T\n");
  path.put("squeue", "");
  CHECK(queue.look().value() == both);  // two seconds have not passed
  CHECK(queue.may_hold_job());
  Queue empty("17");
  CHECK(empty.look().value().empty());
  CHECK(!empty.may_hold_job());
  path.put("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1\n");
  Queue forgotten("17");
  CHECK(!forgotten.may_hold_job());
  path.put("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1\n");
  Queue silent("17");
  CHECK(!silent.look());
  CHECK(silent.may_hold_job());
}

TEST_CASE("a task puts itself back into the queue if it is one") {
  const Path path;
  path.put("scontrol", "");
  CHECK(requeue_this_task() == "");
  CHECK(path.asked("scontrol") == "");
  setenv("SLURM_JOB_ID", "42", 1);
  CHECK(requeue_this_task() == "");
  CHECK(path.asked("scontrol") == "requeue 42\n");
  path.put("scontrol", "echo 'Requested operation is presently disabled' >&2; exit 1\n");
  CHECK(requeue_this_task() == "Requested operation is presently disabled");
  fs::remove(path.folder() / "scontrol");
  CHECK(requeue_this_task() == "the command scontrol is not on the path");
}
