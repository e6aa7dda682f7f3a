// The entry point alone, for plugins that never come to say what they are.
#pragma once

#define ENTRY_POINT extern "C" __attribute__((visibility("default"))) const void* tightrope_plugin()
