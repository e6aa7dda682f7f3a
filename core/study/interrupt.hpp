// Ctrl-C and its relatives, and the signal of batch systems: the first one asks, the second one ends.
#pragma once

namespace tightrope {

/// From now on the first SIGINT, SIGTERM, SIGHUP or SIGUSR1 is only remembered; the second ends the process at once
/// with 128 + its number.
void catch_interrupts();
/// The remembered signal, 0 if there was none.
int interrupted();

}  // namespace tightrope
