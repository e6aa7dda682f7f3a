// The plugin TIGHTROPE_PLUGIN=<kind>/<name>, in the folder TIGHTROPE_PLUGINS or among those of this build, against
// everything that core/conformance/conformance.hpp asks of its kind. Its parameters are the examples of its own
// declaration, those of samples/<kind>.<name>.yaml, or those of the YAML in TIGHTROPE_SAMPLE.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "core/arrays/matrices.hpp"
#include "core/conformance/conformance.hpp"
#include "core/numbers/streams.hpp"
#include "core/plugin/catalog.hpp"
#include "core/store/files.hpp"
#include "core/tree/yaml.hpp"

using namespace tightrope;

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

/// A copy of the sample in a folder of this process, beside the data files that samples name.
class Samples {
 public:
  explicit Samples(const fs::path& sample) : sample_(sample) {}
  ~Samples() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;

  Node of(Shape shape) {
    const fs::path own = folder_ / (std::to_string(shape.rows) + "x" + std::to_string(shape.cols));
    if (!fs::exists(own)) write_files(own, shape);
    return read_yaml(own / "sample.yaml");
  }

 private:
  void write_files(const fs::path& own, Shape shape) const {
    constexpr Index m = ConformanceProblem::measurements, rank = ConformanceProblem::rank;
    fs::create_directories(own);
    fs::copy_file(sample_, own / "sample.yaml");
    write_atomically(own / "A.npy", npy_bytes(Stream(5, "A").normal_matrix(m, shape.entries()) / std::sqrt(m)));
    write_atomically(own / "X.npy", npy_bytes(Stream(5, "X").normal_matrix(shape.rows, shape.cols)));
    const Mat V = Stream(5, "V").normal_matrix(shape.rows, rank), W = Stream(5, "W").normal_matrix(shape.cols, rank);
    write_atomically(own / "factors.npz", npz_bytes({{"V", V}, {"W", W}, {"U", V}}));
  }

  fs::path sample_, folder_ = fs::temp_directory_path() / ("tightrope-conformance-" + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("the plugin keeps the contract of its kind") {
  const std::string plugin = variable("TIGHTROPE_PLUGIN", "");
  const auto slash = plugin.find('/');
  REQUIRE_MESSAGE(slash != std::string::npos, "TIGHTROPE_PLUGIN is <kind>/<name>");
  const std::string kind = plugin.substr(0, slash), name = plugin.substr(slash + 1);
  const Catalog catalog({variable("TIGHTROPE_PLUGINS", TIGHTROPE_BUILD_DIR "/plugins")});
  const auto library = catalog.find(kind, name);
  const fs::path sample = fs::path(TIGHTROPE_SAMPLES) / (kind + "." + name + ".yaml");
  std::vector<Finding> findings;
  if (fs::exists(sample)) {
    Samples samples(sample);
    findings = check_conformance(*library, [&](Shape shape) { return samples.of(shape); });
  } else {
    findings = check_conformance(*library, parse_yaml(variable("TIGHTROPE_SAMPLE", "{}"), "TIGHTROPE_SAMPLE"));
  }
  for (const Finding& finding : findings) FAIL_CHECK(finding.text());
}
