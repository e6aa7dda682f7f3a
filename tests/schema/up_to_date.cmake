# cmake -DPROGRAM=… -DWHAT=config -DFILE=configs/schema/config.json -P up_to_date.cmake
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=TIGHTROPE_PLUGIN_PATH ${PROGRAM} schema ${WHAT}
  OUTPUT_VARIABLE written COMMAND_ERROR_IS_FATAL ANY)
file(READ ${FILE} kept)
if(NOT written STREQUAL kept)
  message(FATAL_ERROR "${FILE} is stale; refresh it: ./dev schema ${WHAT} > configs/schema/${WHAT}.json")
endif()
