// The one main of all doctest executables.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "core/numbers/tiles.hpp"

int main(int argc, char** argv) {
  tightrope::use_one_blas_thread();
  return doctest::Context(argc, argv).run();
}
