// Tables of numbers.
#include "core/arrays/formats/csv.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) { parse_csv(bytes, "fuzz.csv"); }
