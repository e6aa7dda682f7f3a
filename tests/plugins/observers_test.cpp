// Quantities that are not defined everywhere: empty or refused, never a number.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/arrays/matrices.hpp"
#include "core/store/files/files.hpp"
#include "tests/support/experiment.hpp"

using namespace tightrope;

namespace {

std::string experiment(const std::string& observers, const std::string& start = "{type: small_random, scale: 0.1}") {
  return fmt::format(
      "seed: 1\nproblem:\n  shape: [12, 9]\n  target: {{type: random_low_rank, rank: 2}}\n  operator: {{type: "
      "gaussian, "
      "measurements: 150}}\nmodel: {{type: asymmetric, rank: 3}}\ninitialization: {}\noptimizer: {{type: "
      "gradient_descent, step: 0.2}}\nstop: {{iterations: 5}}\nobservers: [{}]\n",
      start, observers);
}

/// The same for measured data, without a target.
std::string measured(const std::string& observers, const std::filesystem::path& data) {
  std::string yaml = experiment(observers);
  const std::string target = "target: {type: random_low_rank, rank: 2}";
  return yaml.replace(yaml.find(target), target.size(), "data: " + data.string());
}

/// What the refusal says; "" if there is none.
std::string refusal(const std::string& yaml, const std::vector<std::string>& assignments = {}) {
  try {
    run_one(yaml, assignments);
  } catch (const tightrope::Error& error) {
    CHECK(error.code() == Exit::config);
    return error.what();
  }
  return "";
}

struct File {
  std::filesystem::path path;
  File(const std::string& name, const Mat& values)
      : path(std::filesystem::temp_directory_path() / fmt::format("tightrope-{}-{}.npy", name, getpid())) {
    write_atomically(path, npy_bytes(values));
  }
  ~File() { std::filesystem::remove(path); }
};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the angle is empty where X has too small a rank, and no stop rule is met by it") {
  // A start at zero, which is a saddle: X stays zero, of rank 0.
  for (const std::string side : {"left", "right"}) {
    const auto lane = run_one(experiment("subspace_angle: {side: " + side + "}", "{type: small_random, scale: 0}"),
                              {"stop.subspace_angle=2"});
    CHECK(lane->end()->end_class == EndClass::limit);
    for (const auto& row : lane->trace().rows) CHECK(std::isnan(row[lane->trace().find("subspace_angle").value()]));
  }
  const auto defined = run_one(experiment("subspace_angle"));
  const Svd ours = svd(defined->iterate().X);
  const Mat U = defined->setup().problem->truth->svd.left.head_cols(2), V = ours.left.head_cols(2);
  const Real cosine = arma::svd(Mat(U.t() * V)).min();
  CHECK(last(*defined, "subspace_angle") == doctest::Approx(std::sqrt(1 - cosine * cosine)).epsilon(1e-9));
}

TEST_CASE("the angle to a truth that has not the rank it is said to have is refused") {
  const Mat u = Stream(1, "u").normal_matrix(12, 1), v = Stream(1, "v").normal_matrix(9, 1);
  const File file("rank-one", u * v.t());
  CHECK(says(refusal(experiment("subspace_angle"),
                     {fmt::format("problem.target={{type: file, path: {}, rank: 2}}", file.path.string())}),
             "the truth has a smaller rank"));
}

TEST_CASE("errors relative to data of zeros are refused, other quantities are not") {
  const File file("zeros", Mat(150, 1, arma::fill::zeros));
  CHECK(says(refusal(measured("train_error", file.path)), "is relative to the data, but these are all zero"));
  CHECK(refusal(measured("gradient_norm", file.path)).empty());
}

TEST_CASE("what underflows is refused: a truth, data, and a noise level that follows from nothing") {
  for (const char* scale : {"1e-320", "1e-200"})
    CHECK(says(refusal(experiment("relative_error"), {fmt::format("problem.target.scale={}", scale)}), "norm"));
  CHECK(refusal(experiment("relative_error"), {"problem.target.scale=1e-100"}).empty());
  const File tiny("tiny", Mat(150, 1, arma::fill::value(1e-170)));
  CHECK(says(refusal(measured("gradient_norm", tiny.path)), "lost in floating point"));
  const File rows("rows", Mat(150, 108, arma::fill::zeros));
  CHECK(says(refusal(experiment("gradient_norm"),
                     {fmt::format("problem.operator={{type: dense_file, path: {}}}", rows.path.string()),
                      "problem.noise={type: gaussian, snr: 20}"}),
             "these are all zero"));
}

TEST_CASE("an operator without measurements is refused") {
  const File none("none", Mat(0, 108));
  const std::string text =
      refusal(experiment("gradient_norm"),
              {fmt::format("problem.operator={{type: dense_file, path: {}}}", none.path.string())});
  CHECK_FALSE(text.empty());
}

TEST_CASE("coupling: empty where nothing grows, the quotient of both parts elsewhere") {
  const auto still = run_one(experiment("coupling", "{type: small_random, scale: 0}"));
  for (const auto& row : still->trace().rows) CHECK(std::isnan(row[still->trace().find("coupling").value()]));
  const auto lane = run_one(experiment("coupling"));
  const Svd& truth = lane->setup().problem->truth->svd;
  const Factors& point = lane->iterate().point;
  const Mat grows = truth.left.head_cols(2).t() * point[0] + truth.right.head_cols(2).t() * point[1];
  const Mat decays = truth.left.head_cols(2).t() * point[0] - truth.right.head_cols(2).t() * point[1];
  CHECK(last(*lane, "coupling") == doctest::Approx(arma::norm(decays, 2) / arma::norm(grows, 2)).epsilon(1e-12));
  CHECK(says(refusal(experiment("coupling"), {"model={type: complex_asymmetric, rank: 2}"}),
             "as long as the sides of the matrix"));
}
