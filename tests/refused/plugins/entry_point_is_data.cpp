extern "C" __attribute__((visibility("default"))) int tightrope_plugin;
int tightrope_plugin = 42;
