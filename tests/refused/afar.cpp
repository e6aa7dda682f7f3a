// For plugins/missing_library.cpp.
extern "C" const void* manifest_from_afar();
extern "C" const void* manifest_from_afar() { return nullptr; }
