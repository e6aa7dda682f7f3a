// Grey maps.
#include "core/arrays/formats/pgm.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) { parse_pgm(bytes, "fuzz.pgm"); }
