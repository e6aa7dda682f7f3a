// Matrices from the files of core/arrays/arrays.hpp, and to .npy and .npz.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

/// Reads a matrix of finite numbers from any of the formats that core/arrays/arrays.hpp names; a vector becomes one
/// column. Strict: sizes are checked against the file before anything is allocated, nothing but numbers is accepted,
/// and what was guessed (separators, names, notation) is noted for the summary of the run. Throws Error(config) with
/// the file's name and, for text, line and field.
Mat read_matrix(const std::filesystem::path& file);
/// The array of the given name from an .npz or a .mat.
Mat read_npz(const std::filesystem::path& file, const std::string& name);

/// An array for an .npz: two dimensions, or one if `vector`.
struct NamedArray {
  std::string name;
  Mat values;
  bool vector = false;
};
/// All arrays of an .npz that the program itself has stored. Their entries need not be finite: a run may have diverged.
std::vector<NamedArray> read_stored_npz(const std::filesystem::path& file);
/// The bytes of an .npz (zip, members stored, fixed dates: equal arrays give equal bytes), float64 in Fortran order.
std::string npz_bytes(const std::vector<NamedArray>& arrays);
std::string npy_bytes(const Mat& values, bool vector = false);

}  // namespace tightrope
