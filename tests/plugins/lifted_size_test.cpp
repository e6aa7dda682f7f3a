// Structured operators form no matrix of the size of X: the largest block of memory that a run asks for.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>

#include "tests/support/experiment.hpp"

// Under a sanitizer malloc is that of the sanitizer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TIGHTROPE_FOREIGN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TIGHTROPE_FOREIGN_MALLOC 1
#endif
#endif

#ifndef TIGHTROPE_FOREIGN_MALLOC

namespace {

std::atomic<std::size_t> largest_request{0};

void note(std::size_t size) {
  std::size_t seen = largest_request.load(std::memory_order_relaxed);
  while (size > seen && !largest_request.compare_exchange_weak(seen, size, std::memory_order_relaxed)) {
  }
}

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

// Of this program alone, and of all that it loads: operator new and Armadillo's posix_memalign among them.
void* malloc(std::size_t size) noexcept {
  note(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  note(count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  note(size);
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  note(size);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  void* const got = memalign(alignment, size);
  if (!got) return ENOMEM;
  *memory = got;
  return 0;
}

}  // extern "C"

using namespace tightrope;

TEST_CASE("blind super-resolution at n = 1024: no block of memory has a tenth of the lifted size") {
  // Z ∈ C^{s n1 × n2}; as few real numbers as it has complex entries count as a matrix of its size.
  const std::size_t s = 4, n1 = 512, n2 = 513, lifted = sizeof(Real) * s * n1 * n2;
  const std::string yaml = R"(
problem:
  target: {type: point_sources, sources: 4, channels: 4, points: [1024], separation: 0.015625, normalize: spectral}
  operator: {type: blind_superresolution, channels: 4}
model: {type: complex_asymmetric, rank: 4}
initialization: spectral
penalty: {type: block_hankel_distance, channels: 4}
optimizer: {type: scaled_gradient_descent, step: 0.5}
stop: {iterations: 3}
observers: [point_sources: {channels: 4}]
)";
  for (const std::vector<std::string>& settings :
       {std::vector<std::string>{},
        {"optimizer={type: gradient_descent, step: 0.5}", "model.balancing=0.5",
         "projection={type: incoherence, channels: 4}"}}) {
    // From the making of target, operator and start on; plugins are files, which are read before.
    const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
    Node tree = parse_yaml(yaml, "test.yaml");
    for (const std::string& assignment : settings) apply_assignment(tree, assignment, "--set");
    const auto experiment = resolve_experiment(tree, catalog);
    const auto team = std::make_shared<const Team>(1);
    largest_request = 0;
    auto lanes = build_lanes(experiment, team);
    Engine().run(lanes);
    const std::size_t largest = largest_request;
    CHECK(lanes.front()->iterate().iteration == 3);
    CHECK(largest > sizeof(Real) * s * n1);  // it does see what is asked for
    CHECK_MESSAGE(largest < lifted / 10, "a block of " << largest << " bytes, of " << lifted);
  }
}

TEST_CASE("no run with a structured operator has a block of memory of a third of X") {
  struct Problem {
    Index rows, cols;
    std::string op, target, model;
  };
  const std::string pair = "{type: asymmetric, rank: 2}", any = "{type: random_low_rank, rank: 2}",
                    complex_pair = "{type: complex_asymmetric, rank: 1}",
                    hermitian = "{type: complex_symmetric, rank: 1}";
  const std::vector<Problem> problems = {
      {1000, 900, "{type: rank_one, measurements: 1500, storage: generated}", any, pair},
      {1000, 1000, "{type: rank_one, measurements: 1500, form: quadratic, storage: generated}",
       "{type: random_low_rank, rank: 2, symmetric: true}", "{type: symmetric, rank: 2}"},
      {1000, 900, "{type: blind_deconvolution, measurements: 6000}", any, pair},
      {1000, 900, "{type: fourier_deconvolution, points: 3000}", any, complex_pair},
      {1024, 512, "{type: coded_diffraction, masks: 6, normalization: isotropic}",
       "{type: random_low_rank, rank: 1, hermitian: true}", hermitian},
      {1024, 512, "{type: pauli, measurements: 4000}", "{type: quantum_state, state: ghz}", hermitian},
      {1000, 900, "{type: sparse_random, measurements: 6000, nonzeros: 5}", any, pair},
      {1000, 900, "{type: two_sided, left_rows: 80, right_columns: 70}", any, pair},
      {1000, 900, "{type: entry_sampling, count: 12000}", any, pair}};
  const Catalog catalog({std::filesystem::path(TIGHTROPE_BUILD_DIR) / "plugins"});
  for (const Problem& problem : problems) {
    CAPTURE(problem.op);
    const auto experiment = resolve_experiment(
        parse_yaml(
            "problem:\n  shape: [" + std::to_string(problem.rows) + ", " + std::to_string(problem.cols) +
                "]\n  target: " + problem.target + "\n  operator: " + problem.op + "\nmodel: " + problem.model +
                "\ninitialization: spectral\noptimizer: {type: gradient_descent, step: 1e-4}\nstop: {iterations: "
                "3}\nobservers: [relative_error]\n",
            "test.yaml"),
        catalog);
    const auto team = std::make_shared<const Team>(1);
    largest_request = 0;
    auto lanes = build_lanes(experiment, team);
    Engine().run(lanes);
    const std::size_t largest = largest_request, whole = sizeof(Real) * problem.rows * problem.cols;
    CHECK(lanes.front()->iterate().iteration == 3);
    CHECK(largest > sizeof(Real) * problem.rows);
    CHECK_MESSAGE(largest < whole / 3, "a block of " << largest << " bytes, of " << whole);
  }
}

#endif
