# tightrope_add_plugin(KIND NAME): KIND/NAME.cpp becomes plugins/KIND/NAME.so of this build, and of an installation if it
# is installed. KIND is a folder of `tightrope list`: optimizers, losses, …
function(tightrope_add_plugin kind name)
  set(target ${kind}_${name})
  add_library(${target} MODULE ${kind}/${name}.cpp)
  target_link_libraries(${target} PRIVATE Tightrope::plugin)
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins/${kind} INSTALL_RPATH "$ORIGIN/../..")
  if(TARGET tightrope_plugin_headers)  # many plugins in one build share the compiled headers
    target_precompile_headers(${target} REUSE_FROM tightrope_plugin_headers)
  endif()
  install(TARGETS ${target} LIBRARY DESTINATION lib/tightrope/plugins/${kind} COMPONENT program)
  set_property(GLOBAL APPEND PROPERTY tightrope_plugins ${kind}/${name})
endfunction()
