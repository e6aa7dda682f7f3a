// MatrixMarket's files.
#include "core/arrays/formats/mtx.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) { parse_mtx(bytes, "fuzz.mtx"); }
