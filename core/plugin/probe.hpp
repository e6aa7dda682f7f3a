// What the process that tries a plugin first says on standard error, among all that the plugin itself may say there.
#pragma once

namespace tightrope {

inline constexpr const char *probe_opened = "\n[tightrope-probe] opened\n",  // its static objects are made
    *probe_fine = "\n[tightrope-probe] fine\n",                              // all is well; the last that is said
        *probe_refused = "\n[tightrope-probe] refused\n";                    // what is wrong follows

}  // namespace tightrope
