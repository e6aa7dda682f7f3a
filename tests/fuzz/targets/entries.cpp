// Lists of entries: text, MatrixMarket and packed.
#include "core/operators/entry_file.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) {
  const MemoryFile file(bytes);
  read_entries(file.name(), 1, {1000, 500}, Team(1));  // of no shape that the bytes say, which may be any
}
