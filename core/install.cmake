# cmake --install and the Debian packages. `program` is what runs experiments, `development` what compiles plugins, `python`
# what runs those that are scripts, `mpi` what lets several processes hold an operator. Everything is found from where the
# library lies (core/base/installation.hpp), so that a prefix may be moved.
include(CMakePackageConfigHelpers)

# The manual page is what the program says of itself.
set(manual ${PROJECT_BINARY_DIR}/share/man/man1/tightrope.1)
add_custom_command(OUTPUT ${manual} VERBATIM DEPENDS tightrope tightrope_cli
  COMMAND sh -c "mkdir -p \"$1\" && \"$2\" help --format man > \"$1/tightrope.1\"" sh ${PROJECT_BINARY_DIR}/share/man/man1 $<TARGET_FILE:tightrope>)
add_custom_target(manual ALL DEPENDS ${manual})
add_dependencies(program manual)

set_target_properties(tightrope_cli PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS tightrope tightrope_core tightrope_flags tightrope_plugin_flags EXPORT Tightrope
  RUNTIME DESTINATION bin COMPONENT program
  LIBRARY DESTINATION lib/tightrope COMPONENT program)
install(TARGETS tightrope_cli LIBRARY DESTINATION lib/tightrope COMPONENT program)
set(helpers tightrope_probe)
if(TARGET tightrope_mat)
  list(APPEND helpers tightrope_mat)
endif()
install(TARGETS ${helpers} RUNTIME DESTINATION lib/tightrope COMPONENT program)
if(TARGET tightrope_python)
  set_target_properties(tightrope_python PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS tightrope_python LIBRARY DESTINATION lib/tightrope COMPONENT python)
  install(FILES LICENSE DESTINATION share/doc/tightrope-python RENAME copyright COMPONENT python)
endif()
if(TARGET tightrope_mpi)
  set_target_properties(tightrope_mpi PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS tightrope_mpi LIBRARY DESTINATION lib/tightrope COMPONENT mpi)
  install(FILES LICENSE DESTINATION share/doc/tightrope-mpi RENAME copyright COMPONENT mpi)
endif()
install(FILES plugins/defaults.yaml DESTINATION lib/tightrope/plugins COMPONENT program)
install(DIRECTORY configs core/cli/templates DESTINATION share/tightrope COMPONENT program)
install(FILES ${PROJECT_BINARY_DIR}/share/man/man1/tightrope.1 DESTINATION share/man/man1 COMPONENT program)
set(completions core/cli/completions)
install(FILES ${completions}/tightrope.bash DESTINATION share/bash-completion/completions RENAME tightrope COMPONENT program)
install(FILES ${completions}/_tightrope DESTINATION share/zsh/vendor-completions COMPONENT program)
install(FILES ${completions}/tightrope.fish DESTINATION share/fish/vendor_completions.d COMPONENT program)
install(FILES README.md DESTINATION share/doc/tightrope COMPONENT program)
install(DIRECTORY docs DESTINATION share/doc/tightrope COMPONENT program)
install(FILES LICENSE DESTINATION share/doc/tightrope RENAME copyright COMPONENT program)

# What a plugin compiles against.
foreach(header IN LISTS tightrope_plugin_headers)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES core/${header} DESTINATION include/tightrope/core/${folder} COMPONENT development)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/include/core/base/header_digest.hpp DESTINATION include/tightrope/core/base COMPONENT development)
install(FILES LICENSE DESTINATION share/doc/tightrope-dev RENAME copyright COMPONENT development)

# find_package(Tightrope), for an installation and for this build.
set(folder lib/cmake/Tightrope)
set(source ${PROJECT_SOURCE_DIR}/core/plugin/cmake)
string(REGEX MATCH "^[0-9]+" compiler_version "${CMAKE_CXX_COMPILER_VERSION}")
set(compiler "${CMAKE_CXX_COMPILER_ID} ${compiler_version}")
configure_package_config_file(${source}/TightropeConfig.cmake.in ${PROJECT_BINARY_DIR}/${folder}/TightropeConfig.cmake
  INSTALL_DESTINATION ${folder} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# A plugin fits the program whose headers it has seen, and no other.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/${folder}/TightropeConfigVersion.cmake COMPATIBILITY ExactVersion)
file(COPY_FILE ${source}/TightropePlugin.cmake ${PROJECT_BINARY_DIR}/${folder}/TightropePlugin.cmake ONLY_IF_DIFFERENT)
export(EXPORT Tightrope NAMESPACE Tightrope:: FILE ${PROJECT_BINARY_DIR}/${folder}/TightropeTargets.cmake)
install(EXPORT Tightrope NAMESPACE Tightrope:: FILE TightropeTargets.cmake DESTINATION ${folder} COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/${folder}/TightropeConfig.cmake ${PROJECT_BINARY_DIR}/${folder}/TightropeConfigVersion.cmake
              ${source}/TightropePlugin.cmake DESTINATION ${folder} COMPONENT development)
configure_file(${source}/tightrope.pc.in ${PROJECT_BINARY_DIR}/lib/pkgconfig/tightrope.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/lib/pkgconfig/tightrope.pc DESTINATION lib/pkgconfig COMPONENT development)

# tightrope_VERSION_ARCHITECTURE.deb and tightrope-dev_….deb: cpack -G DEB, or ./dev package.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # target `program` builds all that is installed
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_SOURCE_DIR}/build/packages)
set(CPACK_PACKAGE_NAME tightrope)
set(CPACK_PACKAGE_CONTACT "Tightrope")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_COMPONENTS_ALL program development)
if(TARGET tightrope_python)
  list(APPEND CPACK_COMPONENTS_ALL python)
endif()
if(TARGET tightrope_mpi)
  list(APPEND CPACK_COMPONENTS_ALL mpi)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION math)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME tightrope)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "tightrope-dev, tightrope-python, tightrope-mpi")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "The program tightrope runs experiments that YAML files describe, with all its plugins, configs and pages.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME tightrope-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "tightrope (= ${PROJECT_VERSION}), g++, cmake (>= 3.25), make, libarmadillo-dev, libopenblas-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers and build files for plugins of Tightrope
 What `tightrope new` writes is compiled with these: find_package(Tightrope), or pkg-config tightrope.")
# A package of its own: nobody who does not write in Python needs Python.
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME tightrope-python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "tightrope (= ${PROJECT_VERSION}), python3-numpy")
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "Plugins of Tightrope in Python
 Optimizers, losses, operators and observers that are scripts stand in experiments beside the compiled ones.")
set(CPACK_DEBIAN_MPI_PACKAGE_NAME tightrope-mpi)
set(CPACK_DEBIAN_MPI_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MPI_PACKAGE_DEPENDS "tightrope (= ${PROJECT_VERSION}), openmpi-bin")
set(CPACK_COMPONENT_MPI_DESCRIPTION "Runs of Tightrope on several machines
 Operators that are too large for one process are held by several, which MPI connects.")
include(CPack)
