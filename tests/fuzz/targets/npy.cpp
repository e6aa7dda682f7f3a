// NumPy's arrays.
#include "core/arrays/formats/npy.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) { read_npy(MemoryBytes(std::string(bytes), "fuzz.npy")); }
