// NumPy's archives: their members, unpacked and read.
#include "core/arrays/formats/npy.hpp"
#include "core/arrays/zip.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) {
  const MemoryBytes source(std::string(bytes), "fuzz.npz");
  const ZipArchive archive(source);
  for (const std::string& member : archive.names()) read_npy(*archive.open(member, "fuzz.npz:" + member));
}
