// The way in for all array files.
#include "core/arrays/arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>

#include "core/arrays/bytes.hpp"
#include "core/arrays/formats/csv.hpp"
#include "core/arrays/formats/mat.hpp"
#include "core/arrays/formats/mtx.hpp"
#include "core/arrays/formats/npy.hpp"
#include "core/arrays/formats/pgm.hpp"
#include "core/arrays/matrices.hpp"
#include "core/arrays/zip.hpp"
#include "core/tree/node.hpp"

namespace tightrope {

namespace fs = std::filesystem;

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string array_name(const std::string& member) {
  return member.size() > 4 && member.ends_with(".npy") ? member.substr(0, member.size() - 4) : member;
}

Array read_npz_array(const std::string& file, const std::string& wanted) {
  const FileBytes bytes{fs::path(file)};
  const ZipArchive archive(bytes);
  const std::vector<std::string> members = archive.names();
  std::vector<std::string> names;
  for (const std::string& member : members) names.push_back(array_name(member));
  const std::size_t found = only_or_named(names, wanted, file, "array");
  const std::string& name = names[found];
  Array array = read_npy(*archive.open(members[found], fmt::format("{} ({})", file, name)));
  if (wanted.empty()) array.description = fmt::format("array '{}', the only one, {}", name, array.description);
  return array;
}

std::mutex& notes_mutex() {
  static std::mutex mutex;
  return mutex;
}
/// How each array was read, by the name that it was asked for with.
std::map<std::string, std::string>& notes() {
  static std::map<std::string, std::string> notes;
  return notes;
}

/// What a file is whose beginning says so, whatever its name ends in.
std::optional<std::string> binary_kind(std::string_view bytes) {
  const std::pair<std::string_view, const char*> kinds[] = {
      {{"\x93NUMPY", 6}, "a NumPy array (.npy)"},
      {{"PK\x03\x04", 4}, "a zip archive (.npz, .xlsx, .ods, …)"},
      {{"\x89HDF", 4}, "an HDF5 file"},
      {{"\x1F\x8B", 2}, "a gzipped file; unpack it first"},
      {"MATLAB 5.0 MAT-file", "a file of MATLAB (.mat)"},
      {{"\xD0\xCF\x11\xE0", 4}, "a document of an office program"}};
  for (const auto& [start, kind] : kinds)
    if (bytes.starts_with(start)) return kind;
  return std::nullopt;
}

Array read_text(const std::string& file) {
  const std::string bytes = FileBytes(fs::path(file)).all();
  if (const auto kind = binary_kind(bytes))
    refuse_file(file, fmt::format("this is not a table in text, but {}", *kind));
  if (bytes.starts_with(matrix_market_banner)) return parse_mtx(bytes, file);
  return parse_csv(bytes, file);
}

}  // namespace

Array read_array(const std::string& name) {
  const auto [file, member] = split_member(name);
  const std::string ending = lower(fs::path(file).extension().string());
  const std::array<const char*, 4> tables{".csv", ".tsv", ".txt", ".dat"};
  Array array;
  if (ending == ".npy")
    array = read_npy(FileBytes(fs::path(file)));
  else if (ending == ".npz")
    array = read_npz_array(file, member);
  else if (ending == ".mat")
    array = read_mat(file, member);
  else if (ending == ".pgm")
    array = parse_pgm(FileBytes(fs::path(file)).all(), file);
  else if (ending == ".mtx")
    array = parse_mtx(FileBytes(fs::path(file)).all(), file);
  else if (std::find(tables.begin(), tables.end(), ending) != tables.end())
    array = read_text(file);
  else
    refuse_file(file, fmt::format("files ending in '{}' cannot be read; those ending in .npy, .npz, .csv, .tsv, .txt, "
                                  ".dat, .mtx, .mat and .pgm can",
                                  ending));
  check_finite(array, name);
  note_array(name, array.description);
  return array;
}

void note_array(const std::string& name, const std::string& description) {
  const std::lock_guard lock(notes_mutex());
  notes()[name] = description;
}

std::vector<std::string> notes_about(const std::string& file) {
  const std::lock_guard lock(notes_mutex());
  std::vector<std::string> found;
  for (const auto& [name, how] : notes())
    if (split_member(name).file == file) found.push_back(fs::path(name).filename().string() + ": " + how);
  return found;
}

void amend_note(const std::string& name, const std::string& more) {
  const std::lock_guard lock(notes_mutex());
  notes()[name] += more;
}

Mat read_matrix(const fs::path& file) {
  Array array = read_array(file.string());
  if (array.shape.size() > 2)
    refuse_file(file.string(), fmt::format("the array has {} dimensions ({}); a matrix has two, a vector one",
                                           array.shape.size(), words_of_shape(array.shape)));
  return std::move(array.values);
}

Mat read_npz(const fs::path& file, const std::string& name) {
  const std::string ending = lower(file.extension().string());
  if (ending == ".npz" || ending == ".mat") return read_matrix(member_name(file.string(), name));
  const Array array = read_npz_array(file.string(), name);  // refuses what is no .npz, whatever it is called
  check_finite(array, file.string());
  return array.values;
}

std::vector<NamedArray> read_stored_npz(const fs::path& file) {
  const FileBytes bytes(file);
  const ZipArchive archive(bytes);
  std::vector<NamedArray> arrays;
  for (const std::string& member : archive.names())
    arrays.push_back({array_name(member), read_npy(*archive.open(member, file.string())).values});
  return arrays;
}

std::string npz_bytes(const std::vector<NamedArray>& arrays) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const NamedArray& array : arrays)
    members.emplace_back(array.name + ".npy", npy_bytes(array.values, array.vector));
  return zip_bytes(members);
}

}  // namespace tightrope
