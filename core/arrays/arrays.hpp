// Arrays from files that other programs write: .npy, .npz, .csv and its relatives, .mtx, .mat, .pgm.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/numbers/types.hpp"
#include "core/tree/paths.hpp"

namespace tightrope {

/// An array as a file holds it.
struct Array {
  std::vector<Index> shape;  // none for a single number, one for a vector, n1, n2, … as stored
  /// One row for each index of the first dimension; the entries of a row have their last index fastest ("row by row").
  /// A vector is one column.
  Mat values;
  /// What it is and what was guessed to read it: "3 × 4 numbers separated by commas, line 1 taken as names".
  std::string description;
};

/// Reads an array of finite real numbers. `name` is the name of a file, for .npz and .mat also FILE:ARRAY. By the
/// ending of the file, in any case:
///   .npy                    format 1 to 3; booleans, integers and floats of every width and byte order
///   .npz                    the array that is named, or the only one
///   .csv .tsv .txt .dat     tables of numbers (core/arrays/formats/csv.hpp)
///   .mtx                    MatrixMarket, dense or by coordinates
///   .mat                    MATLAB's variable that is named, or the only one; needs libmatio
///   .pgm                    a grey map (P2, P5), values as stored
/// Strict: sizes are checked before anything is allocated, integers that float64 cannot hold are refused, and nothing
/// is left out without a word in the description. Throws Error(config) with the file's name and, for text, the line.
Array read_array(const std::string& name);
/// What was read from a file in this process, and how: "FILE: how", once for each of its arrays. Readers guess; records
/// and summaries tell what was guessed.
std::vector<std::string> notes_about(const std::string& file);
/// Notes how an array was read by other means than read_array().
void note_array(const std::string& name, const std::string& description);
/// Adds to the note about an array that was read.
void amend_note(const std::string& name, const std::string& more);

}  // namespace tightrope
