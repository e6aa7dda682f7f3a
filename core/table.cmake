# tightrope_table(VARIABLE FOLDER TYPE HEADER NAMESPACE): what the files of a folder define, as one list.
#
# FOLDER/NAME.cpp defines `TYPE NAME_type()` (verbs/run.cpp: `Verb run_verb()`), and HEADER declares
# `std::vector<TYPE> types_of_all_files()`: in the order of the names. VARIABLE is set to the source file that defines
# it. So a new file is all that a new entry takes. Names of types are written in lower case with underscores.
function(tightrope_table variable folder type header namespace)
  string(REGEX REPLACE "([a-z])([A-Z])" "\\1_\\2" suffix ${type})
  string(TOLOWER ${suffix} suffix)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  set(declared "")
  set(called "")
  foreach(file IN LISTS files)
    cmake_path(GET file STEM name)
    string(APPEND declared "${type} ${name}_${suffix}();\n")
    list(APPEND called "${name}_${suffix}()")
  endforeach()
  list(JOIN called ", " called)
  set(source ${PROJECT_BINARY_DIR}/tables/${suffix}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT
"// Written by CMake from the files of core/@folder@.
#include \"core/@header@\"
namespace @namespace@ {
@declared@std::vector<@type@> @suffix@s_of_all_files() { return {@called@}; }
}
" @ONLY)
  set(${variable} ${source} PARENT_SCOPE)
endfunction()
