#include "core/cli/ranks.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

#include "core/base/installation.hpp"
#include "core/base/limits.hpp"
#include "core/base/process/failure.hpp"
#include "core/base/text/readable.hpp"
#include "core/experiment/ranks.hpp"

namespace tightrope::cli {

namespace {

/// Whether mpirun or srun has started this process.
bool is_rank() { return std::getenv("OMPI_COMM_WORLD_SIZE") || std::getenv("PMIX_RANK"); }

fs::path mpi_library() {
  const fs::path library = library_folder() / "libtightrope_mpi.so";
  if (std::error_code ignored; !fs::exists(library, ignored))
    throw Error(Exit::plugin,
                "several ranks need MPI, which this program was built without; install tightrope-mpi or, to build it, "
                "libopenmpi-dev and openmpi-bin");
  return library;
}

/// MPI is loaded here, and stays.
std::unique_ptr<Ranks> join_ranks() {
  const fs::path library = mpi_library();
  // Global, because the parts of MPI that it loads itself look for its symbols there.
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  using Join = void(std::unique_ptr<Ranks>&);
  auto* const join = handle ? reinterpret_cast<Join*>(dlsym(handle, "tightrope_join_ranks")) : nullptr;
  if (!join) throw Error(Exit::plugin, fmt::format("several ranks need MPI, which cannot be loaded: {}", dlerror()));
  std::unique_ptr<Ranks> ranks;
  join(ranks);
  return ranks;
}

/// The arguments of this process, without --ranks.
std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> all, kept;
  for (std::string word; std::getline(file, word, '\0');) all.push_back(word);
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i] == "--ranks")
      ++i;
    else if (!all[i].starts_with("--ranks="))
      kept.push_back(all[i]);
  }
  return kept;
}

/// Ranks are not bound to cores, which others use, too; when mpirun is interrupted it grants them time to write
/// checkpoints.
[[noreturn]] void become_mpirun(Index count) {
  std::vector<std::string> words = {"mpirun",
                                    "-n",
                                    std::to_string(count),
                                    "--oversubscribe",
                                    "--bind-to",
                                    "none",
                                    "--mca",
                                    "odls_base_sigkill_timeout",
                                    "60"};
  words.push_back(fs::read_symlink("/proc/self/exe").string());
  for (const std::string& word : own_arguments()) words.push_back(word);
  if (geteuid() == 0)  // mpirun asks twice; whoever started this program as root has answered
    for (const char* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"}) setenv(name, "1", 1);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execvp("mpirun", pointers.data());
  throw Error(Exit::resources, fmt::format("mpirun, which starts the ranks, cannot be run: {}; install openmpi-bin",
                                           std::strerror(errno)));
}

/// Signals are meant for the leader, which ends the others when it has saved its runs.
Exit serve_leader(Ranks& ranks, unsigned threads) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_IGN);
  try {
    serve(ranks, threads);
  } catch (...) {
    const Error error = current_failure();
    std::cerr << fmt::format("tightrope: error: rank {} of {}: {}\n", ranks.rank(), ranks.count(), error.what());
    ranks.abort(static_cast<int>(error.code()));
  }
  ranks.finish();
  return Exit::ok;
}

Exit lead(const Call& call, Ranks& ranks, const std::function<Exit(const Call&)>& run) {
  Call leading = call;
  leading.ranks = &ranks;
  Exit code = Exit::ok;
  try {
    code = run(leading);
  } catch (...) {
    const Error error = current_failure();
    if (ranks.are_out_of_step()) {
      std::cerr << "tightrope: error: " << error.what() << "\n";
      ranks.abort(static_cast<int>(error.code()));
    }
    end_experiments(ranks, static_cast<int>(error.code()));
    ranks.finish();
    throw;
  }
  const std::uint64_t sent = end_experiments(ranks, static_cast<int>(code));
  ranks.finish();
  if (!call.quiet && call.format != "json")
    std::cout << fmt::format("{} ranks sent {} bytes to each other.\n", ranks.count(), grouped(sent));
  return code;
}

}  // namespace

Index wanted_ranks(const Call& call) {
  const std::string text = call.text("ranks");
  const auto given = to_index(Node::make_scalar(text, {}));
  if (!given || *given < 1 || *given > 4096)
    throw Error(Exit::config, fmt::format("--ranks must be a whole number between 1 and 4096, but it is '{}'", text));
  return *given;
}

Exit run_on_ranks(const Call& call, const std::function<void(const Call&)>& check,
                  const std::function<Exit(const Call&)>& run) {
  const Index wanted = call.has("ranks") ? wanted_ranks(call) : 0;
  if (!is_rank()) {
    if (wanted <= 1) return run(call);
    mpi_library();
    check(call);
    become_mpirun(wanted);
  }
  static std::unique_ptr<Ranks> ranks;  // until the process ends
  ranks = join_ranks();
  if (wanted != 0 && wanted != ranks->count())
    throw Error(Exit::config, fmt::format("--ranks says {}, but mpirun has started {}", wanted, ranks->count()));
  if (ranks->count() == 1) {
    const Exit code = run(call);
    ranks->finish();
    return code;
  }
  if (ranks->leads()) return lead(call, *ranks, run);
  Call serving = call;
  serving.ranks = ranks.get();
  return serve_leader(*ranks, threads_of(serving));
}

}  // namespace tightrope::cli
