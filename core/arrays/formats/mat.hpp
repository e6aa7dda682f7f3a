// MATLAB's .mat files.
#pragma once

#include "core/arrays/arrays.hpp"

namespace tightrope {

/// The numeric variable of that name, or the only variable if `member` is empty. Versions 4 and 5 (to which 6 and 7
/// belong) are read here: MathWorks, MAT-File Format, R2023b. Version 7.3 is HDF5 and is read by a program of its own,
/// tightrope-mat, since not every damaged file leaves HDF5 alive. Throws Error(config) with the file's name,
/// Error(resources) for version 7.3 if Tightrope was built without libmatio.
Array read_mat(const std::string& file, const std::string& member);

}  // namespace tightrope
