// Names of files and folders as configs and command lines write them.
#pragma once

#include <filesystem>
#include <string>

namespace tightrope {

/// An absolute path with "." and ".." taken out as the file system takes them: ".." behind a link to a folder is the
/// folder above the one that the link leads to. Links are kept where nothing goes back over them.
std::filesystem::path resolved_path(const std::filesystem::path& path);

/// The name of one array in a file that holds several: FILE:ARRAY, whatever array `name` names already.
std::string member_name(const std::string& name, const std::string& array);

/// A name of data as a config writes it: the file, and the array in it, if it says one.
struct FileAndMember {
  std::string file, member;
};
/// "run.npz:V" → {"run.npz", "V"}; names of other files are left whole.
FileAndMember split_member(const std::string& name);

}  // namespace tightrope
