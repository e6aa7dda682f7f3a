// MATLAB's files of the versions that are read in this process; HDF5 is read in another.
#include "core/arrays/formats/mat.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) {
  if (bytes.starts_with("\x89HDF") || bytes.substr(0, 116).find("7.3") != bytes.npos) return;
  const MemoryFile file(bytes);
  read_mat(file.name(), "");
}
